"""The page of the studio in a real browser, as people use it."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias
from urllib.parse import urlsplit
from weakref import WeakKeyDictionary

import pytest
from flask import Flask

from examples.switchboard import create_app
from examples.switchboard.calls import db
from flask_bandwidth_callbacks.simulator.wire.payloads import APPLICATION_NUMBER, CALLER_NUMBER
from tests.studio.conftest import BOB, Client, Open
from tests.studio.test_details import run_test

if TYPE_CHECKING:  # importing it takes a third of a second, which every run of the tests would pay
    from playwright.sync_api import Locator, Page

SALES = "+13035550141"
PATIENCE_MILLISECONDS = 20_000
CREDENTIALS = "bandwidth:s3cret"

RECORDER = """
window.spoken = [];
Object.defineProperty(window, "speechSynthesis", {
  value: { speak: (utterance) => window.spoken.push(utterance.text), cancel: () => {} },
});
"""
"""A speech synthesis that only remembers what it was to say."""

SOUND_RECORDER = """
window.tones = [];
const start = OscillatorNode.prototype.start;
let first = null;
OscillatorNode.prototype.start = function (...when) {
  if (first === null) first = this.frequency.value;
  else {
    window.tones.push([first, this.frequency.value]);
    first = null;
  }
  start.apply(this, when);
};
null;
"""
"""Remembers the pairs of tones that the page plays."""

VIOLATIONS = """
window.violations = [];
document.addEventListener("securitypolicyviolation", ({ violatedDirective }) => {
  window.violations.push(violatedDirective);
});
"""

FOREIGN_SCRIPT = """
new Promise((resolve) => {
  document.addEventListener("securitypolicyviolation", () => resolve());
  const script = document.createElement("script");
  script.textContent = "window.foreign = 1";
  document.body.append(script);
})
"""

Phone: TypeAlias = "Callable[..., Page]"

CLIENTS: WeakKeyDictionary[Page, Client] = WeakKeyDictionary()


@pytest.fixture
def switchboard(tmp_path: Path) -> Iterator[Flask]:
    """The switchboard, at ten in the morning; departments hear who is calling before they take a call."""
    app = create_app(
        {
            "TESTING": True,
            "SQLALCHEMY_DATABASE_URI": f"sqlite:///{tmp_path / 'calls.db'}",
            "BANDWIDTH_CALLBACKS_CREDENTIALS": CREDENTIALS,
            "BANDWIDTH_CALLBACKS_STORE": "memory://",
            "SWITCHBOARD_COMPANY": "Fernhill",
            "SWITCHBOARD_SALES": SALES,
            "SWITCHBOARD_SCREENS": True,
            "SWITCHBOARD_CLOCK": lambda: datetime(2026, 1, 5, 10, tzinfo=UTC),
        }
    )
    yield app
    with app.app_context():
        db.engine.dispose()


@pytest.fixture
def opened(open_studio: Open, page: Page) -> Phone:
    """Start a studio of an application, and open its page, which is closed before the studio ends."""

    def start(app: Flask, **options: Any) -> Page:
        page.set_default_timeout(PATIENCE_MILLISECONDS)
        page.add_init_script(RECORDER + VIOLATIONS)
        CLIENTS[page] = open_studio(app, **options)
        page.goto(client_of(page).studio.url)
        page.get_by_role("status").get_by_text("ready").wait_for()
        return page

    return start


def client_of(page: Page) -> Client:
    """Return the client that hears the same events as a page."""
    return CLIENTS[page]


def region(page: Page, name: str) -> Locator:
    return page.get_by_role("region", name=name)


def hears(page: Page, words: str) -> None:
    """Wait until the page shows that a person hears words."""
    page.get_by_role("log").get_by_text(words).last.wait_for()


def listens(page: Page, hint: str) -> None:
    """Wait until the telephone says what the application waits for."""
    region(page, "Telephone").get_by_text(hint).wait_for()


def press(page: Page, key: str) -> None:
    region(page, "Telephone").get_by_role("button", name=key, exact=True).click()


def words(page: Page) -> Locator:
    """Return the field for what the caller says."""
    return region(page, "Telephone").get_by_label("Say")


def hang_up(page: Page) -> None:
    region(page, "Telephone").get_by_role("button", name="Hang up").click()


def ended(page: Page, cause: str) -> None:
    region(page, "Telephone").get_by_text(f"Ended: {cause}").wait_for()


def call(page: Page) -> None:
    page.get_by_role("button", name="Call", exact=True).click()


def callback(page: Page, event: str) -> Locator:
    return region(page, "Callbacks").get_by_role("button", name=re.compile(f"^{event} ")).last


# -- Calls ---------------------------------------------------------------------------------------------------


def test_a_call_by_mouse(opened: Phone, switchboard: Flask) -> None:
    """A caller calls, listens, presses a key and hangs up with the mouse; each callback is in the list."""
    page = opened(switchboard)
    call(page)
    hears(page, "Good morning, this is Fernhill.")
    hears(page, "For sales, press 1.")
    press(page, "5")
    hears(page, "Sorry, that key leads nowhere.")
    assert re.fullmatch(r"\d:\d\d", page.get_by_role("timer").inner_text())
    hang_up(page)
    ended(page, "hangup")
    for event in ["initiate", "gather", "disconnect"]:
        callback(page, event).wait_for()
    assert "greet (phone.py:" in callback(page, "initiate").inner_text()


def test_a_call_by_keyboard(opened: Phone, switchboard: Flask) -> None:
    """The same works without a mouse: fields, keys of the keyboard, and the button that hangs up."""
    page = opened(switchboard)
    page.get_by_label("From").focus()
    page.keyboard.press("Control+A")
    page.keyboard.type("+13035550177")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    hears(page, "For sales, press 1.")
    page.keyboard.press("5")
    hears(page, "Sorry, that key leads nowhere.")
    page.keyboard.press("Shift+Tab")
    assert page.evaluate("document.activeElement.textContent") == "Hang up"
    page.keyboard.press("Enter")
    ended(page, "hangup")
    client_of(page).wait_for("call", **{"from": "+13035550177"})


def test_typing_a_number_presses_no_key(opened: Phone, phone_app: Flask) -> None:
    """What is typed into a field, or with a modifier, is not pressed on the telephone."""
    page = opened(phone_app)
    call(page)
    listens(page, "Waiting for keys.")
    words(page).fill("1")
    words(page).press("7")
    page.get_by_role("heading", name="Conversation").click()
    page.keyboard.press("Control+1")
    page.keyboard.press("8")
    hears(page, "You pressed 8.")
    client = client_of(page)
    client.wait_for("line", words="You pressed 8.")
    assert [line["text"] for line in client.heard("line", kind="presses")] == ["presses 8"]


def test_a_colleague_answers_in_the_second_telephone(opened: Phone, switchboard: Flask) -> None:
    """A number that is called is a telephone of its own: it rings, answers, presses, speaks, hangs up."""
    page = opened(switchboard)
    call(page)
    hears(page, "For sales, press 1.")
    press(page, "1")
    sales = page.get_by_role("group", name=SALES)
    sales.get_by_text("Ringing").wait_for()
    assert sales.get_by_role("button", name="Hang up").is_hidden()
    sales.get_by_role("button", name="Answer").click()
    hears(page, "A caller for sales.")
    page.keyboard.press("1")  # the telephone that was answered has the focus
    listens(page, "Listening to you.")
    sales.get_by_label("Say").fill("Hello, this is sales.")
    sales.get_by_role("button", name="Speak").click()
    hears(page, "Hello, this is sales.")
    sales.get_by_role("button", name="Hang up").click()
    ended(page, "hangup")
    sales.get_by_text("Ended: hangup").wait_for()
    client_of(page).wait_for("line", kind="presses", who=SALES)


@pytest.mark.parametrize(("button", "reason"), [("Reject", "rejected"), ("Busy", "busy")])
def test_a_colleague_declines(opened: Phone, phone_app: Flask, button: str, reason: str) -> None:
    """A person who is called can reject, or be busy."""
    page = opened(phone_app)
    call(page)
    listens(page, "Waiting for keys.")
    press(page, "1")
    page.get_by_role("group", name=BOB).get_by_role("button", name=button).click()
    hears(page, f"Bob: {reason}.")


def test_a_rule_decides(opened: Phone, phone_app: Flask) -> None:
    """A rule for a number decides in place of a person, until it is removed."""
    page = opened(phone_app)
    people = region(page, "Other people")
    people.get_by_text("Rules").click()
    people.get_by_label("Number").fill(BOB)
    people.get_by_label("When it rings").select_option("is busy")
    people.get_by_role("button", name="Set").click()
    call(page)
    listens(page, "Waiting for keys.")
    press(page, "1")
    hears(page, "Bob: busy.")
    people.get_by_role("button", name="Remove").click()
    ended(page, "hangup")
    call(page)
    listens(page, "Waiting for keys.")
    press(page, "1")
    people.get_by_role("button", name="Answer").wait_for()


def test_voicemail(opened: Phone, switchboard: Flask) -> None:
    """A caller leaves a message: what is typed is spoken into the recording."""
    page = opened(switchboard)
    call(page)
    hears(page, "For sales, press 1.")
    press(page, "3")
    listens(page, "Waiting for keys or words.")
    words(page).fill("The blue bicycle, please.")
    words(page).press("Enter")
    page.get_by_role("log").get_by_text("The blue bicycle, please.").wait_for()
    page.get_by_role("button", name="Skip the silence").click()
    press(page, "#")
    hears(page, "Thank you, we will call you back.")
    ended(page, "hangup")
    callback(page, "recordComplete").wait_for()


def test_silence_is_skipped(opened: Phone, phone_app: Flask) -> None:
    """Where the caller waits for nothing, a button makes time pass to what happens next."""
    page = opened(phone_app)
    call(page)
    listens(page, "Waiting for keys.")
    page.get_by_role("button", name="Skip the silence").click()
    hears(page, "You pressed nothing.")


def test_what_cannot_be_done_is_said(opened: Phone, phone_app: Flask, browser_errors: list[str]) -> None:
    """An action that the studio rejects is a sentence on the page, which can be dismissed."""
    page = opened(phone_app)
    page.get_by_label("To", exact=True).fill("12")
    call(page)
    notice = page.get_by_role("alert")
    notice.get_by_text("must be").wait_for()
    notice.get_by_role("button", name="Dismiss").click()
    assert notice.inner_text() == ""
    del browser_errors[:]  # the browser itself logs a status of 400


# -- What is said becomes sound, and never markup ------------------------------------------------------------


def test_speech_says_what_is_heard(opened: Phone, switchboard: Flask) -> None:
    """Once it is switched on, each sentence that the caller hears is spoken once, and nothing else."""
    page = opened(switchboard)
    page.get_by_label("Speech").check()
    call(page)
    hears(page, "For sales, press 1.")
    press(page, "5")
    hears(page, "Sorry, that key leads nowhere.")
    hang_up(page)
    ended(page, "hangup")
    (made,) = client_of(page).studio.current_session().bandwidth.calls
    assert page.evaluate("window.spoken") == made.heard
    assert len(made.heard) >= 3


def test_speech_is_off_at_first(opened: Phone, phone_app: Flask) -> None:
    """Nothing is spoken before the user has switched speech on, nor again after the page was loaded again."""
    page = opened(phone_app)
    call(page)
    hears(page, "Press 1 for Bob.")
    assert page.evaluate("window.spoken") == []
    page.reload()
    page.get_by_label("Speech").check()
    hears(page, "Press 1 for Bob.")
    assert page.evaluate("window.spoken") == []


def test_keys_and_ringing_make_sounds(opened: Phone, phone_app: Flask) -> None:
    """A key has the tones of its row and column, and the caller hears it ring, unless switched off."""
    page = opened(phone_app)
    page.evaluate(SOUND_RECORDER)
    call(page)
    listens(page, "Waiting for keys.")
    press(page, "1")
    page.get_by_role("group", name=BOB).get_by_text("Ringing").wait_for()
    tones = page.evaluate("window.tones")
    assert [697, 1209] in tones
    assert tones[-1] == [440, 480]
    page.get_by_label("Sounds").uncheck()
    page.get_by_role("group", name=BOB).get_by_role("button", name="Answer").click()
    page.get_by_role("group", name=BOB).get_by_role("button", name="5").click()
    hang_up(page)
    ended(page, "hangup")
    assert page.evaluate("window.tones") == tones


def test_nothing_becomes_markup(opened: Phone, phone_app: Flask) -> None:
    """What a caller says stays text, in the conversation and in the details of a callback."""
    page = opened(phone_app)
    call(page)
    listens(page, "Waiting for keys.")
    attack = "<img src=x onerror=alert(1)><b>bold</b>"
    words(page).fill(attack)
    words(page).press("Enter")
    page.get_by_role("log").get_by_text(attack).wait_for()
    region(page, "Callbacks").get_by_role("button", name="Send an event").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("sipCallId", exact=True).fill(attack)
    dialog.get_by_role("button", name="Send", exact=True).click()
    dialog.wait_for(state="hidden")
    region(page, "Callbacks").get_by_role("button", name=re.compile("sent")).click()
    page.get_by_role("group", name="Payload").get_by_text(attack).wait_for()
    assert page.locator("img, b").count() == 0


# -- Callbacks -----------------------------------------------------------------------------------------------


def test_a_handler_that_raises(opened: Phone, phone_app: Flask) -> None:
    """A callback that failed says why, and shows the traceback."""
    page = opened(phone_app)
    call(page)
    listens(page, "Waiting for keys.")
    press(page, "2")
    row = callback(page, "gather")
    row.wait_for()
    assert "500 failed" in row.inner_text()
    row.click()
    page.get_by_role("group", name="Traceback").get_by_text(
        "RuntimeError: The printer is on fire."
    ).wait_for()


def test_details_of_a_callback(opened: Phone, switchboard: Flask) -> None:
    """A callback shows URL, handler, payload as JSON and reply as BXML; it opens and closes by keyboard."""
    page = opened(switchboard)
    call(page)
    hears(page, "For sales, press 1.")
    callback(page, "initiate").focus()
    page.keyboard.press("Enter")
    details = page.get_by_role("group", name="Details")
    details.get_by_text('"eventType": "initiate"').wait_for()
    reply = details.get_by_role("group", name="Reply").inner_text()
    assert "<SpeakSentence>Good morning, this is Fernhill.</SpeakSentence>" in reply
    assert "greet (phone.py:" in details.inner_text()
    details.get_by_role("button", name="Close").press("Enter")
    details.wait_for(state="hidden")
    assert page.evaluate("document.activeElement.textContent").startswith("initiate")


def test_edit_and_send(opened: Phone, phone_app: Flask) -> None:
    """A callback is sent again as it was, and with another value; both replies are in the list."""
    page = opened(phone_app)
    call(page)
    listens(page, "Waiting for keys.")
    press(page, "7")
    callback(page, "gather").click()
    page.get_by_role("button", name="Send again").click()
    callbacks = region(page, "Callbacks")
    callbacks.get_by_role("button", name=re.compile("^gather .*sent")).wait_for()
    page.get_by_role("button", name="Edit and send").click()
    dialog = page.get_by_role("dialog", name="Send an event")
    dialog.get_by_label("digits", exact=True).fill("9")
    dialog.get_by_role("button", name="Send", exact=True).click()
    dialog.wait_for(state="hidden")
    callbacks.get_by_role("button", name=re.compile("^gather .*sent")).nth(1).click()
    page.get_by_role("group", name="Reply").get_by_text("You pressed 9.").wait_for()


def test_any_event_is_sent(opened: Phone, phone_app: Flask, browser_errors: list[str]) -> None:
    """An event is sent from a sample of it, properties changed or left out; what cannot be sent is said."""
    page = opened(phone_app)
    page.get_by_role("button", name="Send an event").click()
    dialog = page.get_by_role("dialog", name="Send an event")
    dialog.get_by_role("combobox", name="Event").select_option("recordingAvailable")
    dialog.get_by_label("channels", exact=True).fill("two")
    send = dialog.get_by_role("button", name="Send", exact=True)
    send.click()
    dialog.get_by_text("channels must be JSON, got two.").wait_for()
    dialog.get_by_label("channels", exact=True).fill("2")
    dialog.get_by_label("Send tag").uncheck()
    dialog.get_by_label("URL", exact=True).fill("ftp://localhost/")
    send.click()
    dialog.get_by_text("must be").wait_for()
    dialog.get_by_label("URL", exact=True).fill("")
    send.click()
    dialog.wait_for(state="hidden")
    callback(page, "recordingAvailable").click()
    payload = page.get_by_role("group", name="Payload")
    payload.get_by_text('"channels": 2').wait_for()
    assert '"tag"' not in payload.inner_text()
    del browser_errors[:]  # the browser itself logs a status of 400


def test_copy_as_pytest(opened: Phone, phone_app: Flask) -> None:
    """What is copied is a test of the call, which passes; and the command line of curl."""
    page = opened(phone_app)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    call(page)
    listens(page, "Waiting for keys.")
    press(page, "7")
    ended(page, "hangup")
    callback(page, "gather").click()
    page.get_by_role("button", name="Copy as curl").click()
    page.get_by_role("button", name="Copied").wait_for()
    assert page.evaluate("navigator.clipboard.readText()").startswith("curl ")
    page.get_by_role("button", name="Copy as curl").wait_for()
    page.get_by_role("button", name="Copy as pytest").click()
    page.get_by_role("button", name="Copied").wait_for()
    test = page.evaluate("navigator.clipboard.readText()")
    assert '.press("7")' in test
    run_test(test)


def test_ten_thousand_callbacks(opened: Phone, phone_app: Flask) -> None:
    """However many callbacks there are, the page holds few rows; it shows earlier ones on a click."""
    page = opened(phone_app)
    feed = client_of(page).studio.feed
    count = page.locator("#callbacks-count")
    for thousand in range(10):
        for number in range(thousand * 1000 + 1, thousand * 1000 + 1001):
            feed.publish("callback", summary(number))
        count.get_by_text(f"{(thousand + 1) * 1000:,}", exact=True).wait_for()
    rows = page.locator("#callbacks-list button")
    callbacks = region(page, "Callbacks")
    callbacks.get_by_text("/phone/10000", exact=True).wait_for()
    assert 100 <= rows.count() <= 200
    callbacks.get_by_role("button", name="9,850 earlier").click()
    callbacks.get_by_text("/phone/9800", exact=True).wait_for()
    assert rows.count() <= 200
    callbacks.get_by_label("Filter").fill("phone/777")
    callbacks.get_by_text("/phone/777", exact=True).wait_for()
    assert count.inner_text() == "11 of 10,000"
    assert rows.count() == 11


def summary(number: int) -> dict[str, Any]:
    return {
        "number": number,
        "call": None,
        "event": "dtmf",
        "method": "POST",
        "url": f"http://localhost/phone/{number}",
        "handler": None,
        "status": 204,
        "milliseconds": 1.0,
        "failure": None,
        "source": "sent",
        "has_traceback": False,
    }


# -- The map -------------------------------------------------------------------------------------------------


def test_the_map(opened: Phone, phone_app: Flask) -> None:
    """The map grows as calls go, and the place of the call is lit."""
    page = opened(phone_app)
    lit = region(page, "Map").locator(".lit")
    call(page)
    lit.filter(has_text="Press 1 for Bob.").wait_for()
    listens(page, "Waiting for keys.")
    press(page, "7")
    lit.filter(has_text="You pressed 7.").wait_for()
    assert lit.count() == 1
    ended(page, "hangup")
    lit.wait_for(state="detached")
    for text in ["Press 1 for Bob.", "You pressed 7."]:
        region(page, "Map").locator("text").get_by_text(text).wait_for()
    page.get_by_role("button", name="Fit").click()
    picture = region(page, "Map").locator("svg").bounding_box()
    frame = region(page, "Map").bounding_box()
    assert picture
    assert frame
    assert picture["y"] + picture["height"] <= frame["y"] + frame["height"]


def test_findings(opened: Phone, phone_app: Flask) -> None:
    """On request the page shows what exploration finds: here that a key leads to an exception."""
    page = opened(phone_app)
    page.get_by_role("button", name="Explore").click()
    finding = page.get_by_role("listitem").filter(has_text="exception")
    finding.get_by_text("The printer is on fire.").first.wait_for()
    region(page, "Map").get_by_role("button", name="Close").click()
    finding.wait_for(state="hidden")


# -- The command ---------------------------------------------------------------------------------------------

LINE = """
from flask import Flask
from flask_bandwidth_callbacks import CallbackBlueprint, InitiateCallback
from flask_bandwidth_callbacks.bxml import Gather, SpeakSentence

phone = CallbackBlueprint("phone", __name__, credentials=[("bandwidth", "s3cret")])

@phone.respond(InitiateCallback)
def greet(call):
    return Gather(SpeakSentence("Hello."))

app = Flask("line")
app.config["BANDWIDTH_CALLBACKS_RECORD"] = "calls.jsonl"
app.register_blueprint(phone, url_prefix="/phone")
"""

REAL_CALLBACK = """
import line
payload = {"eventType": "initiate", "callId": "c-real", "from": "+13035550177"}
line.app.test_client().post("/phone/", auth=("bandwidth", "s3cret"), json=payload).close()
"""


def wait_for_port(port: int) -> None:
    end = time.monotonic() + PATIENCE_MILLISECONDS / 1000
    while True:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
        except ConnectionRefusedError:
            assert time.monotonic() < end
            time.sleep(0.01)
        else:
            return


@contextmanager
def command(folder: Path, *options: str) -> Iterator[str]:
    """Run ``flask bandwidth studio`` in a folder, and return the URL that it prints."""
    flask = [
        sys.executable,
        "-m",
        "flask",
        "--app",
        "line",
        "bandwidth",
        "studio",
        "--no-open",
        "--port",
        "0",
    ]
    # The group of processes holds the one that is started again when the code changes, too.
    with subprocess.Popen(
        [*flask, *options], cwd=folder, stdout=subprocess.PIPE, text=True, start_new_session=True
    ) as process:
        assert process.stdout is not None
        try:
            printed = process.stdout.readline()
            found = re.search(r"http://\S+", printed)
            assert found, printed
            wait_for_port(int(urlsplit(found[0]).port or 0))
            yield found[0]
        finally:
            os.killpg(process.pid, signal.SIGKILL)


def test_code_that_breaks_and_is_mended(page: Page, tmp_path: Path, browser_errors: list[str]) -> None:
    """Code that cannot be loaded is shown with its traceback, on a page that goes on once it is mended.

    When the command itself ends, the page says so.
    """
    code = tmp_path / "line.py"
    code.write_text(LINE)
    page.set_default_timeout(PATIENCE_MILLISECONDS)
    with command(tmp_path) as url:
        page.goto(url)
        page.get_by_role("status").get_by_text("ready").wait_for()
        code.write_text("nonsense")
        page.get_by_role("group", name="Error").get_by_text("NameError: name 'nonsense'").wait_for()
        code.write_text(LINE.replace("Hello.", "Hello again."))
        page.get_by_role("status").get_by_text("ready").wait_for()
        call(page)
        hears(page, "Hello again.")
    page.get_by_role("alert").get_by_text("The studio does not reply.").wait_for()
    del browser_errors[:]  # the browser itself logs each connection that fails


def test_watch(page: Page, tmp_path: Path, browser_errors: list[str]) -> None:
    """What a running application gets from Bandwidth appears among the callbacks, and can only be read."""
    (tmp_path / "line.py").write_text(LINE)
    page.set_default_timeout(PATIENCE_MILLISECONDS)
    with command(tmp_path, "--watch") as url:
        page.goto(url)
        page.get_by_role("status").get_by_text("ready").wait_for()
        subprocess.run([sys.executable, "-c", REAL_CALLBACK], cwd=tmp_path, check=True, timeout=60)
        row = region(page, "Callbacks").get_by_role("button", name=re.compile("^initiate .*real"))
        row.click()
        page.get_by_role("group", name="Payload").get_by_text("c-real").wait_for()
        page.get_by_role("group", name="Reply").get_by_text("Hello.").wait_for()
        assert page.get_by_role("button", name="Copy as curl").is_visible()
        assert (
            page.get_by_role("button", name=re.compile("send", re.IGNORECASE)).count() == 1
        )  # Send an event
    page.get_by_role("alert").get_by_text("The studio does not reply.").wait_for()
    del browser_errors[:]  # the browser itself logs each connection that fails


# -- A page that is loaded again, sleeps, or is not the only one ---------------------------------------------


def test_reload_in_the_middle_of_a_call(opened: Phone, phone_app: Flask) -> None:
    """A page that is loaded again shows the call as it is, and the call goes on."""
    page = opened(phone_app)
    call(page)
    listens(page, "Waiting for keys.")
    page.reload()
    hears(page, "Press 1 for Bob.")
    listens(page, "Waiting for keys.")
    callback(page, "initiate").wait_for()
    press(page, "7")
    hears(page, "You pressed 7.")
    assert page.get_by_role("log").get_by_text("Press 1 for Bob.").count() == 1


def test_two_pages_show_the_same(opened: Phone, phone_app: Flask) -> None:
    """Two pages show one call, and either can act on it."""
    page = opened(phone_app)
    with page.context.new_page() as other:
        other.goto(page.url)
        call(page)
        listens(other, "Waiting for keys.")
        press(other, "7")
        for each in (page, other):
            hears(each, "You pressed 7.")
            each.get_by_role("log").get_by_text("ended: hangup").wait_for()
        assert page.get_by_role("log").inner_text() == other.get_by_role("log").inner_text()


def test_a_page_that_sleeps_catches_up(opened: Phone, phone_app: Flask) -> None:
    """A page that the browser has frozen shows what happened meanwhile, once."""
    page = opened(phone_app)
    call(page)
    listens(page, "Waiting for keys.")
    client = client_of(page)
    session = page.context.new_cdp_session(page)
    session.send("Page.setWebLifecycleState", {"state": "frozen"})
    client.do("press", call=client.wait_for("call")["id"], keys="7")
    client.wait_for("call", state="disconnected")
    session.send("Page.setWebLifecycleState", {"state": "active"})
    ended(page, "hangup")
    assert page.get_by_role("log").get_by_text("You pressed 7.").count() == 1


def test_a_cleared_page(opened: Phone, phone_app: Flask) -> None:
    """A button empties the page; calls go on afterwards."""
    page = opened(phone_app)
    call(page)
    listens(page, "Waiting for keys.")
    hang_up(page)
    callback(page, "disconnect").wait_for()
    page.get_by_role("button", name="Clear").click()
    region(page, "Callbacks").get_by_text("appears here").wait_for()
    call(page)
    hears(page, "Press 1 for Bob.")
    assert page.get_by_role("log").get_by_text("Call from").count() == 1


def test_an_application_that_cannot_be_loaded(opened: Phone, phone_app: Flask) -> None:
    """The page shows why the application cannot be loaded, and no longer once it can."""
    page = opened(phone_app)
    feed = client_of(page).studio.feed
    ready = client_of(page).wait_for("application", state="ready")
    feed.publish("application", {**ready, "state": "broken", "error": "SyntaxError: phone.py, line 3"})
    page.get_by_role("status").get_by_text("cannot be loaded").wait_for()
    page.get_by_role("group", name="Error").get_by_text("SyntaxError: phone.py, line 3").wait_for()
    feed.publish("application", ready)
    page.get_by_role("status").get_by_text("ready").wait_for()
    assert page.get_by_role("group", name="Error").count() == 0


# -- For everyone --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("width", "colors"), [(1440, "light"), (1024, "dark"), (390, "dark"), (360, "light")]
)
def test_everyone_can_use_it(opened: Phone, phone_app: Flask, width: int, colors: Any) -> None:
    """axe-core finds no violation, in light and dark, and nothing is wider than the window."""
    from axe_playwright_python.sync_playwright import Axe

    def check() -> None:
        results = Axe().run(page)
        assert results.violations_count == 0, results.generate_report()
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")

    page = opened(phone_app)
    page.set_viewport_size({"width": width, "height": 900})
    page.emulate_media(color_scheme=colors)
    check()
    call(page)
    listens(page, "Waiting for keys.")
    press(page, "1")
    page.get_by_role("group", name=BOB).get_by_role("button", name="Answer").click()
    listens(page, "Listening to you.")
    callback(page, "gather").click()
    page.get_by_role("group", name="Payload").wait_for()
    check()
    page.get_by_role("button", name="Edit and send").click()
    page.get_by_role("dialog").wait_for()
    check()


def test_the_content_security_policy(opened: Phone, phone_app: Flask, browser_errors: list[str]) -> None:
    """The page itself never violates its policy, which keeps the scripts of others out."""
    page = opened(phone_app)
    call(page)
    listens(page, "Waiting for keys.")
    callback(page, "initiate").click()
    page.get_by_role("button", name="Edit and send").click()
    page.get_by_role("dialog").wait_for()
    assert page.evaluate("window.violations") == []
    page.evaluate(FOREIGN_SCRIPT)
    assert page.evaluate("window.foreign") is None
    assert len(browser_errors) == 1
    del browser_errors[:]


def test_the_names_of_controls(opened: Phone, phone_app: Flask) -> None:
    """Each control and region has the name that the documentation gives it, and is the only one with it."""
    page = opened(phone_app)
    for name in ["Telephone", "Conversation", "Callbacks", "Map"]:
        assert region(page, name).count() == 1
    assert page.get_by_label("From").input_value() == CALLER_NUMBER
    assert page.get_by_label("To").input_value() == APPLICATION_NUMBER
    assert page.get_by_role("log").count() == 1
    for name in ["Call", "Hang up", "Skip the silence", *"0123456789*#"]:
        assert page.get_by_role("button", name=name, exact=True).count() == 1
