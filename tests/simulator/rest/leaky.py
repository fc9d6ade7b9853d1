"""An application that contacts Bandwidth in every handler, with each kind of client."""

from __future__ import annotations

import http.client
from collections.abc import Callable

import bandwidth
import urllib3
from flask import Flask

from flask_bandwidth_callbacks import Callback, CallbackBlueprint
from flask_bandwidth_callbacks.bxml import SpeakSentence, Verb
from tests.conftest import CREDENTIALS

ACCOUNT = "9900000"
CALLED = "+13035550177"
HEARD = ["The SDK: 201.", "urllib3: 200.", "http.client: SimulationError."]
"""What a caller hears if all of it reached the simulation, or nothing."""


def add_phone(app: Flask) -> None:
    """Register the blueprint."""
    phone = CallbackBlueprint("phone", __name__, credentials=[CREDENTIALS])

    @phone.respond(Callback)
    def contact(event: Callback) -> list[Verb]:
        # A call that the handler of a call makes must not make another one.
        makes_call = getattr(event, "to", None) != CALLED
        return [SpeakSentence(f"{name}: {_outcome(send)}.") for name, send in CLIENTS.items() if makes_call]

    app.register_blueprint(phone, url_prefix="/phone")


def _outcome(send: Callable[[], int]) -> str:
    try:
        return str(send())
    except Exception as error:
        return type(error).__name__


def _sdk() -> int:
    configuration = bandwidth.Configuration(client_id="real", client_secret="real")
    with bandwidth.ApiClient(configuration) as client:
        body = bandwidth.CreateCall(
            to=CALLED,
            var_from="+13035550100",
            application_id="app",
            answer_url="https://localhost/phone/",
            username=CREDENTIALS[0],
            password=CREDENTIALS[1],
        )
        status: int = bandwidth.CallsApi(client).create_call_with_http_info(ACCOUNT, body).status_code
        return status


def _urllib3() -> int:
    url = f"https://voice.bandwidth.com/api/v2/accounts/{ACCOUNT}/calls"
    return urllib3.request("GET", url, headers=urllib3.make_headers(basic_auth="real:real")).status


def _http_client() -> int:
    connection = http.client.HTTPSConnection("voice.bandwidth.com")
    connection.request("GET", "/")
    return connection.getresponse().status


CLIENTS = {"The SDK": _sdk, "urllib3": _urllib3, "http.client": _http_client}
