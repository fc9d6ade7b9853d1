"""Applications called in process: their URLs, credentials, WSGI stack and exceptions."""

from __future__ import annotations

import gc
import json
import logging
import threading
import traceback
import weakref
from collections.abc import Callable, Iterable
from typing import Any

import pytest
from flask import Blueprint, Flask, Response, abort, g, request
from werkzeug.exceptions import Gone
from werkzeug.middleware.dispatcher import DispatcherMiddleware
from werkzeug.middleware.proxy_fix import ProxyFix

from flask_bandwidth_callbacks import (
    ANYONE,
    BandwidthCallbacksError,
    Callback,
    CallbackBlueprint,
    ConferenceCallback,
    DisconnectCallback,
    InitiateCallback,
    RedirectCallback,
)
from flask_bandwidth_callbacks.bxml import Conference, Hangup, Pause, Redirect, SpeakSentence
from flask_bandwidth_callbacks.display import TEXT_LIMIT
from flask_bandwidth_callbacks.simulator import (
    Call,
    LostCall,
    SimulatedBandwidth,
    SimulationError,
    UnreachableApplication,
)
from flask_bandwidth_callbacks.simulator.bandwidth import latest

CREDENTIALS = ("bandwidth", "s3cret")


def blueprint(name: str = "phone", *, credentials: Any = (CREDENTIALS,), **options: Any) -> CallbackBlueprint:
    """Return a blueprint that says its name to the caller."""
    phone = CallbackBlueprint(name, __name__, credentials=credentials, **options)
    phone.respond(InitiateCallback)(lambda call: [SpeakSentence(name), Hangup()])
    return phone


# -- Where it goes, and with which credentials ---------------------------------------------------------------


def test_the_one_blueprint(app: Flask) -> None:
    """URL and credentials are those of the application's one CallbackBlueprint, however deep it is nested."""
    parent = Blueprint("parent", __name__, url_prefix="/parent")
    parent.register_blueprint(blueprint(credentials=[("first", "1"), ("second", "2")]), url_prefix="/phone")
    app.register_blueprint(parent)
    app.register_blueprint(Blueprint("pages", __name__))
    bandwidth = SimulatedBandwidth(app)
    assert (bandwidth.url, tuple(bandwidth.credentials or ())) == (
        "https://localhost/parent/phone/",
        ("first", "1"),
    )
    call = bandwidth.call()
    assert call.heard == ["phone"]
    assert [(one.event, one.status, one.challenged) for one in call.exchanges] == [
        ("initiate", 200, True),
        ("disconnect", 204, True),
    ]


def test_credentials_of_the_configuration(app: Flask) -> None:
    """Credentials that the blueprint has from the configuration count as its own."""
    app.config["BANDWIDTH_CALLBACKS_CREDENTIALS"] = "bandwidth:from the environment"
    phone = CallbackBlueprint("phone", __name__)
    phone.respond(InitiateCallback)(lambda call: Hangup())
    app.register_blueprint(phone)
    assert SimulatedBandwidth(app).call().cause == "hangup"


def test_no_credentials(app: Flask) -> None:
    """A blueprint without authentication is never sent credentials."""
    app.register_blueprint(blueprint(credentials=ANYONE))
    bandwidth = SimulatedBandwidth(app)
    assert bandwidth.credentials is None
    assert [exchange.challenged for exchange in bandwidth.call().exchanges] == [False, False]


@pytest.mark.parametrize("url", ["/sales", "/sales/", "https://localhost/sales/?x=1", "sales/"])
def test_several_blueprints_and_a_url(app: Flask, url: str) -> None:
    """A URL chooses one of several blueprints; the credentials are those of the chosen one."""
    app.register_blueprint(blueprint("support"), url_prefix="/support")
    app.register_blueprint(blueprint("sales", credentials=[("sales", "0ther")]), url_prefix="/sales")
    bandwidth = SimulatedBandwidth(app, url)
    assert bandwidth.credentials == ("sales", "0ther")
    assert bandwidth.call().heard == ["sales"]


def test_several_blueprints_and_one_of_them(app: Flask) -> None:
    """A blueprint chooses itself; without a choice the error names all of them."""
    sales, support = blueprint("sales"), blueprint("support")
    app.register_blueprint(sales, url_prefix="/sales")
    app.register_blueprint(support, url_prefix="/support")
    assert SimulatedBandwidth(app, support).call().heard == ["support"]
    with pytest.raises(SimulationError) as raised:
        SimulatedBandwidth(app)
    assert str(raised.value) == (
        "Application 'host' has several blueprints: 'sales' at /sales/, 'support' at /support/. Give the URL"
        " that calls go to."
    )


def test_one_blueprint_registered_twice(app: Flask) -> None:
    """For a blueprint with two registrations a URL must be given."""
    phone = blueprint()
    app.register_blueprint(phone, url_prefix="/one")
    app.register_blueprint(phone, url_prefix="/two", name="again")
    with pytest.raises(SimulationError, match="'phone' at /one/, 'again' at /two/"):
        SimulatedBandwidth(app, phone)
    assert SimulatedBandwidth(app, "/two").call().heard == ["phone"]


def test_variables_in_the_prefix(app: Flask) -> None:
    """A URL with variables must be given; the application sees their values."""
    phone = CallbackBlueprint("phone", __name__, credentials=[CREDENTIALS], url_prefix="/<tenant>/phone")

    @phone.url_value_preprocessor
    def take(endpoint: str | None, values: dict[str, Any] | None) -> None:
        g.tenant = (values or {}).pop("tenant", None)

    phone.respond(InitiateCallback)(lambda call: [SpeakSentence(g.tenant), Hangup()])
    app.register_blueprint(phone)
    with pytest.raises(SimulationError, match="The URL of blueprint 'phone' must not have variables"):
        SimulatedBandwidth(app)
    bandwidth = SimulatedBandwidth(app, "/acme/phone/")
    assert (tuple(bandwidth.credentials or ()), bandwidth.call().heard) == (CREDENTIALS, ["acme"])


def test_url_defaults(app: Flask) -> None:
    """URL values that the application itself fills in need not be given."""
    app.register_blueprint(blueprint(url_prefix="/<tenant>/phone"))

    @app.url_value_preprocessor
    def take(endpoint: str | None, values: dict[str, Any] | None) -> None:
        (values or {}).pop("tenant", None)

    @app.url_defaults
    def fill_in(endpoint: str, values: dict[str, Any]) -> None:
        values.setdefault("tenant", request.args.get("tenant", "acme"))

    bandwidth = SimulatedBandwidth(app)
    assert bandwidth.url == "https://localhost/acme/phone/"
    assert bandwidth.call().heard == ["phone"]


@pytest.mark.parametrize("url", [None, "/"])
def test_what_ends_a_request_runs_after_requests_only(url: str | None) -> None:
    """A teardown function that needs what a request began is not called before there is a request."""
    app = Flask("host")  # not the fixture's, around which pytest-flask opens a context
    app.register_blueprint(blueprint())

    @app.before_request
    def begin() -> None:
        g.ended = []

    @app.teardown_request
    @app.teardown_appcontext
    def end(error: BaseException | None) -> None:
        g.ended.append(error)

    assert SimulatedBandwidth(app, url, raise_errors=True).call().heard == ["phone"]


def test_server_name_and_subdomains() -> None:
    """A blueprint on a subdomain of SERVER_NAME is called there, and may lead to another subdomain."""
    app = Flask("host", subdomain_matching=True)
    app.config.update(SERVER_NAME="example.com:8443", TESTING=True, APPLICATION_ROOT="/not-in-wsgi")
    phone = CallbackBlueprint("phone", __name__, credentials=ANYONE, subdomain="phone")
    phone.respond(InitiateCallback)(lambda call: Redirect(redirect_url="https://Menu.example.com:8443/menu"))
    app.register_blueprint(phone)
    menu = Response("<Response><SpeakSentence>Menu.</SpeakSentence></Response>", mimetype="application/xml")
    app.add_url_rule("/menu", view_func=lambda: menu, subdomain="menu", methods=["POST"])
    bandwidth = SimulatedBandwidth(app)
    assert bandwidth.url == "https://phone.example.com:8443/"
    assert bandwidth.call().heard == ["Menu."]


@pytest.mark.parametrize("trusted", ["voice.example.com", ".example.com"])
def test_trusted_hosts(app: Flask, trusted: str) -> None:
    """An application that takes requests for some hosts only is called at one of them."""
    app.config["TRUSTED_HOSTS"] = [trusted]
    app.register_blueprint(blueprint())
    bandwidth = SimulatedBandwidth(app)
    assert bandwidth.url == f"https://{trusted.lstrip('.')}/"
    assert bandwidth.call().heard == ["phone"]


def test_a_view_of_the_application(app: Flask) -> None:
    """A URL may lead to any view: then no credentials are known but those that are given."""

    @app.post("/view")
    def view() -> Response:
        if request.authorization is None:
            return Response(status=401, headers={"WWW-Authenticate": "Basic"})
        text = f"<Response><SpeakSentence>{request.authorization.username}</SpeakSentence></Response>"
        return Response(text, mimetype="application/xml")

    assert SimulatedBandwidth(app, "/view").credentials is None
    assert SimulatedBandwidth(app, "/view", credentials=("ann", "key")).call().heard == ["ann"]


@pytest.mark.parametrize("prefix", ["/myapp", "/my/app"])
def test_an_application_below_a_prefix(app: Flask, prefix: str) -> None:
    """Where a middleware has it, a URL leads to its one blueprint, whose credentials are known."""
    app.register_blueprint(blueprint(), url_prefix="/phone")
    root: Any = Response("nothing here", 404)
    app.wsgi_app = DispatcherMiddleware(root, {prefix: app.wsgi_app})  # type: ignore[method-assign]
    call = SimulatedBandwidth(app, f"{prefix}/phone/").call()
    assert (call.heard, call.cause) == (["phone"], "hangup")


def test_credentials_that_nothing_gives(app: Flask) -> None:
    """If several blueprints could give the credentials, the error has the remedy."""
    app.register_blueprint(blueprint("sales"), url_prefix="/sales")
    app.register_blueprint(blueprint("support"), url_prefix="/support")
    root: Any = Response("nothing here", 404)
    app.wsgi_app = DispatcherMiddleware(root, {"/myapp": app.wsgi_app})  # type: ignore[method-assign]
    with pytest.raises(UnreachableApplication, match=r"Give credentials=\(username, password\), or"):
        SimulatedBandwidth(app, "/myapp/sales/").call()
    assert SimulatedBandwidth(app, "/myapp/sales/", credentials=CREDENTIALS).call().heard == ["sales"]


# -- The WSGI stack ------------------------------------------------------------------------------------------


def test_middleware_is_passed(app: Flask) -> None:
    """Every request goes through the whole WSGI stack, as from a server behind TLS."""
    app.register_blueprint(blueprint(), url_prefix="/phone")
    seen = []
    inner = app.wsgi_app

    def middleware(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        seen.append({**environ, "body": environ["wsgi.input"].getbuffer().nbytes})
        return inner(environ, start_response)

    app.wsgi_app = ProxyFix(middleware)  # type: ignore[method-assign]
    call = SimulatedBandwidth(app).call()
    assert call.heard == ["phone"]
    first, second, *_ = seen
    expected = {
        "wsgi.url_scheme": "https",
        "HTTP_HOST": "localhost",
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "443",
        "REMOTE_ADDR": "127.0.0.1",
        "REQUEST_METHOD": "POST",
        "SCRIPT_NAME": "",
        "PATH_INFO": "/phone/",
        "QUERY_STRING": "",
        "REQUEST_URI": "/phone/",
        "CONTENT_TYPE": "application/json",
        "HTTP_USER_AGENT": "flask-bandwidth-callbacks simulator",
    }
    assert expected.items() <= first.items()
    assert int(first["CONTENT_LENGTH"]) == first["body"] > 0
    assert "HTTP_AUTHORIZATION" not in first
    assert second["HTTP_AUTHORIZATION"].startswith("Basic ")
    assert len(seen) == 4


def test_requests_share_nothing(app: Flask, phone: CallbackBlueprint) -> None:
    """Each request has a flask.g of its own, as under a server, also where the test holds a context open."""
    found = []

    @phone.on(Callback)
    def look(event: Callback) -> None:
        found.append(dict(vars(g)))
        g.kept = event.event_type

    phone.respond(InitiateCallback)(lambda call: Hangup())
    app.register_blueprint(phone)
    with app.app_context():
        g.of_the_test = True
        SimulatedBandwidth(app, raise_errors=True).call()
        assert vars(g) == {"of_the_test": True}
    assert found == [{}, {}]


def test_paths_and_queries(app: Flask) -> None:
    """Paths are decoded as servers decode them, queries are not; a GET carries the callback in its query."""
    seen: list[tuple[str, str, str | None, str | None]] = []

    @app.route("/<path:path>", methods=["GET", "POST"])
    def view(path: str) -> str:
        seen.append((request.method, path, request.args.get("q"), request.args.get("eventType")))
        return ""

    bandwidth = SimulatedBandwidth(app, "/grüße/a%2Fb%20c?q=%E2%82%AC+1&w#fragment", method="GET")
    bandwidth.call()
    assert seen == [("GET", "grüße/a/b c", "€ 1", "initiate"), ("POST", "grüße/a/b c", "€ 1", None)]


class Chunks(list[bytes]):
    """A body that must be closed."""

    closed = 0

    def close(self) -> None:
        Chunks.closed += 1


@pytest.mark.parametrize("body", [Chunks, tuple])
def test_any_wsgi_application(app: Flask, body: Callable[[list[bytes]], Iterable[bytes]]) -> None:
    """A replacement of the WSGI application may use all of WSGI, and its body is closed after a request."""

    def old(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        write = start_response("500 Oops", [])
        write(b"<Response>")
        start_response("200 OK", [("Content-Type", "application/xml")], None)
        return body([b"<SpeakSentence>Old.</SpeakSentence>", b"</Response>"])

    app.wsgi_app = old  # type: ignore[method-assign]
    closed = Chunks.closed
    assert SimulatedBandwidth(app, "/").call().heard == ["Old."]
    assert Chunks.closed - closed == (2 if body is Chunks else 0)


def test_other_applications_of_this_machine(app: Flask, nowhere: str) -> None:
    """Another port of this machine is another server, although the application is called localhost."""
    phone = CallbackBlueprint("phone", __name__, credentials=ANYONE)
    phone.respond(InitiateCallback)(
        lambda call: Redirect(redirect_url=nowhere.replace("127.0.0.1", "localhost"))
    )
    app.register_blueprint(phone)
    call = SimulatedBandwidth(app).call()
    assert (call.exchanges[1].failure or "").startswith("no connection: ")


def test_usernames_in_urls(app: Flask) -> None:
    """A username and password in a URL of a document do not change where it leads, and are not sent."""
    phone = blueprint()
    phone.respond(InitiateCallback, to="+1")(
        lambda call: Redirect(redirect_url="https://ann:key@localhost/other")
    )
    phone.respond("redirect", "/other")(lambda event: SpeakSentence(str(request.authorization)))
    app.register_blueprint(phone)
    app.config["BANDWIDTH_CALLBACKS_CHECK_BXML"] = False
    call = SimulatedBandwidth(app).call("+1")
    assert (call.exchanges[1].failure or "").startswith("401: the application asks for credentials")


# -- What the application raises -----------------------------------------------------------------------------


class Mistake(Exception):
    """What a handler raises."""


def fails(event: Any) -> Any:
    raise Mistake("the handler's own fault")


@pytest.fixture(params=[True, False], ids=["testing", "production"])
def host(app: Flask, request: pytest.FixtureRequest) -> Flask:
    """The application with and without TESTING, which makes Flask let errors through."""
    app.config["TESTING"] = request.param
    return app


@pytest.mark.parametrize(
    ("decorator", "event", "cause"),
    [("respond", InitiateCallback, "callback-error"), ("on", DisconnectCallback, "hangup")],
)
def test_errors_are_raised(host: Flask, decorator: str, event: Any, cause: str) -> None:
    """Exceptions of responders and subscribers are raised unchanged, with their tracebacks."""
    phone = blueprint()
    getattr(phone, decorator)(event, to="+1")(fails)
    host.register_blueprint(phone)
    bandwidth = SimulatedBandwidth(host, raise_errors=True)
    with pytest.raises(Mistake) as raised:
        bandwidth.call("+1")
    assert traceback.extract_tb(raised.value.__traceback__)[-1].name == "fails"
    assert [call.cause for call in bandwidth.calls] == [cause]


def test_errors_are_heard(host: Flask) -> None:
    """Without raise_errors the caller hears what a caller would, and nothing is raised later."""
    phone = CallbackBlueprint("phone", __name__, credentials=ANYONE)
    phone.respond(InitiateCallback)(fails)
    phone.on(DisconnectCallback)(fails)
    host.register_blueprint(phone)
    bandwidth = SimulatedBandwidth(host)
    call = bandwidth.call()
    assert [(one.event, one.status, one.failure) for one in call.exchanges] == [
        ("initiate", 500, "status 500 (tests.simulator.test_in_process.Mistake: the handler's own fault)"),
        ("disconnect", 204, None),
    ]
    assert call.cause == "callback-error"
    bandwidth.raise_errors = True
    bandwidth.wait(1)


def test_errors_that_the_application_answers(host: Flask) -> None:
    """An exception that an errorhandler turns into a document is not raised."""
    phone = CallbackBlueprint("phone", __name__, credentials=ANYONE)
    phone.respond(InitiateCallback)(fails)
    phone.errorhandler(Mistake)(lambda error: [SpeakSentence("Sorry."), Hangup()])
    host.register_blueprint(phone)
    assert SimulatedBandwidth(host, raise_errors=True).call().heard == ["Sorry."]


@pytest.mark.parametrize("reply", [("Something went wrong.", 500), "Something went wrong."])
@pytest.mark.parametrize(
    ("decorator", "event"),
    [("respond", InitiateCallback), ("on", DisconnectCallback), ("on", InitiateCallback)],
)
def test_errors_that_become_a_page(host: Flask, decorator: str, event: Any, reply: Any) -> None:
    """An exception that an errorhandler turns into an error page is raised all the same."""
    phone = blueprint()
    getattr(phone, decorator)(event, to="+1")(fails)
    host.register_blueprint(phone)
    host.errorhandler(Exception)(lambda error: reply)
    with pytest.raises(Mistake):
        SimulatedBandwidth(host, raise_errors=True).call("+1")
    call = SimulatedBandwidth(host).call("+1")
    assert ("(tests.simulator.test_in_process.Mistake: the handler's own fault)" in str(call)) == (
        decorator == "respond"
    )


def test_errors_of_http(host: Flask) -> None:
    """A responder that calls abort() fails like any other."""
    phone = blueprint()
    phone.respond(InitiateCallback, to="+1")(lambda call: abort(410))
    host.register_blueprint(phone)
    with pytest.raises(Gone):
        SimulatedBandwidth(host, raise_errors=True).call("+1")


@pytest.mark.parametrize("responder", [fails, lambda call: None], ids=["raises", "returns nothing"])
def test_the_error_that_lost_the_call_is_raised(host: Flask, responder: Any) -> None:
    """If subscribers fail as well, the exception that cost the call is raised, and the failure names it."""
    phone = blueprint()
    phone.respond(InitiateCallback, to="+1")(responder)

    @phone.on(InitiateCallback)
    def fail_too(call: InitiateCallback) -> None:
        raise LookupError("the subscriber's")

    host.register_blueprint(phone)
    bandwidth = SimulatedBandwidth(host, raise_errors=True)
    with pytest.raises((Mistake, TypeError)):
        bandwidth.call("+1")
    bandwidth.raise_errors = False
    failure = bandwidth.call("+1").exchanges[0].failure or ""
    assert failure.startswith("status 500 (")
    assert "LookupError" not in failure


def test_an_error_handler_that_fails(host: Flask) -> None:
    """An exception of an errorhandler is raised, with the one that it was to handle as its context."""
    phone = CallbackBlueprint("phone", __name__, credentials=ANYONE)
    phone.respond(InitiateCallback)(fails)
    phone.errorhandler(Mistake)(lambda error: [Hangup(), "no verb"])
    host.register_blueprint(phone)
    with pytest.raises(TypeError) as raised:
        SimulatedBandwidth(host, raise_errors=True).call()
    assert isinstance(raised.value.__context__, Mistake)


def test_a_failure_shows_no_more_than_it_should(app: Flask) -> None:
    """The failure names what was raised in one line of limited length, without a password."""
    phone = CallbackBlueprint("phone", __name__, credentials=ANYONE)

    @phone.respond(InitiateCallback)
    def fail(call: InitiateCallback) -> Hangup:
        raise OSError(f"postgresql://ann:t0psecret@db/calls\n\x1b[2J{'x' * 3000}")

    app.register_blueprint(phone)
    call = SimulatedBandwidth(app).call()
    failure = call.exchanges[0].failure or ""
    assert failure.startswith("status 500 (OSError: postgresql://***@db/calls \ufffd[2Jxxx")
    assert len(failure) == TEXT_LIMIT + len("...")


def test_errors_of_the_stack(host: Flask) -> None:
    """Exceptions of a middleware are raised as well, also while it writes the reply."""
    host.register_blueprint(blueprint())
    inner: Callable[..., Iterable[bytes]] = host.wsgi_app

    def middleware(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        yield from inner(environ, start_response)
        if environ.get("HTTP_AUTHORIZATION"):
            raise Mistake("in the middle of it")

    host.wsgi_app = middleware  # type: ignore[method-assign]
    with pytest.raises(Mistake, match="in the middle of it"):
        SimulatedBandwidth(host, raise_errors=True).call()
    assert SimulatedBandwidth(host).call().cause == "callback-error"


def test_the_first_error_is_raised(host: Flask) -> None:
    """Of several exceptions the first one is raised, and the others are not raised later."""
    phone = CallbackBlueprint("phone", __name__, credentials=ANYONE)
    phone.respond(InitiateCallback)(fails)

    @phone.on(DisconnectCallback)
    def fail_too(event: DisconnectCallback) -> None:
        raise LookupError

    host.register_blueprint(phone)
    bandwidth = SimulatedBandwidth(host, raise_errors=True)
    with pytest.raises(Mistake):
        bandwidth.call()
    bandwidth.wait(1)


def test_errors_that_others_cause(app: Flask) -> None:
    """Exceptions during requests of the test itself do not concern the simulation."""
    app.config["TESTING"] = False
    app.register_blueprint(blueprint())
    app.add_url_rule("/fails", view_func=fails, defaults={"event": None})
    bandwidth = SimulatedBandwidth(app, raise_errors=True)
    assert app.test_client().get("/fails").status_code == 500
    assert bandwidth.call().heard == ["phone"]


def test_what_is_no_error_of_the_application(app: Flask) -> None:
    """An interruption such as Ctrl-C passes at once."""
    phone = CallbackBlueprint("phone", __name__, credentials=ANYONE)

    @phone.respond(InitiateCallback)
    def interrupt(call: InitiateCallback) -> Hangup:
        raise KeyboardInterrupt

    app.register_blueprint(phone)
    bandwidth = SimulatedBandwidth(app)
    with pytest.raises(KeyboardInterrupt):
        bandwidth.call()
    bandwidth.wait(1)  # the simulation can be used on


class Interrupted:
    """A lock during whose release Ctrl-C is pressed."""

    def __init__(self) -> None:
        self._lock = threading.Lock()

    def acquire(self) -> None:
        self._lock.acquire()

    def release(self) -> None:
        self._lock.release()
        raise KeyboardInterrupt


def test_ctrl_c_is_not_hidden(app: Flask, phone: CallbackBlueprint, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C at the moment when other threads may use the simulation is not hidden by another error."""
    app.register_blueprint(phone)
    bandwidth = SimulatedBandwidth(app)
    monkeypatch.setattr(bandwidth.turn, "_lock", Interrupted())
    with pytest.raises(KeyboardInterrupt):
        bandwidth.call()


# -- Its end -------------------------------------------------------------------------------------------------


def test_a_simulation_that_is_thrown_away(app: Flask) -> None:
    """A simulation without references is gone with its calls, and sends nothing."""
    heard = []
    phone = CallbackBlueprint("phone", __name__, credentials=ANYONE)
    phone.respond(InitiateCallback)(lambda call: Conference("room", conference_event_url=phone))
    phone.on(ConferenceCallback)(lambda event: heard.append(event.event_type))
    app.register_blueprint(phone)
    bandwidth = SimulatedBandwidth(app)
    bandwidth.call()
    gone = weakref.ref(bandwidth)
    del bandwidth
    latest.clear()  # those that pytest shows if a test fails
    gc.collect()
    assert gone() is None
    assert heard == ["conferenceCreated", "conferenceMemberJoin"]


def test_an_application_without_a_status_url(app: Flask) -> None:
    """Without a status URL no disconnect is sent, however an inbound call ends."""
    phone = CallbackBlueprint("phone", __name__, credentials=ANYONE)
    phone.respond(InitiateCallback)(lambda call: Pause())
    app.register_blueprint(phone)
    bandwidth = SimulatedBandwidth(app, status_url=None, raise_errors=True)
    for end in (Call.hang_up, Call.complete):
        call = bandwidth.call()
        end(call)
        assert (call.state, call.exchanges[-1].event) == ("disconnected", "initiate")


def test_no_two_callbacks_are_the_same(app: Flask) -> None:
    """Events that are the same otherwise, without time between them, differ by their eventTime."""
    phone = CallbackBlueprint("phone", __name__, credentials=ANYONE)
    turns = iter(range(5))
    phone.respond((InitiateCallback, RedirectCallback))(
        lambda call: Redirect(redirect_url=phone) if next(turns, None) is not None else Hangup()
    )
    app.register_blueprint(phone)
    call = SimulatedBandwidth(app, raise_errors=True).call()
    bodies = [json.dumps(exchange.payload) for exchange in call.exchanges]
    assert len(set(bodies)) == len(bodies) == 7
    assert {exchange.time for exchange in call.exchanges} == {call.start_time}


def test_the_same_script_gives_the_same_call(app: Flask) -> None:
    """Ids and times come from the seed and the start: two simulations send identical callbacks."""
    app.register_blueprint(blueprint())
    one, two, other = (SimulatedBandwidth(app, seed=seed).call() for seed in (1, 1, 2))
    assert [exchange.payload for exchange in one.exchanges] == [
        exchange.payload for exchange in two.exchanges
    ]
    assert one.call_id != other.call_id


def test_errors_of_the_library(app: Flask) -> None:
    """Errors of the simulation derive from the library's base class."""
    assert issubclass(SimulationError, BandwidthCallbacksError)
    with pytest.raises(BandwidthCallbacksError):
        SimulatedBandwidth(app)


def test_a_line_of_another_thread_is_not_the_reason(app: Flask) -> None:
    """A lost call shows the lines that its own callback logged, not those of another thread."""
    phone = CallbackBlueprint("phone", __name__, credentials=[CREDENTIALS])
    logger = logging.getLogger("flask_bandwidth_callbacks")

    @phone.respond(InitiateCallback)
    def greet(call: InitiateCallback) -> Response:
        other = threading.Thread(target=logger.warning, args=("from elsewhere",))
        other.start()
        other.join()
        logger.warning("from here")
        return Response(status=404)

    app.register_blueprint(phone)
    with pytest.raises(LostCall, match="from here") as caught:
        SimulatedBandwidth(app, raise_errors=True).call()
    assert "from elsewhere" not in str(caught.value)
