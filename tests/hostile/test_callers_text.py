"""A caller's words, keys and name stay text, in every verb and reply that repeats them."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote
from xml.etree import ElementTree

from flask import Flask, request
from flask import Response as FlaskResponse
from hypothesis import example, given, settings
from hypothesis import strategies as st
from markupsafe import Markup

from flask_bandwidth_callbacks import Callback, CallbackBlueprint, GatherCallback
from flask_bandwidth_callbacks.bxml import (
    Gather,
    Response,
    SpeakSentence,
    Tag,
    UnknownVerb,
    Verb,
    parse,
    render,
)
from flask_bandwidth_callbacks.events import EVENT_CLASSES
from flask_bandwidth_callbacks.payloads import attribute_types
from tests.bxml.strategies import hostile_text, simplest, text_slots
from tests.bxml.test_text_is_text import as_kept, inside, shape
from tests.hostile.line import BASIC, HEADERS, PAIRS, Request, logged, send
from tests.payloads import PAYLOADS, Place, payload, places, replaced, value_at

# -- Where the text comes from -------------------------------------------------------------------------------


def text_of(event: Callback) -> str:
    """Return the text of an event in the property that the query string names."""
    value: Any = event
    for name in request.args["place"].split("."):
        if isinstance(value, dict):
            value = value[name]
        else:
            attributes = {value.wire_name(one): one for one in attribute_types(type(value))}
            value = getattr(value, attributes[name])
    assert isinstance(value, str)
    return value


def _sources() -> list[tuple[str, Place]]:
    """Return every text property of every answered event except its id."""
    return [
        (event_type, place)
        for event_type, whole in PAYLOADS.items()
        if EVENT_CLASSES[event_type].reply.awaited
        for place in [
            *places(whole, leaves_only=True),
            *[("sipHeaders", "x-ticket")] * ("sipHeaders" in whole),
        ]
        if isinstance(value_at(whole, *place), str)
        and place[-1] not in ("eventType", "callId", "conferenceId", "duration")
        and not place[-1].endswith("Time")
    ]


SOURCES = _sources()


# -- Where the text goes -------------------------------------------------------------------------------------

SLOTS = text_slots()


def repeat(slot: int, text: str) -> Verb:
    """Return a verb with a text in one of the attributes that take text: the shortest limit is 256."""
    element, attribute = SLOTS[slot]
    text = f"It was {text}"[:250]
    changes: dict[str, Any] = {"text" if attribute is None else attribute.name: text}
    verb = inside(simplest(element).replace(**changes))
    assert isinstance(verb, Verb)
    return verb


class Foreign:
    """A document with verbs of another library, which writes them itself."""

    def __init__(self, bxml: str) -> None:
        self._bxml = bxml

    def to_bxml(self) -> str:
        return self._bxml


def ssml(verb: Verb, text: str) -> SpeakSentence:
    return SpeakSentence(Markup("<s>It was {}</s>").format(text))


CAREFUL: dict[str, Callable[[Verb, str], Any]] = {
    "verb": lambda verb, text: verb,
    "verbs": lambda verb, text: [Tag(text[:250]), verb, UnknownVerb("Whisper", text, extra={"to": text})],
    "ssml": ssml,
    "document": lambda verb, text: Response(ssml(verb, text), verb),
    "text": lambda verb, text: render(verb).decode(),
    "bytes": lambda verb, text: render(verb),
    "foreign": lambda verb, text: Foreign(verb.to_bxml()),
    "mixed": lambda verb, text: [Foreign(verb.to_bxml()), verb],
    "parsed": lambda verb, text: parse(render(verb)),
    "Flask response": lambda verb, text: FlaskResponse(render(verb), content_type="application/xml"),
}
"""Every kind of answer that a responder may return, made as it should be."""
CARELESS: dict[str, Callable[[str], Any]] = {
    "text": lambda text: f"<Response><SpeakSentence>{text}</SpeakSentence></Response>",
    "attribute": lambda text: f'<Response><Redirect redirectUrl="{text}" username="{text}"/></Response>',
    "name": lambda text: f"<Response><{text}/><Hangup {text}/></Response>",
    "bytes": lambda text: f"<Response><Tag>{text}</Tag>".encode("utf-8", "surrogatepass"),
    "foreign": lambda text: [Foreign(f"<SpeakSentence>{text}</SpeakSentence>"), Foreign(text)],
    "declaration": lambda text: f"<?xml version='1.0' encoding='{text}'?><!DOCTYPE {text}><Response/>",
    "Flask response": lambda text: FlaskResponse(
        f"<Response>{text}".encode("utf-8", "replace"), content_type="application/xml"
    ),
    "URL": lambda text: f'<Response><Redirect redirectUrl="//[{text}"/></Response>',
}
"""Documents that hold the text unescaped."""


def make_app() -> Flask:
    phone = CallbackBlueprint("phone", __name__, credentials=PAIRS)

    @phone.respond(Callback, "/careful/<kind>/<int:slot>")
    def repeat_carefully(event: Callback, kind: str, slot: int) -> Any:
        text = text_of(event)
        return CAREFUL[kind](repeat(slot, text), text)

    @phone.respond(Callback, "/careless/<kind>")
    def repeat_carelessly(event: Callback, kind: str) -> Any:
        return CARELESS[kind](text_of(event))

    @phone.respond(Callback, "/linked")
    def link(event: Callback) -> Gather:
        return Gather(gather_url=phone.url_for(room, name=text_of(event), more="1"))

    @phone.respond(GatherCallback, "/rooms/<name>")
    def room(event: GatherCallback, name: str) -> Response:
        return Response()

    app = Flask(__name__)
    app.config.update(PROPAGATE_EXCEPTIONS=True)
    app.register_blueprint(phone, url_prefix="/phone")
    return app


app = make_app()


def answer(path: str, source: tuple[str, Place], text: str) -> bytes:
    """Return the reply at a path to an event with a text in it, after checking the log."""
    event_type, place = source
    with logged() as log:
        reply = send(
            app,
            Request(
                path=f"/phone/{path}",
                query=f"place={'.'.join(place)}",
                headers={
                    "CONTENT_TYPE": "application/json",
                    "HTTP_AUTHORIZATION": BASIC,
                    "HTTP_TRANSFER_ENCODING": "chunked",
                },
                body=json.dumps(replaced(payload(event_type), text, *place)).encode(),
                terminated=True,
            ),
        )
    log.check()
    assert reply.status == 200
    assert reply.headers.keys() <= HEADERS
    return reply.body


sources = st.sampled_from(SOURCES)


@given(st.sampled_from(sorted(CAREFUL)), st.integers(0, len(SLOTS) - 1), sources, hostile_text)
@settings(deadline=None)
def test_text_stays_text(kind: str, slot: int, source: tuple[str, Place], text: str) -> None:
    """In every verb and reply, another parser finds the intended elements and the text."""
    path = f"careful/{kind}/{slot}"
    document = ElementTree.fromstring(answer(path, source, text))
    assert shape(document) == shape(ElementTree.fromstring(answer(path, source, "plain")))
    written = [part for node in document.iter() for part in (node.text, *node.attrib.values()) if part]
    text = json.loads(json.dumps(text))  # where two halves of a pair are one character again
    wanted = text if kind == "ssml" else f"It was {text}"[:250]
    if kind == "ssml":  # in which white space is what an XML parser makes of it
        wanted = wanted.replace("\r\n", "\n").replace("\r", "\n")
    assert any(as_kept(one) in part for part in written for one in (wanted, wanted.strip()))


@given(st.sampled_from(sorted(CARELESS)), sources, hostile_text)
@settings(deadline=None)
def test_careless_documents_are_sent_and_logged(kind: str, source: tuple[str, Place], text: str) -> None:
    """A document that a caller's text has broken is sent, and logged on one line."""
    answer(f"careless/{kind}", source, text)


@given(sources, st.text(min_size=1))
@example(SOURCES[0], "\r\nSet-Cookie: a=b")
@example(SOURCES[0], "../../x?y#z%2f")
@settings(deadline=None)
def test_text_in_a_url_stays_in_its_place(source: tuple[str, Place], text: str) -> None:
    """A path variable with a caller's text is one segment of the path, whatever the text is."""
    document = ElementTree.fromstring(answer("linked", source, text))
    url = document[0].attrib["gatherUrl"]
    segment = url.removeprefix("/phone/rooms/").removesuffix("?more=1")
    assert unquote(segment) == text
    assert not set(segment) & set('?#\r\n\t "<>')
