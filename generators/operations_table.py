"""The table of REST operations at the end of ``docs/rest.md``."""

from __future__ import annotations

import re

from flask_bandwidth_callbacks.simulator.rest import OPERATIONS
from flask_bandwidth_callbacks.spelling import camel_case

from .verbs_table import ROOT

PATH = ROOT / "docs" / "rest.md"

_NOT_SIMULATED = 501
_HEAD = "| operation | request | what the simulation does |\n|---|---|---|\n"


def text() -> str:
    """Return what the page must hold: itself, with the table made from ``OPERATIONS``."""
    page, _, _ = PATH.read_text(encoding="utf-8").partition(_HEAD)
    rows = "".join(
        f"| `{each.name}` | `{each.method} {_path(each.path)}` | {_in_markdown(each.meaning)} |\n"
        for each in sorted(OPERATIONS, key=lambda each: each.status == _NOT_SIMULATED)
    )
    return f"{page}{_HEAD}{rows}"


def _path(path: str) -> str:
    """Return a path with its variables as Bandwidth writes them: ``{callId}``."""
    return re.sub(r"<(?:path:)?(\w+)>", lambda variable: f"{{{camel_case(variable[1])}}}", path)


def _in_markdown(meaning: str) -> str:
    return meaning.replace("``", "`")
