"""A real browser for the tests that look at pages and pictures: Chromium, driven by Playwright.

Chromium comes from Debian's package; Playwright never downloads one. Without either a test is skipped, or
fails if the environment variable ``BANDWIDTH_CALLBACKS_TESTS_REQUIRE_SERVERS`` is 1.
"""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from tests.databases import end_test, find_program

if TYPE_CHECKING:  # importing it takes a third of a second, which every run of the tests would pay
    from playwright.sync_api import Browser, ConsoleMessage, Page, WebError

# Nothing but the tests' own servers has an address in this browser.
_ARGUMENTS = ["--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1", "--disable-gpu"]


@contextmanager
def running_browser() -> Iterator[Browser]:
    """Run Chromium without a window."""
    if importlib.util.find_spec("playwright") is None:
        end_test("playwright must be installed for this test. Install it: pip install playwright")
    chromium = find_program("chromium", "chromium")
    from playwright.sync_api import sync_playwright

    as_root = ["--no-sandbox"] if os.getuid() == 0 else []
    with (
        sync_playwright() as playwright,
        playwright.chromium.launch(executable_path=chromium, args=[*_ARGUMENTS, *as_root]) as browser,
    ):
        yield browser


@pytest.fixture(scope="module")
def _browser() -> Iterator[Browser]:
    # Not one browser for all tests: while Playwright runs, its event loop counts as the running one of this
    # thread, and tests of other modules could not run theirs.
    with running_browser() as browser:
        yield browser


@pytest.fixture
def browser_errors() -> list[str]:
    """What went wrong in the browser during this test; a test that expects an error takes it out."""
    return []


@pytest.fixture
def page(_browser: Browser, browser_errors: list[str]) -> Iterator[Page]:
    """An empty page, 1280 pixels wide and 800 high, without cookies or anything else of earlier tests.

    The test fails at its end if a script raised an error, if the console showed one, or if anything was
    requested from another host than 127.0.0.1.
    """

    def look_at_message(message: ConsoleMessage) -> None:
        if message.type == "error":
            browser_errors.append(f"The console shows: {message.text} ({message.location.get('url')})")

    def look_at_error(error: WebError) -> None:
        browser_errors.append(f"A script raised: {error.error}")

    def look_at_url(url: str) -> None:
        if urlsplit(url).hostname not in (None, "127.0.0.1"):
            browser_errors.append(f"Another machine was to be reached: {url}")

    with _browser.new_context(viewport={"width": 1280, "height": 800}) as context:
        context.on("console", look_at_message)
        context.on("weberror", look_at_error)
        context.on("request", lambda request: look_at_url(request.url))
        page = context.new_page()
        page.on("websocket", lambda websocket: look_at_url(websocket.url))
        yield page
    assert browser_errors == []
