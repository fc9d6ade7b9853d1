"""The verbs of the official SDK and of this library have the same names."""

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

# The SDK's names for the text, which is the first positional argument here.
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
# The SDK's names for the list of children, which are the positional arguments here.
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
# The only attribute with another name, because from is a keyword of Python.
RENAMED = {("Forward", "_from"): "from_"}


def test_the_same_verbs() -> None:
    """Both libraries have the same verbs."""
    assert THEIRS.keys() == {*ELEMENTS, "Response", "Bxml"}


@pytest.mark.parametrize("name", THEIRS)
def test_the_same_attributes(name: str) -> None:
    """The parameters of the SDK's verb are the attributes, the text and the children of ours."""
    specification = getattr(bxml, name).specification
    theirs = set(inspect.signature(THEIRS[name]).parameters)
    assert (TEXTS.get(name) in theirs) is (specification.text is not None)
    assert (CHILDREN.get(name) in theirs) is bool(specification.children)
    attributes = {RENAMED.get((name, parameter), parameter) for parameter in theirs}
    attributes -= {TEXTS.get(name), CHILDREN.get(name)}
    assert attributes == set(specification.attributes)


@pytest.mark.parametrize("name", ELEMENTS)
def test_the_same_spelling(name: str) -> None:
    """Each attribute has the same name in a document."""
    ours = ELEMENTS[name].specification
    parameters = inspect.signature(THEIRS[name]).parameters
    given = {parameter: "1" for parameter in parameters if parameter != CHILDREN.get(name)}
    written = ElementTree.fromstring(THEIRS[name](**given).to_bxml())
    assert written.tag == ours.name
    assert set(written.attrib) == set(ours.by_wire_name)


def test_a_document() -> None:
    """The same document made with either library is read as equal documents."""
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
def test_required_attributes(name: str) -> None:
    """Each attribute that the SDK requires is required here, too."""
    element = strategies.simplest(ELEMENTS[name])
    parameters = inspect.signature(THEIRS[name]).parameters.values()
    needed = {
        RENAMED.get((name, parameter.name), parameter.name)
        for parameter in parameters
        if parameter.default is inspect.Parameter.empty
    }
    needed -= {TEXTS.get(name), CHILDREN.get(name)}
    assert needed <= set(element.attributes)
