"""``flask bandwidth doctor``: what will go wrong in production."""

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
    raise AssertionError("no handler hears of what the doctor sends")


def make_phone(name: str = "phone", credentials: Any = (STRONG,), **options: Any) -> CallbackBlueprint:
    """A blueprint in which there is nothing to find."""
    phone = CallbackBlueprint(name, __name__, credentials=credentials, **options)
    phone.respond(InitiateCallback)(never)
    phone.on(DisconnectCallback)(never)
    return phone


def make_app(*phones: CallbackBlueprint, **config: Any) -> Flask:
    """An application in which there is nothing to find."""
    app = Flask("host")
    app.config.update(config)
    app.wsgi_app = ProxyFix(app.wsgi_app)  # type: ignore[method-assign]
    for phone in phones:
        app.register_blueprint(phone, url_prefix=f"/{phone.name}")
    return app


def examine(app: Flask) -> Result:
    return app.test_cli_runner().invoke(bandwidth, ["doctor"])


def findings(app: Flask) -> list[str]:
    """Return the first line of every finding."""
    lines = examine(app).output.splitlines()
    return [re.sub(" {2,}", " ", line) for line in lines if re.match("error|warning|note", line)]


@pytest.mark.parametrize("color", [None, "1"])
def test_all_is_well(color: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Then that is said in one line, plain or with rich, and the status is 0."""
    if color is not None:
        monkeypatch.setenv("FORCE_COLOR", color)
    phone = make_phone()
    assert examine(make_app(phone)).output.count("\n") == 1
    other = make_phone("other")
    other.respond(GatherCallback, "/menu")(never)
    result = examine(make_app(phone, other))
    assert result.exit_code == 0
    assert click.unstyle(result.output).strip() == "All is well with 3 URLs."


def test_a_finding_says_what_and_why_and_what_to_do() -> None:
    """Errors come first, then the warnings, and the last line counts them; errors give status 1."""
    phone = CallbackBlueprint("phone", __name__, credentials=[STRONG])
    result = examine(make_app(phone))
    assert result.exit_code == 1
    assert result.output.splitlines() == [
        "error    Nobody answers initiate.",
        "         Every call that comes in is lost: the caller is hung up on.",
        "         Let a function answer: @phone.respond(InitiateCallback).",
        "",
        "warning  Nobody hears disconnect.",
        "         It alone tells that a call is over, and why: hung up, or lost by a fault of yours.",
        "         Let a function hear: @phone.on(DisconnectCallback).",
        "",
        "1 error, 1 warning.",
    ]


def test_an_application_that_only_makes_calls() -> None:
    """Nobody answers initiate there, and nobody may have to."""
    phone = CallbackBlueprint("phone", __name__, credentials=[STRONG])
    phone.respond(AnswerCallback)(never)
    phone.on(Callback)(never)
    result = examine(make_app(phone))
    assert result.exit_code == 0
    assert "warning  Nobody answers initiate." in result.output
    assert "That is no matter if this application only makes calls." in result.output


def test_every_blueprint_that_answers_calls_hears_their_end() -> None:
    """Another one hears it only if the Bandwidth application says so; one that answers none need not."""
    deaf = CallbackBlueprint("deaf", __name__, credentials=[STRONG])
    deaf.respond(InitiateCallback)(never)
    silent = CallbackBlueprint("silent", __name__, credentials=[STRONG])
    silent.respond(GatherCallback)(never)
    assert findings(make_app(make_phone(), deaf, silent)) == [
        "warning Nobody hears disconnect of the calls that deaf answers."
    ]


def test_conditions_that_leave_something_out() -> None:
    """An event that is answered on conditions only is lost where none of them fits."""
    phone = make_phone()
    phone.respond(GatherCallback, "/menu", digits="1")(never)
    phone.respond(GatherCallback, "/menu", digits=str.isdigit)(never)
    phone.respond(GatherCallback, "/pin", digits="1")(never)
    phone.respond(GatherCallback, "/pin")(never)
    phone.respond("conferenceCreated", "/conference", name="one")(never)
    assert findings(make_app(phone)) == [
        "warning /phone/menu answers 'gather' only if digits='1' or digits=str.isdigit."
    ]
    phone = make_phone("other")
    phone.respond(GatherCallback, "/menu", digits="1")(never)
    phone.respond(GatherCallback)(never)  # answers what the path leaves out
    assert not findings(make_app(phone))


# -- Paths that no verb leads to -----------------------------------------------------------------------------


def test_paths_that_only_bandwidth_can_be_given() -> None:
    """A path for initiate needs the setting of the Bandwidth application; those for REST are only noted."""
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
    assert "warning  No verb leads to /phone/inbound, where never answers 'initiate'.\n" in text
    assert "given this URL as the Call initiated callback URL of a Bandwidth application.\n" in text
    assert "note     No verb leads to /phone/answered, where never answers 'answer'.\n" in text
    assert "given this URL as the answerUrl of createCall.\n" in text
    assert "note     No verb leads to /phone/hold, where never answers 'conferenceRedirect'.\n" in text
    assert "warning  No verb leads to /phone/future, where never answers what is not known.\n" in text
    assert "the URL without it is /phone/.\n" in text
    assert "/both" not in text


@pytest.mark.parametrize("event", [name for name, kind in EVENT_CLASSES.items() if kind.reply.awaited])
def test_what_leads_to_an_event_is_known(event: str) -> None:
    """For every answered event there is a verb, or words for what else leads there."""
    phone = make_phone()
    phone.respond(event, "/path")(never)
    found = findings(make_app(phone))
    assert len(found) == (event in ("initiate", "answer", "conferenceRedirect"))


# -- Credentials and settings --------------------------------------------------------------------------------


def test_async_handlers_that_cannot_run(monkeypatch: pytest.MonkeyPatch) -> None:
    """What Flask needs for them is looked for before a call is there."""
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


def test_everyone_is_let_in() -> None:
    """That is an error, for anybody can make calls up; but nothing is in the way of callbacks."""
    result = examine(make_app(make_phone(credentials=None)))
    assert result.exit_code == 1
    assert "error    phone lets everyone in: it has no credentials.\n" in result.output
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
    """Each pair that is accepted is looked at, and no password is shown."""
    result = examine(make_app(make_phone(credentials=[STRONG, (username, password)])))
    assert result.exit_code == 0
    assert ("warning  phone takes a password for" in result.output) == weak
    assert (repr(username) in result.output) == weak
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
    ],
)
def test_settings(config: dict[str, Any], line: str | None) -> None:
    """What the application says of itself counts, whatever the command was called with."""
    assert findings(make_app(make_phone(), **config)) == ([line] if line else [])


def test_https_is_not_seen_behind_a_proxy() -> None:
    """An application that does not look at X-Forwarded-Proto gives http URLs away."""
    app = Flask("host")
    app.register_blueprint(make_phone())
    result = examine(app)
    assert result.exit_code == 0
    assert "warning  Behind a proxy, https is not seen.\n" in result.output
    assert "ProxyFix(app.wsgi_app, x_proto=1, x_host=1)" in result.output


def test_everything_is_redirected_to_https() -> None:
    """An application that wants https, and does not see that it is asked so, loses every call."""
    app = Flask("host")
    app.register_blueprint(make_phone())

    @app.before_request
    def insist() -> ResponseReturnValue | None:
        return None if request.is_secure else redirect(request.url.replace("http:", "https:"), 301)

    assert findings(app) == ["error Behind a proxy, every callback is redirected to https."]
    app.wsgi_app = ProxyFix(app.wsgi_app)  # type: ignore[method-assign]
    assert findings(app) == []


# -- What is in the way --------------------------------------------------------------------------------------


def test_csrf_protection_is_not_in_the_way() -> None:
    """Flask-WTF lets callbacks through."""
    app = make_app(make_phone(), SECRET_KEY="x")
    CSRFProtect(app)
    assert not findings(app)


def to_login() -> ResponseReturnValue:
    return redirect("/login")


def forbid() -> None:
    if request.authorization:
        abort(403)


def ask_for_a_token() -> ResponseReturnValue:
    return "who are you?", 401


def crash() -> None:
    raise RuntimeError("no database")


@pytest.mark.parametrize("testing", [False, True])
@pytest.mark.parametrize(
    ("hook", "answer"),
    [
        (to_login, "302: a redirect to '/login' is not followed"),
        (forbid, "status 403"),
        (ask_for_a_token, "401 without a WWW-Authenticate: Basic header, so there is no second request"),
        (lambda: "ok", "status 200"),
        (crash, "RuntimeError: no database (test_doctor.py:"),
    ],
)
def test_what_answers_before_the_blueprint(
    hook: Callable[[], Any], answer: str, testing: bool, caplog: pytest.LogCaptureFixture
) -> None:
    """A hook that wants a login, or whatever else, is found by a request, and named; nothing is logged."""
    app = make_app(make_phone(), TESTING=testing)
    app.before_request(hook)
    result = examine(app)
    assert result.exit_code == 1
    assert (
        f"error    Every URL of phone: something answers in place of the blueprint ({answer}" in result.output
    )
    assert f"These run before it: {hook.__qualname__} (test_doctor.py:" in result.output
    assert "`if request.blueprint == 'phone': return None`" in result.output
    assert not caplog.records


@pytest.mark.parametrize("kind", ["after_request", "teardown_request", "teardown_appcontext"])
def test_what_takes_the_answer_away(kind: str) -> None:
    """A hook that fails once the blueprint has answered loses the call as well, and is named."""
    app = make_app(make_phone())

    def crash_late(response: object) -> None:
        raise RuntimeError("no database")

    getattr(app, kind)(crash_late)
    result = examine(app)
    assert result.exit_code == 1
    assert "something answers in place of the blueprint (RuntimeError: no database" in result.output
    assert f"These run after it: {crash_late.__qualname__} (test_doctor.py:" in result.output
    assert "These run before it" not in result.output


def test_the_hooks_of_the_blueprints_around_it() -> None:
    """A nested blueprint has those of its parents before it; an exempt URL is not counted."""
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
        "error    /api/phone/menu: something answers in place of the blueprint (status 418)." in result.output
    )
    assert "guard (test_doctor.py:" in result.output
    assert "'api.phone'" in result.output


def test_a_middleware_in_the_way() -> None:
    """Where no hook of Flask runs, what is around Flask is suspected."""
    app = make_app(make_phone())

    def refuse(environ: Any, start_response: Any) -> list[bytes]:
        start_response("503 Service Unavailable", [])
        return []

    app.wsgi_app = refuse  # type: ignore[method-assign]
    result = examine(app)
    assert result.exit_code == 1
    assert "something answers in place of the blueprint (status 503)." in result.output
    assert "Look at what app.wsgi_app is wrapped in" in result.output


def test_a_path_that_another_view_has() -> None:
    """It is found by the map alone: the other view is not called."""
    phone = make_phone()
    phone.respond(GatherCallback, "/menu")(never)
    app = Flask("host")
    app.wsgi_app = ProxyFix(app.wsgi_app)  # type: ignore[method-assign]
    app.post("/phone/menu", endpoint="cards")(never)
    app.register_blueprint(phone, url_prefix="/phone")
    assert findings(app) == ["error /phone/menu: taken by endpoint 'cards'."]


# -- Odd applications ----------------------------------------------------------------------------------------


def test_a_subdomain() -> None:
    """It is asked by its own name; where Flask does not look at subdomains, nothing gets there."""
    app = Flask("host", subdomain_matching=True)
    app.config.update(SERVER_NAME="example.com", PREFERRED_URL_SCHEME="https")
    app.wsgi_app = ProxyFix(app.wsgi_app)  # type: ignore[method-assign]
    app.register_blueprint(make_phone(subdomain="voice"))
    assert not findings(app)
    app = Flask("host")
    app.register_blueprint(make_phone(subdomain="voice"))
    assert "error Every URL of phone: no request gets there." in findings(app)


def test_host_matching() -> None:
    """Nothing gets to a blueprint whose rules name no host."""
    app = Flask("host", host_matching=True, static_host="example.com")
    app.register_blueprint(make_phone())
    assert "error Every URL of phone: no request gets there." in findings(app)


class Code(BaseConverter):
    """Takes what no doctor can think of."""

    regex = "[A-Z]{3}"


def test_urls_with_variables() -> None:
    """Values are invented for them; where none fits, that is said."""
    app = make_app()
    app.url_map.converters["code"] = Code
    kinds = ["<uuid:a>/<int:b>/<path:c>/<float:d>", "<any(x, y):a>", "<code:a>"]
    for number, kind in enumerate(kinds):
        app.register_blueprint(make_phone(), url_prefix=f"/{kind}", name=f"phone{number}")
    app.register_blueprint(make_phone(), url_prefix="/<a>/d", url_defaults={"a": "d"}, name="last")
    assert findings(app) == [
        "note Every URL of phone1: not tried, because no value for its variables is known.",
        "note Every URL of phone2: not tried, because no value for its variables is known.",
    ]


def test_invented_values_that_an_application_refuses() -> None:
    """That may be right for them, so it is a warning."""
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
    """Then nothing is asked of https, either."""
    app = Flask("host")
    app.register_blueprint(make_phone(), url_prefix="/<any(x, y):a>")
    assert len(findings(app)) == 1


def test_a_blueprint_that_is_registered_twice() -> None:
    """What is wrong with it is said once, and what is wrong with one of its URLs for that one."""
    phone = make_phone(credentials=None)
    app = make_app()
    app.register_blueprint(phone, url_prefix="/a")
    app.register_blueprint(phone, url_prefix="/b", name="again")

    @app.before_request
    def guard() -> ResponseReturnValue | None:
        return ("no", 418) if request.path.startswith("/b") else None

    assert findings(app) == [
        "error again lets everyone in: it has no credentials.",
        "error Every URL of again: something answers in place of the blueprint (status 418).",
    ]


def test_an_application_without_a_blueprint() -> None:
    """It gets one line that says what to do."""
    result = examine(Flask("host"))
    assert result.exit_code == 1
    assert result.output.startswith("Error: Application 'host' has no CallbackBlueprint: ")
