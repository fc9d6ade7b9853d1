"""The same job, done by this library and by its peers: reply to ``initiate`` with a Gather that says hello.

Each callback is about a call of its own: a reply that was remembered would be no measure.

Features that a peer lacks are not added: the Python samples that Bandwidth publishes do not check
credentials.
"""

from __future__ import annotations

import hmac
import io
import json
import random
import sys
from base64 import b64encode
from collections.abc import Callable
from itertools import count
from typing import Any

import marshmallow
from bandwidth.models.bxml import Gather as SDKGather
from bandwidth.models.bxml import Response as SDKResponse
from bandwidth.models.bxml import SpeakSentence as SDKSpeakSentence
from bandwidth.models.initiate_callback import InitiateCallback as SDKInitiateCallback
from fastapi import FastAPI
from fastapi import Request as FastAPIRequest
from fastapi import Response as FastAPIResponse
from flask import Flask, Response, request
from flask.typing import ResponseReturnValue
from marshmallow import fields

from flask_bandwidth_callbacks import CallbackBlueprint, GatherCallback, InitiateCallback
from flask_bandwidth_callbacks.bxml import Gather, Hangup, SpeakSentence, render
from flask_bandwidth_callbacks.credentials import Credentials, Gate

CREDENTIALS = ("bandwidth", "s3cret")
AUTHORIZATION = "Basic " + b64encode(":".join(CREDENTIALS).encode()).decode()
PAYLOAD = {
    "eventType": "initiate",
    "eventTime": "2026-01-05T15:00:00.123Z",
    "accountId": "9900000",
    "applicationId": "04e88489-df02-4e34-a0ee-27a91849555f",
    "from": "+15551112222",
    "to": "+15553334444",
    "direction": "inbound",
    "callId": "c-15ac29a2-1331029c-2cb0-4a07-b215-b22865662d85",
    "callUrl": "https://voice.bandwidth.com/api/v2/accounts/9900000/calls/c-15ac29a2-1331029c-2cb0-4a07-b215",
    "startTime": "2026-01-05T15:00:00.000Z",
    "diversion": {"origTo": "+15558889999", "reason": "unavailable", "screen": "no", "counter": "1"},
    "stirShaken": {
        "verstat": "TN-Validation-Passed",
        "attestationIndicator": "A",
        "originatingId": "6cc2b5a7-50ba-4b5e-a1ae-6c3f0ef2cb0b",
    },
}
TEXT = json.dumps(PAYLOAD)
LENGTH = len(TEXT)
_numbers = count(random.getrandbits(40))  # several processes send callbacks to one server
_BEFORE, _AFTER = TEXT.encode().split(b"b22865662d85")


def next_call_id() -> str:
    """Return the id of a call that was not used yet."""
    return f"c-15ac29a2-1331029c-2cb0-4a07-b215-{next(_numbers):012x}"


def next_body() -> bytes:
    """Return the callback of a call that was not used yet, ``LENGTH`` bytes long."""
    return _BEFORE + b"%012x" % next(_numbers) + _AFTER


# -- The whole job -------------------------------------------------------------------------------------------


def create_app(store: str = "memory://", repeats: bool = True) -> Flask:
    """Create an application that does the job with this library.

    :param store: URL of its store.
    :param repeats: whether it recognizes callbacks that come again.
    """
    phone = CallbackBlueprint("phone", __name__, credentials=[CREDENTIALS])

    @phone.respond(InitiateCallback)
    def greet(call: InitiateCallback) -> Gather:
        return Gather(
            SpeakSentence(f"Hello {call.var_from}. Press 1 for sales."), gather_url=menu, max_digits=1
        )

    @phone.respond(GatherCallback, "/menu")
    def menu(call: GatherCallback) -> Hangup:
        return Hangup()

    app = Flask(__name__)
    app.config.update(BANDWIDTH_CALLBACKS_STORE=store, BANDWIDTH_CALLBACKS_REPEATS=repeats)
    app.register_blueprint(phone, url_prefix="/phone")
    return app


def create_bare_app() -> Flask:
    """Create an application of bare Flask, which ignores the JSON and always sends the same reply."""
    app = Flask(__name__)
    document = sdk_document("+15551112222")

    @app.post("/phone/")
    def greet() -> ResponseReturnValue:
        request.get_json()
        return document

    return app


def create_app_of_parts() -> Flask:
    """Create an application whose only view calls the parts of this library."""
    app = Flask(__name__)
    gate = Gate([Credentials(*CREDENTIALS)])

    @app.post("/phone/")
    def greet() -> ResponseReturnValue:
        if not gate.lets_in(request.environ.get("HTTP_AUTHORIZATION")):
            return Response(status=401, headers={"WWW-Authenticate": 'Basic realm="phone"'})
        call = InitiateCallback.from_json(request.get_data())
        return Response(document(call.var_from or ""), content_type="application/xml")

    return app


def create_app_by_hand() -> Flask:
    """Create an application that does the job with Flask and Bandwidth's SDK."""
    app = Flask(__name__)

    @app.post("/phone/")
    def greet() -> ResponseReturnValue:
        given = request.authorization
        if given is None or not (
            hmac.compare_digest((given.username or "").encode(), CREDENTIALS[0].encode())
            and hmac.compare_digest((given.password or "").encode(), CREDENTIALS[1].encode())
        ):
            return Response(status=401, headers={"WWW-Authenticate": 'Basic realm="phone"'})
        call = SDKInitiateCallback.from_dict(request.get_json())
        return Response(sdk_document(call.var_from), content_type="application/xml")

    return app


def create_fastapi_app() -> FastAPI:
    """Create an application that does the job with FastAPI, as Bandwidth's samples do."""
    app = FastAPI()

    @app.post("/phone/")
    async def greet(request: FastAPIRequest) -> FastAPIResponse:
        call = SDKInitiateCallback.from_dict(await request.json())
        return FastAPIResponse(sdk_document(call.var_from), media_type="application/xml")

    return app


# -- Its parts -----------------------------------------------------------------------------------------------


def document(number: str) -> bytes:
    """Build and render the reply with this library's verbs."""
    username, password = CREDENTIALS
    return render(
        Gather(
            SpeakSentence(f"Hello {number}. Press 1 for sales."),
            gather_url="/phone/menu",
            max_digits=1,
            username=username,
            password=password,
        )
    )


def sdk_document(number: str | None) -> str:
    """Build and render the reply with the SDK's verbs."""
    username, password = CREDENTIALS
    gather = SDKGather(
        [SDKSpeakSentence(f"Hello {number}. Press 1 for sales.")],
        gather_url="/phone/menu",
        max_digits=1,
        username=username,
        password=password,
    )
    rendered: str = SDKResponse([gather]).to_bxml()
    return rendered


class DiversionSchema(marshmallow.Schema):
    """The usual marshmallow schema."""

    origTo = fields.String(allow_none=True)
    reason = fields.String(allow_none=True)
    screen = fields.String(allow_none=True)
    privacy = fields.String(allow_none=True)
    counter = fields.String(allow_none=True)
    limit = fields.String(allow_none=True)


class StirShakenSchema(marshmallow.Schema):
    """The usual marshmallow schema."""

    verstat = fields.String(allow_none=True)
    attestationIndicator = fields.String(allow_none=True)
    originatingId = fields.String(allow_none=True)


class InitiateSchema(marshmallow.Schema):
    """The usual marshmallow schema, with the fields of this library's own schema."""

    event_type = fields.String(data_key="eventType", allow_none=True)
    event_time = fields.AwareDateTime(data_key="eventTime", allow_none=True)
    account_id = fields.String(data_key="accountId", allow_none=True)
    application_id = fields.String(data_key="applicationId", allow_none=True)
    var_from = fields.String(data_key="from", allow_none=True)
    to = fields.String(allow_none=True)
    direction = fields.String(allow_none=True)
    call_id = fields.String(data_key="callId", allow_none=True)
    call_url = fields.String(data_key="callUrl", allow_none=True)
    start_time = fields.AwareDateTime(data_key="startTime", allow_none=True)
    uui = fields.String(allow_none=True)
    diversion = fields.Nested(DiversionSchema, allow_none=True)
    stir_shaken = fields.Nested(StirShakenSchema, data_key="stirShaken", allow_none=True)
    sip_call_id = fields.String(data_key="sipCallId", allow_none=True)
    sip_headers = fields.Dict(
        keys=fields.String(), values=fields.String(), data_key="sipHeaders", allow_none=True
    )


# -- In process ----------------------------------------------------------------------------------------------


def over_wsgi(app: Flask) -> Callable[[], bytes]:
    """Return a function that sends the callback to an application's WSGI interface."""

    started: list[str] = []

    def start_response(status: str, headers: Any, error: Any = None) -> Callable[[bytes], object]:
        started.append(status)
        return lambda data: None

    def call() -> bytes:
        started.clear()
        environ = {
            "REQUEST_METHOD": "POST",
            "SCRIPT_NAME": "",
            "PATH_INFO": "/phone/",
            "QUERY_STRING": "",
            "SERVER_NAME": "localhost",
            "SERVER_PORT": "80",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "REMOTE_ADDR": "127.0.0.1",
            "HTTP_HOST": "localhost",
            "HTTP_AUTHORIZATION": AUTHORIZATION,
            "CONTENT_TYPE": "application/json",
            "CONTENT_LENGTH": str(LENGTH),
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": "http",
            "wsgi.input": io.BytesIO(next_body()),
            "wsgi.errors": sys.stderr,
            "wsgi.multithread": False,
            "wsgi.multiprocess": False,
            "wsgi.run_once": False,
        }
        chunks: Any = app(environ, start_response)
        body: bytes = b"".join(chunks)
        chunks.close()
        assert started == ["200 OK"]
        return body

    return call


def by_test_client(app: Flask) -> Callable[[], bytes]:
    """Return a function that sends the callback with Flask's test client."""
    client = app.test_client()

    def call() -> bytes:
        response = client.post("/phone/", data=next_body(), content_type="application/json", auth=CREDENTIALS)
        assert response.status_code == 200
        return bytes(response.data)

    return call


def over_asgi(app: FastAPI) -> Callable[[], bytes]:
    """Return a function that sends the callback to an application's ASGI interface."""
    scope = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": "POST",
        "scheme": "http",
        "path": "/phone/",
        "raw_path": b"/phone/",
        "root_path": "",
        "query_string": b"",
        "headers": [
            (b"host", b"localhost"),
            (b"content-type", b"application/json"),
            (b"content-length", str(LENGTH).encode()),
        ],
        "client": ("127.0.0.1", 50000),
        "server": ("127.0.0.1", 80),
    }

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": next_body(), "more_body": False}

    def call() -> bytes:
        sent: list[Any] = []

        async def send(message: Any) -> None:
            sent.append(message)

        coroutine = app({**scope}, receive, send)
        try:
            coroutine.send(None)  # it never waits, so it needs no event loop
        except StopIteration:
            pass
        else:
            raise AssertionError("the application must not wait")
        assert sent[0]["status"] == 200
        body: bytes = b"".join(message.get("body", b"") for message in sent[1:])
        return body

    return call
