"""The table of choices at the end of ``docs/simulator.md``."""

from __future__ import annotations

from flask_bandwidth_callbacks.simulator import CHOICES

from .verbs_table import ROOT

PATH = ROOT / "docs" / "simulator.md"

_HEAD = "| on | the simulation does this |\n|---|---|\n"


def text() -> str:
    """Return what the page must hold: itself, with the table made from ``CHOICES``."""
    page, _, _ = PATH.read_text(encoding="utf-8").partition(_HEAD)
    rows = "".join(f"| {subject} | {choice} |\n" for subject, choice in CHOICES.items())
    return f"{page}{_HEAD}{rows}"
