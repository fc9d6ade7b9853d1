"""The names that people import, what importing them costs, and which module may know which."""

from __future__ import annotations

import ast
import importlib
import inspect
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import flask_bandwidth_callbacks
from flask_bandwidth_callbacks import bxml, events, signals

PACKAGE = Path(flask_bandwidth_callbacks.__file__).parent
NAME = "flask_bandwidth_callbacks"

# Each may import those before it, none of those after it.
ORDER = [
    *(
        "exceptions",
        "display",
        "spelling",
        "oddities",
        "signals",
        "decoding",
        "fields",
        "payloads",
        "events",
        "bxml",
        "subscriptions",
    ),
    *("credentials", "config", "logs", "rejections", "receiving", "registrations", "links", "replies"),
    *("handling", "advice", "blueprint"),
]
# Built on top of these: each is a folder that can be deleted, and nothing before it knows it.
LATER = ["simulator", "cli"]
WITHOUT_FLASK = [
    "exceptions",
    "display",
    "spelling",
    "oddities",
    "decoding",
    "fields",
    "payloads",
    "events",
    "bxml",
    "subscriptions",
]

every_face = pytest.mark.parametrize("module_name", [NAME, f"{NAME}.bxml"])


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


def imports_of(path: Path) -> Iterator[tuple[str, set[str]]]:
    """Yield the modules that a file of the package imports, in full, with the names taken from each."""
    package = (NAME, *path.relative_to(PACKAGE).parts[:-1])
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((alias.name, set()) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) + 1 - node.level] if node.level else ()
            names = {alias.name for alias in node.names}
            if node.module:
                yield ".".join((*base, node.module)), names
            else:
                yield from ((".".join((*base, name)), set()) for name in names)


def files_of(module_name: str) -> list[Path]:
    """Return the files of a module of the package, which may be a folder."""
    if module_name in LATER:  # which may have been deleted
        return sorted((PACKAGE / module_name).glob("**/*.py"))
    return sorted((PACKAGE / module_name).glob("**/*.py")) or [PACKAGE / f"{module_name}.py"]


# -- Names ---------------------------------------------------------------------------------------------------


@every_face
def test_public_names_are_there_and_listed_once(module_name: str) -> None:
    """Every name of __all__ can be imported, and none is listed twice."""
    module = importlib.import_module(module_name)
    assert [name for name in module.__all__ if not hasattr(module, name)] == []
    assert len(module.__all__) == len(set(module.__all__))


@every_face
def test_whatever_a_public_face_imports_is_public(module_name: str) -> None:
    """A name that a public module takes from inside of the package is in its __all__: none is forgotten."""
    module = importlib.import_module(module_name)
    taken = [names for name, names in imports_of(Path(str(module.__file__))) if name.startswith(NAME)]
    assert set().union(*taken) == set(module.__all__)


def test_the_names_of_the_contract() -> None:
    """The names that the documentation promises can be imported from where it says."""
    promised = {
        *("CallbackBlueprint", "Callback", "ConferenceCallback", "UnknownCallback"),
        *("Diversion", "StirShaken", "MachineDetectionResult"),
    }
    assert promised <= set(flask_bandwidth_callbacks.__all__)
    assert {"Response", "Gather", "SpeakSentence", "InvalidBXML", "parse", "render"} <= set(bxml.__all__)
    for name in ("callback_received", "callback_answered", "callback_rejected", "handler_failed"):
        assert hasattr(signals, name)


def test_every_event_class_is_public() -> None:
    """Each event that can be received has its class among the public names."""
    for event_class in {*events.EVENT_CLASSES.values(), events.UnknownCallback}:
        assert event_class.__name__ in flask_bandwidth_callbacks.__all__
        assert getattr(flask_bandwidth_callbacks, event_class.__name__) is event_class


@every_face
def test_public_classes_and_functions_tell_what_they_are(module_name: str) -> None:
    """Every public class and function has a docstring of its own."""
    module = importlib.import_module(module_name)
    for name in module.__all__:
        public = getattr(module, name)
        if inspect.isclass(public) or inspect.isfunction(public):
            # A dataclass without a docstring is given its signature as one.
            assert not (public.__doc__ or f"{name}(").startswith(f"{name}("), name


# -- What importing costs ------------------------------------------------------------------------------------


def test_importing_loads_no_code_of_tests() -> None:
    """Importing the package loads no test or example code, and nothing that only these need."""
    loaded = {name.partition(".")[0] for name in modules_after(f"import {NAME}")}
    assert NAME in loaded
    assert loaded.isdisjoint({"pytest", "_pytest", "hypothesis", "tests", "examples", "unittest"})
    assert loaded.isdisjoint({"bandwidth", "pydantic", "flask_wtf", "waitress", "gunicorn", "asgiref"})


def test_importing_loads_nothing_but_what_is_depended_on() -> None:
    """Beyond Flask, marshmallow and Python itself, importing the package loads its own modules only."""
    loaded = modules_after(f"import {NAME}") - modules_after("import flask, marshmallow")
    packages = {name.partition(".")[0] for name in loaded}
    assert packages - set(sys.stdlib_module_names) == {NAME}


def test_importing_builds_no_schema() -> None:
    """Schemas are built when they are first used: importing the package costs none."""
    no_schema = "assert not flask_bandwidth_callbacks.payloads.PayloadSchema.__subclasses__()"
    assert NAME in modules_after(f"import {NAME}.payloads; {no_schema}")


# -- Who may know whom ---------------------------------------------------------------------------------------


def test_the_order_of_the_modules_is_complete() -> None:
    """Each module of the package has its place in the order of imports."""
    modules = {path.stem for path in PACKAGE.glob("*.py")} - {"__init__"}
    folders = {path.parent.name for path in PACKAGE.glob("*/__init__.py")}
    assert set(ORDER) <= modules | folders <= {*ORDER, *LATER}


@pytest.mark.parametrize("module_name", [*ORDER, *LATER])
def test_imports_run_one_way(module_name: str) -> None:
    """A module imports modules before it in the order, never one after it."""
    order = [*ORDER, *LATER]
    allowed = order[: order.index(module_name) + 1]
    for path in files_of(module_name):
        for imported, _ in imports_of(path):
            if imported.startswith(f"{NAME}."):
                assert imported.split(".")[1] in allowed, f"{path.name} imports {imported}"


@pytest.mark.parametrize("module_name", WITHOUT_FLASK)
def test_the_core_knows_no_flask(module_name: str) -> None:
    """Events, subscriptions and BXML can be used without Flask: none of their modules imports it."""
    for path in files_of(module_name):
        for imported, _ in imports_of(path):
            assert imported.partition(".")[0] not in {"flask", "werkzeug"}, f"{path.name} imports {imported}"
