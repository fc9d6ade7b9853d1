"""Credentials: where they come from, the challenge, and the way of a request without them."""

from __future__ import annotations

import hmac
import inspect
import io
import json
import logging
import os
import time
import unicodedata
from base64 import b64encode
from collections.abc import Callable
from enum import Enum
from pathlib import Path
from typing import Any

import pytest
from flask import Blueprint, Flask, Response
from werkzeug.test import TestResponse

from flask_bandwidth_callbacks import (
    ANYONE,
    Callback,
    CallbackBlueprint,
    ConfigurationError,
    Credentials,
    DisconnectCallback,
    InitiateCallback,
    InvalidBXML,
    LinkError,
    bxml,
    signals,
)
from flask_bandwidth_callbacks.attempts import MAX_ADDRESSES, attempts_on

Call = Callable[..., TestResponse]

DISCONNECT = {"eventType": "disconnect", "callId": "c-1"}
KEY = "BANDWIDTH_CALLBACKS_CREDENTIALS"
REMEDY = "Give credentials=[(username, password)], or set BANDWIDTH_CALLBACKS_CREDENTIALS in app.config"
PAIR_RULE = "must be a username and a password. Give (username, password) or 'username:password'"
LIST_RULE = f"must be a list of (username, password) pairs. {REMEDY}"


def host(phone: Blueprint, **config: Any) -> Flask:
    """Return an application with a blueprint at ``/phone``."""
    app = Flask("host")
    app.config.update(config, TESTING=True)
    app.register_blueprint(phone, url_prefix="/phone")
    return app


def status(app: Flask, auth: Any = None, url: str = "/phone/") -> int:
    """Return the status of the reply to a notification."""
    return app.test_client().post(url, json=DISCONNECT, auth=auth).status_code


def basic(username_and_password: bytes) -> str:
    return f"Basic {b64encode(username_and_password).decode()}"


def status_with(app: Flask, header: str) -> int:
    """Return the status of the reply to a notification with this ``Authorization`` header."""
    client = app.test_client()
    return client.post("/phone/", json=DISCONNECT, headers={"Authorization": header}).status_code


# -- Where the pairs come from -----------------------------------------------------------------------------

FORMS = [
    [("bandwidth", "s3cret")],
    [["bandwidth", "s3cret"]],
    [Credentials("bandwidth", "s3cret")],
    (("bandwidth", "s3cret"),),
    ["bandwidth:s3cret"],
    ("bandwidth:s3cret",),
    "bandwidth:s3cret",
    [("bandwidth", "s3cret"), "old:0ld"],
]


@pytest.mark.parametrize("given", FORMS)
def test_every_form_of_argument(given: Any) -> None:
    """The argument takes a list of pairs, also as ``user:password`` strings, and one such string alone."""
    phone = CallbackBlueprint("phone", __name__, credentials=given)
    app = host(phone)
    assert status(app, ("bandwidth", "s3cret")) == 204
    assert status(app, ("bandwidth", "other")) == 401
    assert status(app) == 401
    assert phone.credentials == ("bandwidth", "s3cret")


@pytest.mark.parametrize("given", FORMS)
def test_every_form_of_configuration(given: Any) -> None:
    """app.config takes the same forms as the argument."""
    phone = CallbackBlueprint("phone", __name__)
    app = host(phone, BANDWIDTH_CALLBACKS_CREDENTIALS=given)
    assert status(app, ("bandwidth", "s3cret")) == 204
    assert status(app, ("bandwidth", "other")) == 401
    assert status(app) == 401
    assert phone.credentials == ("bandwidth", "s3cret")


@pytest.mark.parametrize(
    ("text", "accepted"),
    [
        ("bandwidth:s3cret", [("bandwidth", "s3cret")]),
        ("bandwidth:123", [("bandwidth", "123")]),
        ('"bandwidth:s3cret"', [("bandwidth", "s3cret")]),
        ('["bandwidth:s3cret", "old:0ld"]', [("bandwidth", "s3cret"), ("old", "0ld")]),
        ('[["bandwidth", "s3:cret"], ["old", "0ld"]]', [("bandwidth", "s3:cret"), ("old", "0ld")]),
    ],
)
def test_credentials_from_the_environment(
    monkeypatch: pytest.MonkeyPatch, text: str, accepted: list[tuple[str, str]]
) -> None:
    """A value that Flask's from_prefixed_env reads from the environment works without conversion."""
    monkeypatch.setenv(f"FLASK_{KEY}", text)
    app = Flask("host")
    app.config.from_prefixed_env()
    app.register_blueprint(CallbackBlueprint("phone", __name__), url_prefix="/phone")
    assert [status(app, pair) for pair in accepted] == [204] * len(accepted)
    assert status(app, ("bandwidth", "wrong")) == 401


def test_argument_goes_before_the_configuration() -> None:
    """The argument takes precedence over the setting, even if it is ANYONE."""
    config = {KEY: ["config:c0nfig"]}
    app = host(CallbackBlueprint("phone", __name__, credentials=["argument:4rgument"]), **config)
    assert status(app, ("argument", "4rgument")) == 204
    assert status(app, ("config", "c0nfig")) == 401
    assert status(host(CallbackBlueprint("phone", __name__, credentials=ANYONE), **config)) == 204


def test_credentials_are_read_at_registration() -> None:
    """A later change of the setting changes neither the accepted pairs nor the one handed out."""
    phone = CallbackBlueprint("phone", __name__)
    app = host(phone, BANDWIDTH_CALLBACKS_CREDENTIALS=["bandwidth:s3cret"])
    app.config[KEY] = ["later:l4ter"]
    assert status(app, ("bandwidth", "s3cret")) == 204
    assert status(app, ("later", "l4ter")) == 401
    assert phone.credentials == ("bandwidth", "s3cret")


def test_rotation() -> None:
    """Every pair is accepted and the first is handed out, to verbs and for outbound calls."""
    phone = CallbackBlueprint("phone", __name__, credentials=["new:n3w", "old:0ld"])
    phone.respond(InitiateCallback)(lambda call: bxml.Redirect(redirect_url=phone))
    app = host(phone)
    for pair in [("new", "n3w"), ("old", "0ld")]:
        reply = app.test_client().post("/phone/", json={**DISCONNECT, "eventType": "initiate"}, auth=pair)
        (redirect,) = bxml.parse(reply.data).children
        assert isinstance(redirect, bxml.Redirect)
        assert (redirect.username, redirect.password) == ("new", "n3w")
    assert status(app, ("new", "0ld")) == 401
    assert status(app, ("old", "n3w")) == 401
    assert phone.credentials == Credentials("new", "n3w")


@pytest.mark.parametrize(
    ("argument", "config"), [({"credentials": ANYONE}, {}), ({}, {KEY: ANYONE}), ({}, {KEY: "anyone"})]
)
def test_anyone_disables_authentication(
    caplog: pytest.LogCaptureFixture, argument: dict[str, Any], config: dict[str, Any]
) -> None:
    """ANYONE disables authentication: every request is accepted, and the log says so at each start."""
    phone = CallbackBlueprint("phone", __name__, **argument)
    app = host(phone, **config)
    assert [record.getMessage() for record in caplog.records] == [
        "Blueprint 'phone' has authentication disabled: every request is accepted."
    ]
    assert status(app) == 204
    assert status(app, ("any", "one")) == 204
    assert status_with(app, "Bearer nonsense") == 204
    assert phone.credentials is None


@pytest.mark.parametrize("text", ["anyone", '"anyone"'])
def test_anyone_from_the_environment(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    """The text "anyone" in the environment disables authentication, as JSON or not."""
    monkeypatch.setenv(f"FLASK_{KEY}", text)
    app = Flask("host")
    app.config.from_prefixed_env()
    app.register_blueprint(CallbackBlueprint("phone", __name__), url_prefix="/phone")
    assert status(app) == 204


def test_a_missing_secret_disables_nothing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """None, from an unset environment variable or a null in JSON, is an error with the remedy."""
    unset: Any = os.environ.get("UNSET")
    apps = [Flask("host") for _ in range(4)]
    apps[1].config[KEY] = unset
    monkeypatch.setenv(f"FLASK_{KEY}", "null")
    apps[2].config.from_prefixed_env()
    (tmp_path / "config.json").write_text(json.dumps({KEY: None}))
    apps[3].config.from_file(str(tmp_path / "config.json"), load=json.load)
    for app in apps:
        argument = {"credentials": unset} if app is apps[0] else {}
        with pytest.raises(ConfigurationError) as refused:
            app.register_blueprint(CallbackBlueprint("phone", __name__, **argument))
        message = str(refused.value)
        assert (
            f"{'credentials' if argument else KEY} must be a list of (username, password) pairs, got None"
            in message
        )
        assert "from an environment variable that is not set" in message
        assert REMEDY in message
        assert "credentials=ANYONE" in message
        assert app.blueprints == {}


def test_anyone_is_a_name_and_no_text_of_an_argument() -> None:
    """As an argument only the name ANYONE disables authentication; within a list neither form does."""
    for given in ("anyone", [ANYONE], ["anyone"]):
        with pytest.raises(ConfigurationError, match="must be a username and a password"):
            host(CallbackBlueprint("phone", __name__, credentials=given))  # type: ignore[arg-type]
    assert repr(ANYONE) == "ANYONE"


def test_missing_credentials_are_an_error() -> None:
    """Without an argument and without a setting, registering raises an error with the remedy."""
    app = Flask("host")
    with pytest.raises(ConfigurationError) as refused:
        app.register_blueprint(CallbackBlueprint("phone", __name__))
    assert str(refused.value).startswith(f"Blueprint 'phone' must have credentials, got none. {REMEDY}")
    assert "credentials=ANYONE" in str(refused.value)
    assert app.blueprints == {}


@pytest.mark.parametrize(
    ("given", "fault"),
    [
        ([], f"{{}} must hold at least one pair. {REMEDY}"),
        ((), f"{{}} must hold at least one pair. {REMEDY}"),
        ("", f"Pair 1 of {{}} {PAIR_RULE}"),
        ([""], f"Pair 1 of {{}} {PAIR_RULE}"),
        ("s3cret", f"Pair 1 of {{}} {PAIR_RULE}"),
        (":s3cret", f"Pair 1 of {{}} {PAIR_RULE}"),
        ("bandwidth:", f"Pair 1 of {{}} {PAIR_RULE}"),
        ([("bandwidth", "")], f"Pair 1 of {{}} {PAIR_RULE}"),
        (" : ", f"Pair 1 of {{}} {PAIR_RULE}"),
        ([("bandwidth", " ")], f"Pair 1 of {{}} {PAIR_RULE}"),
        ([("", "s3cret")], f"Pair 1 of {{}} {PAIR_RULE}"),
        (("bandwidth", "s3cret"), f"Pair 1 of {{}} {PAIR_RULE}"),
        ([("a", "0ld"), ("bandwidth", "s3cret", "more")], f"Pair 2 of {{}} {PAIR_RULE}"),
        ([("s3cret",)], f"Pair 1 of {{}} {PAIR_RULE}"),
        ([("bandwidth", b"s3cret")], f"Pair 1 of {{}} {PAIR_RULE}"),
        ([("bandwidth", None)], f"Pair 1 of {{}} {PAIR_RULE}"),
        ([(None, "s3cret")], f"Pair 1 of {{}} {PAIR_RULE}"),
        ([{"bandwidth": "s3cret"}], f"Pair 1 of {{}} {PAIR_RULE}"),
        ([b"bandwidth:s3cret"], f"Pair 1 of {{}} {PAIR_RULE}"),
        ([None], f"Pair 1 of {{}} {PAIR_RULE}"),
        ({"bandwidth": "s3cret"}, f"{{}} {LIST_RULE}"),
        ({("bandwidth", "s3cret")}, f"{{}} {LIST_RULE}"),
        (b"bandwidth:s3cret", f"{{}} {LIST_RULE}"),
        (iter([("bandwidth", "s3cret")]), f"{{}} {LIST_RULE}"),
        (7, f"{{}} {LIST_RULE}"),
        (False, f"{{}} {LIST_RULE}"),
    ],
)
@pytest.mark.parametrize("as_argument", [True, False])
def test_malformed_credentials(given: Any, fault: str, as_argument: bool) -> None:
    """Malformed credentials raise an error at registration that has the remedy and shows no password."""
    app = Flask("host")
    if not as_argument:
        app.config[KEY] = given
    phone = CallbackBlueprint("phone", __name__, **({"credentials": given} if as_argument else {}))
    with pytest.raises(ConfigurationError) as refused:
        app.register_blueprint(phone)
    message = str(refused.value)
    assert message.startswith(fault.format("credentials" if as_argument else KEY))
    assert "s3cret" not in message
    assert app.blueprints == {}


@pytest.mark.parametrize(
    ("pair", "fault", "remedy"),
    [
        (("band:width", "s3cret"), "cannot carry, got 'band:...'.", "Use another username."),
        (("bandwidth\n", "s3cret"), "must be free of control characters", "Remove them"),
        (("bandwidth", "s3cret\x00"), "must be free of control characters", "Remove them"),
        (("bandwidth", "\ud800s3cret"), "must be free of control characters", "Remove them"),
    ],
)
def test_credentials_that_basic_cannot_carry(pair: tuple[str, str], fault: str, remedy: str) -> None:
    """A username with a colon and control characters raise an error that does not show the password."""
    with pytest.raises(ConfigurationError) as refused:
        host(CallbackBlueprint("phone", __name__, credentials=[pair]))
    message = str(refused.value)
    assert message.startswith("Pair 1 of credentials must")
    assert fault in message
    assert remedy in message
    assert "s3cret" not in message


@pytest.mark.parametrize(
    ("key", "value", "rule"),
    [
        ("BANDWIDTH_CALLBACKS_STRICT", "yes", "must be True or False"),
        ("BANDWIDTH_CALLBACKS_STRICT", 1, "must be True or False"),
        ("BANDWIDTH_CALLBACKS_CHECK_BXML", "off", "must be True or False"),
        ("BANDWIDTH_CALLBACKS_MAX_CONTENT_LENGTH", "1 MB", "must be a number of bytes above 0"),
        ("BANDWIDTH_CALLBACKS_MAX_CONTENT_LENGTH", 0, "must be a number of bytes above 0"),
        ("BANDWIDTH_CALLBACKS_MAX_CONTENT_LENGTH", True, "must be a number of bytes above 0"),
    ],
)
def test_other_configuration_is_checked_at_registration(
    phone: CallbackBlueprint, key: str, value: Any, rule: str
) -> None:
    """An invalid setting raises an error at registration with the key, the rule and the value."""
    with pytest.raises(ConfigurationError) as refused:
        host(phone, **{key: value})
    assert str(refused.value) == f"{key} {rule}, got {value!r}."


# -- The pair that is handed out ---------------------------------------------------------------------------


def test_handed_out_pair_of_each_application() -> None:
    """One blueprint in two applications hands out the pair of the current application context."""
    phone = CallbackBlueprint("phone", __name__)
    one = host(phone, BANDWIDTH_CALLBACKS_CREDENTIALS="one:0ne")
    two = host(phone, BANDWIDTH_CALLBACKS_CREDENTIALS="two:tw0")
    with one.app_context():
        assert phone.credentials == ("one", "0ne")
    with two.app_context():
        assert phone.credentials == ("two", "tw0")
    with pytest.raises(LinkError, match=r"registered with 2 applications.*Use app.app_context\(\)"):
        _ = phone.credentials
    assert status(one, ("one", "0ne")) == 204
    assert status(one, ("two", "tw0")) == 401
    assert status(two, ("two", "tw0")) == 204


def test_handed_out_pair_of_several_registrations() -> None:
    """All registrations of a blueprint with an application hand out the same pair."""
    phone = CallbackBlueprint("phone", __name__, credentials=["bandwidth:s3cret"])
    app = host(phone)
    app.register_blueprint(phone, name="second", url_prefix="/second")
    assert phone.credentials == ("bandwidth", "s3cret")
    assert status(app, ("bandwidth", "s3cret"), "/second") == 204
    assert status(app, None, "/second") == 401


def test_handed_out_pair_before_registration(phone: CallbackBlueprint) -> None:
    """Before registration, and in another application, a blueprint has no credentials to hand out."""
    with pytest.raises(LinkError, match="registered with 0 applications"):
        _ = phone.credentials
    host(phone)
    other = host(CallbackBlueprint("other", __name__, credentials=ANYONE))
    with (
        other.app_context(),
        pytest.raises(LinkError, match=r"must be registered.*Call app.register_blueprint first"),
    ):
        _ = phone.credentials


# -- The challenge -----------------------------------------------------------------------------------------


def test_challenge(app: Flask, phone: CallbackBlueprint) -> None:
    """Without credentials the reply is 401 with a Basic challenge, as a problem document."""
    app.register_blueprint(phone, url_prefix="/phone")
    response = app.test_client().post("/phone/", json=DISCONNECT)
    assert response.status_code == 401
    assert response.headers["WWW-Authenticate"] == 'Basic realm="phone", charset="UTF-8"'
    assert response.headers["Content-Type"] == "application/problem+json"
    assert response.headers["Cache-Control"] == "no-store"
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.get_json() == {
        "type": "about:blank",
        "title": "Unauthorized",
        "status": 401,
        "detail": "This URL requires the credentials of the Bandwidth application.",
    }


@pytest.mark.parametrize(
    ("name", "realm"),
    [("the phone", "the phone"), ('a"b\\c', "a_b_c"), ("Café\n电话", "Caf____")],
)
def test_realm_of_any_name(name: str, realm: str) -> None:
    """The challenge of a blueprint with any name is a header that every server can send."""
    app = host(CallbackBlueprint(name, __name__, credentials=["bandwidth:s3cret"]))
    response = app.test_client().post("/phone/", json=DISCONNECT)
    assert response.headers["WWW-Authenticate"] == f'Basic realm="{realm}", charset="UTF-8"'


def test_credentials_are_not_remembered(app: Flask, phone: CallbackBlueprint) -> None:
    """Every request needs credentials, also after one that was accepted."""
    app.register_blueprint(phone, url_prefix="/phone")
    client = app.test_client()
    assert client.post("/phone/", json=DISCONNECT, auth=("bandwidth", "s3cret")).status_code == 204
    assert client.post("/phone/", json=DISCONNECT).status_code == 401


@pytest.mark.parametrize(
    "auth",
    [
        ("bandwidth", "wrong"),
        ("wrong", "s3cret"),
        ("s3cret", "bandwidth"),
        ("bandwidth", "s3cre"),
        ("bandwidth", "s3cret "),
        ("Bandwidth", "s3cret"),
        ("bandwidth", ""),
        ("", ""),
        ("bandwidth:s3cret", ""),
    ],
)
def test_wrong_credentials(app: Flask, phone: CallbackBlueprint, auth: tuple[str, str]) -> None:
    """Only the exact pair is accepted; any other is challenged again."""
    app.register_blueprint(phone, url_prefix="/phone")
    response = app.test_client().post("/phone/", json=DISCONNECT, auth=auth)
    assert response.status_code == 401
    assert "WWW-Authenticate" in response.headers


@pytest.mark.parametrize(
    "header",
    [
        "",
        " ",
        "Basic",
        "Basic ",
        "Basic =",
        basic(b""),
        basic(b":"),
        basic(b"bandwidth"),
        basic(b"bandwidths3cret"),
        basic(b"\xff\xfe:\x80"),
        "Basic bandwidth:s3cret",
        "Basic \u00e9\u00e9\u00e9\u00e9",
        f"Basic {b64encode(b'bandwidth:s3cret').decode()}!",
        f"Basic {b64encode(b'bandwidth:s3cret').decode()} more",
        f"Basic {b64encode(b'bandwidth:s3cret').decode().rstrip('=')}",
        f"Basic{b64encode(b'bandwidth:s3cret').decode()}",
        f"Bearer {b64encode(b'bandwidth:s3cret').decode()}",
        'Digest username="bandwidth", realm="phone"',
        b64encode(b"bandwidth:s3cret").decode(),
        "Basic " + "A" * 100_000,
    ],
    ids=lambda header: header[:40],
)
def test_malformed_headers(app: Flask, phone: CallbackBlueprint, header: str) -> None:
    """A malformed Authorization header is challenged and never gives 500."""
    app.register_blueprint(phone, url_prefix="/phone")
    assert status_with(app, header) == 401


@pytest.mark.parametrize("scheme", ["Basic", "basic", "BASIC", "  Basic ", "Basic  "])
def test_scheme_is_read_as_http_has_it(app: Flask, phone: CallbackBlueprint, scheme: str) -> None:
    """The name of the scheme may have any case and any white space around it."""
    app.register_blueprint(phone, url_prefix="/phone")
    assert status_with(app, f"{scheme} {b64encode(b'bandwidth:s3cret').decode()}") == 204


@pytest.mark.parametrize("password", ["pässwörd", "密码", "a:b::c", "two words", "'\"&<>", "🔑"])
def test_any_password(password: str) -> None:
    """Passwords may hold colons, white space and characters beyond ASCII; they are compared as UTF-8."""
    phone = CallbackBlueprint("phone", __name__, credentials=[("bändwidth", password)])
    app = host(phone)
    assert status_with(app, basic(f"bändwidth:{password}".encode())) == 204
    assert status_with(app, basic(f"bandwidth:{password}".encode())) == 401
    assert status_with(app, basic("bändwidth:paß".encode("latin-1"))) == 401
    text = CallbackBlueprint("phone", __name__, credentials=f"bändwidth:{password}")
    assert status_with(host(text), basic(f"bändwidth:{password}".encode())) == 204


def test_every_pair_is_compared_as_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    """All pairs are compared in constant time, also after one that fits."""
    app = host(CallbackBlueprint("phone", __name__, credentials=["a:1", "b:2", "c:3"]))
    compared: list[tuple[Any, Any]] = []

    def compare(sent: Any, accepted: Any) -> bool:
        compared.append((sent, accepted))
        return bool(sent == accepted)

    monkeypatch.setattr(hmac, "compare_digest", compare)
    assert status(app, ("a", "1")) == 204
    assert compared == [(b"a:1", b"a:1"), (b"a:1", b"b:2"), (b"a:1", b"c:3")]


# -- What a request without credentials reaches ------------------------------------------------------------


class Body(io.BytesIO):
    """A body that records whether it was read."""

    was_read = False

    def read(self, size: int | None = -1) -> bytes:
        self.was_read = True
        return super().read(size)

    def readinto(self, buffer: Any) -> int:
        self.was_read = True
        return super().readinto(buffer)


@pytest.mark.parametrize(
    ("auth", "status_code"), [(None, 401), (("bandwidth", "wrong"), 401), (("bandwidth", "s3cret"), 204)]
)
def test_body_is_not_read_before_the_challenge(
    app: Flask, phone: CallbackBlueprint, auth: Any, status_code: int
) -> None:
    """The challenge is sent without reading the body, which is read once the credentials are accepted."""
    app.register_blueprint(phone, url_prefix="/phone")
    text = json.dumps(DISCONNECT).encode()
    body = Body(text)
    response = app.test_client().post(
        "/phone/",
        auth=auth,
        content_type="application/json",
        environ_overrides={"wsgi.input": body, "CONTENT_LENGTH": str(len(text))},
    )
    assert response.status_code == status_code
    assert body.was_read is (status_code == 204)


@pytest.mark.parametrize(
    "body",
    [
        {"data": b"\xff", "content_type": "text/plain"},
        {"data": b"{", "content_type": "application/json"},
        {"data": b" " * 300_000, "content_type": "application/json"},
        {},
    ],
)
def test_challenge_goes_before_every_other_refusal(
    app: Flask, phone: CallbackBlueprint, body: dict[str, Any]
) -> None:
    """Without credentials every request gets the challenge, whatever else is wrong with it."""
    app.register_blueprint(phone, url_prefix="/phone")
    assert app.test_client().post("/phone/", **body).status_code == 401


def test_challenge_goes_before_before_request(app: Flask, phone: CallbackBlueprint, call: Call) -> None:
    """The blueprint's own before_request functions run only for requests with credentials."""
    seen = []
    phone.before_request(lambda: seen.append("before"))
    assert call("disconnect", auth=None).status_code == 401
    assert seen == []
    assert call("disconnect").status_code == 204
    assert seen == ["before"]


def test_before_request_may_answer(phone: CallbackBlueprint, call: Call) -> None:
    """The return value of a before_request function is the reply to a request with credentials."""
    phone.before_request(lambda: ("closed for today", 503))
    assert call("disconnect", auth=None).status_code == 401
    assert call("disconnect").status_code == 503


def test_nothing_runs_without_credentials(
    app: Flask, phone: CallbackBlueprint, call: Call, caplog: pytest.LogCaptureFixture
) -> None:
    """A request without credentials reaches no handler and no signal except callback_rejected."""
    ran: list[object] = []

    @phone.respond(InitiateCallback)
    def greet(event: InitiateCallback) -> bxml.Response:
        ran.append("responder")
        return bxml.Response()

    @phone.on(Callback)
    def hear(event: Callback) -> None:
        ran.append("subscriber")

    def receive(name: str) -> Callable[..., None]:
        return lambda sender, **arguments: ran.append((name, sender is app, arguments))

    with (
        signals.callback_received.connected_to(receive("received")),
        signals.callback_answered.connected_to(receive("answered")),
        signals.handler_failed.connected_to(receive("failed")),
        signals.callback_rejected.connected_to(receive("rejected")),
    ):
        assert call("initiate", auth=None).status_code == 401
        assert call("initiate", auth=("bandwidth", "wrong")).status_code == 401
    reason = "This URL requires the credentials of the Bandwidth application."
    assert ran == [("rejected", True, {"status": 401, "reason": reason})]  # for the wrong password


@pytest.mark.parametrize("url", ["/phone", "/phone/", "/phone/menu", "/phone/rooms/7"])
@pytest.mark.parametrize(
    "method", ["GET", "POST", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND"]
)
def test_every_method_on_every_url_is_challenged_first(
    app: Flask, phone: CallbackBlueprint, url: str, method: str
) -> None:
    """Every method on every callback URL is challenged; with credentials all but GET and POST get 405."""
    phone.respond(InitiateCallback, "/menu")(lambda call: bxml.Response())
    phone.respond(InitiateCallback, "/rooms/<int:room>")(lambda call, room: bxml.Response())
    app.register_blueprint(phone, url_prefix="/phone")
    client = app.test_client()
    asked = client.open(url, method=method)
    assert asked.status_code == 401
    assert asked.headers["WWW-Authenticate"].startswith('Basic realm="phone"')
    let_in = client.open(url, method=method, auth=("bandwidth", "s3cret"), query_string=DISCONNECT)
    if method in ("GET", "POST"):
        assert let_in.status_code != 405
    else:
        assert let_in.status_code == 405
        assert let_in.headers["Allow"] == "POST, GET"
        assert let_in.mimetype == "application/problem+json"


def test_ordinary_page_is_free(app: Flask, phone: CallbackBlueprint) -> None:
    """Only callback URLs require credentials, and other pages of the blueprint do not."""
    phone.add_url_rule("/calls", view_func=lambda: "today's calls", methods=["GET"])
    app.register_blueprint(phone, url_prefix="/phone")
    app.add_url_rule("/", view_func=lambda: "home", endpoint="home")
    client = app.test_client()
    assert client.get("/phone/calls").text == "today's calls"
    assert client.get("/").text == "home"
    assert client.post("/phone/calls").status_code == 405
    assert client.get("/phone/").status_code == 401


def test_host_does_not_change_the_challenge(app: Flask, phone: CallbackBlueprint, call: Call) -> None:
    """Error handlers do not see rejections, because these are returned and not raised."""
    app.errorhandler(401)(lambda error: ("log in, please", 302))
    phone.errorhandler(401)(lambda error: ("log in, please", 302))
    response = call("disconnect", auth=None)
    assert response.status_code == 401
    assert "WWW-Authenticate" in response.headers


def test_two_blueprints_with_different_credentials(app: Flask) -> None:
    """Each blueprint of an application requires its own pair."""
    for name in ("one", "two"):
        app.register_blueprint(
            CallbackBlueprint(name, __name__, credentials=[(name, "s3cret")]), url_prefix=f"/{name}"
        )
    for name, other in (("one", "two"), ("two", "one")):
        assert status(app, (name, "s3cret"), f"/{name}/") == 204
        assert status(app, (other, "s3cret"), f"/{name}/") == 401


def test_nested_blueprints_ask_for_their_own(app: Flask) -> None:
    """A nested CallbackBlueprint requires its own pair, not that of its parent."""
    parent = CallbackBlueprint("parent", __name__, credentials=["parent:p4rent"], url_prefix="/parent")
    child = CallbackBlueprint("child", __name__, credentials=["child:ch1ld"], url_prefix="/child")
    parent.register_blueprint(child)
    app.register_blueprint(parent)
    assert status(app, ("parent", "p4rent"), "/parent/") == 204
    assert status(app, ("child", "ch1ld"), "/parent/") == 401
    assert status(app, ("child", "ch1ld"), "/parent/child/") == 204
    assert status(app, ("parent", "p4rent"), "/parent/child/") == 401
    assert child.credentials == ("child", "ch1ld")


# -- Passwords are shown nowhere ---------------------------------------------------------------------------


def test_passwords_are_in_no_repr(phone: CallbackBlueprint) -> None:
    """The repr of a blueprint, of its credentials and of its verbs does not show a password."""
    handed_out = phone.respond(InitiateCallback)(lambda call: bxml.Redirect(redirect_url=phone))
    app = host(phone)
    shown = [
        repr(phone.credentials),
        str(phone.credentials),
        repr(phone),
        repr(app.extensions),
        repr(phone.subscriptions.of(handed_out)),
        repr(vars(phone.subscriptions)),
        repr(bxml.Redirect(redirect_url="/", username="bandwidth", password="s3cret")),
    ]
    assert not [text for text in shown if "s3cret" in text]
    assert shown[0] == "Credentials(username='bandwidth', password='...')"


def test_passwords_are_in_no_log_record(
    app: Flask, phone: CallbackBlueprint, call: Call, caplog: pytest.LogCaptureFixture
) -> None:
    """Neither an accepted password nor one that was sent is in a log record."""
    caplog.set_level(logging.DEBUG)
    app.config.update(PROPAGATE_EXCEPTIONS=False, BANDWIDTH_CALLBACKS_CHECK_BXML=False)
    document = (
        '<Response><Redirect redirectUrl="/phone/" username="bandwidth" password="wr0ng" x="y"/></Response>'
    )
    phone.respond(InitiateCallback)(lambda call: document)
    no_verbs: list[Any] = [bxml.Redirect(redirect_url=phone, password="wr0ng"), 7]
    phone.respond("answer")(lambda call: no_verbs)
    phone.respond("gather")(lambda call: bxml.Redirect(redirect_url=fail, password="wr0ng"))
    phone.on(DisconnectCallback)(fail)
    expected = {"initiate": 200, "answer": 500, "gather": 500, "redirect": 404, "disconnect": 204, "": 422}
    for event_type, status_code in expected.items():
        assert call(event_type).status_code == status_code
        assert call(event_type, auth=("bandwidth", "wr0ng")).status_code == 401
    assert len(caplog.records) >= 8
    for record in caplog.records:
        told = f"{caplog.handler.format(record)} {vars(record)}"
        assert "s3cret" not in told
        assert "wr0ng" not in told
        assert b64encode(b"bandwidth:wr0ng").decode() not in told


def fail(event: Callback) -> Any:
    raise LookupError("no database")


def test_signature_of_the_blueprint() -> None:
    """Help on the blueprint shows that credentials are unset unless they are given."""
    assert "credentials: 'CredentialsOption | Unset' = UNSET" in str(inspect.signature(CallbackBlueprint))


# -- Requests that did not come through the gate -----------------------------------------------------------


class SkipsHooks(Flask):
    """An application that does not run ``before_request`` functions."""

    def preprocess_request(self) -> None:
        return None


def second_endpoint(app: Flask) -> str:
    app.add_url_rule("/second", view_func=app.view_functions["phone.callbacks"], methods=["GET", "POST"])
    return "/second"


def cleared_hooks(app: Flask) -> str:
    app.before_request_funcs.clear()
    return "/phone/"


def called_by_a_page(app: Flask) -> str:
    view: Any = app.view_functions["phone.callbacks"]
    app.add_url_rule("/page", view_func=lambda: view(), methods=["POST"])
    return "/page"


def as_it_is(app: Flask) -> str:
    return "/phone/"


@pytest.mark.parametrize(
    ("app_class", "change"),
    [
        (Flask, second_endpoint),
        (Flask, cleared_hooks),
        (Flask, called_by_a_page),
        (SkipsHooks, as_it_is),
        (SkipsHooks, second_endpoint),
    ],
)
def test_the_view_lets_no_stranger_in(
    phone: CallbackBlueprint, app_class: type[Flask], change: Callable[[Flask], str]
) -> None:
    """Where the hook of the blueprint does not run, the view itself asks for the credentials."""
    heard: list[Callback] = []
    phone.on(Callback)(heard.append)
    app = app_class("host")
    app.register_blueprint(phone, url_prefix="/phone")
    url = change(app)
    assert status(app, None, url) == 401
    assert status(app, ("bandwidth", "wrong"), url) == 401
    assert heard == []
    assert status(app, ("bandwidth", "s3cret"), url) == 204
    assert len(heard) == 1


def test_passing_one_gate_does_not_open_another(phone: CallbackBlueprint) -> None:
    """A request that one blueprint let in, and that calls the view of another, is refused there."""
    app = host(phone)
    other = CallbackBlueprint("other", __name__, credentials=["other:0ther"], url_prefix="/other")
    app.register_blueprint(other)
    view: Any = app.view_functions["other.callbacks"]
    app.before_request_funcs["phone"].append(lambda: view())
    assert status(app, ("bandwidth", "s3cret")) == 401


def test_the_view_in_an_application_without_its_blueprint(phone: CallbackBlueprint) -> None:
    """In an application that the blueprint is not registered with, its view lets nobody in."""
    view = host(phone).view_functions["phone.callbacks"]
    stranger = Flask("stranger")
    stranger.add_url_rule("/phone/", view_func=view, methods=["POST"])
    for auth in (None, ("bandwidth", "s3cret")):
        assert status(stranger, auth) == 500


# -- Guesses of the password -------------------------------------------------------------------------------


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Let time pass for the log of wrong credentials."""
    now = time.monotonic()

    def advance(seconds: float) -> None:
        nonlocal now
        now += seconds

    monkeypatch.setattr("flask_bandwidth_callbacks.attempts.time.monotonic", lambda: now)
    return advance


def guess(app: Flask, address: str | None = "192.0.2.7", url: str = "/phone/", **auth: Any) -> None:
    """Send a wrong password from an address."""
    client = app.test_client()
    environ = {"REMOTE_ADDR": address}
    response = client.post(
        url, json=DISCONNECT, environ_base=environ, **{"auth": ("bandwidth", "wrong"), **auth}
    )
    assert response.status_code == 401


@pytest.mark.no_cover
def test_a_guessed_password_is_logged_once_a_minute(
    phone: CallbackBlueprint, caplog: pytest.LogCaptureFixture, clock: Callable[[float], None]
) -> None:
    """1,000 guesses from one address are two lines: the first, and after a minute the number of others."""
    phone.respond(InitiateCallback, "/menu")(lambda event: bxml.Response())
    app = host(phone)
    for number in range(1000):
        guess(app, url="/phone/menu" if number % 2 else "/phone/")
        clock(0.05)
    first = "Callback rejected with 401: wrong credentials from '192.0.2.7' at '/phone/'"
    assert caplog.messages == [f"{first}, attempts since the last line: 1."]
    guess(app, "192.0.2.8")
    assert caplog.messages[1:] == [f"{first.replace('7', '8')}, attempts since the last line: 1."]
    caplog.clear()
    clock(20)
    assert status(app) == 401  # the challenge with which the next callback begins
    assert caplog.messages == [f"{first[:-1]}menu', attempts since the last line: 999."]
    caplog.clear()
    clock(61)
    assert status(app) == 401
    assert caplog.messages == []
    guess(app)
    assert len(caplog.messages) == 1


def test_guesses_at_several_blueprints_are_counted_together(
    phone: CallbackBlueprint, caplog: pytest.LogCaptureFixture, clock: Callable[[float], None]
) -> None:
    """Each address has one line a minute, whichever of the application's blueprints it tries."""
    app = host(phone)
    app.register_blueprint(CallbackBlueprint("other", __name__, credentials=["a:b"], url_prefix="/other"))
    guess(app)
    guess(app, url="/other/")
    assert len(caplog.messages) == 1


def test_guesses_from_many_addresses_take_bounded_memory(
    phone: CallbackBlueprint, caplog: pytest.LogCaptureFixture, clock: Callable[[float], None]
) -> None:
    """Beyond the first addresses all others share one line, and a long address or path is cut."""
    app = host(phone)
    counted = attempts_on(app)
    for number in range(3 * MAX_ADDRESSES):
        counted.add(f"{number}" + "x" * 5000, "/" * 5000)
    assert len(caplog.messages) == MAX_ADDRESSES + 1
    assert "from further addresses at" in caplog.messages[-1]
    assert max(map(len, caplog.messages)) < 350
    caplog.clear()
    clock(61)
    counted.log_due()
    (line,) = caplog.messages
    assert line.endswith(f"attempts since the last line: {2 * MAX_ADDRESSES - 1}.")


@pytest.mark.parametrize(
    ("header", "is_attempt"),
    [(None, False), ("", False), ("  ", False), ("Bearer x", True), ("Basic", True), ("Basic !", True)],
)
def test_the_challenge_is_told_from_an_attempt(
    phone: CallbackBlueprint, caplog: pytest.LogCaptureFixture, header: str | None, is_attempt: bool
) -> None:
    """Only a request with an Authorization header sends callback_rejected and is logged."""
    app = host(phone)
    rejected: list[int] = []

    def receive(sender: Flask, status: int, reason: str) -> None:
        rejected.append(status)

    environ = {} if header is None else {"HTTP_AUTHORIZATION": header}
    with signals.callback_rejected.connected_to(receive):
        response = app.test_client().post("/phone/", json=DISCONNECT, environ_overrides=environ)
    assert response.status_code == 401
    assert "WWW-Authenticate" in response.headers
    assert (len(rejected), len(caplog.messages)) == ((1, 1) if is_attempt else (0, 0))


def test_an_attempt_from_an_unknown_address(
    phone: CallbackBlueprint, caplog: pytest.LogCaptureFixture
) -> None:
    """A server on a Unix socket knows no address, and the line says so."""
    guess(host(phone), "")
    assert "from an unknown address at '/phone/'" in caplog.text


# -- Texts of any kind -------------------------------------------------------------------------------------


class Login(str, Enum):  # noqa: UP042  # formatting a StrEnum writes its value, so it would prove nothing
    """Constants of an application."""

    USER = "bändwidth"
    PASSWORD = "s3cret-ü"
    BOTH = "bandwidth:s3cret"


@pytest.mark.parametrize(
    ("given", "username", "password"),
    [
        ([(Login.USER, Login.PASSWORD)], "bändwidth", "s3cret-ü"),
        ([Login.BOTH], "bandwidth", "s3cret"),
        (Login.BOTH, "bandwidth", "s3cret"),
        ([Credentials(Login.USER, Login.PASSWORD)], "bändwidth", "s3cret-ü"),
    ],
)
def test_a_subclass_of_str_means_its_text(given: Any, username: str, password: str) -> None:
    """A username or password that is a (str, Enum) is its value: to log in, and where it is handed out."""
    phone = CallbackBlueprint("phone", __name__, credentials=given)
    app = host(phone)
    assert status_with(app, basic(f"{username}:{password}".encode())) == 204
    assert status(app) == 401
    assert phone.credentials is not None
    assert [type(text) for text in phone.credentials] == [str, str]
    assert (phone.credentials.username, phone.credentials.password) == (username, password)


@pytest.mark.parametrize("password", ["pässwörd", "a\u0308", "ÿ", "naïve:ü"])
@pytest.mark.parametrize("as_text", [True, False])
def test_both_encodings_are_accepted(password: str, as_text: bool) -> None:
    """A pair beyond ASCII is accepted in UTF-8, composed as RFC 7617 asks for, and in ISO-8859-1."""
    pair = ("bändwidth", password)
    phone = CallbackBlueprint("phone", __name__, credentials=[":".join(pair) if as_text else pair])
    app = host(phone)
    written = ":".join(pair)
    composed = unicodedata.normalize("NFC", written)
    for sent in (written.encode(), composed.encode(), composed.encode("iso-8859-1")):
        assert status_with(app, basic(sent)) == 204
    for sent in (
        composed.encode("utf-16"),
        composed.encode("iso-8859-1") + b"x",
        b"",
        written.upper().encode(),
    ):
        assert status_with(app, basic(sent)) == 401


def test_a_verb_without_credentials_is_not_taken_for_none(phone: CallbackBlueprint) -> None:
    """A pair of the word None does not fit a verb that has no username and no password."""
    gate = CallbackBlueprint("odd", __name__, credentials=[("None", "None")])
    gate.respond(InitiateCallback)(lambda call: bxml.Redirect(redirect_url="/phone/"))
    app = host(gate)
    with pytest.raises(InvalidBXML, match="without the credentials"):
        app.test_client().post("/phone/", json={**DISCONNECT, "eventType": "initiate"}, auth=("None", "None"))


# -- What may be kept --------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("event_type", ["initiate", "answer", "redirect", "disconnect", "gather"])
def test_no_reply_may_be_stored(phone: CallbackBlueprint, method: str, event_type: str) -> None:
    """Every reply says that no cache may store it: documents carry the password, and a GET is cacheable."""
    phone.respond(InitiateCallback)(lambda call: bxml.Redirect(redirect_url=phone))
    phone.respond("answer")(lambda call: Response("<Response/>", content_type="application/xml"))
    phone.respond("redirect")(fail)
    phone.errorhandler(LookupError)(lambda error: bxml.Hangup())
    app = host(phone)
    payload: dict[str, Any] = {**DISCONNECT, "eventType": event_type}
    given: dict[str, Any] = {"query_string": payload} if method == "GET" else {"json": payload}
    response = app.test_client().open("/phone/", method=method, auth=("bandwidth", "s3cret"), **given)
    assert response.status_code == {"disconnect": 204, "gather": 404}.get(event_type, 200)
    assert response.headers.getlist("Cache-Control") == ["no-store"]
    assert response.headers.get("X-Content-Type-Options") == ("nosniff" if event_type == "gather" else None)


def test_the_application_decides_about_its_own_response(phone: CallbackBlueprint) -> None:
    """A Flask response that says how it may be stored keeps that."""
    own = {"Cache-Control": "private"}
    phone.respond(InitiateCallback)(lambda call: Response("<Response/>", mimetype="text/xml", headers=own))
    reply = (
        host(phone)
        .test_client()
        .post("/phone/", json={**DISCONNECT, "eventType": "initiate"}, auth=("bandwidth", "s3cret"))
    )
    assert reply.headers.getlist("Cache-Control") == ["private"]
