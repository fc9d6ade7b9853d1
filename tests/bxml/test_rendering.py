"""Writing documents, and where verbs may stand in a reply."""

from __future__ import annotations

import pytest

from flask_bandwidth_callbacks import bxml
from flask_bandwidth_callbacks.bxml import (
    ELEMENTS,
    MAX_DOCUMENT_SIZE,
    Bxml,
    Gather,
    Hangup,
    PhoneNumber,
    Redirect,
    Response,
    SpeakSentence,
    StopRecording,
    Transfer,
    UnknownVerb,
    Verb,
    misplaced,
    render,
)
from flask_bandwidth_callbacks.exceptions import InvalidBXML
from tests.bxml import strategies

DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n'


def test_a_document() -> None:
    """A document is written with its declaration and with the attributes given, under their wire names."""
    document = Response(
        Gather(
            SpeakSentence('Größe & "mehr" 😀'),
            gather_url="/m?a=1&b='2'",
            max_digits=1,
            profanity_filter=False,
        ),
        Transfer(PhoneNumber("+15551112222", tag=""), call_timeout=1.5),
        Hangup(),
    )
    text = (
        DECLARATION
        + '<Response><Gather gatherUrl="/m?a=1&amp;b=\'2\'" maxDigits="1" profanityFilter="false">'
        + '<SpeakSentence>Größe &amp; "mehr" 😀</SpeakSentence></Gather>'
        + '<Transfer callTimeout="1.5"><PhoneNumber tag="">+15551112222</PhoneNumber></Transfer><Hangup/>'
        + "</Response>"
    )
    assert document.to_bxml() == text
    assert render(document) == text.encode()


def test_what_can_be_rendered() -> None:
    """Verbs are put into a Response; a document is written as it is."""
    hangup = f"{DECLARATION}<Response><Hangup/></Response>".encode()
    assert (
        render(Hangup())
        == render([Hangup()])
        == render(iter([Hangup()]))
        == render(Response(Hangup()))
        == hangup
    )
    assert render(Bxml()) == f"{DECLARATION}<Bxml/>".encode()
    assert render([]) == f"{DECLARATION}<Response/>".encode()
    assert Hangup().to_bxml() == "<Hangup/>"
    with pytest.raises(InvalidBXML, match="Response: cannot hold PhoneNumber, which belongs in Transfer"):
        render([PhoneNumber("+1")])  # type: ignore[list-item]


def test_an_unresolved_handler() -> None:
    """Writing a verb that still holds a handler raises an error that names both and the remedy."""

    def menu(call: object) -> None:
        """A handler."""

    document = Response(UnknownVerb("X", Redirect(redirect_url=menu)))
    for write in (document.to_bxml, document.children[0].to_bxml, lambda: render(document)):
        with pytest.raises(InvalidBXML) as caught:
            write()
        assert caught.value.faults == (
            "Redirect redirect_url=menu: must be a URL: a handler stands for its URL only in what a handler "
            "of a CallbackBlueprint returns. Elsewhere use the blueprint's url_for(handler)",
        )


def test_conference() -> None:
    """A reply to a conference event may hold six verbs and no others."""
    misplaced_names = {name for name, verb in _verbs() if misplaced(Response(verb), "conference")}
    assert {name for name, _ in _verbs()} - misplaced_names == {
        *(
            "PlayAudio",
            "SpeakSentence",
            "StartRecording",
            "StopRecording",
            "PauseRecording",
            "ResumeRecording",
        ),
    }
    (fault,) = misplaced(Response(StopRecording(), Hangup()), "conference")
    assert fault.startswith(
        "Hangup cannot stand in the reply to a conference event; Bandwidth rejects the whole document then."
    )
    assert fault.endswith(
        "only PlayAudio, SpeakSentence, StartRecording, PauseRecording, ResumeRecording, StopRecording"
    )


def test_transfer_answer() -> None:
    """A reply to transferAnswer must not hold four verbs."""
    misplaced_names = {name for name, verb in _verbs() if misplaced(Response(verb), "transferAnswer")}
    assert misplaced_names == {"Bridge", "Conference", "Forward", "Transfer"}
    assert misplaced(Response(Transfer(PhoneNumber("+1"))), "transferAnswer") == [
        "Transfer cannot stand in the reply to transferAnswer"
    ]


def test_unknown_verbs_may_stand_anywhere() -> None:
    """An unknown verb is never misplaced."""
    document = Response(UnknownVerb("New"))
    assert misplaced(document, "conference") == misplaced(document, "transferAnswer") == []


def test_any_verb_may_stand_in_other_replies() -> None:
    """Nothing is misplaced in the reply to any other event."""
    assert all(misplaced(Response(verb), "any") == [] for _, verb in _verbs())


def test_size() -> None:
    """The maximum size of a document is 64 KB."""
    assert MAX_DOCUMENT_SIZE == 64 * 1024


def test_public_names() -> None:
    """Every element is among the public names, and all public names exist."""
    assert set(bxml.__all__) >= {*ELEMENTS, "Response", "Bxml", "UnknownVerb", "parse", "render"}
    assert sorted(bxml.__all__) == sorted(set(bxml.__all__))
    assert all(hasattr(bxml, name) for name in bxml.__all__)


def _verbs() -> list[tuple[str, Verb]]:
    simplest = [(name, strategies.simplest(element)) for name, element in ELEMENTS.items()]
    return [(name, verb) for name, verb in simplest if isinstance(verb, Verb)]
