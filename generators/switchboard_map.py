"""The picture of the example application in the README, ``docs/switchboard.svg``."""

from __future__ import annotations

from examples.switchboard import create_app
from flask_bandwidth_callbacks.simulator.explore import explore

from .verbs_table import ROOT

PATH = ROOT / "docs" / "switchboard.svg"


def text() -> str:
    """Return the picture: the line is explored open and closed, with sales busy or not."""
    app = create_app({"TESTING": True, "BANDWIDTH_CALLBACKS_CREDENTIALS": [("bandwidth", "s3cret")]})
    offset = f"{app.config['SWITCHBOARD_CLOCK']():%z}"  # the opening hours are those of this machine
    report = explore(
        app,
        at=[f"2026-01-05T10:00{offset}", f"2026-01-05T03:00{offset}"],
        callees=[{}, {app.config["SWITCHBOARD_SALES"]: "busy"}],
    )
    return report.to_svg() + "\n"
