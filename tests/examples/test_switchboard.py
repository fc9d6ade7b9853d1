"""The switchboard, called by a simulated Bandwidth."""

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta, timezone
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event
from sqlalchemy.exc import OperationalError
from werkzeug.test import TestResponse

from examples.switchboard import create_app
from examples.switchboard.calls import Step, db
from examples.switchboard.phone import phone
from flask_bandwidth_callbacks import ConfigurationError
from flask_bandwidth_callbacks.simulator import (
    Call,
    Callee,
    Exchange,
    SimulatedBandwidth,
    UnreachableApplication,
)
from flask_bandwidth_callbacks.store import deadlines, sql_engine

CREDENTIALS = ("bandwidth", "s3cret")
SALES = "+13035550171"
SUPPORT = "+13035550172"

MENU = "For sales, press 1. For support, press 2. To leave a message, press 3."
LEAVE_A_MESSAGE = "Please leave your name and your message, then press hash or hang up."
THANKS = "Thank you, we will call you back. Goodbye."

Send = Callable[..., TestResponse]


@pytest.fixture
def app() -> Flask:
    return create_app(
        {
            "TESTING": True,
            "BANDWIDTH_CALLBACKS_CREDENTIALS": [CREDENTIALS],
            "SWITCHBOARD_COMPANY": "Acme & Sons",
            "SWITCHBOARD_SALES": SALES,
            "SWITCHBOARD_SUPPORT": SUPPORT,
            "SWITCHBOARD_RING_SECONDS": 15,
            "SWITCHBOARD_BANDWIDTH": {"client_id": "id", "client_secret": "secret"},
        }
    )


@pytest.fixture
def bandwidth(app: Flask, bandwidth: SimulatedBandwidth) -> SimulatedBandwidth:
    """A simulated Bandwidth at ten o'clock in the morning; its virtual time is the company's time, too."""
    app.config["SWITCHBOARD_CLOCK"] = lambda: bandwidth.now
    wait_until(10, bandwidth)
    return bandwidth


@pytest.fixture
def send(client: FlaskClient) -> Send:
    """Return a function that sends a callback again, with properties that no simulated call would have."""

    def send(exchange: Exchange, **properties: Any) -> TestResponse:
        return client.post(exchange.url, json={**exchange.payload, **properties}, auth=CREDENTIALS)

    return send


def wait_until(hour: int, bandwidth: SimulatedBandwidth) -> None:
    to_go = bandwidth.now.replace(hour=hour, minute=0, second=0, microsecond=0) - bandwidth.now
    bandwidth.wait((to_go % timedelta(days=1)).total_seconds())


def leave_message(bandwidth: SimulatedBandwidth, **properties: Any) -> Call:
    """Return a call whose caller left a message of 12.4 seconds."""
    call = bandwidth.call(**properties)
    call.press("3")
    call.speak("Hello, this is Ann.", seconds=12.4)
    call.press("#")
    return call


def callback_of(call: Call, event: str) -> Exchange:
    """Return the only callback of an event on a call."""
    (exchange,) = (exchange for exchange in call.exchanges if exchange.event == event)
    return exchange


def calls_page(client: FlaskClient) -> str:
    """Return the page with today's calls."""
    response = client.get("/calls")
    assert response.status_code == 200
    return response.text


# -- Setting up ----------------------------------------------------------------------------------------------


def test_without_credentials_the_application_does_not_start(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without credentials, create_app raises an error that names the setting."""
    monkeypatch.delenv("FLASK_BANDWIDTH_CALLBACKS_CREDENTIALS", raising=False)
    with pytest.raises(ConfigurationError, match="BANDWIDTH_CALLBACKS_CREDENTIALS"):
        create_app({"SQLALCHEMY_DATABASE_URI": "sqlite://"})


def test_credentials_and_settings_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment sets credentials as one string, numbers as numbers, and phone numbers as strings."""
    monkeypatch.setenv("FLASK_BANDWIDTH_CALLBACKS_CREDENTIALS", "someone:pass:word")
    monkeypatch.setenv("FLASK_SQLALCHEMY_DATABASE_URI", "sqlite://")
    monkeypatch.setenv("FLASK_SWITCHBOARD_OPENS", "0")
    monkeypatch.setenv("FLASK_SWITCHBOARD_CLOSES", "24")
    monkeypatch.setenv("FLASK_SWITCHBOARD_SALES", "+13035550199")
    bandwidth = SimulatedBandwidth(create_app(), credentials=("someone", "pass:word"), raise_errors=True)
    call = bandwidth.call()
    call.press("1")
    assert call.legs[0].to == "+13035550199"


def test_the_default_clock_is_that_of_the_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """The default clock is that of the machine."""
    monkeypatch.setenv("FLASK_BANDWIDTH_CALLBACKS_CREDENTIALS", "a:b")
    monkeypatch.setenv("FLASK_SQLALCHEMY_DATABASE_URI", "sqlite://")
    client = create_app().test_client()
    assert str(datetime.now().year) in client.get("/calls").text


@pytest.mark.parametrize(
    "path", ["/phone/", "/phone", "/phone/menu", "/phone/transferred", "/phone/recorded"]
)
@pytest.mark.parametrize("credentials", [None, ("bandwidth", "wrong")])
def test_every_callback_url_requires_credentials(
    app: Flask, client: FlaskClient, path: str, credentials: tuple[str, str] | None
) -> None:
    """A callback with wrong credentials or none is rejected and not logged."""
    stranger = SimulatedBandwidth(app, path, credentials=credentials)
    with pytest.raises(UnreachableApplication, match="credentials"):
        stranger.call()
    assert [(exchange.challenged, exchange.status) for exchange in stranger.exchanges] == [(True, 401)] * 2
    assert "Nobody has called yet." in calls_page(client)


def test_the_credentials_travel_with_the_call(bandwidth: SimulatedBandwidth) -> None:
    """Every URL challenges Bandwidth, which gets the credentials from the replies."""
    bandwidth.callee(SALES).is_busy()
    call = bandwidth.call()
    call.press("1")
    call.wait(2)
    call.press("#")
    assert [(exchange.event, exchange.url, exchange.status) for exchange in call.exchanges] == [
        ("initiate", "https://localhost/phone/", 200),
        ("gather", "https://localhost/phone/menu", 200),
        ("transferComplete", "https://localhost/phone/transferred", 200),
        ("recordComplete", "https://localhost/phone/recorded", 200),
        ("disconnect", "https://localhost/phone/", 204),
        ("recordingAvailable", "https://localhost/phone/", 204),
    ]
    assert all(exchange.challenged for exchange in call.exchanges)


# -- The greeting --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("hour", "greeting"),
    [
        (0, "Good morning"),
        (11, "Good morning"),
        (12, "Good afternoon"),
        (17, "Good afternoon"),
        (18, "Good evening"),
        (23, "Good evening"),
    ],
)
def test_greeting_goes_by_the_time_of_day(bandwidth: SimulatedBandwidth, hour: int, greeting: str) -> None:
    """The greeting fits the time of day, and the company's name is escaped."""
    wait_until(hour, bandwidth)
    assert bandwidth.call().heard[0] == f"{greeting}, this is Acme & Sons."


@pytest.mark.parametrize("hour", [9, 16])
def test_menu_is_for_opening_hours(bandwidth: SimulatedBandwidth, hour: int) -> None:
    """Callers hear the menu from the opening hour to the closing hour."""
    wait_until(hour, bandwidth)
    assert bandwidth.call().heard[1:] == [MENU]


@pytest.mark.parametrize("hour", [17, 8])
def test_outside_of_opening_hours_callers_can_leave_a_message(
    bandwidth: SimulatedBandwidth, hour: int
) -> None:
    """From the closing hour to the opening hour callers hear voicemail instead of the menu."""
    wait_until(hour, bandwidth)
    call = bandwidth.call()
    assert call.heard[1:] == ["We are closed at the moment.", LEAVE_A_MESSAGE]
    call.speak("Hello, this is Ann.")
    call.press("#")
    assert call.heard[-1] == THANKS
    assert call.recordings[0].words == ["Hello, this is Ann."]


def test_menu_is_played_twice(bandwidth: SimulatedBandwidth) -> None:
    """A caller who presses no key hears the menu twice, and then voicemail."""
    call = bandwidth.call()
    call.wait(5)
    assert call.heard[1:] == [MENU, MENU]
    call.wait(5)
    assert call.heard[3:] == [LEAVE_A_MESSAGE]


# -- The menu ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("key", "number", "department"), [("1", SALES, "sales"), ("2", SUPPORT, "support")])
def test_key_puts_the_call_through(
    bandwidth: SimulatedBandwidth, key: str, number: str, department: str
) -> None:
    """The key of a department calls its number and makes its name the tag of the call."""
    call = bandwidth.call()
    call.press(key)
    assert call.heard[-1] == f"One moment, I am putting you through to {department}."
    assert [leg.to for leg in call.legs] == [number]
    assert call.tag == department


def test_key_for_a_message(bandwidth: SimulatedBandwidth) -> None:
    """Key 3 leads to voicemail."""
    call = bandwidth.call()
    call.press("3")
    assert call.heard[2:] == [LEAVE_A_MESSAGE]
    assert len(call.recordings) == 1


def test_a_caller_without_keys_can_leave_a_message(
    bandwidth: SimulatedBandwidth, client: FlaskClient
) -> None:
    """A caller who presses no key can leave a message and end it by hanging up."""
    call = bandwidth.call()
    call.wait(5)
    call.wait(5)
    call.speak("Hello, this is Ann.", seconds=4)
    call.hang_up()
    page = calls_page(client)
    assert "pressed nothing" in page
    assert "left a message of 4 s" in page


@pytest.mark.parametrize("key", ["9", "#"])
def test_wrong_key_repeats_the_menu_once(bandwidth: SimulatedBandwidth, key: str) -> None:
    """A wrong key plays the menu again, and a second one leads to voicemail."""
    call = bandwidth.call()
    call.press(key)
    assert call.heard[2:] == ["Sorry, that key leads nowhere.", MENU]
    call.press(key)
    assert call.heard[4:] == ["Sorry, that key leads nowhere.", LEAVE_A_MESSAGE]
    assert len(call.recordings) == 1


def test_right_key_after_a_wrong_one_still_works(bandwidth: SimulatedBandwidth) -> None:
    """A right key after a wrong one puts the call through."""
    call = bandwidth.call()
    call.press("9")
    call.press("2")
    assert [leg.to for leg in call.legs] == [SUPPORT]


def test_unreadable_keys_are_a_wrong_key(bandwidth: SimulatedBandwidth, send: Send) -> None:
    """A gather event without digits is handled like a wrong key."""
    call = bandwidth.call()
    call.press("9")
    assert "that key leads nowhere" in send(callback_of(call, "gather"), digits=None).text


# -- Putting a call through ----------------------------------------------------------------------------------


def test_after_a_conversation_the_call_ends(bandwidth: SimulatedBandwidth) -> None:
    """Both people hear each other, and the call ends when the department hangs up."""
    call = bandwidth.call()
    call.press("1")
    sales = call.legs[0]
    call.speak("Is the blue bicycle still there?")
    sales.speak("It is.")
    assert sales.heard == ["Is the blue bicycle still there?"]
    sales.hang_up()
    assert call.heard[-1] == "It is."
    assert call.cause == "hangup"


def test_department_rings_for_the_seconds_of_the_setting(bandwidth: SimulatedBandwidth) -> None:
    """A department's phone stops ringing after SWITCHBOARD_RING_SECONDS."""
    bandwidth.callee(SALES).does_not_answer()
    call = bandwidth.call()
    call.press("1")
    call.wait(14.9)
    assert call.legs[0].state == "initiated"
    call.wait(0.1)
    assert call.legs[0].cause == "timeout"


@pytest.mark.parametrize(
    ("behave", "reason"),
    [
        (Callee.is_busy, "the line to sales is busy"),
        (Callee.does_not_answer, "nobody in sales is answering"),
        (Callee.rejects, "sales cannot be reached"),
    ],
)
def test_a_department_that_is_not_reached_gets_a_message(
    bandwidth: SimulatedBandwidth, behave: Callable[[Callee], Callee], reason: str
) -> None:
    """The caller hears why the department is not reached, and can leave a message."""
    behave(bandwidth.callee(SALES))
    call = bandwidth.call()
    call.press("1")
    call.wait(15)
    assert call.heard[3:] == [f"I am sorry, {reason}.", LEAVE_A_MESSAGE]
    call.speak("Hello, this is Ann.")
    call.press("#")
    assert call.heard[-1] == THANKS


@pytest.mark.parametrize("cause", ["a cause of tomorrow", None])
def test_an_unknown_cause_leads_to_voicemail(
    bandwidth: SimulatedBandwidth, send: Send, cause: str | None
) -> None:
    """A transferComplete event with an unknown cause or none leads to voicemail."""
    bandwidth.callee(SALES).is_busy()
    call = bandwidth.call()
    call.press("1")
    reply = send(callback_of(call, "transferComplete"), cause=cause).text
    assert "sales cannot be reached" in reply
    assert "<Record " in reply


@pytest.mark.parametrize("take", [True, False])
def test_a_department_takes_or_declines_a_call(
    app: Flask, bandwidth: SimulatedBandwidth, client: FlaskClient, take: bool
) -> None:
    """With SWITCHBOARD_SCREENS the department hears who calls. After 1 the two talk, and the call then ends.

    A department that declines hangs up with the same cause, but the caller can leave a message.
    """
    app.config["SWITCHBOARD_SCREENS"] = True
    call = bandwidth.call()
    call.press("1")
    leg = call.legs[0]
    assert leg.heard == ["A caller for sales. To take the call, press 1. To decline, hang up."]
    if take:
        leg.press("1")
        call.speak("Is the blue bicycle still there?")
        assert leg.heard[-1] == "Is the blue bicycle still there?"
    leg.hang_up()
    assert callback_of(call, "transferComplete").payload["cause"] == "hangup"
    page = calls_page(client)
    if take:
        assert call.state == "disconnected"
        assert page.index("pressed 1") < page.index("talked to sales")
    else:
        assert call.heard[3:] == ["I am sorry, sales cannot take your call.", LEAVE_A_MESSAGE]
        assert "did not reach sales: declined" in page
    assert page.count("<article>") == 1


@pytest.mark.parametrize("key", ["2", ""])
def test_other_keys_decline(app: Flask, bandwidth: SimulatedBandwidth, key: str) -> None:
    """A department that presses another key than 1, or none, has declined."""
    app.config["SWITCHBOARD_SCREENS"] = True
    call = bandwidth.call()
    call.press("1")
    if key:
        call.legs[0].press(key)
    else:
        call.wait(6)
    assert call.legs[0].cause == "hangup"
    assert call.heard[3:] == ["I am sorry, sales cannot take your call.", LEAVE_A_MESSAGE]


# -- Voicemail -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("caller", "is_asked"),
    [
        ("+13035550123", False),
        ("Anonymous", True),
        ("Restricted", True),
        ("sip:someone@example.com", True),
    ],
)
def test_a_caller_who_cannot_be_called_back_is_asked_for_a_number(
    bandwidth: SimulatedBandwidth, caller: str, is_asked: bool
) -> None:
    """Only a caller without a telephone number is asked for one."""
    call = bandwidth.call(var_from=caller)
    call.press("3")
    assert ("the number to call you back at" in call.heard[-1]) is is_asked


def test_a_missing_number_is_asked_for(bandwidth: SimulatedBandwidth, send: Send) -> None:
    """An event without a caller's number, which Bandwidth always sends, is handled like a withheld one."""
    call = bandwidth.call()
    call.press("3")
    assert "the number to call you back at" in send(callback_of(call, "gather"), **{"from": None}).text


def test_the_caller_is_thanked_for_a_message(bandwidth: SimulatedBandwidth) -> None:
    """After a message the caller is thanked, the call ends, and the recording is available."""
    call = leave_message(bandwidth)
    assert call.heard[-1] == THANKS
    assert call.cause == "hangup"
    assert call.recordings[0].is_available


def test_message_may_take_three_minutes(bandwidth: SimulatedBandwidth) -> None:
    """A message of three minutes is ended, and the caller is thanked."""
    call = bandwidth.call()
    call.press("3")
    call.wait(179.9)
    assert len(call.recordings) == 1
    call.wait(0.1)
    assert call.heard[-1] == THANKS


@pytest.mark.parametrize("event_type", ["recordComplete", "recordingComplete"])
@pytest.mark.parametrize("duration", ["PT1M52.217257456S", None, "nonsense"])
def test_the_caller_is_thanked_for_a_message_of_any_length(
    bandwidth: SimulatedBandwidth, send: Send, event_type: str, duration: str | None
) -> None:
    """The event may have either of its names, and its duration may be missing or unreadable."""
    exchange = callback_of(leave_message(bandwidth), "recordComplete")
    assert THANKS in send(exchange, eventType=event_type, duration=duration).text


@pytest.mark.parametrize(("seconds", "is_empty"), [(0, True), (0.98, True), (1, False)])
def test_after_an_empty_message_the_caller_can_try_again(
    bandwidth: SimulatedBandwidth, seconds: float, is_empty: bool
) -> None:
    """After a message of less than a second the caller is asked to try again."""
    call = bandwidth.call()
    call.press("3")
    call.wait(seconds)
    call.press("#")
    assert call.heard[-1] == ("I heard nothing. Please try once more." if is_empty else THANKS)


@pytest.mark.parametrize("seconds", [0, 4])
def test_second_try_is_the_last_one(
    bandwidth: SimulatedBandwidth, client: FlaskClient, seconds: float
) -> None:
    """The second message ends the call with a goodbye and is logged unless it is empty."""
    call = bandwidth.call()
    call.press("3")
    call.press("#")
    call.wait(seconds)
    call.press("#")
    assert call.heard[-1] == "Thank you. Goodbye."
    assert call.cause == "hangup"
    assert ("left a message of 4 s" in calls_page(client)) is (seconds == 4)


# -- The list of calls ---------------------------------------------------------------------------------------


def test_home_leads_to_the_calls(client: FlaskClient) -> None:
    """The front page redirects to the list of calls, which does not require Bandwidth's credentials."""
    response = client.get("/", follow_redirects=True)
    assert response.request.path == "/calls"
    assert "Nobody has called yet." in response.text


def test_page_shows_a_whole_call(bandwidth: SimulatedBandwidth, client: FlaskClient) -> None:
    """The page shows each step of a call with its time, in order."""
    bandwidth.callee(SALES).is_busy()
    call = bandwidth.call()
    call.press("1")
    call.speak("Hello, this is Ann.", seconds=12.4)
    call.press("#")
    page = calls_page(client)
    assert page.count("<article>") == 1
    assert "+13035550123" in page
    steps = [
        ("initiate", "called"),
        ("gather", "pressed 1"),
        ("transferComplete", "did not reach sales: busy"),
        ("disconnect", "hung up"),
        ("recordingAvailable", "left a message of 12 s"),
    ]
    positions = [
        page.index(f"{callback_of(call, event).time:%H:%M:%S}</time> {step}") for event, step in steps
    ]
    assert positions == sorted(positions)


def test_conversation_is_logged(bandwidth: SimulatedBandwidth, client: FlaskClient) -> None:
    """The page shows which department a caller talked to."""
    call = bandwidth.call()
    call.press("2")
    call.legs[0].hang_up()
    page = calls_page(client)
    assert page.index("pressed 2") < page.index("talked to support") < page.index("hung up")


def test_caller_who_gives_up_is_logged(bandwidth: SimulatedBandwidth, client: FlaskClient) -> None:
    """A caller who hangs up while the phone rings is on the page, and the phone stops ringing."""
    bandwidth.callee(SALES).does_not_answer()
    call = bandwidth.call()
    call.press("1")
    call.hang_up()
    assert call.legs[0].cause == "cancel"
    page = calls_page(client)
    assert page.index("pressed 1") < page.index("hung up")


def test_call_that_failed_is_logged(app: Flask, bandwidth: SimulatedBandwidth, client: FlaskClient) -> None:
    """A call that is lost because of a wrong setting is on the page with its cause."""
    bandwidth.raise_errors = False
    app.config["SWITCHBOARD_RING_SECONDS"] = 0
    call = bandwidth.call()
    call.press("1")
    assert call.cause == "callback-error"
    assert "cut off: callback-error" in calls_page(client)


def test_lost_message_is_logged(bandwidth: SimulatedBandwidth, client: FlaskClient) -> None:
    """A recording with the status error is on the page as a lost message."""
    call = bandwidth.call()
    call.press("3")
    call.recordings[0].status = "error"
    call.hang_up()
    page = calls_page(client)
    assert "left a message that was lost" in page
    assert "<audio" not in page


def test_message_of_unknown_length_is_logged(
    bandwidth: SimulatedBandwidth, client: FlaskClient, send: Send
) -> None:
    """A message without a duration is on the page without its length."""
    send(callback_of(leave_message(bandwidth), "recordingAvailable"), duration=None)
    assert "</time> left a message</li>" in calls_page(client)


def test_empty_message_is_not_listed(bandwidth: SimulatedBandwidth, client: FlaskClient) -> None:
    """A recording of less than a second is not on the page as a message."""
    call = bandwidth.call()
    call.press("3")
    call.hang_up()
    assert callback_of(call, "recordingAvailable").payload["duration"] == "PT0.000S"
    page = calls_page(client)
    assert "message" not in page
    assert "<audio" not in page


def test_the_sound_of_a_message_is_kept(bandwidth: SimulatedBandwidth, client: FlaskClient) -> None:
    """The page plays a message, which the application has fetched from Bandwidth in the background."""
    call = leave_message(bandwidth)
    (path,) = re.findall('<audio .*src="(.*?)">', calls_page(client))
    assert path == f"/messages/{call.recordings[0].recording_id}.wav"
    response = client.get(path)
    assert response.content_type == "audio/wav"
    assert len(response.data) == 44 + 12.4 * 8000 * 2  # the header, and a second of 8000 samples of 2 bytes


def test_without_access_to_bandwidth_messages_stay_there(
    app: Flask, bandwidth: SimulatedBandwidth, client: FlaskClient
) -> None:
    """Without credentials for Bandwidth's REST interface, a message is listed, but not fetched."""
    app.config["SWITCHBOARD_BANDWIDTH"] = {}
    call = leave_message(bandwidth)
    page = calls_page(client)
    assert "left a message" in page
    assert "<audio" not in page
    assert client.get(f"/messages/{call.recordings[0].recording_id}.wav").status_code == 404


def test_repeated_notification_is_listed_once(bandwidth: SimulatedBandwidth, client: FlaskClient) -> None:
    """A notification that Bandwidth sends twice is on the page once."""
    bandwidth.repeats_notifications = True
    call = leave_message(bandwidth)
    page = calls_page(client)
    assert [exchange.event for exchange in call.exchanges].count("recordingAvailable") == 2
    assert page.count("left a message") == page.count("hung up") == page.count("<audio") == 1


def test_call_is_on_the_line_until_it_ends(bandwidth: SimulatedBandwidth, client: FlaskClient) -> None:
    """The page marks a call as on the line until it ends; a later recording does not change that."""
    call = bandwidth.call()
    call.press("3")
    call.wait(2)
    assert "on the line" in calls_page(client)
    call.hang_up()
    page = calls_page(client)
    assert "left a message" in page
    assert "on the line" not in page


def test_latest_call_is_first(bandwidth: SimulatedBandwidth, client: FlaskClient) -> None:
    """The latest call is at the top of the page."""
    bandwidth.call(var_from="+13035550111")
    bandwidth.call(var_from="+13035550122")
    page = calls_page(client)
    assert page.index("+13035550122") < page.index("+13035550111")


def test_only_calls_of_today_are_listed(
    app: Flask, bandwidth: SimulatedBandwidth, client: FlaskClient
) -> None:
    """The page lists the calls since midnight in the time zone of the company's clock."""
    wait_until(4, bandwidth)
    bandwidth.call().hang_up()
    wait_until(10, bandwidth)
    app.config["SWITCHBOARD_CLOCK"] = lambda: bandwidth.now.astimezone(timezone(timedelta(hours=-5)))
    assert "+13035550123" not in calls_page(client)
    app.config["SWITCHBOARD_CLOCK"] = lambda: bandwidth.now.astimezone(timezone(timedelta(hours=-4)))
    assert 'T04:00:00+00:00">00:00:00</time> called' in calls_page(client)


def test_calls_of_other_days_are_kept(app: Flask, bandwidth: SimulatedBandwidth, client: FlaskClient) -> None:
    """The calls of another day are not listed, but the database still has them."""
    bandwidth.call(var_from="+13035550111").hang_up()
    bandwidth.wait(48 * 3600)
    assert "Nobody has called yet." in calls_page(client)
    app.config["SWITCHBOARD_CLOCK"] = lambda: bandwidth.now - timedelta(days=2)
    assert "+13035550111" in calls_page(client)


def test_caller_without_a_number_is_listed(
    bandwidth: SimulatedBandwidth, client: FlaskClient, send: Send
) -> None:
    """A withheld number is shown as it was received, a missing one as unknown."""
    call = bandwidth.call(var_from="Anonymous")
    send(callback_of(call, "initiate"), callId="c-1", **{"from": None})
    page = calls_page(client)
    assert "Anonymous" in page
    assert "unknown number" in page


def test_event_without_a_time_gets_the_current_time(
    bandwidth: SimulatedBandwidth, client: FlaskClient, send: Send
) -> None:
    """An event without a time is logged with the time at the company."""
    exchange = callback_of(bandwidth.call(), "initiate")
    wait_until(11, bandwidth)
    send(exchange, callId="c-1", eventTime=None)
    assert "11:00:00</time> called" in calls_page(client)


def test_restarted_application_takes_any_callback_in_any_order(bandwidth: SimulatedBandwidth) -> None:
    """An application with an empty database logs callbacks of older calls, whatever their order.

    The callbacks of a call are sent to a new application, the last one first.
    """
    call = leave_message(bandwidth)
    client = started("sqlite://", bandwidth).test_client()
    for exchange in reversed(call.exchanges):
        client.post(exchange.url, json=exchange.payload, auth=CREDENTIALS)
    page = calls_page(client)
    assert (
        page.index("called") < page.index("pressed 3") < page.index("hung up") < page.index("left a message")
    )


def test_text_from_callers_is_escaped(bandwidth: SimulatedBandwidth, client: FlaskClient, send: Send) -> None:
    """The number and the keys of a caller are escaped on the page."""
    call = bandwidth.call(var_from="sip:<img/src=x/onerror=alert(1)>@example.com")
    call.press("1")
    send(callback_of(call, "gather"), digits="<script>")
    page = calls_page(client)
    assert "<script>" not in page
    assert "<img" not in page
    assert "&lt;img/src=x" in page
    assert "pressed &lt;script&gt;" in page


# -- The database --------------------------------------------------------------------------------------------


def started(database: str, bandwidth: SimulatedBandwidth, **settings: str) -> Flask:
    """Return an application as a worker starts it, with a database and the time of the simulation."""
    return create_app(
        {
            "SQLALCHEMY_DATABASE_URI": database,
            "BANDWIDTH_CALLBACKS_CREDENTIALS": [CREDENTIALS],
            "SWITCHBOARD_BANDWIDTH": {"client_id": "id", "client_secret": "secret"},
            "SWITCHBOARD_CLOCK": lambda: bandwidth.now,
            "SWITCHBOARD_COMPANY": "Acme & Sons",
            **settings,
        }
    )


@pytest.fixture
def database(tmp_path: Path) -> str:
    """The URL of a database in a file."""
    return f"sqlite:///{tmp_path / 'calls.db'}"


def test_the_default_database_is_a_file_of_the_instance(
    bandwidth: SimulatedBandwidth, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Without a setting the calls are in the file calls.db of Flask's instance folder."""
    monkeypatch.setattr(Flask, "auto_find_instance_path", lambda app: str(tmp_path / "instance"))
    app = create_app({"BANDWIDTH_CALLBACKS_CREDENTIALS": [CREDENTIALS]})
    SimulatedBandwidth(app, start=bandwidth.now).call().hang_up()
    page = calls_page(started(f"sqlite:///{tmp_path / 'instance' / 'calls.db'}", bandwidth).test_client())
    assert page.count("<article>") == 1


def test_a_restart_loses_nothing(bandwidth: SimulatedBandwidth, database: str) -> None:
    """The application is started anew before each callback of a call, and goes on where it was.

    It counts the wrong keys, gives the same replies, lists every step, and keeps the message.
    """
    call = bandwidth.call()
    call.press("8")
    call.press("9")
    call.speak("Hello, this is Ann.", seconds=12.4)
    call.press("#")
    for exchange in call.exchanges:
        app = started(database, bandwidth)
        reply = app.test_client().post(exchange.url, json=exchange.payload, auth=CREDENTIALS)
        assert reply.data == exchange.response
        with app.app_context():
            phone.wait_for_background()
    page = calls_page(started(database, bandwidth).test_client())
    assert page.count("<article>") == 1
    steps = ["called", "pressed 8", "pressed 9", "hung up", "left a message of 12 s"]
    assert [page.count(f"</time> {step}") for step in steps] == [1] * 5
    assert "on the line" not in page
    assert page.count("<audio") == 1


def test_workers_lose_nothing(
    bandwidth: SimulatedBandwidth, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Four workers that start at once and get the same callbacks at once do everything once."""
    # While the disk of a busy machine stands still, a callback would be handled without looking for repeats.
    monkeypatch.setattr(deadlines, "_PATIENCE", 30.0)
    monkeypatch.setattr(sql_engine, "_SQLITE_PATIENCE", 30.0)
    calls = [leave_message(bandwidth, var_from=f"+1303555010{number}") for number in range(3)]
    exchanges = [exchange for call in calls for exchange in call.exchanges]
    barrier = Barrier(4)

    def work(number: int) -> list[bytes]:
        barrier.wait()
        app = started(database, bandwidth)
        client = app.test_client()
        replies = [
            client.post(exchange.url, json=exchange.payload, auth=CREDENTIALS).data for exchange in exchanges
        ]
        with app.app_context():
            phone.wait_for_background()
        return replies

    with ThreadPoolExecutor(4) as pool:
        replies = list(pool.map(work, range(4)))
    assert replies == [[exchange.response for exchange in exchanges]] * 4
    page = calls_page(started(database, bandwidth).test_client())
    assert page.count("<article>") == page.count("<audio") == 3
    assert page.count("</time>") == 3 * 4


def test_a_message_that_is_fetched_twice_is_kept_once(bandwidth: SimulatedBandwidth, database: str) -> None:
    """Work in the background may be done twice, here by workers without a common store: the result is one."""
    exchange = callback_of(leave_message(bandwidth), "recordingAvailable")
    for _ in range(2):
        app = started(database, bandwidth, BANDWIDTH_CALLBACKS_STORE="memory://")
        app.test_client().post(exchange.url, json=exchange.payload, auth=CREDENTIALS)
        with app.app_context():
            phone.wait_for_background()
    page = calls_page(app.test_client())
    assert (page.count("left a message"), page.count("<audio")) == (2, 1)


def test_tables_that_another_worker_creates_meanwhile(bandwidth: SimulatedBandwidth, database: str) -> None:
    """A worker starts although another one creates the tables between its look and its own attempt."""

    others = iter([database])

    def create_first(*arguments: Any, **keywords: Any) -> None:
        for other in others:
            started(other, bandwidth)

    event.listen(Step.__table__, "before_create", create_first)
    try:
        assert "Nobody has called yet." in calls_page(started(database, bandwidth).test_client())
    finally:
        event.remove(Step.__table__, "before_create", create_first)
    assert list(others) == []


def test_a_database_that_cannot_be_reached_stops_the_start(bandwidth: SimulatedBandwidth) -> None:
    """A database that does not work is an error when the application starts, not when the phone rings."""
    with pytest.raises(OperationalError, match="unable to open database file"):
        started("sqlite:////nowhere/calls.db", bandwidth)


def test_a_database_that_fails_costs_no_call(app: Flask, bandwidth: SimulatedBandwidth) -> None:
    """A caller does not notice that the database fails during the call."""
    bandwidth.raise_errors = False
    with app.app_context():
        db.drop_all()
    assert leave_message(bandwidth).heard[-1] == THANKS


def test_text_of_any_length_is_logged(bandwidth: SimulatedBandwidth, client: FlaskClient, send: Send) -> None:
    """Text that is longer than its column is cut, because some databases would reject it."""
    call = bandwidth.call()
    send(callback_of(call, "initiate"), callId="c-1", **{"from": "5" * 600})
    send(callback_of(call, "initiate"), callId="c-1", eventType="gather", digits="7" * 300)
    page = calls_page(client)
    assert "5" * 500 in page
    assert "5" * 501 not in page
    assert "pressed " + "7" * 192 in page
    assert "7" * 193 not in page


def test_a_call_is_on_one_day(app: Flask, bandwidth: SimulatedBandwidth, client: FlaskClient) -> None:
    """A call over midnight is listed whole, on the day on which it began."""
    wait_until(0, bandwidth)
    bandwidth.wait(-60 % 86400)
    call = bandwidth.call(var_from="+13035550111")
    bandwidth.wait(120)
    call.hang_up()
    assert "Nobody has called yet." in calls_page(client)
    app.config["SWITCHBOARD_CLOCK"] = lambda: bandwidth.now - timedelta(days=1)
    page = calls_page(client)
    assert page.index("called") < page.index("hung up")


def test_two_applications_do_not_share_calls(bandwidth: SimulatedBandwidth) -> None:
    """Each application has its own list of calls, although they share the blueprint."""
    bandwidth.call()
    other = create_app({"TESTING": True, "BANDWIDTH_CALLBACKS_CREDENTIALS": [CREDENTIALS]})
    assert "Nobody has called yet." in other.test_client().get("/calls").text
