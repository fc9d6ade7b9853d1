"""The names that people import, and what importing them costs."""

from __future__ import annotations

import ast
import importlib
import pkgutil
import subprocess
import sys
from pathlib import Path

import pytest

import flask_bandwidth_callbacks
from flask_bandwidth_callbacks import bxml, events

PACKAGE = Path(flask_bandwidth_callbacks.__file__).parent


def modules_after(statement: str) -> set[str]:
    """Return the names of the modules that a fresh interpreter has loaded after a statement."""
    told = subprocess.run(
        [sys.executable, "-c", f"import sys; {statement}; print(*sys.modules)"],
        cwd=PACKAGE.parent,
        check=True,
        capture_output=True,
        text=True,
    )
    return set(told.stdout.split())


@pytest.mark.parametrize("module_name", ["flask_bandwidth_callbacks", "flask_bandwidth_callbacks.bxml"])
def test_public_names_exist_once_and_in_order(module_name: str) -> None:
    """Every name of __all__ is there, none twice, in the order that ruff and a reader expect."""
    module = importlib.import_module(module_name)
    assert len(module.__all__) == len(set(module.__all__))
    assert [name for name in module.__all__ if not hasattr(module, name)] == []
    assert sorted(module.__all__, key=str.lower) == sorted(module.__all__, key=str.lower)


@pytest.mark.parametrize("module_name", ["flask_bandwidth_callbacks", "flask_bandwidth_callbacks.bxml"])
def test_whatever_is_imported_into_the_public_face_is_public(module_name: str) -> None:
    """A name that a public module imports from inside of the package is in its __all__: none is forgotten."""
    module = importlib.import_module(module_name)
    tree = ast.parse(Path(str(module.__file__)).read_text("utf-8"))
    imported = {
        alias.asname or alias.name
        for node in tree.body
        if isinstance(node, ast.ImportFrom) and node.level
        for alias in node.names
    }
    assert {name for name in imported if not name.startswith("_")} == set(module.__all__)


def test_the_names_of_the_contract() -> None:
    """The names that the documentation promises can be imported from where it says."""
    promised = {
        *("CallbackBlueprint", "Callback", "ConferenceCallback", "UnknownCallback"),
        *("Diversion", "StirShaken", "MachineDetectionResult"),
        *("BandwidthCallbacksError", "InvalidBXML"),
    }
    assert promised <= set(flask_bandwidth_callbacks.__all__)
    assert {"Response", "Gather", "SpeakSentence", "Hangup", "parse", "render"} <= set(bxml.__all__)
    signals = importlib.import_module("flask_bandwidth_callbacks.signals")
    for name in ("callback_received", "callback_answered", "callback_rejected", "handler_failed"):
        assert hasattr(signals, name)


def test_every_event_class_is_public() -> None:
    """Each event that can be received has its class among the public names, as have the objects inside."""
    for event_class in {*events.EVENT_CLASSES.values(), events.UnknownCallback}:
        assert event_class.__name__ in flask_bandwidth_callbacks.__all__
        assert getattr(flask_bandwidth_callbacks, event_class.__name__) is event_class


def test_public_classes_tell_what_they_are() -> None:
    """Everything public has a docstring of its own."""
    for name in flask_bandwidth_callbacks.__all__:
        assert vars(getattr(flask_bandwidth_callbacks, name)).get("__doc__"), name


def test_importing_loads_no_code_of_tests() -> None:
    """Importing the package loads no test, example or simulator code, and nothing that only tests need."""
    loaded = {name.partition(".")[0] for name in modules_after("import flask_bandwidth_callbacks")}
    assert "flask_bandwidth_callbacks" in loaded
    assert loaded.isdisjoint(
        {"pytest", "_pytest", "hypothesis", "tests", "examples", "bandwidth", "pydantic", "waitress", "gunicorn"}
    )
    assert loaded.isdisjoint({"flask_wtf", "unittest", "yaml", "mypy"})


def test_importing_costs_little_more_than_what_it_depends_on() -> None:
    """Beyond Flask and marshmallow, importing the package loads hardly anything but its own modules."""
    needed = modules_after("import flask, marshmallow")
    loaded = modules_after("import flask_bandwidth_callbacks") - needed
    foreign = {name for name in loaded if name.partition(".")[0] != "flask_bandwidth_callbacks"}
    third_party = {name.partition(".")[0] for name in foreign} - set(sys.stdlib_module_names)
    assert third_party == set()


def test_importing_builds_no_schema() -> None:
    """Schemas are built when they are first used: importing the package makes none."""
    statement = (
        "import marshmallow; made = []; make = marshmallow.Schema.__init_subclass__.__func__;"
        " import marshmallow.schema as module; before = len(module.BaseSchema.__subclasses__());"
        " import flask_bandwidth_callbacks.schemas as ours;"
        " assert ours.PayloadSchema.__subclasses__() == []"
    )
    modules_after(statement)


@pytest.mark.parametrize("folder", ["bxml"])
def test_bxml_knows_nothing_of_flask(folder: str) -> None:
    """BXML can be written and read without Flask: no module of it imports it."""
    for module in pkgutil.iter_modules([str(PACKAGE / folder)]):
        tree = ast.parse((PACKAGE / folder / f"{module.name}.py").read_text("utf-8"))
        for node in ast.walk(tree):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom):
                names = [node.module or ""]
                assert node.level < 2, f"{module.name} reaches out of its folder"
            assert not any(name.startswith(("flask", "werkzeug", "marshmallow")) for name in names)
