"""The English of docstrings, comments, messages and documents: the worst habits do not come back."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import flask_bandwidth_callbacks

PACKAGE = Path(flask_bandwidth_callbacks.__file__).parent
ROOT = Path(__file__).parents[1]
SOURCES = sorted(PACKAGE.glob("**/*.py"))
DOCUMENTS = [*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")]

# "is no callback" should be "is not a callback", "there is no callback" can be "without a callback".
NO_NOUN = r"\b(?:is|are|was|were) no (?!longer\b|more than\b)\w"
VAGUE = r"\btells of\b|\btold of\b|\bwhoever\b|\bsome(?:body|one)\b|\bno ?(?:body|one)\b|\banybody\b"
BRITISH = (
    r"\b(?:\w*(?:colour|behaviour|favour|honour|neighbour)\w*|licence[ds]?|cancelled|cancelling|labelled|modelled"
    r"|travell(?:ed|ing)|cent(?:re|red)|(?:recogni|organi|normali|initiali|seriali|apologi|summari)s(?:e|ed|es|ing)"
    r"|analys(?:e|ed|es)|catalogue|dialled|dialling|grey|whilst|artefacts?|towards)\b"
)
PHRASES = re.compile(f"{NO_NOUN}|{VAGUE}|{BRITISH}", re.IGNORECASE)
NAMES = {"place", "told", "one", "what", "found", "more"}


def words_of(source: str) -> Iterator[tuple[int, str]]:
    """Yield the strings and comments of a module with their lines; docstrings and messages are strings."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.lineno, node.value
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            yield token.start[0], token.string


def phrases_in(source: str) -> list[str]:
    """Return the banned phrases in a module, each with its line."""
    return [
        f"line {line}: {match[0]}"
        for line, words in words_of(source)
        for match in PHRASES.finditer(" ".join(words.split()))
    ]


def docstrings_in(source: str) -> list[str]:
    """Return the docstrings of a module that begin with "Let" or "Tell", each with its line."""
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    return [
        f"{getattr(node, 'name', 'module')}: {docstring.split()[0]}"
        for node in ast.walk(ast.parse(source))
        if isinstance(node, documented)
        and re.match(r"(Let|Tell)\b", docstring := ast.get_docstring(node) or "")
    ]


def names_in(source: str) -> list[str]:
    """Return the functions and parameters of a module with names that do not say what they are."""
    named = {
        (node.lineno, node.arg if isinstance(node, ast.arg) else node.name)
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.arg | ast.FunctionDef | ast.AsyncFunctionDef)
    }
    return [f"line {line}: {name}" for line, name in sorted(named) if name.lstrip("_") in NAMES]


def faults(check: Callable[[str], list[str]]) -> dict[str, list[str]]:
    """Return what a check finds in the modules of the package, by their paths."""
    found = {str(path.relative_to(PACKAGE)): check(path.read_text("utf-8")) for path in SOURCES}
    return {path: each for path, each in found.items() if each}


@pytest.mark.no_cover
def test_strings_and_comments_are_plain_english() -> None:
    """No docstring, message or comment of the package holds a banned phrase or a British spelling."""
    assert faults(phrases_in) == {}


@pytest.mark.no_cover
def test_docstrings_begin_with_a_plain_verb() -> None:
    """No docstring of the package begins with "Let" or "Tell"."""
    assert faults(docstrings_in) == {}


@pytest.mark.no_cover
def test_names_say_what_they_are() -> None:
    """No function or parameter of the package has one of the banned names."""
    assert faults(names_in) == {}


@pytest.mark.parametrize("path", DOCUMENTS, ids=[path.name for path in DOCUMENTS])
def test_documents_are_plain_english(path: Path) -> None:
    """No document holds a banned phrase or a British spelling."""
    text = " ".join(path.read_text("utf-8").split())
    assert [match[0] for match in PHRASES.finditer(text)] == []


@pytest.mark.parametrize(
    ("check", "source"),
    [
        (phrases_in, '"""The document is no document."""'),
        (phrases_in, "# Nobody hears this"),
        (phrases_in, "# whoever calls"),
        (phrases_in, "raise ValueError(f'{x} tells\\n of y')".replace("\\n", "")),
        (phrases_in, "colour = 'the colour'"),
        (phrases_in, 'def f():\n    """Tell somebody."""'),
        (docstrings_in, 'def f():\n    """Let it be."""'),
        (docstrings_in, 'class C:\n    """Tell it."""'),
        (docstrings_in, 'async def f():\n    """Tell it."""'),
        (names_in, "def place(): ..."),
        (names_in, "def _told(): ..."),
        (names_in, "def f(*, what=1): ..."),
        (names_in, "def f(**more): ..."),
        (names_in, "f = lambda one: one"),
        (names_in, "async def found(): ..."),
    ],
)
def test_a_slip_is_found(check: object, source: str) -> None:
    """Each check finds what it is for."""
    assert callable(check)
    assert len(check(source)) == 1


def test_plain_english_passes() -> None:
    """The checks leave ordinary sentences alone."""
    docstring = '"""Return the value that is no longer used, None without another one."""'
    source = f"def name(value):\n    {docstring}  # they tell it apart, once more\n"
    assert phrases_in(source) + docstrings_in(source) + names_in(source) == []
