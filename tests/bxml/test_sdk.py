"""The official SDK's verbs are ours, name for name."""

from __future__ import annotations

import inspect
from typing import Any
from xml.etree import ElementTree

import bandwidth.models.bxml as sdk
import pytest

from flask_bandwidth_callbacks import bxml
from flask_bandwidth_callbacks.bxml import ELEMENTS
from tests.bxml import strategies

THEIRS: dict[str, Any] = {
    name: element
    for name, element in vars(sdk).items()
    if inspect.isclass(element) and name not in ("Verb", "NestableVerb", "Root")
}

# Where they name the text: with us the first positional argument.
TEXTS = {
    "Bridge": "target_call",
    "Conference": "name",
    "Endpoint": "endpoint_id",
    "PhoneNumber": "number",
    "PlayAudio": "audio_uri",
    "SendDtmf": "digits",
    "SipUri": "uri",
    "SpeakSentence": "text",
    "Tag": "content",
}
# Where they take a list of children: with us the positional arguments.
CHILDREN = {
    "Bxml": "nested_verbs",
    "Connect": "destination",
    "Gather": "audio_verbs",
    "Refer": "sip_uri",
    "Response": "nested_verbs",
    "StartStream": "stream_params",
    "StartTranscription": "custom_params",
    "Transfer": "transfer_to",
}
# The one attribute with another name: from is a keyword of Python's.
RENAMED = {("Forward", "_from"): "from_"}


def test_the_same_verbs() -> None:
    """They have no verb that we lack, nor the other way round."""
    assert THEIRS.keys() == {*ELEMENTS, "Response", "Bxml"}


@pytest.mark.parametrize("name", THEIRS)
def test_the_same_attributes(name: str) -> None:
    """Each parameter of theirs is an attribute of ours, the text or the children, and we have no others."""
    specification = getattr(bxml, name).specification
    theirs = set(inspect.signature(THEIRS[name]).parameters)
    assert (TEXTS.get(name) in theirs) is (specification.text is not None)
    assert (CHILDREN.get(name) in theirs) is bool(specification.children)
    attributes = {RENAMED.get((name, parameter), parameter) for parameter in theirs}
    attributes -= {TEXTS.get(name), CHILDREN.get(name)}
    assert attributes == set(specification.attributes)


@pytest.mark.parametrize("name", ELEMENTS)
def test_the_same_spelling(name: str) -> None:
    """Each attribute is spelled in a document as they spell it."""
    ours = ELEMENTS[name].specification
    parameters = inspect.signature(THEIRS[name]).parameters
    given = {parameter: "1" for parameter in parameters if parameter != CHILDREN.get(name)}
    written = ElementTree.fromstring(THEIRS[name](**given).to_bxml())
    assert written.tag == ours.name
    assert set(written.attrib) == set(ours.by_wire_name)


def test_a_document() -> None:
    """A document of theirs and the same of ours are read as one."""
    theirs = sdk.Response(
        [
            sdk.Gather([sdk.SpeakSentence("Press 1.", voice="kate")], gather_url="/menu", max_digits=1),
            sdk.Transfer([sdk.PhoneNumber("+15551112222")], call_timeout=20),
            sdk.Hangup(),
        ]
    )
    ours = bxml.Response(
        bxml.Gather(bxml.SpeakSentence("Press 1.", voice="kate"), gather_url="/menu", max_digits=1),
        bxml.Transfer(bxml.PhoneNumber("+15551112222"), call_timeout=20),
        bxml.Hangup(),
    )
    assert bxml.parse(theirs.to_bxml()) == ours


@pytest.mark.parametrize("name", ELEMENTS)
def test_what_ours_cannot_do_without(name: str) -> None:
    """What is required here, they ask for as well or mark by a meaningless default."""
    element = strategies.simplest(ELEMENTS[name])
    parameters = inspect.signature(THEIRS[name]).parameters.values()
    needed = {
        RENAMED.get((name, one.name), one.name)
        for one in parameters
        if one.default is inspect.Parameter.empty
    }
    needed -= {TEXTS.get(name), CHILDREN.get(name)}
    assert needed <= set(element.attributes)
