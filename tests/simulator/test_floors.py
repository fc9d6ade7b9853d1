"""The floors of the simulator: which module may import which, wherever the import stands."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from flask_bandwidth_callbacks import simulator

HOUSE = Path(simulator.__file__).parent
FRONT_DOOR = ["samples", "outbound", "bandwidth", "__init__"]
FLOORS = [
    {"exceptions", "choices"},
    {"wire"},
    {"engine"},
    {"verbs"},
    set(FRONT_DOOR),
    {"rest"},
    {"ways"},
    {"written_tests"},
    {"explore", "replay"},
]
"""From the lowest to the highest: each imports from itself and from those before it."""


def modules_of(house: Path) -> dict[str, Path]:
    """Return the modules of the simulator by their names within it, such as ``wire.urls``."""
    return {
        ".".join(path.relative_to(house).with_suffix("").parts): path
        for path in sorted(house.glob("**/*.py"))
    }


def imports_of(name: str, house: Path) -> Iterator[str]:
    """Yield the names that a module imports within the simulator, wherever the import stands."""
    package = name.split(".")[:-1]
    root = "flask_bandwidth_callbacks.simulator"
    for node in ast.walk(ast.parse(modules_of(house)[name].read_text("utf-8"))):
        if isinstance(node, ast.Import):
            modules = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            if node.level > len(package) + 1:
                continue  # beyond the simulator
            base = ".".join([root, *package[: len(package) + 1 - node.level]]) if node.level else ""
            module = ".".join(filter(None, [base, node.module]))
            modules = [f"{module}.{alias.name}" for alias in node.names] if module else []
        else:
            continue
        yield from (module.removeprefix(f"{root}.") for module in modules if module.startswith(f"{root}."))


def wrong_imports(house: Path) -> list[str]:
    """Return the imports that lead to a higher floor, and every use of TYPE_CHECKING."""
    faults = []
    for name, path in modules_of(house).items():
        if "TYPE_CHECKING" in path.read_text("utf-8"):
            faults.append(f"{name} uses TYPE_CHECKING")
        allowed = set().union(*FLOORS[: floor_of(name) + 1])
        faults += [
            f"{name} imports {imported}"
            for imported in imports_of(name, house)
            if imported.partition(".")[0] not in allowed
        ]
    return faults


def floor_of(name: str) -> int:
    """Return the number of the floor on which a module is."""
    return next(number for number, floor in enumerate(FLOORS) if name.partition(".")[0] in floor)


@pytest.mark.no_cover
def test_imports_lead_down() -> None:
    """No module of the simulator imports from a higher floor."""
    assert wrong_imports(HOUSE) == []


@pytest.mark.parametrize(
    ("module", "statement"),
    [
        ("wire/urls", "from ..engine.call import Call"),
        ("wire/urls", "def late():\n    from ..engine import call"),
        ("engine/call", "from ..verbs.flow import tag"),
        ("engine/call", "import flask_bandwidth_callbacks.simulator.verbs.flow"),
        ("verbs/flow", "from ..bandwidth import SimulatedBandwidth"),
        ("verbs/flow", "from flask_bandwidth_callbacks.simulator.bandwidth import SimulatedBandwidth"),
        ("verbs/flow", "if TYPE_CHECKING:\n    from ..bandwidth import SimulatedBandwidth"),
        ("choices", "from .wire import urls"),
        ("bandwidth", "from .rest import RestApplication"),
    ],
)
def test_an_import_that_leads_up_is_seen(tmp_path: Path, module: str, statement: str) -> None:
    """Every form of an import from a higher floor is reported, also within a function."""
    path = tmp_path / f"{module}.py"
    path.parent.mkdir(exist_ok=True)
    path.write_text(statement, "utf-8")
    assert wrong_imports(tmp_path) != []


def test_an_import_that_leads_down_is_right(tmp_path: Path) -> None:
    """Imports from the same floor, from lower ones and from outside of the simulator are allowed."""
    path = tmp_path / "verbs" / "flow.py"
    path.parent.mkdir()
    path.write_text(
        "import re\nfrom flask_bandwidth_callbacks import bxml\nfrom ..wire.urls import split\n", "utf-8"
    )
    assert wrong_imports(tmp_path) == []
