"""A document that is written and read again is the same document."""

from __future__ import annotations

import warnings

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from flask_bandwidth_callbacks.bxml import (
    ELEMENTS,
    BXMLWarning,
    Document,
    Element,
    Response,
    UnknownVerb,
    parse,
    render,
)
from tests.bxml import strategies
from tests.bxml.test_text_is_text import inside


def reread(document: Document) -> Document:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", BXMLWarning)
        return parse(render(document))


@pytest.mark.parametrize("element", ELEMENTS.values(), ids=ELEMENTS)
@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_every_element(element: type[Element], data: st.DataObject) -> None:
    """Any element with any of its attributes, text and children is read as an equal element."""
    document = Response(inside(data.draw(strategies.elements(element))))  # type: ignore[arg-type]
    assert parse(render(document)) == document


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(document=strategies.documents())
def test_whole_documents(document: Document) -> None:
    """Documents with either root are read as equal documents, unknown elements and attributes included."""
    again = reread(document)
    assert again == document
    assert hash(again) == hash(document)
    assert render(again) == render(document)


@settings(max_examples=100, deadline=None)
@given(verb=strategies.unknown_verbs())
def test_unknown_verbs(verb: UnknownVerb) -> None:
    """An unknown element keeps its name and attributes, and its texts and elements in order."""
    assert reread(Response(verb)).children == (verb,)
