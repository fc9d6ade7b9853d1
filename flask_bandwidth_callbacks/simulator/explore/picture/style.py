"""The colors, fonts and lines of a picture."""

from __future__ import annotations

from collections.abc import Mapping
from string import Template

LIGHT = {
    "paper": "#ffffff",
    "fill": "#f6f8fa",
    "ink": "#1b1f24",
    "muted": "#57606a",
    "walked": "#0a4f9e",
    "accent": "#b3261e",
}
DARK = {
    "paper": "#14171a",
    "fill": "#1f252b",
    "ink": "#e6edf3",
    "muted": "#a3adb8",
    "walked": "#79b8ff",
    "accent": "#ff9a8f",
}
"""Every color of a text has a contrast of at least 4.5 to 1 with paper and fill, which is AA of WCAG 2."""

# Without variables, which only browsers know: other programs draw SVG too.
_COLORS = Template(
    """
.phone-line .paper { fill: $paper }
.phone-line text { fill: $ink }
.phone-line .muted, .phone-line .caption { fill: $muted }
.phone-line .mark { fill: $accent }
.phone-line .frame { fill: $fill; stroke: $ink }
.phone-line .unreached .frame { fill: $paper; stroke: $muted }
.phone-line .not-walked .frame { fill: $paper; stroke: $muted }
.phone-line .walked .frame { stroke: $walked }
.phone-line .marked .frame { stroke: $accent }
.phone-line .way { stroke: $muted }
.phone-line .way.walked { stroke: $walked }
.phone-line .point { fill: $muted }
.phone-line .point.walked { fill: $walked }
"""
)
_LINES = """
.phone-line text { font-family: system-ui, "Segoe UI", Roboto, "DejaVu Sans", Arial, sans-serif }
.phone-line .frame { stroke-width: 1.2 }
.phone-line .person .frame, .phone-line .end .frame { stroke-width: 3 }
.phone-line .walked .frame, .phone-line .marked .frame { stroke-width: 2.4 }
.phone-line .unreached .frame { stroke-dasharray: 6 4 }
.phone-line .not-walked .frame { stroke-dasharray: 1.5 4; stroke-linecap: round; stroke-width: 1.8 }
.phone-line .way { fill: none; stroke-width: 1.4 }
.phone-line .way.dashed { stroke-dasharray: 6 4 }
.phone-line .way.not-walked { stroke-dasharray: 1.5 4; stroke-linecap: round; stroke-width: 1.8 }
.phone-line .way.walked { stroke-width: 2.6 }
"""


def style_sheet() -> str:
    """Return the rules for light and dark screens, and for paper, which is light."""
    dark = _colored(DARK).strip().replace("\n", "\n  ")
    return f"{_colored(LIGHT)}{_LINES}@media screen and (prefers-color-scheme: dark) {{\n  {dark}\n}}\n"


def _colored(colors: Mapping[str, str]) -> str:
    return _COLORS.substitute(colors)
