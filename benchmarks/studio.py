"""How long it takes from a key to the next sentence on the page of the studio, in Chromium."""

from __future__ import annotations

import socket
import statistics
from collections.abc import Iterator
from typing import TYPE_CHECKING

from flask import Flask

from flask_bandwidth_callbacks import ANYONE, CallbackBlueprint, GatherCallback, InitiateCallback
from flask_bandwidth_callbacks.bxml import Gather, SpeakSentence
from flask_bandwidth_callbacks.studio import Studio, StudioBandwidth
from tests.browser import running_browser
from tests.studio.conftest import served

from .measuring import Row, show_progress

if TYPE_CHECKING:  # this part alone needs a browser
    from playwright.sync_api import Page

_GOAL_MILLISECONDS = 100.0
_PATIENCE_MILLISECONDS = 30_000

# In the page, so that only the page, the studio and the application are measured.
_STOPWATCH = """
window.waits = [];
let pressed = null;
let sentences = 0;
addEventListener("keydown", () => { pressed = performance.now(); }, true);
new MutationObserver(() => {
  const shown = document.querySelectorAll("#conversation-log .hears").length;
  if (shown > sentences && pressed !== null) {
    window.waits.push(performance.now() - pressed);
    pressed = null;
  }
  sentences = shown;
}).observe(document.getElementById("conversation-log"), { childList: true, subtree: true });
"""


def create_app() -> Flask:
    """Create a line on which every key leads to another sentence."""
    phone = CallbackBlueprint("phone", __name__, credentials=ANYONE)

    @phone.respond(InitiateCallback)
    def greet(call: InitiateCallback) -> Gather:
        return Gather(SpeakSentence("Press a key."), gather_url=menu, max_digits=1)

    @phone.respond(GatherCallback, "/menu")
    def menu(call: GatherCallback) -> Gather:
        return Gather(SpeakSentence(f"You pressed {call.digits}."), gather_url=menu, max_digits=1)

    app = Flask(__name__)
    app.register_blueprint(phone, url_prefix="/phone")
    return app


def key_to_sentence(presses: int) -> Iterator[Row]:
    """Press a key that often, each time when the sentence before is there."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
    studio = Studio(port)
    with (
        studio.open(StudioBandwidth(create_app())).running(),
        served(studio),
        running_browser() as browser,
        browser.new_page() as page,
    ):
        yield _row(_waits(page, studio.url, presses))


def _waits(page: Page, url: str, presses: int) -> list[float]:
    page.set_default_timeout(_PATIENCE_MILLISECONDS)
    page.goto(url)
    page.get_by_role("button", name="Call", exact=True).click()
    page.get_by_role("log").get_by_text("Press a key.").wait_for()
    page.evaluate(_STOPWATCH)
    sentences = page.locator("#conversation-log .hears")
    for number in range(presses):
        page.keyboard.press(str(number % 10))
        sentences.nth(number + 1).wait_for()
        show_progress("keys", number + 1, presses)
    waits: list[float] = page.evaluate("window.waits")
    return waits


def _row(waits: list[float]) -> Row:
    ratios = [wait / _GOAL_MILLISECONDS for wait in waits]
    tenths = statistics.quantiles(ratios, n=10)
    return Row(
        "a key in the studio",
        f"{_GOAL_MILLISECONDS:g} ms until the next sentence",
        statistics.median(ratios),
        (tenths[0], tenths[-1]),
        absolute=f"{statistics.median(waits):.0f} ms",
    )
