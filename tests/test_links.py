"""The URLs of handlers: what url_for returns, what verbs carry, and the credentials that go with them."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable
from enum import Enum
from typing import Any
from unittest.mock import AsyncMock, MagicMock

import pytest
from flask import Blueprint, Flask, g, request
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.routing import BaseConverter
from werkzeug.test import TestResponse

from flask_bandwidth_callbacks import (
    ANYONE,
    Callback,
    CallbackBlueprint,
    CallCallback,
    ConfigurationError,
    DisconnectCallback,
    GatherCallback,
    InitiateCallback,
    InvalidBXML,
    LinkError,
    RecordingAvailableCallback,
    RedirectCallback,
    SubscriptionError,
    TransferCompleteCallback,
    bxml,
)
from flask_bandwidth_callbacks.bxml import (
    Bridge,
    Conference,
    Connect,
    Endpoint,
    Gather,
    PhoneNumber,
    Record,
    Redirect,
    Refer,
    SipUri,
    SpeakSentence,
    StartGather,
    StartRecording,
    StartStream,
    StartTranscription,
    Transfer,
)

Call = Callable[..., TestResponse]

INITIATE = {"eventType": "initiate", "callId": "c-1"}
AUTH = ("bandwidth", "s3cret")


def host(*blueprints: tuple[Blueprint, str | None], **config: Any) -> Flask:
    """Return an application with blueprints at their prefixes."""
    app = Flask("host")
    app.config.update(config, TESTING=True)
    for blueprint, prefix in blueprints:
        app.register_blueprint(blueprint, url_prefix=prefix)
    return app


def answer(app: Flask, url: str = "/phone/", **options: Any) -> Any:
    """Return the one verb of the reply to an inbound call."""
    (verb,) = bxml.parse(app.test_client().post(url, json=INITIATE, auth=AUTH, **options).data).children
    return verb


def take(event: Callback) -> Any:
    """Handle any event."""


def take_room(event: Callback, room: str) -> Any:
    """Handle an event at a path with a variable."""


# -- url_for -----------------------------------------------------------------------------------------------


def test_url_of_handlers(phone: CallbackBlueprint) -> None:
    """The URL of a responder is its path below the prefix; that of a subscriber is the blueprint's own."""
    own, menu, hear = (lambda event: take(event) for _ in range(3))
    phone.respond(InitiateCallback)(own)
    phone.respond(GatherCallback, "/menu/v1.2")(menu)
    phone.on(DisconnectCallback)(hear)
    _app = host((phone, "/phone"))
    assert phone.url_for(own) == "/phone/"
    assert phone.url_for(menu) == "/phone/menu/v1.2"
    assert phone.url_for(hear) == "/phone/"


def test_url_with_variables_and_query(phone: CallbackBlueprint) -> None:
    """Values fill the variables of the path, further ones become the query string, and all are escaped."""
    phone.respond(GatherCallback, "/rooms/<room>")(take_room)
    _app = host((phone, "/phone"))
    assert phone.url_for(take_room, room="a b", turn=2, why="a&b") == "/phone/rooms/a%20b?turn=2&why=a%26b"


@pytest.mark.parametrize(
    ("config", "url"),
    [
        ({}, "/phone/menu"),
        ({"SERVER_NAME": "example.com"}, "/phone/menu"),
        ({"APPLICATION_ROOT": "/shop"}, "/shop/phone/menu"),
    ],
)
def test_url_is_hostless_outside_of_a_request(
    phone: CallbackBlueprint, config: dict[str, Any], url: str
) -> None:
    """Without a request, in an application context and in none, a URL has no host, whatever is configured."""
    phone.respond(GatherCallback, "/menu")(take)
    app = host((phone, "/phone"), **config)
    assert phone.url_for(take) == url
    with app.app_context():
        assert phone.url_for(take) == url
        assert phone.url_for(take, _external=False) == url


def test_url_is_hostless_within_a_request(phone: CallbackBlueprint) -> None:
    """Within a request, to the blueprint or to any other page, a URL has no host either."""
    phone.respond(GatherCallback, "/menu")(take)
    phone.respond(InitiateCallback)(lambda event: SpeakSentence(phone.url_for(take)))
    app = host((phone, "/phone"))
    app.add_url_rule("/page", view_func=lambda: phone.url_for(take))
    assert app.test_client().get("/page").text == "/phone/menu"
    assert answer(app).text == "/phone/menu"
    mounted = {"SCRIPT_NAME": "/shop"}
    assert app.test_client().get("/page", environ_overrides=mounted).text == "/shop/phone/menu"


PUBLIC_URL = "BANDWIDTH_CALLBACKS_PUBLIC_URL"
FORGED = {"Host": "evil.example", "X-Forwarded-Host": "evil.example"}


def app_with_page(phone: CallbackBlueprint, **config: Any) -> Flask:
    """Return an application with a public page that shows the absolute URL of a handler."""
    phone.respond(GatherCallback, "/menu")(take)
    app = host((phone, "/phone"), **config)
    app.add_url_rule("/page", view_func=lambda: phone.url_for(take, _external=True))
    return app


@pytest.mark.parametrize(
    ("config", "url"),
    [
        ({PUBLIC_URL: "https://calls.example.com"}, "https://calls.example.com/phone/menu"),
        ({PUBLIC_URL: "https://calls.example.com:8443/"}, "https://calls.example.com:8443/phone/menu"),
        (
            {PUBLIC_URL: "https://calls.example.com", "SERVER_NAME": "other.example"},
            "https://calls.example.com/phone/menu",
        ),
        (
            {"SERVER_NAME": "calls.example.com", "PREFERRED_URL_SCHEME": "https"},
            "https://calls.example.com/phone/menu",
        ),
        ({"SERVER_NAME": "calls.example.com"}, "http://calls.example.com/phone/menu"),
        ({PUBLIC_URL: None, "SERVER_NAME": "calls.example.com"}, "http://calls.example.com/phone/menu"),
    ],
)
def test_absolute_url_has_the_configured_host(
    phone: CallbackBlueprint, config: dict[str, Any], url: str
) -> None:
    """The host of an absolute URL is the configured one, in no request, in any, and in a forged one."""
    app = app_with_page(phone, **config)
    phone_url = phone.url_for(take, _external=True)
    assert phone_url == url
    assert app.test_client().get("/page", headers=FORGED).text == url


@pytest.mark.parametrize("proxies", [0, 1])
def test_absolute_url_never_has_the_host_of_an_ordinary_request(
    phone: CallbackBlueprint, proxies: int
) -> None:
    """A host that anyone can write into a request for an ordinary page is not used; the error says why."""
    app = app_with_page(phone)
    app.wsgi_app = ProxyFix(app.wsgi_app, x_for=proxies, x_host=proxies)  # type: ignore[method-assign]
    with pytest.raises(LinkError) as refused:
        app.test_client().get("/page", headers=FORGED)
    assert str(refused.value) == (
        "The host of an absolute URL must be known, got the Host header of a request that anyone can send."
        " Set BANDWIDTH_CALLBACKS_PUBLIC_URL in app.config to the scheme and the host at which Bandwidth"
        " reaches the application, such as 'https://calls.example.com'."
    )


def test_absolute_url_outside_of_a_request_needs_a_host(phone: CallbackBlueprint) -> None:
    """Without any host, outside of a request, the error names the setting."""
    _app = app_with_page(phone)
    with pytest.raises(LinkError, match=f"must be known, got none. Set {PUBLIC_URL} in app.config"):
        phone.url_for(take, _external=True)


def test_absolute_url_has_a_trusted_host(phone: CallbackBlueprint) -> None:
    """With TRUSTED_HOSTS the host of the request is used, and Flask rejects requests with any other."""
    app = app_with_page(phone, TRUSTED_HOSTS=["a.example"])
    client = app.test_client()
    assert client.get("/page", base_url="https://a.example").text == "https://a.example/phone/menu"
    assert client.get("/page", headers=FORGED).status_code == 400


def test_a_host_that_is_not_trusted_is_not_used_before_flask_rejects_it(phone: CallbackBlueprint) -> None:
    """Functions that run before Flask rejects an untrusted host get a LinkError, not a URL with that host."""
    app = app_with_page(phone, TRUSTED_HOSTS=["a.example"])
    app.before_request(lambda: phone.url_for(take, _external=True))
    with pytest.raises(LinkError, match="a request that anyone can send"):
        app.test_client().get("/page", headers=FORGED)


def test_absolute_url_has_the_host_of_a_callback_that_was_let_in(phone: CallbackBlueprint) -> None:
    """In a callback with the right credentials, and in no other, the host is that of the request."""
    phone.respond(InitiateCallback)(lambda event: SpeakSentence(phone.url_for(take, _external=True, turn=2)))
    app = app_with_page(phone)
    assert answer(app, base_url="https://a.example").text == "https://a.example/phone/menu?turn=2"


def test_absolute_url_before_a_callback_was_let_in(phone: CallbackBlueprint) -> None:
    """Functions that run before the blueprint's own do not get the host of a request without credentials."""
    app = app_with_page(phone)
    app.before_request(lambda: phone.url_for(take, _external=True))
    with pytest.raises(LinkError, match="a request that anyone can send"):
        app.test_client().post("/phone/", json=INITIATE, headers=FORGED)


def test_a_callback_that_anyone_may_send_tells_no_host_for_a_password(phone: CallbackBlueprint) -> None:
    """In a callback without authentication, the host is used for URLs without it, and for no others."""
    survey = CallbackBlueprint("survey", __name__, credentials=ANYONE)
    survey.respond(GatherCallback, "/score")(menu)
    phone.respond(GatherCallback, "/menu")(take)
    survey.respond(InitiateCallback, to="+1")(
        lambda event: SpeakSentence(survey.url_for(menu, _external=True))
    )
    survey.respond(InitiateCallback)(lambda event: SpeakSentence(phone.url_for(take, _external=True)))
    client = host((phone, "/phone"), (survey, "/survey")).test_client()
    reply = client.post("/survey/", json={**INITIATE, "to": "+1"}, base_url="https://a.example")
    assert "https://a.example/survey/score" in reply.text
    with pytest.raises(LinkError, match="a request that anyone can send"):
        client.post("/survey/", json=INITIATE, headers=FORGED)


def test_a_request_never_lowers_the_scheme_of_absolute_urls(phone: CallbackBlueprint) -> None:
    """With SERVER_NAME, https is used if the configuration or the request says so."""
    app = app_with_page(phone, SERVER_NAME="a.example", PREFERRED_URL_SCHEME="https")
    client = app.test_client()
    assert client.get("/page", base_url="http://a.example").text == "https://a.example/phone/menu"
    app.config["PREFERRED_URL_SCHEME"] = "http"
    assert client.get("/page", base_url="https://a.example").text == "https://a.example/phone/menu"


def test_absolute_url_where_the_application_is_mounted(phone: CallbackBlueprint) -> None:
    """An absolute URL has the mount point of the request, or APPLICATION_ROOT outside of one."""
    app = app_with_page(phone, APPLICATION_ROOT="/cron", **{PUBLIC_URL: "https://a.example"})
    mounted = {"SCRIPT_NAME": "/shop"}
    page = app.test_client().get("/page", environ_overrides=mounted)
    assert page.text == "https://a.example/shop/phone/menu"
    assert phone.url_for(take, _external=True) == "https://a.example/cron/phone/menu"


@pytest.mark.parametrize(
    "url",
    [
        "",
        "calls.example.com",
        "//calls.example.com",
        "ftp://calls.example.com",
        "https://",
        "https://calls.example.com/shop",
        "https://calls.example.com?x=1",
        "https://calls.example.com#x",
        "https://me:mys3lf@calls.example.com",
        "https://calls.example.com\\@evil.example",
        "https://calls.example.com:port",
        "https://calls .example.com",
        "https://calls.example.com\n",
        5,
        b"https://calls.example.com",
    ],
)
def test_public_url_that_is_not_a_host(phone: CallbackBlueprint, url: object) -> None:
    """A public URL that is not exactly a scheme and a host is an error at the start, without passwords."""
    with pytest.raises(ConfigurationError, match=f"{PUBLIC_URL} must be a scheme and a host") as refused:
        host((phone, "/phone"), **{PUBLIC_URL: url})
    assert "mys3lf" not in str(refused.value)


class Word(str, Enum):  # noqa: UP042  (a StrEnum is written by its value anyway)
    """Words in an enumeration, as applications keep them."""

    HOST = "https://calls.example.com"
    MENU = "/phone/menu"
    ROOM = "blue"


def test_words_of_an_enumeration_in_urls(phone: CallbackBlueprint) -> None:
    """A member of a (str, Enum) is written by its value as a URL, a host and a value of a URL."""
    phone.respond(InitiateCallback)(
        lambda event: Gather(gather_url=Word.MENU, username=AUTH[0], password=AUTH[1])
    )
    phone.respond(RedirectCallback, "/rooms/<room>")(take_room)
    app = app_with_page(phone, **{PUBLIC_URL: Word.HOST})
    assert phone.url_for(take, _external=True) == "https://calls.example.com/phone/menu"
    assert phone.url_for(take_room, room=Word.ROOM, next=Word.ROOM) == "/phone/rooms/blue?next=blue"
    assert answer(app).gather_url == "/phone/menu"


@pytest.mark.parametrize(
    ("values", "url"),
    [
        ({"_anchor": "x y"}, "/phone/menu#x%20y"),
        ({"_anchor": "x", "turn": 2}, "/phone/menu?turn=2#x"),
        ({"_method": "POST"}, "/phone/menu"),
        ({"_scheme": "http"}, "http://calls.example.com/phone/menu"),
        ({"_scheme": "http", "_external": True}, "http://calls.example.com/phone/menu"),
        ({"_external": True, "_anchor": "x"}, "https://calls.example.com/phone/menu#x"),
        ({"turn": None}, "/phone/menu"),
        ({"turn": [1, 2]}, "/phone/menu?turn=1&turn=2"),
    ],
)
def test_what_else_flask_url_for_takes(phone: CallbackBlueprint, values: dict[str, Any], url: str) -> None:
    """The anchor, method and scheme of flask.url_for work here too, within a request and outside of one."""
    app = app_with_page(phone, **{PUBLIC_URL: "https://calls.example.com"})
    assert phone.url_for(take, **values) == url
    with app.test_request_context():
        assert phone.url_for(take, **values) == url


def test_scheme_without_a_host(phone: CallbackBlueprint) -> None:
    """A scheme for a URL without a host is an error, as in flask.url_for."""
    _app = app_with_page(phone)
    with pytest.raises(ValueError, match="_scheme must be given together with _external=True"):
        phone.url_for(take, _scheme="https", _external=False)


def test_url_defaults_of_the_application(phone: CallbackBlueprint) -> None:
    """Flask's url_defaults and url_value_preprocessor fill a variable of the prefix, in any context."""
    phone.respond(GatherCallback, "/menu")(take)

    @phone.url_value_preprocessor
    def pull(endpoint: str | None, values: dict[str, Any] | None) -> None:
        g.language = (values or {}).pop("language")

    @phone.url_defaults
    def push(endpoint: str, values: dict[str, Any]) -> None:
        values.setdefault("language", g.get("language", "en"))

    phone.respond(InitiateCallback)(lambda event: Redirect(redirect_url=phone.url_for(take)))
    app = host((phone, "/<language>/phone"))
    assert phone.url_for(take) == "/en/phone/menu"
    assert phone.url_for(take, language="de") == "/de/phone/menu"
    assert answer(app, "/fr/phone/").redirect_url == "/fr/phone/menu"


def test_url_of_a_function_that_is_not_a_handler(phone: CallbackBlueprint) -> None:
    """A function that is not a handler raises an error with its name, the blueprint and the remedy."""
    _app = host((phone, "/phone"))
    with pytest.raises(LinkError) as refused:
        phone.url_for(take)
    assert re.match(r"take \(test_links.py:\d+\) is not a handler of blueprint 'phone'", str(refused.value))
    assert "Decorate it with respond() or on()" in str(refused.value)


def test_a_decorator_above_respond_is_explained(phone: CallbackBlueprint) -> None:
    """The error for a function that a decorator made of a handler says that respond belongs outermost."""

    def decorator(handler: Callable[..., Any]) -> Callable[..., Any]:
        return functools.wraps(handler)(lambda event: handler(event))

    @decorator
    @phone.respond(GatherCallback, "/menu")
    def menu(event: GatherCallback) -> SpeakSentence:
        return SpeakSentence("Hello.")

    phone.respond(InitiateCallback)(lambda event: Gather(gather_url=menu))
    app = host((phone, "/phone"))
    with pytest.raises(LinkError, match=r"is not a handler .* respond\(\) belongs outermost, because"):
        phone.url_for(menu)
    with pytest.raises(LinkError, match=r"is not a handler .* respond\(\) belongs outermost, because"):
        answer(app)


def test_url_of_a_handler_with_several_paths(phone: CallbackBlueprint) -> None:
    """A handler with several paths raises an error that names all of them."""
    phone.respond(GatherCallback, "/a")(take)
    phone.respond(GatherCallback, "/b")(take)
    phone.on(DisconnectCallback)(take)
    _app = host((phone, "/phone"))
    with pytest.raises(
        LinkError, match=r"several URLs, /a and /b and the blueprint's own URL,.*a function of its own"
    ):
        phone.url_for(take)


def test_url_of_a_handler_subscribed_twice_at_one_path(phone: CallbackBlueprint) -> None:
    """Several events at one path make one URL."""
    phone.respond(GatherCallback, "/a")(take)
    phone.respond(RedirectCallback, "/a")(take)
    _app = host((phone, "/phone"))
    assert phone.url_for(take) == "/phone/a"


@pytest.mark.parametrize(("values", "missing"), [({}, "room"), ({"rooms": "1"}, "room")])
def test_url_that_lacks_a_variable(phone: CallbackBlueprint, values: dict[str, Any], missing: str) -> None:
    """A variable without a value is an error that names the path, the variable and the remedy."""
    phone.respond(GatherCallback, "/rooms/<room>")(take_room)
    app = host((phone, "/phone"))
    message = (
        rf"/rooms/<room> of blueprint 'phone' needs a value for {missing}. .*url_for\(handler, {missing}="
    )
    with pytest.raises(LinkError, match=message):
        phone.url_for(take_room, **values)
    with app.test_request_context(), pytest.raises(LinkError, match=message):
        phone.url_for(take_room, **values)


# -- Which registration ------------------------------------------------------------------------------------


def test_unregistered_blueprint(app: Flask, phone: CallbackBlueprint) -> None:
    """A blueprint that is not registered with the application has no URLs there."""
    phone.on(DisconnectCallback)(take)
    with pytest.raises(LinkError, match=r"'phone' must be registered with this application first\. Call app"):
        phone.url_for(take)  # pytest-flask holds a context of app open


def test_unregistered_blueprint_without_a_context(phone: CallbackBlueprint) -> None:
    """Outside an application context, an unregistered blueprint raises an error with the remedy."""
    phone.on(DisconnectCallback)(take)
    with pytest.raises(LinkError, match=r"registered with 0 applications.*Use app.app_context\(\)"):
        phone.url_for(take)


def test_two_applications(phone: CallbackBlueprint) -> None:
    """With two applications the current context decides, and without one an error is raised."""
    phone.respond(GatherCallback, "/menu")(take)
    phone.respond(InitiateCallback)(lambda event: Redirect(redirect_url=phone.url_for(take)))
    one, two = host((phone, "/one")), host((phone, "/two"))
    with one.app_context():
        assert phone.url_for(take) == "/one/menu"
    with two.app_context():
        assert phone.url_for(take) == "/two/menu"
    assert answer(one, "/one/").redirect_url == "/one/menu"
    assert answer(two, "/two/").redirect_url == "/two/menu"
    with pytest.raises(LinkError, match="registered with 2 applications"):
        phone.url_for(take)


def test_application_factory_used_twice(phone: CallbackBlueprint) -> None:
    """A factory whose first application still exists needs a context; both applications reply."""

    def create_app() -> Flask:
        return host((phone, "/phone"))

    phone.respond(InitiateCallback)(lambda event: Gather(gather_url=take))
    phone.respond(GatherCallback, "/menu")(take)
    for app in [create_app(), create_app()]:
        assert answer(app).gather_url == "/phone/menu"


def test_several_registrations(phone: CallbackBlueprint) -> None:
    """The URL of a handler is that of the registration which received the request."""
    phone.respond(GatherCallback, "/menu")(take)
    phone.respond(InitiateCallback, to="+1")(lambda event: Gather(gather_url=take))
    phone.respond(InitiateCallback)(lambda event: SpeakSentence(phone.url_for(take)))
    app = host((phone, "/sales"))
    app.register_blueprint(phone, name="support", url_prefix="/support")
    app.add_url_rule("/page", view_func=lambda: phone.url_for(take))
    client = app.test_client()
    for prefix in ("/sales", "/support"):
        assert answer(app, prefix).text == f"{prefix}/menu"
        reply = client.post(prefix, json={**INITIATE, "to": "+1"}, auth=AUTH)
        assert bxml.parse(reply.data).children[0].attributes["gather_url"] == f"{prefix}/menu"
    message = (
        "'phone' is registered as 'phone', 'support', so outside a request to one of them.*Use flask.url_for"
    )
    with pytest.raises(LinkError, match=message):
        phone.url_for(take)
    with pytest.raises(LinkError, match=message):
        client.get("/page")


def test_nested_blueprint(phone: CallbackBlueprint) -> None:
    """The URL of a handler on a nested blueprint begins with the prefixes of its parents."""
    phone.respond(InitiateCallback)(lambda event: Gather(gather_url=take))
    phone.respond(GatherCallback, "/menu")(take)
    inner, outer = Blueprint("inner", __name__), Blueprint("outer", __name__)
    inner.register_blueprint(phone, url_prefix="/phone")
    outer.register_blueprint(inner, url_prefix="/inner")
    app = host((outer, "/outer"))
    assert phone.url_for(take) == "/outer/inner/phone/menu"
    assert answer(app, "/outer/inner/phone").gather_url == "/outer/inner/phone/menu"


def test_blueprint_of_a_parent_that_is_registered_twice(phone: CallbackBlueprint) -> None:
    """Each registration of a parent has a registration of the child, and the request decides which one."""
    phone.respond(InitiateCallback)(lambda event: Gather(gather_url=take))
    phone.respond(GatherCallback, "/menu")(take)
    outer = Blueprint("outer", __name__)
    outer.register_blueprint(phone, url_prefix="/phone")
    app = host((outer, "/a"))
    app.register_blueprint(outer, url_prefix="/b", name="again")
    assert answer(app, "/a/phone").gather_url == "/a/phone/menu"
    assert answer(app, "/b/phone").gather_url == "/b/phone/menu"


def test_variables_of_the_prefix(phone: CallbackBlueprint) -> None:
    """Variables of the prefix are those of the current request, unless others are given."""
    phone.respond(InitiateCallback)(lambda event: Gather(gather_url=take))
    phone.respond(InitiateCallback, "/other")(
        lambda event: Gather(gather_url=phone.url_for(take, tenant="other"))
    )
    phone.respond(GatherCallback, "/menu")(take)
    app = host((phone, "/<tenant>/phone"))
    assert answer(app, "/acme/phone").gather_url == "/acme/phone/menu"
    assert answer(app, "/acme/phone/other").gather_url == "/other/phone/menu"
    assert phone.url_for(take, tenant="acme") == "/acme/phone/menu"
    with pytest.raises(LinkError, match="needs a value for tenant"):
        phone.url_for(take)


def test_variables_of_the_path_are_not_taken_from_the_request(phone: CallbackBlueprint) -> None:
    """A variable of the path must be given, even where the current request has one of that name."""
    phone.respond(InitiateCallback, "/rooms/<room>/in")(lambda event, room: Gather(gather_url=take_room))
    phone.respond(GatherCallback, "/rooms/<room>")(take_room)
    with pytest.raises(LinkError, match="needs a value for room"):
        answer(host((phone, "/phone")), "/phone/rooms/7/in")


# -- Links in verbs ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("link", "url"),
    [
        (lambda phone: menu, "/phone/menu"),
        (lambda phone: hear, "/phone/"),
        (lambda phone: phone, "/phone/"),
        (lambda phone: phone.url_for(menu), "/phone/menu"),
        (lambda phone: phone.url_for(menu, turn=2), "/phone/menu?turn=2"),
        (lambda phone: phone.url_for(menu, _external=True), "http://localhost/phone/menu"),
    ],
    ids=["responder", "subscriber", "blueprint", "url_for", "url_for with query", "url_for with host"],
)
def test_links(phone: CallbackBlueprint, link: Callable[[CallbackBlueprint], Any], url: str) -> None:
    """A URL attribute takes a handler, the blueprint, or a URL of url_for, and the verb gets the pair."""
    phone.respond(GatherCallback, "/menu")(menu)
    phone.on(GatherCallback)(hear)
    phone.respond(InitiateCallback)(lambda event: Gather(SpeakSentence("Hi"), gather_url=link(phone)))
    expected = Gather(SpeakSentence("Hi"), gather_url=url, username="bandwidth", password="s3cret")
    assert answer(host((phone, "/phone"))) == expected


def menu(event: GatherCallback) -> SpeakSentence:
    return SpeakSentence("menu")


def hear(event: GatherCallback) -> None: ...


def test_url_that_leads_elsewhere_stays_as_it_is(phone: CallbackBlueprint) -> None:
    """A string that leads to no CallbackBlueprint of this application is sent unchanged."""
    elsewhere = Gather(gather_url="https://elsewhere.example/phone/")
    phone.respond(InitiateCallback)(lambda event: elsewhere)
    assert answer(host((phone, "/phone"))) == elsewhere


@pytest.mark.parametrize(
    "answered", [list, lambda verbs: bxml.Response(*verbs), lambda verbs: verbs[0], tuple]
)
def test_links_in_every_kind_of_answer(phone: CallbackBlueprint, answered: Callable[[Any], Any]) -> None:
    """Handlers become URLs in a verb, in a sequence of verbs and in a document."""
    phone.respond(InitiateCallback)(lambda event: answered([Gather(gather_url=menu)]))
    phone.respond(GatherCallback, "/menu")(menu)
    assert answer(host((phone, "/phone"))).gather_url == "/phone/menu"


VERBS: dict[str, Callable[..., bxml.Verb]] = {
    "Bridge": lambda **attributes: Bridge("c-2", **attributes),
    "Conference": lambda **attributes: Conference("room", **attributes),
    "Connect": lambda **attributes: Connect(Endpoint("e-1"), **attributes),
    "Gather": Gather,
    "PhoneNumber": lambda **attributes: Transfer(PhoneNumber("+1555", **attributes)),
    "Record": Record,
    "Redirect": lambda **attributes: Redirect(**{"redirect_url": "https://elsewhere.example/", **attributes}),
    "Refer": lambda **attributes: Refer(SipUri("sip:a@b.example"), **attributes),
    "SipUri": lambda **attributes: Transfer(SipUri("sip:a@b.example", **attributes)),
    "StartGather": StartGather,
    "StartRecording": StartRecording,
    "StartStream": lambda **attributes: StartStream(destination="wss://a.example", **attributes),
    "StartTranscription": StartTranscription,
    "Transfer": lambda **attributes: Transfer(PhoneNumber("+1555"), **attributes),
}

URL_ATTRIBUTES = [
    (name, attribute.name, attribute.url)
    for name, verb in bxml.ELEMENTS.items()
    for attribute in verb.specification.attributes.values()
    if attribute.url is not None
]


@pytest.mark.filterwarnings("ignore::flask_bandwidth_callbacks.BandwidthCallbacksWarning")
@pytest.mark.parametrize(
    ("name", "attribute", "url"),
    URL_ATTRIBUTES,
    ids=[f"{name} {attribute}" for name, attribute, _ in URL_ATTRIBUTES],
)
def test_every_url_attribute(phone: CallbackBlueprint, name: str, attribute: str, url: bxml.Url) -> None:
    """Every URL attribute takes a handler of its events; the verb carries the pair, or raises an error."""
    phone.on(url.events)(take)
    phone.respond(InitiateCallback)(lambda event: VERBS[name](**{attribute: take}))
    app = host((phone, "/phone"))
    if url.credentials is None:
        remedy = "Handle it on a CallbackBlueprint with credentials=ANYONE"
        with pytest.raises(
            LinkError, match=f"{name} {attribute} leads to /phone/.* has no attribute.*{remedy}"
        ):
            answer(app)
        return
    verb = answer(app)
    if verb.specification.name != name:
        (verb,) = verb.children
    carried = {key: value for key, value in verb.attributes.items() if "name" in key or "password" in key}
    assert verb.attributes[attribute] == "/phone/"
    assert carried == dict(zip(url.credentials, AUTH, strict=True))


@pytest.mark.filterwarnings("ignore::flask_bandwidth_callbacks.BandwidthCallbacksWarning")
@pytest.mark.parametrize(
    ("name", "attribute", "url"),
    URL_ATTRIBUTES,
    ids=[f"{name} {attribute}" for name, attribute, _ in URL_ATTRIBUTES],
)
def test_handler_of_another_event(phone: CallbackBlueprint, name: str, attribute: str, url: bxml.Url) -> None:
    """A handler that does not take the event of an attribute raises an error that names both."""
    phone.on((DisconnectCallback, "neverSent"))(take)
    phone.respond(InitiateCallback)(lambda event: VERBS[name](**{attribute: take}))
    with pytest.raises(LinkError) as refused:
        answer(host((phone, "/phone")))
    message = str(refused.value)
    assert re.match(rf"{name} {attribute}=take \(test_links.py:\d+\) leads to ", message)
    assert all(repr(event) in message for event in url.events)
    assert message.endswith("It is registered for DisconnectCallback, 'neverSent'.")


@pytest.mark.parametrize(
    "event", [GatherCallback, "gather", CallCallback, Callback, (DisconnectCallback, GatherCallback)]
)
def test_handler_takes_an_event_by_whatever_name(phone: CallbackBlueprint, event: Any) -> None:
    """A handler takes the event of an attribute by class, type, base class or one of several."""
    phone.on(event)(take)
    phone.respond(InitiateCallback)(lambda event: Gather(gather_url=take))
    assert answer(host((phone, "/phone"))).gather_url == "/phone/"


def test_link_goes_to_the_path_that_takes_the_event(phone: CallbackBlueprint) -> None:
    """Of a handler with several paths, a link leads to the one that takes the event of the attribute."""
    phone.respond(GatherCallback, "/keys")(take)
    phone.respond(RedirectCallback, "/again")(take)
    phone.respond(InitiateCallback)(lambda event: Gather(gather_url=take))
    assert answer(host((phone, "/phone"))).gather_url == "/phone/keys"


def test_link_to_a_handler_with_several_paths(phone: CallbackBlueprint) -> None:
    """A handler that takes the event of an attribute at several paths raises an error that names them."""
    phone.respond(GatherCallback, "/a", digits="1")(take)
    phone.respond(GatherCallback, "/b")(take)
    phone.respond(InitiateCallback)(lambda event: Gather(gather_url=take))
    with pytest.raises(LinkError, match=r"take .* has several URLs, /a and /b, so a link to it is ambiguous"):
        answer(host((phone, "/phone")))


def test_link_to_a_path_with_variables(phone: CallbackBlueprint) -> None:
    """A handler whose path has variables needs url_for in a URL attribute."""
    phone.respond(GatherCallback, "/rooms/<room>")(take_room)
    phone.respond(InitiateCallback, to="+1")(lambda event: Gather(gather_url=take_room))
    phone.respond(InitiateCallback)(lambda event: Gather(gather_url=phone.url_for(take_room, room="blue")))
    app = host((phone, "/phone"))
    assert answer(app).gather_url == "/phone/rooms/blue"
    with pytest.raises(LinkError, match="/rooms/<room> of blueprint 'phone' needs a value for room"):
        app.test_client().post("/phone/", json={**INITIATE, "to": "+1"}, auth=AUTH)


@pytest.mark.parametrize("link", [take, Flask("other"), print, GatherCallback])
def test_link_to_a_function_that_is_not_a_handler(phone: CallbackBlueprint, link: Any) -> None:
    """A function that is not a handler raises an error with the verb, the attribute and the remedy."""
    phone.respond(InitiateCallback)(lambda event: Gather(gather_url=link))
    remedy = (
        r"Decorate it with respond\(\) or on\(\), or give the URL that the blueprint's url_for\(handler\)"
    )
    with pytest.raises(
        LinkError, match=f"Gather gather_url=.* is not a handler of any CallbackBlueprint.*{remedy}"
    ):
        answer(host((phone, "/phone")))


def test_link_to_a_blueprint_that_is_not_registered(phone: CallbackBlueprint) -> None:
    """A blueprint that is not registered with this application raises an error."""
    other = CallbackBlueprint("other", __name__, credentials=ANYONE)
    phone.respond(InitiateCallback)(lambda event: Gather(gather_url=other))
    with pytest.raises(LinkError, match="'other' must be registered with this application"):
        answer(host((phone, "/phone")))


# -- Credentials -------------------------------------------------------------------------------------------


def test_both_pairs_of_a_verb(phone: CallbackBlueprint) -> None:
    """Each URL has its pair in the attributes that belong to it; fallback URLs have their own."""
    phone.respond(InitiateCallback)(
        lambda event: Gather(gather_url=menu, gather_fallback_url=phone, terminating_digits="#")
    )
    phone.respond(GatherCallback, "/menu")(menu)
    assert answer(host((phone, "/phone"))) == Gather(
        gather_url="/phone/menu",
        gather_fallback_url="/phone/",
        terminating_digits="#",
        username="bandwidth",
        password="s3cret",
        fallback_username="bandwidth",
        fallback_password="s3cret",
    )


def test_children_carry_credentials_of_their_own(phone: CallbackBlueprint) -> None:
    """The URLs of a PhoneNumber have its own pair, those of its Transfer the Transfer's."""
    phone.on(TransferCompleteCallback)(take)
    phone.on("transferDisconnect")(ended)
    phone.respond(InitiateCallback)(
        lambda event: Transfer(
            PhoneNumber("+1555", transfer_disconnect_url=ended),
            PhoneNumber("+1666", transfer_disconnect_url="https://elsewhere.example/"),
            transfer_complete_url=take,
        )
    )
    pair: dict[str, Any] = {"username": "bandwidth", "password": "s3cret"}
    assert answer(host((phone, "/phone"))) == Transfer(
        PhoneNumber("+1555", transfer_disconnect_url="/phone/", **pair),
        PhoneNumber("+1666", transfer_disconnect_url="https://elsewhere.example/"),
        transfer_complete_url="/phone/",
        **pair,
    )


def ended(event: Callback) -> None: ...


def test_two_urls_share_one_pair(phone: CallbackBlueprint) -> None:
    """Several URLs of a verb that lead to one blueprint need one pair."""
    phone.on((RecordingAvailableCallback, "recordComplete"))(take)
    phone.respond(InitiateCallback)(
        lambda event: Record(record_complete_url=take, recording_available_url=phone)
    )
    pair: dict[str, Any] = {"username": "bandwidth", "password": "s3cret"}
    assert answer(host((phone, "/phone"))) == Record(
        record_complete_url="/phone/", recording_available_url="/phone/", **pair
    )


@pytest.mark.parametrize(
    "own",
    [{"username": "mine", "password": "m1ne"}, {"username": "mine"}, {"password": "m1ne"}],
)
def test_credentials_of_the_application_are_kept(phone: CallbackBlueprint, own: dict[str, Any]) -> None:
    """A username or password of the application is kept, and nothing is filled in beside it."""
    phone.respond(InitiateCallback)(lambda event: Gather(gather_url=menu, gather_fallback_url=menu, **own))
    phone.respond(GatherCallback, "/menu")(menu)
    expected = Gather(
        gather_url="/phone/menu",
        gather_fallback_url="/phone/menu",
        fallback_username="bandwidth",
        fallback_password="s3cret",
        **own,
    )
    assert answer(host((phone, "/phone"), BANDWIDTH_CALLBACKS_CHECK_BXML=False)) == expected


def test_open_blueprint_needs_no_credentials() -> None:
    """A link to a blueprint without authentication carries no credentials."""
    phone = CallbackBlueprint("phone", __name__, credentials=ANYONE)
    phone.on(("partialgather", GatherCallback))(take)
    phone.respond(InitiateCallback)(lambda event: Gather(gather_url=take, partial_result_callback=take))
    assert answer(host((phone, "/phone"))) == Gather(gather_url="/phone/", partial_result_callback="/phone/")


@pytest.fixture
def other() -> CallbackBlueprint:
    """A second blueprint, with another pair, that handles gathers, redirects and recordings."""
    other = CallbackBlueprint("other", __name__, credentials=["other:0ther"])
    other.respond(GatherCallback, "/menu")(menu)
    other.on((RecordingAvailableCallback, RedirectCallback))(take)
    return other


@pytest.mark.parametrize("link", [lambda other: menu, lambda other: other.url_for(menu)])
def test_link_to_another_blueprint(
    phone: CallbackBlueprint, other: CallbackBlueprint, link: Callable[[CallbackBlueprint], Any]
) -> None:
    """A link to a handler of another blueprint carries the pair of that blueprint."""
    phone.respond(InitiateCallback)(lambda event: Gather(gather_url=link(other)))
    app = host((phone, "/phone"), (other, "/other"))
    assert answer(app) == Gather(gather_url="/other/menu", username="other", password="0ther")


def test_handler_of_two_blueprints(phone: CallbackBlueprint, other: CallbackBlueprint) -> None:
    """A link to a handler of several blueprints leads to the current one."""
    phone.respond(GatherCallback, "/here")(menu)
    phone.respond(InitiateCallback)(lambda event: Gather(gather_url=menu))
    assert answer(host((phone, "/phone"), (other, "/other"))).gather_url == "/phone/here"


def test_handler_of_two_other_blueprints(phone: CallbackBlueprint, other: CallbackBlueprint) -> None:
    """A link to a handler of two other blueprints is ambiguous and raises an error."""
    third = CallbackBlueprint("third", __name__, credentials=ANYONE)
    third.respond(GatherCallback)(menu)
    phone.respond(InitiateCallback)(lambda event: Gather(gather_url=menu))
    app = host((phone, "/phone"), (other, "/other"), (third, "/third"))
    with pytest.raises(LinkError, match=r"gather_url=menu .* is a handler of several CallbackBlueprints"):
        answer(app)


def test_two_urls_that_need_different_pairs(phone: CallbackBlueprint, other: CallbackBlueprint) -> None:
    """A verb whose URLs need different pairs raises an error that names both, with the remedy."""
    phone.on("recordComplete")(hear_record)
    phone.respond(InitiateCallback)(
        lambda event: Record(record_complete_url=hear_record, recording_available_url=take)
    )
    with pytest.raises(LinkError) as refused:
        answer(host((phone, "/phone"), (other, "/other")))
    message = str(refused.value)
    assert (
        "Record record_complete_url and recording_available_url lead to blueprints with different" in message
    )
    assert "Give the blueprints the same credentials, or set username and password" in message
    assert "s3cret" not in message
    assert "0ther" not in message


def hear_record(event: Callback) -> None: ...


def test_two_blueprints_with_the_same_pair(phone: CallbackBlueprint) -> None:
    """The URLs of a verb may lead to different blueprints with the same pair."""
    twin = CallbackBlueprint("twin", __name__, credentials=[AUTH])
    twin.on(RecordingAvailableCallback)(take)
    phone.on("recordComplete")(hear_record)
    phone.respond(InitiateCallback)(
        lambda event: Record(record_complete_url=hear_record, recording_available_url=take)
    )
    verb = answer(host((phone, "/phone"), (twin, "/twin")))
    assert (verb.recording_available_url, verb.username) == ("/twin/", "bandwidth")


@pytest.mark.parametrize("pair", [("both", "b0th"), ("old", "0ld")])
def test_pair_that_both_accept(pair: tuple[str, str]) -> None:
    """A pair of the application that both blueprints accept is sent to both."""
    one = CallbackBlueprint("one", __name__, credentials=[AUTH, ("both", "b0th"), ("old", "0ld")])
    two = CallbackBlueprint("two", __name__, credentials=[("two", "tw0"), ("both", "b0th"), ("old", "0ld")])
    one.on("recordComplete")(hear_record)
    two.on(RecordingAvailableCallback)(take)
    username, password = pair
    one.respond(InitiateCallback)(
        lambda event: Record(
            record_complete_url=hear_record,
            recording_available_url=take,
            username=username,
            password=password,
        )
    )
    verb = answer(host((one, "/phone"), (two, "/two")))
    assert (verb.username, verb.password) == pair


def test_pair_that_would_go_over_http(phone: CallbackBlueprint) -> None:
    """Bandwidth sends no credentials for recordings over http, so a link that needs them is an error."""
    phone.on(RecordingAvailableCallback)(take)
    phone.respond(InitiateCallback)(
        lambda event: Record(recording_available_url=phone.url_for(take, _external=True))
    )
    app = host((phone, "/phone"))
    assert answer(app, base_url="https://localhost").username == "bandwidth"
    with pytest.raises(InvalidBXML, match=r"Record recording_available_url=.*: must be https"):
        answer(app)


def test_pair_that_would_go_to_another_host(phone: CallbackBlueprint) -> None:
    """A pair that would be sent to another host raises an error that names the host and the remedy."""
    phone.on(RecordingAvailableCallback)(take)
    phone.respond(InitiateCallback)(
        lambda event: Record(
            record_complete_url="https://me:mys3lf@elsewhere.example/x", recording_available_url=take
        )
    )
    with pytest.raises(LinkError) as refused:
        answer(host((phone, "/phone")))
    message = str(refused.value)
    assert "Record recording_available_url leads to a blueprint whose credentials would be sent" in message
    assert "to elsewhere.example too, through record_complete_url" in message
    assert "Set username and password yourself if that is intended" in message
    assert "s3cret" not in message
    assert "mys3lf" not in message


@pytest.mark.parametrize(
    "page",
    [
        "/page",
        "page",
        "https://calls.example.com/page",
        "//calls.example.com/page",
        "https://CALLS.EXAMPLE.COM:443/page",
        "https://calls.example.com./page",
        "https://Calls.Example.com/page",
        "https://calls.example.com:443/page",
        "https://calls.example.com.:0443/page",
        "https://user:pass@calls.example.com/page",
    ],
)
def test_pair_that_goes_to_a_page_of_this_host(phone: CallbackBlueprint, page: str) -> None:
    """A pair may be sent to another page of the same host."""
    phone.on(RecordingAvailableCallback)(take)
    phone.respond(InitiateCallback)(
        lambda event: Record(record_complete_url=page, recording_available_url=take)
    )
    app = host((phone, "/phone"))
    for path in ("/page", "/phone/page"):
        app.add_url_rule(path, endpoint=path, view_func=str, methods=["POST"])
    verb = answer(app, base_url="https://calls.example.com")
    assert (verb.record_complete_url, verb.username) == (page, "bandwidth")


def test_fallback_on_another_host_gets_no_pair(phone: CallbackBlueprint) -> None:
    """A fallback URL on another host has the fallback pair, which the application sets."""
    elsewhere = "https://elsewhere.example/"
    phone.respond(InitiateCallback)(lambda event: Gather(gather_url=menu, gather_fallback_url=elsewhere))
    phone.respond(GatherCallback, "/menu")(menu)
    verb = answer(host((phone, "/phone")))
    assert (verb.username, verb.fallback_username, verb.gather_fallback_url) == ("bandwidth", None, elsewhere)


def test_pair_set_by_the_application_may_go_anywhere(phone: CallbackBlueprint) -> None:
    """A pair that the application sets may be sent to another host."""
    elsewhere = "https://elsewhere.example/"
    pair: dict[str, Any] = {"username": "bandwidth", "password": "s3cret"}
    phone.on(RecordingAvailableCallback)(take)
    phone.respond(InitiateCallback)(
        lambda event: Record(record_complete_url=elsewhere, recording_available_url=take, **pair)
    )
    assert answer(host((phone, "/phone"))) == Record(
        record_complete_url=elsewhere, recording_available_url="/phone/", **pair
    )


# -- Plain URLs --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "is_served"),
    [
        ("/phone/menu", True),
        ("/page", False),
        ("https://example.com/page", True),
        ("https://example.com/phone/menu", False),
        ("https://calls.example.com/page", False),
    ],
)
def test_plain_url_with_subdomains(url: str, is_served: bool) -> None:
    """With subdomains, a plain URL is looked up at the host that it names, not at that of the request."""
    app = Flask("host", subdomain_matching=True)
    app.config.update(TESTING=True, SERVER_NAME="example.com")
    phone = CallbackBlueprint("phone", __name__, credentials=[AUTH], subdomain="calls")
    phone.respond(RedirectCallback, "/menu")(take)
    phone.respond(InitiateCallback)(
        lambda event: Redirect(redirect_url=url, username=AUTH[0], password=AUTH[1])
    )
    app.register_blueprint(phone, url_prefix="/phone")
    app.add_url_rule("/page", view_func=str, methods=["POST"])
    if is_served:
        assert answer(app, base_url="https://calls.example.com").redirect_url == url
        return
    with pytest.raises(InvalidBXML, match="which this application does not serve"):
        answer(app, base_url="https://calls.example.com")


@pytest.mark.parametrize("config", [{}, {"SERVER_NAME": "example.com"}])
def test_plain_url_with_host_matching(config: dict[str, str]) -> None:
    """With host matching, a plain URL is looked up among the routes of the host that it names."""
    app = Flask("host", host_matching=True, static_folder=None)
    app.config.update(config, TESTING=True)
    phone = CallbackBlueprint("phone", __name__, credentials=[AUTH])
    page = "https://calls.example.com/page"
    phone.respond(InitiateCallback)(lambda event: Redirect(redirect_url=page))
    app.register_blueprint(phone, url_prefix="/phone")
    app.add_url_rule("/page", view_func=str, methods=["POST"], host="calls.example.com")
    view = app.view_functions["phone.callbacks"]
    app.add_url_rule("/calls", endpoint="calls", view_func=view, methods=["POST"], host="calls.example.com")
    assert answer(app, "/calls", base_url="https://calls.example.com").redirect_url == page


@pytest.mark.parametrize(
    "url",
    [
        "/phone/menu",
        "/phone",
        "/phone/",
        "menu",
        "./menu?turn=2",
        "?turn=2",
        "../phone/menu#there",
        "http://localhost/phone/menu",
        "https://localhost/phone/menu",
        "//localhost/phone/menu",
        "https://Localhost:443/phone/menu",
        "http://localhost:80/phone/menu",
        "https://localhost./phone/menu",
        "https://localhost:/phone/menu",
        "https://localhost.:0443/phone/menu",
        "/phone/rooms/blue",
    ],
)
def test_plain_url_that_leads_here_without_credentials(phone: CallbackBlueprint, url: str) -> None:
    """A plain URL that leads to a blueprint of this application without credentials is a fault."""
    phone.respond(GatherCallback, "/menu")(menu)
    phone.respond(GatherCallback, "/rooms/<room>")(take_room)
    phone.respond(InitiateCallback)(lambda event: Gather(gather_url=url))
    with pytest.raises(InvalidBXML) as refused:
        answer(host((phone, "/phone")))
    message = str(refused.value)
    assert f"Gather gather_url={url!r} leads to a CallbackBlueprint of this application without" in message
    assert "give the handler itself, or what url_for(handler) returns" in message


@pytest.mark.parametrize(
    "url",
    [
        "/phone/calls",
        "/open/",
        "https://elsewhere.example/phone/menu",
        "https://localhost:8443/phone/menu",
    ],
)
def test_plain_url_that_leads_elsewhere(phone: CallbackBlueprint, url: str) -> None:
    """Ordinary pages, other hosts and blueprints without authentication need no credentials."""
    phone.add_url_rule("/calls", view_func=lambda: "today's calls", methods=["POST"])
    phone.respond(InitiateCallback)(lambda event: Gather(gather_url=url))
    open_to_all = CallbackBlueprint("open", __name__, credentials=ANYONE)
    assert answer(host((phone, "/phone"), (open_to_all, "/open"))) == Gather(gather_url=url)


@pytest.mark.parametrize(
    ("pair", "accepted"),
    [
        (("bandwidth", "s3cret"), True),
        (("old", "0ld"), True),
        (("old", "s3cret"), False),
        ((None, "s3cret"), False),
        (("bandwidth", None), False),
    ],
)
def test_plain_url_with_credentials(pair: tuple[str | None, str | None], accepted: bool) -> None:
    """A plain URL is a fault unless its pair is accepted at that URL."""
    phone = CallbackBlueprint("phone", __name__, credentials=[AUTH, ("old", "0ld")])
    username, password = pair
    own: dict[str, Any] = {"username": username, "password": password}
    verb = Gather(gather_url="/phone/", **own)
    phone.respond(InitiateCallback)(lambda event: verb)
    app = host((phone, "/phone"))
    if accepted:
        assert answer(app) == verb
    else:
        with pytest.raises(InvalidBXML, match="without the credentials"):
            answer(app)


def test_plain_url_in_a_child(phone: CallbackBlueprint) -> None:
    """Plain URLs in children are checked against the child's own pair."""
    phone.respond(InitiateCallback)(
        lambda event: Transfer(
            PhoneNumber("+1555", transfer_answer_url="/phone/"), username="bandwidth", password="s3cret"
        )
    )
    with pytest.raises(InvalidBXML, match="PhoneNumber transfer_answer_url='/phone/' leads to"):
        answer(host((phone, "/phone")))


def test_plain_url_where_the_verb_has_no_credentials(phone: CallbackBlueprint) -> None:
    """A plain URL in an attribute without credentials cannot lead to a blueprint that requires them."""
    phone.respond(InitiateCallback)(lambda event: Gather(partial_result_callback="/phone/"))
    with pytest.raises(InvalidBXML, match="Gather partial_result_callback='/phone/' leads to"):
        answer(host((phone, "/phone")))


def test_url_that_was_made_from_one_of_url_for(phone: CallbackBlueprint) -> None:
    """A string that is built from what url_for returned is a plain URL."""
    phone.respond(GatherCallback, "/menu")(menu)
    phone.respond(InitiateCallback)(lambda event: Gather(gather_url=f"{phone.url_for(menu)}?turn=2"))
    with pytest.raises(InvalidBXML, match=r"gather_url='/phone/menu\?turn=2' leads to"):
        answer(host((phone, "/phone")))


@pytest.mark.parametrize(("url", "refused"), [("/shop/phone/", True), ("/phone/", False), ("menu", True)])
def test_plain_url_where_the_application_is_mounted(
    phone: CallbackBlueprint, url: str, refused: bool
) -> None:
    """Below a mount point only URLs below it lead to this application."""
    phone.respond(GatherCallback, "/menu")(menu)
    phone.respond(InitiateCallback)(lambda event: Gather(gather_url=url))
    app = host((phone, "/phone"))
    mounted: dict[str, Any] = {"environ_overrides": {"SCRIPT_NAME": "/shop"}}
    if refused:
        with pytest.raises(InvalidBXML, match="without the credentials"):
            answer(app, **mounted)
    else:
        assert answer(app, **mounted).gather_url == url


def test_links_where_the_application_is_mounted(phone: CallbackBlueprint) -> None:
    """A handler's URL has the mount point of the request before it."""
    phone.respond(GatherCallback, "/menu")(menu)
    phone.respond(InitiateCallback)(lambda event: Gather(gather_url=menu))
    app = host((phone, "/phone"))
    assert answer(app, environ_overrides={"SCRIPT_NAME": "/shop"}).gather_url == "/shop/phone/menu"


def test_a_url_that_is_kept_is_used_only_where_it_is_right(phone: CallbackBlueprint) -> None:
    """The URL of a handler is the same in the next call, and has the mount point of a call that has one."""
    phone.respond(GatherCallback, "/menu")(menu)
    phone.respond(InitiateCallback)(lambda event: Gather(gather_url=menu))
    app = host((phone, "/phone"))
    for mount_point in ("", "", "/shop", ""):
        verb = answer(app, environ_overrides={"SCRIPT_NAME": mount_point})
        assert verb.gather_url == f"{mount_point}/phone/menu"


def test_linked_url_is_where_the_handler_is(phone: CallbackBlueprint) -> None:
    """A request to the URL in a reply, with the pair that it carries, reaches the handler."""
    phone.respond(InitiateCallback)(lambda event: Gather(gather_url=take_key))
    phone.respond(GatherCallback, "/keys", digits=str.isdigit)(take_key)
    app = host((phone, "/phone"))
    verb = answer(app)
    gather = {"eventType": "gather", "callId": "c-1", "digits": "1"}
    reply = app.test_client().post(verb.gather_url, json=gather, auth=(verb.username, verb.password))
    assert bxml.parse(reply.data).children == (SpeakSentence("1 at /phone/keys"),)


def take_key(event: GatherCallback) -> SpeakSentence:
    return SpeakSentence(f"{event.digits} at {request.path}")


def test_a_responder_of_a_base_class_is_no_link_for_a_notification(
    phone: CallbackBlueprint, call: Callable[..., TestResponse]
) -> None:
    """A responder to a base class, which means answered events, cannot be linked to for a notification."""

    @phone.respond(Callback)
    def every(event: Callback) -> StartRecording:
        return StartRecording(recording_available_url=every)

    with pytest.raises(LinkError, match=r"leads to 'recordingAvailable'.*does not take"):
        call("initiate")


def test_a_value_that_does_not_fit_the_path(app: Flask, phone: CallbackBlueprint) -> None:
    """A value that the path's converter rejects raises a LinkError with the reason."""

    @phone.respond(GatherCallback, "/rooms/<int:room>")
    def enter(event: GatherCallback, room: int) -> SpeakSentence:
        return SpeakSentence(f"Room {room}.")

    app.register_blueprint(phone, url_prefix="/phone")
    with pytest.raises(LinkError, match=r"needs a value for room. .*invalid literal"):
        phone.url_for(enter, room="kitchen")


@pytest.mark.parametrize("url", ["/phone/menu", "/phone/%6Denu", "menu", "http://LOCALHOST/phone/menu"])
def test_a_plain_url_is_known_however_it_is_spelled(
    phone: CallbackBlueprint, call: Callable[..., TestResponse], url: str
) -> None:
    """A plain URL that leads to a blueprint without its credentials is a fault in every spelling."""

    @phone.respond(GatherCallback, "/menu")
    def menu(event: GatherCallback) -> SpeakSentence:
        return SpeakSentence("Hello.")

    phone.respond(InitiateCallback)(lambda event: Gather(gather_url=url))
    with pytest.raises(InvalidBXML, match="without the credentials"):
        call("initiate")


# -- Plain URLs that nothing serves --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "meant"),
    [
        ("/menu", r"the handler menu \(test_links.py:\d+\), whose URL is '/phone/menu'"),
        ("https://localhost/menu?turn=2", r"the handler menu .*, whose URL is '/phone/menu'"),
        ("/rooms/7", r"the handler take_room .*, whose URL is '/phone/rooms/7'"),
        ("/phone/mneu", r"the handler menu .*, whose URL is '/phone/menu'"),
        ("/fone/menu", r"the handler menu .*, whose URL is '/phone/menu'"),
        ("/phone/pages", r"'/phone/page'"),
        ("/a/b/c/d/e/f/g", "a handler, or a URL that exists"),
    ],
)
def test_plain_url_that_nothing_serves(phone: CallbackBlueprint, url: str, meant: str) -> None:
    """A URL of this host that nothing serves is a fault that names the handler or path probably meant."""
    phone.respond(GatherCallback, "/menu")(menu)
    phone.respond(GatherCallback, "/rooms/<room>")(take_room)
    phone.add_url_rule("/page", view_func=str, methods=["POST"])
    phone.respond(InitiateCallback)(lambda event: Gather(gather_url=url))
    app = host((phone, "/phone"))
    app.register_blueprint(
        CallbackBlueprint("other", __name__, credentials=[AUTH]), url_prefix="/at/<tenant>"
    )
    with pytest.raises(InvalidBXML, match=rf"which this application does not serve; give {meant}$"):
        answer(app)


@pytest.mark.parametrize(
    ("url", "target"),
    [
        ("/phone//menu", r"the handler menu .*, whose URL is '/phone/menu'"),
        ("/page", "'/page/'"),
    ],
)
def test_plain_url_that_redirects(phone: CallbackBlueprint, url: str, target: str) -> None:
    """A URL that this application redirects is a fault that names the right one."""
    phone.respond(GatherCallback, "/menu")(menu)
    phone.respond(InitiateCallback)(lambda event: Gather(gather_url=url))
    app = host((phone, "/phone"))
    app.add_url_rule("/page/", view_func=str, methods=["POST"])
    message = rf"redirects to .*, and Bandwidth does not follow redirects; give {target}$"
    with pytest.raises(InvalidBXML, match=message):
        answer(app)


def test_plain_url_of_another_method(phone: CallbackBlueprint) -> None:
    """A URL that is not served by the method that Bandwidth will use is a fault; the right method is none."""
    phone.respond(InitiateCallback, to="+1")(lambda event: Gather(gather_url="/page", gather_method="GET"))
    phone.respond(InitiateCallback)(lambda event: Gather(gather_url="/page"))
    app = host((phone, "/phone"))
    app.add_url_rule("/page", view_func=str)
    with pytest.raises(
        InvalidBXML, match="leads to /page, which this application serves by GET only, not by"
    ):
        answer(app)
    reply = app.test_client().post("/phone/", json={**INITIATE, "to": "+1"}, auth=AUTH)
    assert bxml.parse(reply.data).children == (Gather(gather_url="/page", gather_method="GET"),)


@pytest.mark.parametrize(
    "own", [{PUBLIC_URL: "https://Calls.example.com"}, {"SERVER_NAME": "calls.example.com"}]
)
def test_plain_url_of_a_configured_host(phone: CallbackBlueprint, own: dict[str, Any]) -> None:
    """Behind a proxy that hides the host, the configured host is this application's own all the same."""
    phone.respond(GatherCallback, "/menu")(menu)
    phone.respond(InitiateCallback)(
        lambda event: Gather(gather_url="https://calls.example.com:443/phone/menu")
    )
    with pytest.raises(InvalidBXML, match="without the credentials"):
        answer(host((phone, "/phone"), **own), base_url="http://10.0.0.7:8000")


def test_hosts_are_compared_as_they_are_looked_up(phone: CallbackBlueprint) -> None:
    """A host outside of ASCII is the same in its own letters and in those of the network."""
    phone.respond(GatherCallback, "/menu")(menu)
    phone.respond(InitiateCallback, to="+1")(
        lambda event: Gather(gather_url="https://a..ü.example/phone/menu")
    )
    phone.respond(InitiateCallback)(lambda event: Gather(gather_url="https://bücher.example/phone/menu"))
    app = host((phone, "/phone"))
    with pytest.raises(InvalidBXML, match="without the credentials"):
        answer(app, base_url="https://xn--bcher-kva.example")
    other = app.test_client().post("/phone/", json={**INITIATE, "to": "+1"}, auth=AUTH)
    assert other.status_code == 200


def test_links_in_text_are_checked(phone: CallbackBlueprint) -> None:
    """The URLs of a document that is text are checked as those of verbs are."""
    phone.respond(InitiateCallback)(
        lambda event: '<Response><Gather gatherUrl="/menu" gatherMethod="GET"/></Response>'
    )
    with pytest.raises(InvalidBXML, match="Gather gather_url='/menu' leads to /menu, which this application"):
        answer(host((phone, "/phone")))


def test_pair_is_given_to_plain_urls_beside_a_link(phone: CallbackBlueprint) -> None:
    """A plain URL beside a handler is checked with the pair that the verb gets for the handler."""
    phone.on(RecordingAvailableCallback)(take)
    phone.respond("recordComplete", "/done")(take)
    phone.respond(InitiateCallback)(
        lambda event: Record(record_complete_url="/phone/done", recording_available_url=take)
    )
    assert answer(host((phone, "/phone"))).username == "bandwidth"


# -- Paths and handlers of every kind ------------------------------------------------------------------------


class RegexConverter(BaseConverter):
    """The converter that many applications copy from Flask's snippets."""

    def __init__(self, url_map: Any, pattern: str) -> None:
        super().__init__(url_map)
        self.regex = pattern


@pytest.mark.parametrize(
    ("path", "url"),
    [
        ('/<regex("(?:en|de)"):language>', "/phone/de"),
        ('/<regex("[a-z]{2}"):language>/<int:number>', "/phone/de/7"),
        ('/x/<regex("[^/<>:]+"):language>', "/phone/x/de"),
        ("/<any(en, de):language>", "/phone/de"),
        ("/<string(length=2):language>.xml", "/phone/de.xml"),
    ],
)
def test_converters_with_arguments(phone: CallbackBlueprint, path: str, url: str) -> None:
    """The arguments of a converter may hold any character, as with app.route."""

    def speak(event: Callback, /, **variables: Any) -> SpeakSentence:
        return SpeakSentence(repr(sorted(variables.items())))

    variables: dict[str, Any] = {"language": "de", "number": 7} if "number" in path else {"language": "de"}
    phone.respond(InitiateCallback, path)(speak)
    app = Flask("host")
    app.url_map.converters["regex"] = RegexConverter
    app.register_blueprint(phone, url_prefix="/phone")
    assert phone.url_for(speak, **variables) == url
    assert answer(app, url).text == repr(sorted(variables.items()))


def test_converters_that_differ_are_different_paths(phone: CallbackBlueprint) -> None:
    """Paths with other arguments of a converter are other paths; other names of variables are the same."""
    phone.respond(InitiateCallback, '/<regex("(?:en|de)"):language>')(lambda event, language: None)
    phone.respond(InitiateCallback, '/<regex("(?:fr|it)"):language>')(lambda event, language: None)
    with pytest.raises(SubscriptionError, match="differ only in the names of their variables"):
        phone.respond(InitiateCallback, '/<regex("(?:fr|it)"):tongue>')(lambda event, tongue: None)


@pytest.mark.parametrize("mock", [AsyncMock, MagicMock])
def test_mocks_are_handlers(phone: CallbackBlueprint, mock: Any) -> None:
    """A mock, synchronous or not, is a handler, can be linked to, and is named in messages."""
    greet = mock(return_value=SpeakSentence("Hello."))
    billed = mock(return_value=None)
    phone.respond(InitiateCallback)(greet)
    phone.respond(GatherCallback, "/menu")(greet)
    phone.on(InitiateCallback)(billed)
    app = host((phone, "/phone"))
    assert answer(app) == SpeakSentence("Hello.")
    greet.assert_called_once()
    billed.assert_called_once()
    with pytest.raises(LinkError, match=r"^<.*Mock .*> has several URLs"):
        phone.url_for(greet)
