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

_CALLBACKS = 10_000
_AT_ONCE = 1000

# In the page, so that only the page, the studio and the application are measured.
_STOPWATCH = """
window.waits = [];
window.shown = () => {};
let pressed = null;
addEventListener("keydown", () => { pressed = performance.now(); }, true);
new MutationObserver((changes) => {
  const added = changes.flatMap((change) => [...change.addedNodes]);
  if (pressed === null || !added.some((row) => row.classList.contains("hears"))) return;
  window.waits.push(performance.now() - pressed);
  pressed = null;
  window.shown();
}).observe(document.getElementById("conversation-log"), { childList: true });
"""
_EXPECT = "window.next = new Promise((resolve) => { window.shown = resolve; }); null"
_CALLBACK = {
    "call": None,
    "event": "dtmf",
    "method": "POST",
    "url": "http://localhost/phone/",
    "handler": None,
    "status": 204,
    "milliseconds": 1.0,
    "failure": None,
    "source": "sent",
    "has_traceback": False,
}


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
        page.set_default_timeout(_PATIENCE_MILLISECONDS)
        page.goto(studio.url)
        page.evaluate(_STOPWATCH)
        yield _row("a key in the studio", _waits(page, presses))
        for number in range(0, _CALLBACKS, _AT_ONCE):
            _fill(page, studio, number)
        yield _row(f"after {_CALLBACKS:,} callbacks", _waits(page, presses))


def _fill(page: Page, studio: Studio, first: int) -> None:
    """Show many callbacks, and wait until the page has them."""
    for number in range(first, first + _AT_ONCE):
        studio.feed.publish("callback", {**_CALLBACK, "number": _CALLBACKS + number})
    page.locator("#callbacks-count").get_by_text(f"{first // 1000 + 1},0").wait_for()


def _waits(page: Page, presses: int) -> list[float]:
    """Make a call, and return the milliseconds from each key to the sentence after it."""
    page.evaluate("window.waits = []")
    page.get_by_role("button", name="Call", exact=True).click()
    page.get_by_text("Waiting for keys.").wait_for()
    for number in range(presses):
        page.evaluate(_EXPECT)
        page.keyboard.press(str(number % 10))
        page.evaluate("window.next")
        show_progress("keys", number + 1, presses)
    waits: list[float] = page.evaluate("window.waits")
    page.get_by_role("button", name="Hang up").click()
    page.locator("#telephone-state").get_by_text("Ended").wait_for()
    return waits


def _row(job: str, waits: list[float]) -> Row:
    ratios = [wait / _GOAL_MILLISECONDS for wait in waits]
    tenths = statistics.quantiles(ratios, n=10)
    return Row(
        job,
        f"{_GOAL_MILLISECONDS:g} ms until the next sentence",
        statistics.median(ratios),
        (tenths[0], tenths[-1]),
        absolute=f"{statistics.median(waits):.0f} ms",
    )
