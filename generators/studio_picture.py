"""The picture of the studio in the README, ``docs/studio.png``, taken in Chromium during a call."""

from __future__ import annotations

import re
import socket
import struct
import tempfile
import zlib
from datetime import UTC, datetime
from hashlib import sha256
from importlib import resources

from flask import Flask

from examples.switchboard import create_app
from flask_bandwidth_callbacks import studio as package
from flask_bandwidth_callbacks.studio import Studio, StudioBandwidth
from tests.browser import running_browser
from tests.studio.conftest import served

from .verbs_table import ROOT

PATH = ROOT / "docs" / "studio.png"

_WIDTH, _HEIGHT = 1440, 900
_PATIENCE_MILLISECONDS = 30_000
_SIGNATURE_AND_HEADER = 33
"""Bytes of a PNG before its second chunk."""


def write() -> None:
    """Take the picture, and write it with the digest of the page that it shows."""
    with tempfile.TemporaryDirectory() as folder:
        PATH.write_bytes(_with_digest(_take(_switchboard(folder))))


def digest() -> str:
    """Return the digest of what determines how the page looks."""
    page = resources.files(package) / "page"
    looks = [(page / name).read_bytes() for name in ("index.html", "studio.css")]
    return sha256(b"\0".join(looks)).hexdigest()


def digest_in(png: bytes) -> str:
    """Return the digest that a picture was written with; empty if there is none."""
    found = re.search(rb"tEXtpage\0([0-9a-f]{64})", png)
    return found[1].decode() if found else ""


def _with_digest(png: bytes) -> bytes:
    text = b"tEXtpage\0" + digest().encode()
    chunk = struct.pack(">I", len(text) - 4) + text + struct.pack(">I", zlib.crc32(text))
    return png[:_SIGNATURE_AND_HEADER] + chunk + png[_SIGNATURE_AND_HEADER:]


def _switchboard(folder: str) -> Flask:
    return create_app(
        {
            "SQLALCHEMY_DATABASE_URI": f"sqlite:///{folder}/calls.db",
            "BANDWIDTH_CALLBACKS_STORE": "memory://",
            "BANDWIDTH_CALLBACKS_CREDENTIALS": [("bandwidth", "s3cret")],
            "SWITCHBOARD_SCREENS": True,
            "SWITCHBOARD_CLOCK": lambda: datetime(2026, 1, 5, 10, tzinfo=UTC),
        }
    )


def _take(app: Flask) -> bytes:
    """Call the switchboard, have sales answer, and return the picture of the page."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        shown = Studio(listening.getsockname()[1])
    with (
        shown.open(StudioBandwidth(app)).running(),
        served(shown),
        running_browser() as browser,
        browser.new_page(viewport={"width": _WIDTH, "height": _HEIGHT}) as page,
    ):
        page.set_default_timeout(_PATIENCE_MILLISECONDS)
        page.goto(shown.url)
        page.get_by_role("button", name="Call", exact=True).click()
        page.get_by_role("log").get_by_text("For sales, press 1.").wait_for()
        page.keyboard.press("1")
        page.get_by_role("button", name="Answer").click()
        page.get_by_role("log").get_by_text("A caller for sales.").wait_for()
        page.get_by_role("button", name="gather").click()
        page.get_by_role("group", name="Payload").wait_for()
        page.get_by_role("button", name="Fit").click()
        page.mouse.move(0, 0)
        page.evaluate("document.activeElement.blur()")
        return page.screenshot()
