"""``flask bandwidth doctor``: the findings of each check."""

from __future__ import annotations

import re
import sys
import uuid
from collections.abc import Callable
from typing import Any

import click
import pytest
from click.testing import Result
from flask import Blueprint, Flask, abort, redirect, request
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import CSRFProtect
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.routing import BaseConverter

from flask_bandwidth_callbacks import (
    ANYONE,
    AnswerCallback,
    Callback,
    CallbackBlueprint,
    ConferenceRedirectCallback,
    DisconnectCallback,
    GatherCallback,
    InitiateCallback,
)
from flask_bandwidth_callbacks.cli import bandwidth
from flask_bandwidth_callbacks.events import EVENT_CLASSES

STRONG = ("bandwidth", "Xw3vQ9_tLr5kPz7u")


def never(call: Any, /, **variables: Any) -> Any:
    raise AssertionError("a probe of the doctor reached a handler")


def make_phone(name: str = "phone", credentials: Any = (STRONG,), **options: Any) -> CallbackBlueprint:
    """Return a blueprint without findings."""
    phone = CallbackBlueprint(name, __name__, credentials=credentials, **options)
    phone.respond(InitiateCallback)(never)
    phone.on(DisconnectCallback)(never)
    return phone


def make_app(*phones: CallbackBlueprint, **config: Any) -> Flask:
    """Return an application without findings."""
    app = Flask("host")
    app.config.update(config)
    app.wsgi_app = ProxyFix(app.wsgi_app)  # type: ignore[method-assign]
    for phone in phones:
        app.register_blueprint(phone, url_prefix=f"/{phone.name}")
    return app


def examine(app: Flask) -> Result:
    return app.test_cli_runner().invoke(bandwidth, ["doctor"], catch_exceptions=False)


def findings(app: Flask) -> list[str]:
    """Return the first line of every finding."""
    lines = examine(app).output.splitlines()
    return [re.sub(" {2,}", " ", line) for line in lines if re.match("error|warning|note", line)]


@pytest.mark.parametrize("color", [None, "1"])
def test_no_findings(color: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without findings the command prints one line, plain or with rich, and its exit status is 0."""
    if color is not None:
        monkeypatch.setenv("FORCE_COLOR", color)
    phone = make_phone()
    assert examine(make_app(phone)).output.count("\n") == 1
    other = make_phone("other")
    other.respond(GatherCallback, "/menu")(never)
    result = examine(make_app(phone, other))
    assert result.exit_code == 0
    assert click.unstyle(result.output).strip() == "No problems found at 3 URLs."


def test_a_finding_has_a_summary_a_consequence_and_a_remedy() -> None:
    """Errors come first, then warnings; the last line counts them, and errors give exit status 1."""
    phone = CallbackBlueprint("phone", __name__, credentials=[STRONG])
    result = examine(make_app(phone))
    assert result.exit_code == 1
    assert result.output.splitlines() == [
        "error    initiate has no responder.",
        "         Every inbound call is lost: Bandwidth hangs up.",
        "         Register one: @phone.respond(InitiateCallback).",
        "",
        "warning  disconnect has no subscriber.",
        "         Only this event says that a call has ended and why, for example because a callback failed.",
        "         Register one: @phone.on(DisconnectCallback).",
        "",
        "1 error, 1 warning.",
    ]


def test_an_application_that_only_makes_calls() -> None:
    """A responder to answer makes a missing responder to initiate a warning, not an error."""
    phone = CallbackBlueprint("phone", __name__, credentials=[STRONG])
    phone.respond(AnswerCallback)(never)
    phone.on(Callback)(never)
    result = examine(make_app(phone))
    assert result.exit_code == 0
    assert "warning  initiate has no responder." in result.output
    assert "Ignore this if the application only makes outbound calls." in result.output


def test_every_blueprint_that_takes_calls_needs_a_subscriber_to_disconnect() -> None:
    """A blueprint that takes calls is expected to subscribe to disconnect; any other is not."""
    deaf = CallbackBlueprint("deaf", __name__, credentials=[STRONG])
    deaf.respond(InitiateCallback)(never)
    silent = CallbackBlueprint("silent", __name__, credentials=[STRONG])
    silent.respond(GatherCallback)(never)
    assert findings(make_app(make_phone(), deaf, silent)) == [
        "warning disconnect has no subscriber for the calls of deaf."
    ]


def test_conditions_that_leave_something_out() -> None:
    """A warning names each event whose responders at a URL all have conditions."""
    phone = make_phone()
    phone.respond(GatherCallback, "/menu", digits="1")(never)
    phone.respond(GatherCallback, "/menu", digits=str.isdigit)(never)
    phone.respond(GatherCallback, "/pin", digits="1")(never)
    phone.respond(GatherCallback, "/pin")(never)
    phone.respond("conferenceCreated", "/conference", name="one")(never)
    assert findings(make_app(phone)) == [
        "warning /phone/menu responds to 'gather' only if digits='1' or digits=str.isdigit."
    ]
    phone = make_phone("other")
    phone.respond(GatherCallback, "/menu", digits="1")(never)
    phone.respond(GatherCallback)(never)  # takes what the conditions leave out
    assert not findings(make_app(phone))


# -- Paths that no verb leads to -----------------------------------------------------------------------------


def test_paths_that_only_bandwidth_can_be_given() -> None:
    """A path that no verb leads to is a warning for initiate, and a note for events after a REST request."""
    phone = make_phone()
    phone.respond(InitiateCallback, "/inbound")(never)
    phone.respond(AnswerCallback, "/answered")(never)
    phone.respond(ConferenceRedirectCallback, "/hold")(never)
    phone.respond((AnswerCallback, GatherCallback), "/both")(never)
    with pytest.warns(match="futureEvent"):
        phone.respond("futureEvent", "/future")(never)
    result = examine(make_app(phone))
    assert result.exit_code == 0
    text = re.sub(r"never \(test_doctor.py:\d+\)", "never", result.output)
    assert "warning  No verb leads to /phone/inbound, where never responds to 'initiate'.\n" in text
    assert (
        "requests this URL only if it is the Call initiated callback URL of a Bandwidth application.\n"
        in text
    )
    assert "note     No verb leads to /phone/answered, where never responds to 'answer'.\n" in text
    assert "requests this URL only if it is the answerUrl of createCall.\n" in text
    assert "note     No verb leads to /phone/hold, where never responds to 'conferenceRedirect'.\n" in text
    assert "warning  No verb leads to /phone/future, where never responds to unknown events.\n" in text
    assert "the URL without it is /phone/.\n" in text
    assert "/both" not in text


@pytest.mark.parametrize("event", [name for name, kind in EVENT_CLASSES.items() if kind.reply.awaited])
def test_every_event_that_is_answered_has_a_verb_or_a_rest_request(event: str) -> None:
    """For every answered event the doctor knows a verb, or else what makes Bandwidth request its URL."""
    phone = make_phone()
    phone.respond(event, "/path")(never)
    assert len(findings(make_app(phone))) == (event in ("initiate", "answer", "conferenceRedirect"))


# -- Credentials and settings --------------------------------------------------------------------------------


def test_async_handlers_that_cannot_run(monkeypatch: pytest.MonkeyPatch) -> None:
    """An async handler is an error if the extra that Flask needs for it is not installed."""
    phone = make_phone()

    @phone.respond(GatherCallback)
    async def menu(call: GatherCallback) -> None:
        never(call)

    assert findings(make_app(phone)) == []
    monkeypatch.setitem(sys.modules, "asgiref.sync", None)
    result = examine(make_app(phone))
    assert result.exit_code == 1
    assert f"error    {menu.__qualname__} (test_doctor.py:" in result.output
    assert "cannot run: Install Flask with the 'async' extra in order to use async views.\n" in result.output


def test_disabled_authentication() -> None:
    """Disabled authentication is an error, and the only finding."""
    result = examine(make_app(make_phone(credentials=ANYONE)))
    assert result.exit_code == 1
    assert "error    phone accepts callbacks from anyone: its credentials are ANYONE.\n" in result.output
    assert "BANDWIDTH_CALLBACKS_CREDENTIALS" in result.output
    assert "1 error, 0 warnings." in result.output


@pytest.mark.parametrize(
    ("username", "password", "weak"),
    [
        ("bandwidth", "s3cret", True),
        ("Bandwidth", "bandwidth-s3cret", True),
        ("fernhill-cycles", "fernhill-cycles", True),
        ("bandwidth", "aaaaaaaaaaaaaaaaaaaa", True),
        ("bandwidth", "password12345678", True),
        ("bandwidth", "kd93-slf0-qm2x", False),
        ("bandwidth", str(uuid.UUID(int=0x3F2B9D1C5E7A4866)), False),
    ],
)
def test_weak_passwords(username: str, password: str, weak: bool) -> None:
    """Each accepted pair is checked, and its password is never shown."""
    result = examine(make_app(make_phone(credentials=[STRONG, (username, password)])))
    assert result.exit_code == 0
    warning = f"warning  The password of {username!r} for phone is short or easily guessed."
    assert (warning in result.output) == weak
    assert f" {password}" not in result.output


@pytest.mark.parametrize(
    ("config", "line"),
    [
        ({"DEBUG": True}, "warning Debug mode is on."),
        ({"TESTING": True}, "warning TESTING is on."),
        ({"BANDWIDTH_CALLBACKS_CHECK_BXML": True}, "warning BANDWIDTH_CALLBACKS_CHECK_BXML is on."),
        ({"SERVER_NAME": "example.com"}, "warning PREFERRED_URL_SCHEME is http."),
        ({"SERVER_NAME": "example.com", "PREFERRED_URL_SCHEME": "https"}, None),
        ({"TRUSTED_HOSTS": ["example.com"]}, None),
        (
            {"BANDWIDTH_CALLBACKS_PUBLIC_URL": "http://calls.example.com"},
            "warning BANDWIDTH_CALLBACKS_PUBLIC_URL is http.",
        ),
        ({"BANDWIDTH_CALLBACKS_PUBLIC_URL": "https://a.example", "SERVER_NAME": "b.example"}, None),
    ],
)
def test_settings(config: dict[str, Any], line: str | None) -> None:
    """Each setting that is wrong in production is a warning."""
    assert findings(make_app(make_phone(), **config)) == ([line] if line else [])


def test_https_that_is_not_recognized_behind_a_proxy() -> None:
    """An application that ignores X-Forwarded-Proto gets a warning about its http URLs."""
    app = Flask("host")
    app.register_blueprint(make_phone())
    result = examine(app)
    assert result.exit_code == 0
    assert "warning  Behind a proxy, https is not recognized.\n" in result.output
    assert "ProxyFix(app.wsgi_app, x_proto=1)" in result.output


def test_the_remedy_for_proxies_says_what_can_be_forged() -> None:
    """The remedy names the condition, warns of forged headers, and ends with the setting for the host."""
    app = Flask("host")
    app.register_blueprint(make_phone())
    output = " ".join(examine(app).output.split())
    assert "Only if your proxy overwrites X-Forwarded-Proto in every request" in output
    assert "X-Forwarded-Host that anyone can forge. Set BANDWIDTH_CALLBACKS_PUBLIC_URL" in output
    app.config["BANDWIDTH_CALLBACKS_PUBLIC_URL"] = "https://calls.example.com"
    assert findings(app) == []


def test_everything_is_redirected_to_https() -> None:
    """A redirect to https that does not recognize https behind a proxy is an error."""
    app = Flask("host")
    app.register_blueprint(make_phone())

    @app.before_request
    def insist() -> ResponseReturnValue | None:
        return None if request.is_secure else redirect(request.url.replace("http:", "https:"), 301)

    assert findings(app) == ["error Behind a proxy, every callback is redirected to https."]
    app.wsgi_app = ProxyFix(app.wsgi_app)  # type: ignore[method-assign]
    assert findings(app) == []


# -- Something else replies ----------------------------------------------------------------------------------


def test_csrf_protection() -> None:
    """CSRF protection by Flask-WTF does not stop callbacks."""
    app = make_app(make_phone(), SECRET_KEY="x")
    CSRFProtect(app)
    assert not findings(app)


def to_login() -> ResponseReturnValue:
    return redirect("/login")


def forbid() -> None:
    if request.authorization:
        abort(403)


def require_token() -> ResponseReturnValue:
    return "who are you?", 401


def crash() -> None:
    raise RuntimeError("no database")


@pytest.mark.parametrize("testing", [False, True])
@pytest.mark.parametrize(
    ("hook", "reply"),
    [
        (to_login, "302: a redirect to '/login' is not followed"),
        (forbid, "status 403"),
        (require_token, "401 without a WWW-Authenticate: Basic header, so a second request is not sent"),
        (lambda: "ok", "status 200"),
        (crash, "RuntimeError: no database (test_doctor.py:"),
    ],
)
def test_a_hook_that_replies_before_the_blueprint(
    hook: Callable[[], Any], reply: str, testing: bool, caplog: pytest.LogCaptureFixture
) -> None:
    """A hook that replies in place of the blueprint is detected and named, and nothing is logged."""
    app = make_app(make_phone(), TESTING=testing)
    app.before_request(hook)
    result = examine(app)
    assert result.exit_code == 1
    assert (
        f"error    Every URL of phone: something else replies in place of the blueprint ({reply}"
        in result.output
    )
    assert f"These run before it: {hook.__qualname__} (test_doctor.py:" in result.output
    assert "`if request.blueprint == 'phone': return None`" in result.output
    assert not caplog.records


@pytest.mark.parametrize("kind", ["after_request", "teardown_request", "teardown_appcontext"])
def test_a_hook_that_fails_after_the_blueprint(kind: str) -> None:
    """A hook that raises after the blueprint has replied is detected and named."""
    app = make_app(make_phone())

    def crash_late(response: object) -> None:
        raise RuntimeError("no database")

    getattr(app, kind)(crash_late)
    result = examine(app)
    assert result.exit_code == 1
    assert "something else replies in place of the blueprint (RuntimeError: no database" in result.output
    assert f"These run after it: {crash_late.__qualname__} (test_doctor.py:" in result.output
    assert "These run before it" not in result.output


def test_the_hooks_of_the_blueprints_around_it() -> None:
    """The hooks of parent blueprints are named, and a URL that a hook exempts is not."""
    api = Blueprint("api", __name__, url_prefix="/api")
    phone = make_phone()
    phone.respond(GatherCallback, "/menu")(never)
    api.register_blueprint(phone, url_prefix="/phone")

    @api.before_request
    def guard() -> ResponseReturnValue | None:
        return None if request.path == "/api/phone/" else ("no", 418)

    app = make_app()
    app.register_blueprint(api)
    result = examine(app)
    assert (
        "error    /api/phone/menu: something else replies in place of the blueprint (status 418)."
        in result.output
    )
    assert "guard (test_doctor.py:" in result.output
    assert "'api.phone'" in result.output


def test_a_middleware_that_replies() -> None:
    """If no hook of Flask runs before the blueprint, the finding points to the middleware."""
    app = make_app(make_phone())

    def refuse(environ: Any, start_response: Any) -> list[bytes]:
        start_response("503 Service Unavailable", [])
        return []

    app.wsgi_app = refuse  # type: ignore[method-assign]
    result = examine(app)
    assert result.exit_code == 1
    assert "something else replies in place of the blueprint (status 503)." in result.output
    assert "Check the middleware around app.wsgi_app" in result.output


def test_a_path_of_another_view() -> None:
    """A path that another view receives is an error, and that view is not called."""
    phone = make_phone()
    phone.respond(GatherCallback, "/menu")(never)
    app = Flask("host")
    app.wsgi_app = ProxyFix(app.wsgi_app)  # type: ignore[method-assign]
    app.post("/phone/menu", endpoint="cards")(never)
    app.register_blueprint(phone, url_prefix="/phone")
    assert findings(app) == ["error /phone/menu: endpoint 'cards' receives its requests."]


# -- Unusual applications ------------------------------------------------------------------------------------


def test_a_subdomain() -> None:
    """A subdomain is probed by its name; without subdomain matching it is not reached."""
    app = Flask("host", subdomain_matching=True)
    app.config.update(SERVER_NAME="example.com", PREFERRED_URL_SCHEME="https")
    app.wsgi_app = ProxyFix(app.wsgi_app)  # type: ignore[method-assign]
    app.register_blueprint(make_phone(subdomain="voice"))
    assert not findings(app)
    app = Flask("host")
    app.register_blueprint(make_phone(subdomain="voice"))
    assert "error Every URL of phone: requests do not reach it." in findings(app)


def test_host_matching() -> None:
    """With host matching, a blueprint whose rules do not name a host is not reached."""
    app = Flask("host", host_matching=True, static_host="example.com")
    app.register_blueprint(make_phone())
    assert "error Every URL of phone: requests do not reach it." in findings(app)


class Code(BaseConverter):
    """A converter that accepts none of the invented values."""

    regex = "[A-Z]{3}"


def test_urls_with_variables() -> None:
    """Variables get invented values; a URL that none of them fits is a note."""
    app = make_app()
    app.url_map.converters["code"] = Code
    kinds = ["<uuid:a>/<int:b>/<path:c>/<float:d>", "<any(x, y):a>", "<code:a>"]
    for number, kind in enumerate(kinds):
        app.register_blueprint(make_phone(), url_prefix=f"/{kind}", name=f"phone{number}")
    app.register_blueprint(make_phone(), url_prefix="/<a>/d", url_defaults={"a": "d"}, name="last")
    assert findings(app) == [
        "note Every URL of phone1: not checked, because no values for its variables are known.",
        "note Every URL of phone2: not checked, because no values for its variables are known.",
    ]


def test_invented_values_that_an_application_rejects() -> None:
    """A rejection of invented values is a warning only, because real values may be accepted."""
    app = make_app()
    app.register_blueprint(make_phone(), url_prefix="/<tenant>")

    @app.url_value_preprocessor
    def find_tenant(endpoint: str | None, values: dict[str, Any] | None) -> None:
        abort(404)

    result = examine(app)
    assert result.exit_code == 0
    assert "in place of the blueprint, with invented values for its variables (status 404)." in result.output
    assert "find_tenant (test_doctor.py:" in result.output


def test_an_application_whose_first_url_has_an_unknown_variable() -> None:
    """Without a value for the variables of the first URL, https is not probed either."""
    app = Flask("host")
    app.register_blueprint(make_phone(), url_prefix="/<any(x, y):a>")
    assert len(findings(app)) == 1


def test_a_blueprint_that_is_registered_twice() -> None:
    """A finding about the blueprint appears once, a finding about a URL for that registration only."""
    phone = make_phone(credentials=ANYONE)
    app = make_app()
    app.register_blueprint(phone, url_prefix="/a")
    app.register_blueprint(phone, url_prefix="/b", name="again")

    @app.before_request
    def guard() -> ResponseReturnValue | None:
        return ("no", 418) if request.path.startswith("/b") else None

    assert findings(app) == [
        "error again accepts callbacks from anyone: its credentials are ANYONE.",
        "error Every URL of again: something else replies in place of the blueprint (status 418).",
    ]


def test_an_application_without_a_blueprint() -> None:
    """Without a blueprint the command fails with one line that names the remedy."""
    result = examine(Flask("host"))
    assert result.exit_code == 1
    assert result.output.startswith("Error: Application 'host' has no CallbackBlueprint. ")
