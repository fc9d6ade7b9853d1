"""The files that are generated from the table of verbs say what the table says."""

from __future__ import annotations

import ast
from types import ModuleType

import pytest

from flask_bandwidth_callbacks.bxml import ELEMENTS, Element
from generators import verbs_page, verbs_stub
from generators.verbs_table import meanings


@pytest.mark.parametrize("writer", [verbs_page, verbs_stub])
def test_files_are_up_to_date(writer: ModuleType) -> None:
    """Each file holds what its writer would write now; ``make docs`` writes it anew."""
    assert writer.PATH.read_text(encoding="utf-8") == writer.text()


@pytest.mark.no_cover
@pytest.mark.parametrize("element", ELEMENTS.values())
def test_every_attribute_can_be_read_in_an_editor(element: type[Element]) -> None:
    """The stub of an element has each attribute as a keyword argument and as a documented property."""
    (stub,) = (
        node
        for node in ast.parse(verbs_stub.text()).body
        if isinstance(node, ast.ClassDef) and node.name == element.__name__
    )
    initializer, *properties = (node for node in stub.body if isinstance(node, ast.FunctionDef))
    attributes = set(element.specification.attributes)
    assert {argument.arg for argument in initializer.args.kwonlyargs} == attributes
    assert {node.name for node in properties if ast.get_docstring(node)} == attributes


@pytest.mark.parametrize("element", ELEMENTS.values())
def test_every_attribute_stands_on_the_page(element: type[Element]) -> None:
    """The page lists each attribute of an element, with its meaning, in a row of its own."""
    section = verbs_page.text().partition(f"\n## {element.__name__}\n")[2].partition("\n## ")[0]
    rows = [line for line in section.splitlines() if line.startswith(("| `", "| **`"))]
    assert [row.split("`")[1] for row in rows] == list(meanings(element))
    assert set(meanings(element)) == set(element.specification.attributes)
    assert all(row.split(" | ")[4].rstrip("| ") for row in rows)


def test_a_row_of_the_page() -> None:
    """A row has the type, the default and the limits of an attribute; one that must be given is in bold."""
    lines = verbs_page.text().splitlines()
    assert (
        "| `max_digits` | whole number | `50` | from 1 to 50 |"
        " Number of keys after which the gathering ends. |" in lines
    )
    assert (
        "| `answer_call` | boolean | `True` |  | Whether a call that is not answered yet is answered first. |"
        in lines
    )
    assert "| **`dtmf_url`** | URL |  |  | Notified of every key. Receives `dtmf`. |" in lines
