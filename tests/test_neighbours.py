"""The blueprint inside an application: it changes nothing of its host, and nothing of the host breaks it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any
from xml.etree import ElementTree

import pytest
from flask import Blueprint, Flask, abort, g, jsonify, request, session
from flask.cli import routes_command
from flask_wtf.csrf import CSRFProtect, generate_csrf
from werkzeug.exceptions import HTTPException
from werkzeug.middleware.dispatcher import DispatcherMiddleware
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.routing import Rule
from werkzeug.test import Client, TestResponse

from flask_bandwidth_callbacks import (
    CallbackBlueprint,
    Credentials,
    DisconnectCallback,
    GatherCallback,
    InitiateCallback,
    InvalidBXML,
    RedirectCallback,
    signals,
)
from flask_bandwidth_callbacks.bxml import Gather, Redirect, Response, SpeakSentence

CREDENTIALS = ("bandwidth", "s3cret")
OTHERS = ("someone", "else")


def make_phone(
    name: str = "phone", credentials: tuple[str, str] | None = CREDENTIALS, **options: Any
) -> CallbackBlueprint:
    """Return a blueprint that greets with a menu and repeats the key that was pressed."""
    options.setdefault("credentials", [credentials] if credentials else None)
    phone = CallbackBlueprint(name, __name__, **options)

    @phone.respond(InitiateCallback)
    def greet(call: InitiateCallback) -> Gather:
        return Gather(gather_url=menu)

    @phone.respond(GatherCallback, "/menu")
    def menu(call: GatherCallback) -> SpeakSentence:
        return SpeakSentence(f"{call.call_id} pressed {call.digits}.")

    return phone


def make_app(**config: Any) -> Flask:
    app = Flask(__name__)
    app.config.update(TESTING=True, SECRET_KEY="x")
    app.config.update(config)
    return app


def ring(
    app: Flask,
    url: str = "/phone/",
    event_type: str = "initiate",
    *,
    auth: tuple[str, str] | None = CREDENTIALS,
    base_url: str | None = None,
    headers: dict[str, str] | None = None,
    **properties: Any,
) -> TestResponse:
    payload = {"eventType": event_type, "callId": "c-1", **properties}
    return app.test_client().post(url, json=payload, auth=auth, base_url=base_url, headers=headers)


def gather_of(response: TestResponse) -> dict[str, str]:
    """Return the attributes of the Gather in a greeting."""
    assert response.status_code == 200
    (gather,) = ElementTree.fromstring(response.data)
    assert gather.tag == "Gather"
    return gather.attrib


# -- CSRFProtect -------------------------------------------------------------------------------------------


def protect_first(app: Flask, register: Callable[[], None]) -> None:
    CSRFProtect(app)
    register()


def protect_last(app: Flask, register: Callable[[], None]) -> None:
    register()
    CSRFProtect(app)


def init_first(app: Flask, register: Callable[[], None]) -> None:
    csrf = CSRFProtect()
    csrf.init_app(app)
    register()


def init_last(app: Flask, register: Callable[[], None]) -> None:
    csrf = CSRFProtect()
    register()
    csrf.init_app(app)


def protected_app(setup: Callable[[Flask, Callable[[], None]], None]) -> Flask:
    app = make_app()
    phone = make_phone()
    parent = Blueprint("parent", __name__)
    parent.register_blueprint(phone, url_prefix="/nested")

    @phone.post("/page")
    def page_beside() -> str:
        return "page beside"

    @app.post("/page")
    def page() -> str:
        return "page"

    @app.get("/token")
    def token() -> str:
        return str(generate_csrf())

    def register() -> None:
        app.register_blueprint(phone, url_prefix="/phone")
        app.register_blueprint(phone, name="renamed", url_prefix="/renamed")
        app.register_blueprint(parent, url_prefix="/parent")

    setup(app, register)
    return app


@pytest.mark.parametrize("setup", [protect_first, protect_last, init_first, init_last])
@pytest.mark.parametrize("prefix", ["/phone", "/renamed", "/parent/nested"])
def test_callbacks_need_no_csrf_token(setup: Any, prefix: str) -> None:
    """Callbacks pass CSRFProtect, in either order of set-up, and still need credentials."""
    app = protected_app(setup)
    assert gather_of(ring(app, prefix))["gatherUrl"] == f"{prefix}/menu"
    assert ring(app, f"{prefix}/menu", "gather", digits="1").status_code == 200
    assert ring(app, prefix, auth=None).status_code == 401


@pytest.mark.parametrize("setup", [protect_first, protect_last, init_first, init_last])
@pytest.mark.parametrize("url", ["/page", "/phone/page", "/renamed/page", "/parent/nested/page"])
def test_ordinary_pages_stay_protected(setup: Any, url: str) -> None:
    """Other pages, also those on the same blueprint, accept a form only with its token."""
    app = protected_app(setup)
    client = app.test_client()
    assert client.post(url).status_code == 400
    assert ring(app).status_code == 200
    refused = client.post(url)
    assert refused.status_code == 400
    assert "CSRF" in refused.text
    token = client.get("/token").text
    assert client.post(url, data={"csrf_token": token}).status_code == 200


def test_callbacks_set_no_cookie() -> None:
    """A callback opens no session, with or without credentials."""
    app = protected_app(protect_first)
    for auth in (CREDENTIALS, None):
        response = ring(app, auth=auth)
        assert "Set-Cookie" not in response.headers
        assert "Vary" not in response.headers


# -- The host's own pages and errors -----------------------------------------------------------------------


def host_pages(app: Flask) -> None:
    @app.get("/page")
    def page() -> str:
        return "page"

    @app.get("/fails")
    def fails() -> str:
        raise RuntimeError("oh")

    @app.errorhandler(404)
    def not_found(error: HTTPException) -> tuple[str, int]:
        return "the host's 404", 404

    @app.errorhandler(405)
    def not_allowed(error: HTTPException) -> tuple[str, int]:
        return "the host's 405", 405

    @app.errorhandler(500)
    def failed(error: HTTPException) -> tuple[str, int]:
        return "the host's 500", 500


@pytest.mark.parametrize(
    ("method", "url"),
    [
        ("GET", "/page"),
        ("POST", "/page"),
        ("OPTIONS", "/page"),
        ("HEAD", "/page"),
        ("GET", "/fails"),
        ("GET", "/nowhere"),
        ("POST", "/nowhere"),
        ("POST", "/phone/nowhere"),
        ("GET", "/phone/menu/nowhere"),
        ("POST", "/phonebook"),
    ],
)
@pytest.mark.parametrize("own_pages", [True, False])
def test_host_answers_as_without_us(own_pages: bool, method: str, url: str) -> None:
    """Every other URL behaves as without the blueprint, unknown ones below its prefix included."""
    answers = []
    for with_phone in (True, False):
        app = make_app(TESTING=False)
        if own_pages:
            host_pages(app)
        if with_phone:
            app.register_blueprint(make_phone(), url_prefix="/phone")
        response = app.test_client().open(url, method=method)
        answers.append((response.status, sorted(response.headers), response.data))
    assert answers[0] == answers[1]


def test_error_handlers_of_the_host_see_the_failures_of_responders() -> None:
    """The exception of a responder reaches the host's error page, with 500."""
    app = make_app(TESTING=False)
    host_pages(app)
    phone = CallbackBlueprint("phone", __name__, credentials=[CREDENTIALS])

    @phone.respond(InitiateCallback)
    def fails(call: InitiateCallback) -> Response:
        raise RuntimeError("oh")

    @phone.respond(RedirectCallback)
    def gives_up(call: RedirectCallback) -> Response:
        abort(404)

    app.register_blueprint(phone, url_prefix="/phone")
    assert ring(app).text == "the host's 500"
    assert ring(app, event_type="redirect").text == "the host's 404"


@pytest.mark.parametrize("code", [401, 404, 405, 415, 422, HTTPException, Exception])
def test_error_handlers_do_not_change_refusals(code: Any) -> None:
    """Rejections are replies, not errors, so no error handler gets them."""
    app = make_app()
    phone = make_phone()
    for owner in (app, phone):
        owner.register_error_handler(code, lambda error: ("changed", 200))
    app.register_blueprint(phone, url_prefix="/phone")
    refused = [
        ring(app, auth=None),
        ring(app, event_type="answer"),
        app.test_client().put("/phone/", auth=CREDENTIALS),
        app.test_client().post("/phone/", data="x", auth=CREDENTIALS),
        app.test_client().get("/phone/", auth=CREDENTIALS),
    ]
    assert [response.status_code for response in refused] == [401, 404, 405, 415, 422]
    assert {response.mimetype for response in refused} == {"application/problem+json"}


def test_ordinary_pages_on_the_blueprint() -> None:
    """A page on the blueprint needs no credentials and has its own methods and error page."""
    app = make_app()
    phone = make_phone(static_folder=".", static_url_path="/static")

    @phone.get("/status")
    def status() -> str:
        return "all is well"

    app.register_blueprint(phone, url_prefix="/phone")
    client = app.test_client()
    assert client.get("/phone/status").text == "all is well"
    assert client.post("/phone/status").status_code == 405
    assert set(client.options("/phone/status").allow) == {"GET", "HEAD", "OPTIONS"}
    with client.get("/phone/static/test_neighbours.py") as static:
        assert static.status_code == 200


def test_flask_lists_the_routes() -> None:
    """``flask routes`` works with the blueprint in the application."""
    app = make_app()
    app.register_blueprint(make_phone(), url_prefix="/phone")
    result = app.test_cli_runner().invoke(routes_command)
    assert result.exit_code == 0, result.output
    assert "/phone/menu" in result.output


def test_rules_have_the_methods_of_callbacks() -> None:
    """Tools that read the URL map find a set of methods, as Flask keeps it for GET and POST."""
    app = make_app()

    @app.route("/page", methods=["GET", "POST"], provide_automatic_options=False)
    def page() -> str:
        return "page"

    app.register_blueprint(make_phone(), url_prefix="/phone")
    ordinary = next(app.url_map.iter_rules("page"))
    rules = [rule for rule in app.url_map.iter_rules() if str(rule).startswith("/phone")]
    assert len(rules) == 2
    for rule in rules:
        assert isinstance(rule.methods, set)
        assert rule.methods == ordinary.methods == {"GET", "HEAD", "POST"}
        assert sorted(rule.methods - {"HEAD", "OPTIONS"}) == ["GET", "POST"]
    listed = app.test_cli_runner().invoke(routes_command).output
    assert [line.split()[1:3] for line in listed.splitlines() if "/phone" in line] == [["GET,", "POST"]] * 2


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS", "DELETE", "BREW"])
def test_every_method_is_challenged_first(method: str) -> None:
    """A request by any method reaches the challenge, whatever the rule lists."""
    app = make_app()
    app.register_blueprint(make_phone(), url_prefix="/phone")
    assert app.test_client().open("/phone/", method=method).status_code == 401


# -- What the host runs around a request -------------------------------------------------------------------


def test_order_of_before_request() -> None:
    """The host's before_request gets every request, the blueprint's own only those with credentials."""
    ran: list[str] = []
    app = make_app()
    phone = make_phone()
    app.before_request(lambda: ran.append("host"))
    phone.before_request(lambda: ran.append("blueprint"))
    phone.before_app_request(lambda: ran.append("host, by the blueprint"))
    app.register_blueprint(phone, url_prefix="/phone")
    assert ring(app, auth=None).status_code == 401
    assert ran == ["host", "host, by the blueprint"]
    ran.clear()
    assert ring(app).status_code == 200
    assert ran == ["host", "host, by the blueprint", "blueprint"]


def test_before_request_may_answer() -> None:
    """The return value of the blueprint's before_request is the reply, as everywhere in Flask."""
    app = make_app()
    phone = make_phone()
    phone.before_request(lambda: ("closed", 503))
    app.register_blueprint(phone, url_prefix="/phone")
    assert ring(app, auth=None).status_code == 401
    assert ring(app).text == "closed"


@pytest.mark.parametrize("auth", [CREDENTIALS, None])
def test_after_request_sees_every_reply(auth: tuple[str, str] | None) -> None:
    """Headers that the host adds to every response are on replies and on rejections."""
    app = make_app()

    @app.after_request
    def add(response: Any) -> Any:
        response.headers["X-Host"] = "here"
        return response

    app.register_blueprint(make_phone(), url_prefix="/phone")
    assert ring(app, auth=auth).headers["X-Host"] == "here"


def test_g_and_session_are_the_host_s() -> None:
    """Handlers have the host's g and session, and the library stores nothing in g."""
    app = make_app()
    phone = CallbackBlueprint("phone", __name__, credentials=[CREDENTIALS])
    seen: list[Any] = []

    @app.before_request
    def set_up() -> None:
        g.event = g.phone = g.callback = "the host's"

    @phone.respond(InitiateCallback)
    def look(call: InitiateCallback) -> Response:
        seen.append((dict(vars(g)), dict(session), request.endpoint))
        return Response()

    app.teardown_request(lambda error: seen.append(sorted(vars(g))))
    app.register_blueprint(phone, url_prefix="/phone")
    assert ring(app).status_code == 200
    (names, of_session, endpoint), after = seen
    assert names == {"event": "the host's", "phone": "the host's", "callback": "the host's"}
    assert of_session == {}
    assert endpoint.startswith("phone.")
    assert after == ["callback", "event", "phone"]


@pytest.mark.parametrize("config", [{"TESTING": True}, {"TESTING": False}, {"DEBUG": True}])
@pytest.mark.parametrize("url", ["/phone", "/phone/"])
def test_answers_in_every_mode(config: dict[str, bool], url: str) -> None:
    """Testing, production and debug give the same replies, with and without the closing slash."""
    app = make_app(**{"TESTING": False, **config})
    app.register_blueprint(make_phone(), url_prefix="/phone")
    assert gather_of(ring(app, url)) == {
        "gatherUrl": "/phone/menu",
        "username": CREDENTIALS[0],
        "password": CREDENTIALS[1],
    }


# -- async -------------------------------------------------------------------------------------------------


class AsyncioFlask(Flask):
    """A Flask application that runs coroutines its own way, as Flask's documentation shows."""

    def async_to_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        return lambda *args, **kwargs: asyncio.run(func(*args, **kwargs))


@pytest.mark.parametrize("flask_class", [Flask, AsyncioFlask])
def test_async_handlers(flask_class: type[Flask]) -> None:
    """Handlers, error handlers and before_request functions may all be async, as in Flask."""
    app = flask_class(__name__)
    heard: list[str | None] = []
    phone = CallbackBlueprint("phone", __name__, credentials=[CREDENTIALS])

    @app.before_request
    async def before() -> None:
        await asyncio.sleep(0)

    @phone.respond(InitiateCallback, "/<word>")
    async def greet(call: InitiateCallback, word: str) -> SpeakSentence:
        await asyncio.sleep(0)
        return SpeakSentence(f"{word} {call.call_id}")

    @phone.respond(GatherCallback)
    async def fails(call: GatherCallback) -> SpeakSentence:
        raise ArithmeticError

    @phone.errorhandler(ArithmeticError)
    async def excuse(error: ArithmeticError) -> SpeakSentence:
        await asyncio.sleep(0)
        return SpeakSentence("Sorry.")

    @phone.on((InitiateCallback, DisconnectCallback))
    async def hear(call: InitiateCallback | DisconnectCallback) -> None:
        await asyncio.sleep(0)
        heard.append(call.event_type)

    app.register_blueprint(phone, url_prefix="/phone")
    assert "<SpeakSentence>hello c-1</SpeakSentence>" in ring(app, "/phone/hello").text
    assert "<SpeakSentence>Sorry.</SpeakSentence>" in ring(app, event_type="gather").text
    assert ring(app, event_type="disconnect").status_code == 204
    assert heard == ["initiate", "disconnect"]


# -- Several of everything ---------------------------------------------------------------------------------


def test_two_registrations_of_one_blueprint() -> None:
    """A blueprint that is registered twice replies with URLs of the registration that got the request."""
    app = make_app()
    phone = make_phone()
    app.register_blueprint(phone, url_prefix="/one")
    app.register_blueprint(phone, url_prefix="/two", name="second")
    for prefix in ("/one", "/two"):
        assert gather_of(ring(app, prefix))["gatherUrl"] == f"{prefix}/menu"
        assert ring(app, f"{prefix}/menu", "gather").status_code == 200
        assert ring(app, f"{prefix}/menu", auth=None).status_code == 401


def test_two_blueprints_with_different_credentials() -> None:
    """Each blueprint accepts only its own pair, and a verb carries the pair of the blueprint of its URL."""
    app = make_app()
    phone = make_phone()
    office = CallbackBlueprint("office", __name__, credentials=[OTHERS])

    @office.respond(RedirectCallback)
    def take_over(call: RedirectCallback) -> Response:
        return Response()

    @phone.respond(RedirectCallback)
    def hand_over(call: RedirectCallback) -> Redirect:
        return Redirect(redirect_url=take_over)

    app.register_blueprint(phone, url_prefix="/phone")
    app.register_blueprint(office, url_prefix="/office")
    assert ring(app, "/phone", auth=OTHERS).status_code == 401
    assert ring(app, "/office", "redirect", auth=CREDENTIALS).status_code == 401
    (redirect,) = ElementTree.fromstring(ring(app, event_type="redirect").data)
    assert redirect.attrib == {"redirectUrl": "/office/", "username": OTHERS[0], "password": OTHERS[1]}
    assert ring(app, redirect.attrib["redirectUrl"], "redirect", auth=OTHERS).status_code == 200


@pytest.mark.parametrize("prefix", ["/outer/inner", "/other/inner"])
def test_nested(prefix: str) -> None:
    """A nested blueprint is challenged, replies and has URLs, also when its parent is renamed."""
    app = make_app()
    outer = Blueprint("outer", __name__)
    outer.register_blueprint(make_phone(), url_prefix="/inner")
    app.register_blueprint(outer, url_prefix="/outer")
    app.register_blueprint(outer, url_prefix="/other", name="other")
    assert ring(app, prefix, auth=None).status_code == 401
    url = gather_of(ring(app, prefix))["gatherUrl"]
    assert url == f"{prefix}/menu"
    assert ring(app, url, "gather").status_code == 200


def test_a_callback_blueprint_inside_of_another() -> None:
    """Of two nested callback blueprints each requires its own pair, in its own name."""
    app = make_app()
    outer = make_phone("outer")
    outer.register_blueprint(make_phone("inner", OTHERS), url_prefix="/inner")
    app.register_blueprint(outer, url_prefix="/outer")
    assert gather_of(ring(app, "/outer", auth=CREDENTIALS))["gatherUrl"] == "/outer/menu"
    assert gather_of(ring(app, "/outer/inner", auth=OTHERS)) == {
        "gatherUrl": "/outer/inner/menu",
        "username": OTHERS[0],
        "password": OTHERS[1],
    }
    refused = ring(app, "/outer/inner", auth=CREDENTIALS)
    assert (refused.status_code, refused.headers["WWW-Authenticate"]) == (
        401,
        'Basic realm="inner", charset="UTF-8"',
    )
    assert ring(app, "/outer", auth=OTHERS).status_code == 401


def test_an_app_factory_used_twice() -> None:
    """One blueprint in two applications has the credentials, URLs and signals of each."""
    phone = CallbackBlueprint("phone", __name__)

    @phone.respond(InitiateCallback)
    def greet(call: InitiateCallback) -> Gather:
        return Gather(gather_url=menu)

    @phone.respond(GatherCallback, "/menu")
    def menu(call: GatherCallback) -> Response:
        return Response()

    def create_app(pair: str, prefix: str) -> Flask:
        app = make_app(BANDWIDTH_CALLBACKS_CREDENTIALS=pair)
        app.register_blueprint(phone, url_prefix=prefix)
        return app

    one, two = create_app("one:1", "/first"), create_app("two:2", "/second")
    heard: list[Any] = []

    def hear(sender: Flask, **arguments: Any) -> None:
        heard.append(sender)

    with signals.callback_answered.connected_to(hear, two):
        assert gather_of(ring(one, "/first", auth=("one", "1"))) == {
            "gatherUrl": "/first/menu",
            "username": "one",
            "password": "1",
        }
        assert heard == []
        assert gather_of(ring(two, "/second", auth=("two", "2"))) == {
            "gatherUrl": "/second/menu",
            "username": "two",
            "password": "2",
        }
        assert heard == [two]
    assert ring(one, "/first", auth=("two", "2")).status_code == 401
    assert ring(two, "/second", auth=("one", "1")).status_code == 401
    for app, prefix, pair in ((one, "/first", ("one", "1")), (two, "/second", ("two", "2"))):
        with app.app_context():
            assert phone.url_for(menu) == f"{prefix}/menu"
            assert phone.credentials == Credentials(*pair)


def test_configuration_is_each_application_s_own() -> None:
    """STRICT and the limit are read from the application that got the request."""
    phone = make_phone()
    strict, small, usual = (
        make_app(**config)
        for config in (
            {"BANDWIDTH_CALLBACKS_STRICT": True},
            {"BANDWIDTH_CALLBACKS_MAX_CONTENT_LENGTH": 10},
            {},
        )
    )
    for app in (strict, small, usual):
        app.register_blueprint(phone, url_prefix="/phone")
    replies = [ring(app, startTime="soon") for app in (strict, small, usual)]
    assert [reply.status_code for reply in replies] == [422, 413, 200]


# -- Where the application is reached ----------------------------------------------------------------------

PROXY = {
    "X-Forwarded-For": "203.0.113.1",
    "X-Forwarded-Proto": "https",
    "X-Forwarded-Host": "calls.example.com",
    "X-Forwarded-Prefix": "/voice",
}


def behind_proxy(answer: Any) -> tuple[Flask, list[str]]:
    app = make_app()
    phone = CallbackBlueprint("phone", __name__, credentials=[CREDENTIALS])
    urls: list[str] = []

    @phone.respond(GatherCallback, "/menu")
    def menu(call: GatherCallback) -> Response:
        return Response()

    @phone.respond(InitiateCallback)
    def greet(call: InitiateCallback) -> Gather:
        urls.append(phone.url_for(menu, _external=True))
        return Gather(gather_url=menu if answer is None else answer)

    app.register_blueprint(phone, url_prefix="/phone")
    app.wsgi_app = ProxyFix(app.wsgi_app, x_proto=1, x_host=1, x_prefix=1)  # type: ignore[method-assign]
    return app, urls


def test_proxy_fix() -> None:
    """Behind ProxyFix, URLs in documents have the public prefix, and absolute ones the public host too."""
    app, urls = behind_proxy(None)
    assert gather_of(ring(app, headers=PROXY))["gatherUrl"] == "/voice/phone/menu"
    assert urls == ["https://calls.example.com/voice/phone/menu"]


@pytest.mark.parametrize("url", ["/voice/phone/menu", "menu", "https://calls.example.com/voice/phone/menu"])
def test_proxy_fix_and_the_check_of_plain_urls(url: str) -> None:
    """A plain URL that leads through the proxy to the blueprint without credentials is a fault."""
    app, _ = behind_proxy(url)
    with pytest.raises(InvalidBXML, match="without the credentials"):
        ring(app, headers=PROXY)


@pytest.mark.parametrize(
    "url", ["/phone/menu", "https://calls.example.com/phone/menu", "http://localhost/menu"]
)
def test_proxy_fix_and_plain_urls_of_others(url: str) -> None:
    """A plain URL outside the public prefix or host is not checked."""
    app, _ = behind_proxy(url)
    assert gather_of(ring(app, headers=PROXY)) == {"gatherUrl": url}


def test_application_root() -> None:
    """Outside a request APPLICATION_ROOT comes before the prefix, in a request the server's root."""
    app = make_app(APPLICATION_ROOT="/root")
    phone = CallbackBlueprint("phone", __name__, credentials=[CREDENTIALS])

    @phone.respond(GatherCallback, "/menu")
    def menu(call: GatherCallback) -> Gather:
        return Gather(gather_url=menu)

    app.register_blueprint(phone, url_prefix="/phone")
    assert phone.url_for(menu) == "/root/phone/menu"
    mounted = Client(DispatcherMiddleware(lambda environ, start_response: [], {"/mounted": app.wsgi_app}))
    response = mounted.post(
        "/mounted/phone/menu", json={"eventType": "gather", "callId": "c-1"}, auth=CREDENTIALS
    )
    assert gather_of(response)["gatherUrl"] == "/mounted/phone/menu"


@pytest.mark.parametrize(
    ("options", "url", "expected"),
    [
        ({"url_prefix": None}, "/", "/menu"),
        ({"url_prefix": ""}, "/", "/menu"),
        ({"url_prefix": "/"}, "/", "/menu"),
        ({"url_prefix": "/phone/"}, "/phone/", "/phone/menu"),
        ({"url_prefix": "/a/b c/é"}, "/a/b%20c/%C3%A9", "/a/b%20c/%C3%A9/menu"),
        ({"url_prefix": "/<tenant>/phone"}, "/acme%20inc/phone", "/acme%20inc/phone/menu"),
        ({"url_prefix": "/<int:tenant>/<path:rest>"}, "/7/x/y", "/7/x/y/menu"),
        ({"url_prefix": "/de", "url_defaults": {"tenant": "x"}}, "/de", "/de/menu"),
    ],
)
def test_prefixes(options: dict[str, Any], url: str, expected: str) -> None:
    """Any prefix works, none too; its variables pass from the request into the URLs of handlers."""
    app = make_app()
    app.register_blueprint(make_phone(), **options)
    assert ring(app, url, auth=None).status_code == 401
    assert gather_of(ring(app, url))["gatherUrl"] == expected
    assert ring(app, expected, "gather").status_code == 200


def test_the_blueprint_s_own_prefix() -> None:
    """The prefix of the blueprint is used where the registration gives none, with its variables."""
    app = make_app()
    app.register_blueprint(make_phone(url_prefix="/<tenant>"), url_prefix=None)
    assert gather_of(ring(app, "/acme"))["gatherUrl"] == "/acme/menu"


def test_prefix_variables_that_a_preprocessor_takes() -> None:
    """url_value_preprocessor and url_defaults can keep a variable out of every function."""
    app = make_app()
    phone = make_phone()

    @phone.url_value_preprocessor
    def pull(endpoint: str | None, values: dict[str, Any] | None) -> None:
        g.language = (values or {}).pop("language")

    @phone.url_defaults
    def push(endpoint: str, values: dict[str, Any]) -> None:
        values.setdefault("language", g.language)

    app.register_blueprint(phone, url_prefix="/<language>")
    assert gather_of(ring(app, "/de"))["gatherUrl"] == "/de/menu"


@pytest.mark.parametrize("subdomain", ["phone", "<tenant>"])
def test_subdomains(subdomain: str) -> None:
    """A blueprint on a subdomain, a variable one too, is reached only there and has its URLs there."""
    app = Flask(__name__, subdomain_matching=True)
    app.config.update(TESTING=True, SERVER_NAME="example.com")
    app.register_blueprint(make_phone(), subdomain=subdomain, url_prefix="/calls")
    assert gather_of(ring(app, "/calls", base_url="http://phone.example.com"))["gatherUrl"] == "/calls/menu"
    assert ring(app, "/calls", base_url="http://phone.example.com", auth=None).status_code == 401
    assert ring(app, "/calls", base_url="http://example.com").status_code == 404


def test_links_to_another_subdomain() -> None:
    """A link to a handler on another subdomain has its host and its credentials."""
    app = Flask(__name__, subdomain_matching=True)
    app.config.update(TESTING=True, SERVER_NAME="example.com")
    office = CallbackBlueprint("office", __name__, credentials=[OTHERS])
    phone = CallbackBlueprint("phone", __name__, credentials=[CREDENTIALS])

    @office.respond(RedirectCallback)
    def take_over(call: RedirectCallback) -> Response:
        return Response()

    @phone.respond(InitiateCallback)
    def hand_over(call: InitiateCallback) -> Redirect:
        return Redirect(redirect_url=take_over)

    app.register_blueprint(phone, subdomain="phone")
    app.register_blueprint(office, subdomain="office")
    (redirect,) = ElementTree.fromstring(ring(app, "/", base_url="https://phone.example.com").data)
    assert redirect.attrib == {
        "redirectUrl": "https://office.example.com/",
        "username": OTHERS[0],
        "password": OTHERS[1],
    }


def test_host_matching() -> None:
    """Where Flask matches hosts, callbacks are answered at the host that the application's rules have."""

    class CallsRule(Rule):
        def __init__(self, string: str, **options: Any) -> None:
            super().__init__(string, **{"host": "calls.example.com", **options})

    app = Flask(__name__, host_matching=True, static_host="static.example.com")
    app.testing = True
    app.url_rule_class = CallsRule  # type: ignore[assignment]  # a class attribute, where Rule's own is meant
    app.register_blueprint(make_phone(), url_prefix="/phone")
    for base_url in ("http://calls.example.com", "https://calls.example.com"):
        assert gather_of(ring(app, base_url=base_url))["gatherUrl"] == "/phone/menu"
        assert ring(app, base_url=base_url, auth=None).status_code == 401
    assert ring(app, base_url="http://other.example.com").status_code == 404


def test_json_pages_of_the_host_are_untouched() -> None:
    """The limits and rules of callbacks do not apply to the host's own JSON pages."""
    app = make_app(BANDWIDTH_CALLBACKS_MAX_CONTENT_LENGTH=10)

    @app.post("/page")
    def page() -> Any:
        return jsonify(request.get_json())

    app.register_blueprint(make_phone(), url_prefix="/phone")
    numbers = list(range(1000))
    assert app.test_client().post("/page", json=numbers).get_json() == numbers
