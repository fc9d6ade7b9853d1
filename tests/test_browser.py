"""The browser of the tests: what goes wrong on a page, and what leaves this machine, fails the test."""

from __future__ import annotations

import importlib.util
from typing import TYPE_CHECKING

import pytest

from tests.browser import running_browser
from tests.databases import REQUIRED

if TYPE_CHECKING:
    from playwright.sync_api import Page


@pytest.mark.parametrize(
    ("html", "message"),
    [
        ("<script>console.error('wrong')</script>", "The console shows: wrong"),
        ("<script>throw new Error('wrong')</script>", "A script raised: wrong"),
        ("<script>Promise.reject(new Error('wrong'))</script>", "A script raised: wrong"),
        ("<img src='http://192.0.2.1/a.png'>", "Another machine was to be reached: http://192.0.2.1/a.png"),
        (
            "<link rel=stylesheet href='https://example.com/'>",
            "Another machine was to be reached: https://example.com/",
        ),
        (
            "<script>new WebSocket('ws://example.com/')</script>",
            "Another machine was to be reached: ws://example.com/",
        ),
    ],
)
def test_what_goes_wrong_on_a_page_is_recorded(
    page: Page, browser_errors: list[str], html: str, message: str
) -> None:
    """An error of a script, an error in the console and a request to another machine would fail a test."""
    page.set_content(html, wait_until="domcontentloaded")
    page.wait_for_timeout(100)
    assert message in "\n".join(browser_errors)
    page.close()  # the console may have more to say
    browser_errors.clear()


def test_a_page_without_errors_passes(page: Page, browser_errors: list[str]) -> None:
    """Text, scripts and what the console is told otherwise are not errors."""
    page.set_content("<h1>Fine</h1><script>console.log('fine')</script>")
    assert page.inner_text("h1") == "Fine"
    assert browser_errors == []


@pytest.mark.parametrize(
    ("is_playwright_there", "remedy"), [(True, "apt-get install chromium"), (False, "pip install playwright")]
)
def test_a_missing_browser_skips_or_fails_the_test(
    monkeypatch: pytest.MonkeyPatch, is_playwright_there: bool, remedy: str
) -> None:
    """Without Chromium or Playwright a test is skipped, and says what it needs; CI has it fail."""
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: object() if is_playwright_there else None)
    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.delenv(REQUIRED, raising=False)
    with pytest.raises(pytest.skip.Exception, match=remedy), running_browser():
        pass
    monkeypatch.setenv(REQUIRED, "1")
    with pytest.raises(pytest.fail.Exception, match=remedy), running_browser():
        pass
