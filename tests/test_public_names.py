"""The public names, the cost of importing them, and the rules of imports inside the package."""

from __future__ import annotations

import importlib
import inspect
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

import flask_bandwidth_callbacks
from flask_bandwidth_callbacks import bxml, events, signals
from tests.imports import Imports, circle_in, imports_of, imports_within

PACKAGE = Path(flask_bandwidth_callbacks.__file__).parent
NAME = "flask_bandwidth_callbacks"

# Modules and folders, each of which may import those before it.
ORDER = [
    *(
        "exceptions",
        "parts",
        "display",
        "spelling",
        "oddities",
        "tracebacks",
        "signals",
        "decoding",
        "fields",
        "clean_payloads",
        "payloads",
        "events",
        "bxml",
        "subscriptions",
    ),
    *(
        "credentials",
        "config",
        "hosts",
        "methods",
        "proxies",
        "interruptions",
        "logs",
        "attempts",
        "receivers",
    ),
    *(
        "rejections",
        "receiving",
        "stores",
        "repeats",
        "jobs",
        "registrations",
        "handler_urls",
        "plain_urls",
        "links",
        "replies",
    ),
    *("jsonify", "handling", "advice", "blueprint"),
]
# Folders on top of these. Each can be deleted, because nothing before it imports it.
LATER = ["store", "background", "call_log", "simulator", "studio", "cli"]
WITHOUT_FLASK = [
    "exceptions",
    "display",
    "spelling",
    "oddities",
    "decoding",
    "fields",
    "clean_payloads",
    "payloads",
    "events",
    "bxml",
    "subscriptions",
]


@cache
def package_imports() -> Imports:
    """Return which modules of the package import which."""
    return imports_within(PACKAGE)


every_face = pytest.mark.parametrize("module_name", [NAME, f"{NAME}.bxml"])


def modules_after(statement: str) -> set[str]:
    """Return the names of the modules that a fresh interpreter has loaded after a statement."""
    process = subprocess.run(
        [sys.executable, "-c", f"import sys; {statement}; print(*sys.modules)"],
        cwd=PACKAGE.parent,
        check=True,
        capture_output=True,
        text=True,
    )
    return set(process.stdout.split())


def room_of(module_name: str) -> str:
    """Return the entry of ``ORDER`` or ``LATER`` for a module, ``""`` for the package itself."""
    return module_name.split(".")[1] if "." in module_name else ""


def files_of(room: str) -> list[Path]:
    """Return the files of a room, which is a folder or a module."""
    return sorted((PACKAGE / room).glob("**/*.py")) or [PACKAGE / f"{room}.py"]


# -- Names ---------------------------------------------------------------------------------------------------


@every_face
def test_public_names_are_there_and_listed_once(module_name: str) -> None:
    """Every name of __all__ can be imported, and none is listed twice."""
    module = importlib.import_module(module_name)
    assert [name for name in module.__all__ if not hasattr(module, name)] == []
    assert len(module.__all__) == len(set(module.__all__))


@every_face
def test_all_names_that_a_public_face_imports_are_public(module_name: str) -> None:
    """A name that a public module imports from within the package is in its __all__."""
    module = importlib.import_module(module_name)
    imported = imports_of(Path(str(module.__file__)), PACKAGE)
    names = {name.rpartition(".")[2] for name in imported if name.startswith(f"{NAME}.")}
    assert names == set(module.__all__)


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
def test_public_classes_and_functions_have_docstrings(module_name: str) -> None:
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


# -- The rules of imports ------------------------------------------------------------------------------------


def test_the_order_of_the_modules_is_complete() -> None:
    """Each module and folder of the package has its position in the order of imports."""
    modules = {path.stem for path in PACKAGE.glob("*.py")} - {"__init__"}
    folders = {path.parent.name for path in PACKAGE.glob("*/__init__.py")}
    assert set(ORDER) <= modules | folders <= {*ORDER, *LATER}


@pytest.mark.no_cover
def test_imports_run_one_way() -> None:
    """A module imports only modules that come before it in the order, or that share its folder."""
    order = [*ORDER, "", *LATER]
    backward = [
        (module, imported)
        for module, imports in package_imports().items()
        for imported in imports
        if order.index(room_of(imported)) > order.index(room_of(module))
    ]
    assert backward == []


def test_no_modules_import_each_other_in_a_circle() -> None:
    """No circle of imports exists in the package, annotations and imports inside functions included."""
    assert circle_in(package_imports()) == []


@pytest.mark.parametrize(
    "back",
    [
        "from .first import a",
        "from . import first",
        "import package.first",
        "from package.first import a as b",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from .first import a",
        "def function():\n    from .first import a",
    ],
)
def test_a_circle_is_found(tmp_path: Path, back: str) -> None:
    """The check for circles fails for every way in which a third module can import the first."""
    package = tmp_path / "package"
    (package / "folder").mkdir(parents=True)
    (package / "__init__.py").write_text("from .first import a\n", "utf-8")
    (package / "first.py").write_text("from .folder import second\na = 1\n", "utf-8")
    (package / "folder" / "__init__.py").write_text("", "utf-8")
    (package / "folder" / "second.py").write_text("from ..third import c\n", "utf-8")
    (package / "third.py").write_text("c = 1\n", "utf-8")
    assert circle_in(imports_within(package)) == []
    (package / "third.py").write_text(f"c = 1\n{back}\n", "utf-8")
    assert set(circle_in(imports_within(package))) == {
        "package.first",
        "package.folder.second",
        "package.third",
    }


@pytest.mark.parametrize("room", WITHOUT_FLASK)
def test_the_core_knows_no_flask(room: str) -> None:
    """Events, subscriptions and BXML can be used without Flask: none of their modules imports it."""
    for path in files_of(room):
        for imported in imports_of(path, PACKAGE):
            assert imported.partition(".")[0] not in {"flask", "werkzeug"}, f"{path.name} imports {imported}"
