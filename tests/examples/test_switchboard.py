"""The switchboard, called on a simulated line."""

from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from examples.switchboard import create_app
from flask_bandwidth_callbacks import ConfigurationError
from flask_bandwidth_callbacks.simulator import (
    Call,
    Callee,
    Exchange,
    SimulatedBandwidth,
    UnreachableApplication,
)

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
        }
    )


@pytest.fixture
def bandwidth(app: Flask, bandwidth: SimulatedBandwidth) -> SimulatedBandwidth:
    """Bandwidth's end of the line, whose virtual time is the company's too: ten o'clock in the morning."""
    app.config["SWITCHBOARD_CLOCK"] = lambda: bandwidth.now
    wait_until(10, bandwidth)
    return bandwidth


@pytest.fixture
def send(client: FlaskClient) -> Send:
    """Sends a callback of a call once more, with properties as no simulated call would have them."""

    def send(exchange: Exchange, **properties: Any) -> TestResponse:
        return client.post(exchange.url, json={**exchange.payload, **properties}, auth=CREDENTIALS)

    return send


def wait_until(hour: int, bandwidth: SimulatedBandwidth) -> None:
    to_go = bandwidth.now.replace(hour=hour, minute=0, second=0, microsecond=0) - bandwidth.now
    bandwidth.wait((to_go % timedelta(days=1)).total_seconds())


def leave_message(bandwidth: SimulatedBandwidth, **properties: Any) -> Call:
    """A caller who leaves a message of 12.4 seconds."""
    call = bandwidth.call(**properties)
    call.press("3")
    call.speak("Hello, this is Ann.", seconds=12.4)
    call.press("#")
    return call


def told(call: Call, event: str) -> Exchange:
    """The one callback of this event on a call."""
    (exchange,) = (exchange for exchange in call.exchanges if exchange.event == event)
    return exchange


def listed(client: FlaskClient) -> str:
    response = client.get("/calls")
    assert response.status_code == 200
    return response.text


# -- Setting up ----------------------------------------------------------------------------------------------


def test_without_credentials_the_application_does_not_start(monkeypatch: pytest.MonkeyPatch) -> None:
    """A switchboard that would let everyone in is refused at once, with words on what to do."""
    monkeypatch.delenv("FLASK_BANDWIDTH_CALLBACKS_CREDENTIALS", raising=False)
    with pytest.raises(ConfigurationError, match="BANDWIDTH_CALLBACKS_CREDENTIALS"):
        create_app()


def test_credentials_and_settings_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """What stands in the environment counts: credentials as one text, numbers as numbers, phones as text."""
    monkeypatch.setenv("FLASK_BANDWIDTH_CALLBACKS_CREDENTIALS", "someone:pass:word")
    monkeypatch.setenv("FLASK_SWITCHBOARD_OPENS", "0")
    monkeypatch.setenv("FLASK_SWITCHBOARD_CLOSES", "24")
    monkeypatch.setenv("FLASK_SWITCHBOARD_SALES", "+13035550199")
    bandwidth = SimulatedBandwidth(create_app(), credentials=("someone", "pass:word"), raise_errors=True)
    call = bandwidth.call()
    call.press("1")
    assert call.legs[0].to == "+13035550199"


def test_the_clock_of_the_machine_is_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a clock of its own the application knows what day it is here."""
    monkeypatch.setenv("FLASK_BANDWIDTH_CALLBACKS_CREDENTIALS", "a:b")
    client = create_app().test_client()
    assert str(datetime.now().year) in client.get("/calls").text


@pytest.mark.parametrize(
    "path", ["/phone/", "/phone", "/phone/menu", "/phone/transferred", "/phone/recorded"]
)
@pytest.mark.parametrize("credentials", [None, ("bandwidth", "wrong")])
def test_every_callback_url_asks_for_credentials(
    app: Flask, client: FlaskClient, path: str, credentials: tuple[str, str] | None
) -> None:
    """Who shows none, or others, is refused, and what they told is not noted."""
    stranger = SimulatedBandwidth(app, path, credentials=credentials)
    with pytest.raises(UnreachableApplication, match="credentials"):
        stranger.call()
    assert [(exchange.challenged, exchange.status) for exchange in stranger.exchanges] == [(True, 401)] * 2
    assert "Nobody has called yet." in listed(client)


def test_the_credentials_travel_with_the_call(bandwidth: SimulatedBandwidth) -> None:
    """Bandwidth is asked for credentials everywhere, and finds them in the answers."""
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


# -- Picking up ----------------------------------------------------------------------------------------------


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
    """The caller hears the right time of day and who is there, in words and not in markup."""
    wait_until(hour, bandwidth)
    assert bandwidth.call().heard[0] == f"{greeting}, this is Acme & Sons."


@pytest.mark.parametrize("hour", [9, 16])
def test_menu_is_for_opening_hours(bandwidth: SimulatedBandwidth, hour: int) -> None:
    """From opening to closing callers may choose."""
    wait_until(hour, bandwidth)
    assert bandwidth.call().heard[1:] == [MENU]


@pytest.mark.parametrize("hour", [17, 8])
def test_outside_of_opening_hours_one_can_leave_a_message(bandwidth: SimulatedBandwidth, hour: int) -> None:
    """From closing to opening there is no menu, but a voicemail that works."""
    wait_until(hour, bandwidth)
    call = bandwidth.call()
    assert call.heard[1:] == ["We are closed at the moment.", LEAVE_A_MESSAGE]
    call.speak("Hello, this is Ann.")
    call.press("#")
    assert call.heard[-1] == THANKS
    assert call.recordings[0].words == ["Hello, this is Ann."]


def test_menu_is_played_twice(bandwidth: SimulatedBandwidth) -> None:
    """Who has pressed no key after five seconds hears it once more, and then no longer."""
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
    """Each department has its key, its number, and its name as the call's tag from here on."""
    call = bandwidth.call()
    call.press(key)
    assert call.heard[-1] == f"One moment, I am putting you through to {department}."
    assert [leg.to for leg in call.legs] == [number]
    assert call.tag == department


def test_message_for_who_wants_it(bandwidth: SimulatedBandwidth) -> None:
    """Key 3 leads to voicemail."""
    call = bandwidth.call()
    call.press("3")
    assert call.heard[2:] == [LEAVE_A_MESSAGE]
    assert len(call.recordings) == 1


def test_who_has_no_keys_can_leave_a_message(bandwidth: SimulatedBandwidth, client: FlaskClient) -> None:
    """Who presses nothing gets to voicemail, and gets out of it without a key as well."""
    call = bandwidth.call()
    call.wait(5)
    call.wait(5)
    call.speak("Hello, this is Ann.", seconds=4)
    call.hang_up()
    page = listed(client)
    assert "pressed nothing" in page
    assert "left a message of 4 s" in page


@pytest.mark.parametrize("key", ["9", "#"])
def test_wrong_key_is_asked_once_more_and_then_no_longer(bandwidth: SimulatedBandwidth, key: str) -> None:
    """A key that leads nowhere plays the menu again, a second one leads to voicemail: no caller is stuck."""
    call = bandwidth.call()
    call.press(key)
    assert call.heard[2:] == ["Sorry, that key leads nowhere.", MENU]
    call.press(key)
    assert call.heard[4:] == ["Sorry, that key leads nowhere.", LEAVE_A_MESSAGE]
    assert len(call.recordings) == 1


def test_right_key_after_a_wrong_one_still_works(bandwidth: SimulatedBandwidth) -> None:
    """Who found the right key on the second try is put through."""
    call = bandwidth.call()
    call.press("9")
    call.press("2")
    assert [leg.to for leg in call.legs] == [SUPPORT]


def test_keys_that_cannot_be_read_count_as_a_wrong_key(bandwidth: SimulatedBandwidth, send: Send) -> None:
    """A gather that tells of no keys, which a simulated one always does, still gets an answer."""
    call = bandwidth.call()
    call.press("9")
    assert "that key leads nowhere" in send(told(call, "gather"), digits=None).text


# -- Putting a call through ----------------------------------------------------------------------------------


def test_after_a_conversation_the_call_ends(bandwidth: SimulatedBandwidth) -> None:
    """The two hear each other, and when the other side hangs up there is nothing more to say."""
    call = bandwidth.call()
    call.press("1")
    sales = call.legs[0]
    call.speak("Is the blue bicycle still there?")
    sales.speak("It is.")
    assert sales.heard == ["Is the blue bicycle still there?"]
    sales.hang_up()
    assert call.heard[-1] == "It is."
    assert call.cause == "hangup"


def test_department_rings_as_long_as_is_set(bandwidth: SimulatedBandwidth) -> None:
    """A caller is not kept waiting for longer than the company wants."""
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
def test_who_was_not_reached_can_be_left_a_message(
    bandwidth: SimulatedBandwidth, behave: Callable[[Callee], Callee], reason: str
) -> None:
    """The caller hears why, and can leave a message."""
    behave(bandwidth.callee(SALES))
    call = bandwidth.call()
    call.press("1")
    call.wait(15)
    assert call.heard[3:] == [f"I am sorry, {reason}.", LEAVE_A_MESSAGE]
    call.speak("Hello, this is Ann.")
    call.press("#")
    assert call.heard[-1] == THANKS


@pytest.mark.parametrize("cause", ["a cause of tomorrow", None])
def test_no_cause_loses_the_call(bandwidth: SimulatedBandwidth, send: Send, cause: str | None) -> None:
    """A reason that neither documentation nor simulation knows still leads to voicemail."""
    bandwidth.callee(SALES).is_busy()
    call = bandwidth.call()
    call.press("1")
    answer = send(told(call, "transferComplete"), cause=cause).text
    assert "sales cannot be reached" in answer
    assert "<Record " in answer


# -- Voicemail -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("caller", "asked"),
    [
        ("+13035550123", False),
        ("Anonymous", True),
        ("Restricted", True),
        ("sip:someone@example.com", True),
    ],
)
def test_who_cannot_be_called_back_is_asked_for_a_number(
    bandwidth: SimulatedBandwidth, caller: str, asked: bool
) -> None:
    """A caller whose number we do not see is asked to say one; the others are spared."""
    call = bandwidth.call(var_from=caller)
    call.press("3")
    assert ("the number to call you back at" in call.heard[-1]) is asked


def test_caller_of_whom_nothing_is_told_is_asked_for_a_number(
    bandwidth: SimulatedBandwidth, send: Send
) -> None:
    """Bandwidth always says who calls, be it Anonymous, and so do simulated calls; nothing relies on it."""
    call = bandwidth.call()
    call.press("3")
    assert "the number to call you back at" in send(told(call, "gather"), **{"from": None}).text


def test_message_is_thanked_for(bandwidth: SimulatedBandwidth) -> None:
    """After a message the call ends with thanks, and the message is there."""
    call = leave_message(bandwidth)
    assert call.heard[-1] == THANKS
    assert call.cause == "hangup"
    assert call.recordings[0].is_available


def test_message_may_take_three_minutes(bandwidth: SimulatedBandwidth) -> None:
    """Who goes on talking is thanked all the same."""
    call = bandwidth.call()
    call.press("3")
    call.wait(179.9)
    assert len(call.recordings) == 1
    call.wait(0.1)
    assert call.heard[-1] == THANKS


@pytest.mark.parametrize("event_type", ["recordComplete", "recordingComplete"])
@pytest.mark.parametrize("duration", ["PT1M52.217257456S", None, "nonsense"])
def test_message_of_any_length_is_thanked_for(
    bandwidth: SimulatedBandwidth, send: Send, event_type: str, duration: str | None
) -> None:
    """Under both names of the event; the other name, and a length to puzzle over, are in no simulation."""
    exchange = told(leave_message(bandwidth), "recordComplete")
    assert THANKS in send(exchange, eventType=event_type, duration=duration).text


@pytest.mark.parametrize(("seconds", "is_empty"), [(0, True), (0.98, True), (1, False)])
def test_empty_message_may_be_left_once_more(
    bandwidth: SimulatedBandwidth, seconds: float, is_empty: bool
) -> None:
    """Under a second is no message: the caller may try again."""
    call = bandwidth.call()
    call.press("3")
    call.wait(seconds)
    call.press("#")
    assert call.heard[-1] == ("I heard nothing. Please try once more." if is_empty else THANKS)


@pytest.mark.parametrize("seconds", [0, 4])
def test_second_try_is_the_last_one(
    bandwidth: SimulatedBandwidth, client: FlaskClient, seconds: float
) -> None:
    """Whether the caller says something then or not, the call ends with a goodbye; what was said counts."""
    call = bandwidth.call()
    call.press("3")
    call.press("#")
    call.wait(seconds)
    call.press("#")
    assert call.heard[-1] == "Thank you. Goodbye."
    assert call.cause == "hangup"
    assert ("left a message of 4 s" in listed(client)) is (seconds == 4)


# -- The list of calls ---------------------------------------------------------------------------------------


def test_home_leads_to_the_calls(client: FlaskClient) -> None:
    """The front page is the list, and it is an ordinary page without Bandwidth's credentials."""
    response = client.get("/", follow_redirects=True)
    assert response.request.path == "/calls"
    assert "Nobody has called yet." in response.text


def test_page_tells_a_whole_call(bandwidth: SimulatedBandwidth, client: FlaskClient) -> None:
    """Each thing that happens on a call is a line with its time, in the order in which it happened."""
    bandwidth.callee(SALES).is_busy()
    call = bandwidth.call()
    call.press("1")
    call.speak("Hello, this is Ann.", seconds=12.4)
    call.press("#")
    page = listed(client)
    assert page.count("<article>") == 1
    assert "+13035550123" in page
    steps = [
        ("initiate", "called"),
        ("gather", "pressed 1"),
        ("transferComplete", "did not reach sales: busy"),
        ("disconnect", "hung up"),
        ("recordingAvailable", f"left a message of 12 s, {call.recordings[0].recording_id}"),
    ]
    places = [page.index(f"{told(call, event).time:%H:%M:%S}</time> {step}") for event, step in steps]
    assert places == sorted(places)


def test_conversation_is_noted(bandwidth: SimulatedBandwidth, client: FlaskClient) -> None:
    """The page says whom a caller talked to."""
    call = bandwidth.call()
    call.press("2")
    call.legs[0].hang_up()
    page = listed(client)
    assert page.index("pressed 2") < page.index("talked to support") < page.index("hung up")


def test_caller_who_gives_up_is_noted(bandwidth: SimulatedBandwidth, client: FlaskClient) -> None:
    """Whom nobody answered in time stands on the page too, and no telephone goes on ringing."""
    bandwidth.callee(SALES).does_not_answer()
    call = bandwidth.call()
    call.press("1")
    call.hang_up()
    assert call.legs[0].cause == "cancel"
    page = listed(client)
    assert page.index("pressed 1") < page.index("hung up")


def test_call_that_failed_is_noted(app: Flask, bandwidth: SimulatedBandwidth, client: FlaskClient) -> None:
    """Where a setting is wrong the call is lost, but not the trace of it."""
    bandwidth.raise_errors = False
    app.config["SWITCHBOARD_RING_SECONDS"] = 0
    call = bandwidth.call()
    call.press("1")
    assert call.cause == "callback-error"
    assert "cut off: callback-error" in listed(client)


def test_lost_message_is_noted(bandwidth: SimulatedBandwidth, client: FlaskClient) -> None:
    """A message of which nothing can be fetched is one that somebody has to ask for."""
    call = bandwidth.call()
    call.press("3")
    call.recordings[0].status = "error"
    call.hang_up()
    assert "left a message that was lost" in listed(client)


def test_message_of_unknown_length_is_noted(
    bandwidth: SimulatedBandwidth, client: FlaskClient, send: Send
) -> None:
    """What Bandwidth does not tell, unlike the simulation, is left out."""
    send(told(leave_message(bandwidth), "recordingAvailable"), duration=None, recordingId="r-7")
    assert "left a message, r-7" in listed(client)


def test_empty_message_is_not_listed(bandwidth: SimulatedBandwidth, client: FlaskClient) -> None:
    """A recording of nothing is no message for anybody."""
    call = bandwidth.call()
    call.press("3")
    call.hang_up()
    assert told(call, "recordingAvailable").payload["duration"] == "PT0.000S"
    assert "message" not in listed(client)


def test_what_is_told_twice_is_listed_once(bandwidth: SimulatedBandwidth, client: FlaskClient) -> None:
    """Bandwidth sends a notification again when it saw no answer."""
    bandwidth.repeats_notifications = True
    call = leave_message(bandwidth)
    page = listed(client)
    assert [exchange.event for exchange in call.exchanges].count("recordingAvailable") == 2
    assert page.count("left a message") == page.count("hung up") == 1


def test_call_is_on_the_line_until_it_is_not(bandwidth: SimulatedBandwidth, client: FlaskClient) -> None:
    """The page shows who is on the phone right now, and a late recording does not bring them back."""
    call = bandwidth.call()
    call.press("3")
    call.wait(2)
    assert "on the line" in listed(client)
    call.hang_up()
    page = listed(client)
    assert "left a message" in page
    assert "on the line" not in page


def test_latest_call_stands_first(bandwidth: SimulatedBandwidth, client: FlaskClient) -> None:
    """Each call is listed on its own, and the newest needs no scrolling."""
    bandwidth.call(var_from="+13035550111")
    bandwidth.call(var_from="+13035550122")
    page = listed(client)
    assert page.index("+13035550122") < page.index("+13035550111")


def test_only_today_is_listed_and_today_is_where_the_company_is(
    app: Flask, bandwidth: SimulatedBandwidth, client: FlaskClient
) -> None:
    """A call before midnight is yesterday's, and the company's clock says when midnight is."""
    wait_until(4, bandwidth)
    bandwidth.call().hang_up()
    wait_until(10, bandwidth)
    app.config["SWITCHBOARD_CLOCK"] = lambda: bandwidth.now.astimezone(timezone(timedelta(hours=-5)))
    assert "+13035550123" not in listed(client)
    app.config["SWITCHBOARD_CLOCK"] = lambda: bandwidth.now.astimezone(timezone(timedelta(hours=-4)))
    assert 'T04:00:00+00:00">00:00:00</time> called' in listed(client)


def test_old_calls_are_forgotten(app: Flask, bandwidth: SimulatedBandwidth, client: FlaskClient) -> None:
    """The memory of the process does not fill up: a day later a call is gone for good."""
    bandwidth.call(var_from="+13035550111").hang_up()
    bandwidth.wait(25 * 3600)
    bandwidth.call(var_from="+13035550122").hang_up()
    assert "+13035550122" in listed(client)
    app.config["SWITCHBOARD_CLOCK"] = lambda: bandwidth.now - timedelta(days=1)
    assert "Nobody has called yet." in listed(client)


def test_caller_without_a_number_is_listed(
    bandwidth: SimulatedBandwidth, client: FlaskClient, send: Send
) -> None:
    """Words for a number stand as they came; none at all, which no simulated caller has, is said so."""
    call = bandwidth.call(var_from="Anonymous")
    send(told(call, "initiate"), callId="c-1", **{"from": None})
    page = listed(client)
    assert "Anonymous" in page
    assert "unknown number" in page


def test_event_without_a_time_is_noted_now(
    bandwidth: SimulatedBandwidth, client: FlaskClient, send: Send
) -> None:
    """A time that is missing, as it never is in a simulation, does not lose the call."""
    exchange = told(bandwidth.call(), "initiate")
    wait_until(11, bandwidth)
    send(exchange, callId="c-1", eventTime=None)
    assert "11:00:00</time> called" in listed(client)


def test_restarted_application_takes_any_callback_in_any_order(bandwidth: SimulatedBandwidth) -> None:
    """A call may be older than the application, and callbacks may overtake one another on their way.

    Neither happens in a simulation: a call's callbacks are sent to a new application, the last one first.
    """
    call = leave_message(bandwidth)
    restarted = create_app(
        {"BANDWIDTH_CALLBACKS_CREDENTIALS": [CREDENTIALS], "SWITCHBOARD_CLOCK": lambda: bandwidth.now}
    )
    client = restarted.test_client()
    for exchange in reversed(call.exchanges):
        client.post(exchange.url, json=exchange.payload, auth=CREDENTIALS)
    page = listed(client)
    assert (
        page.index("called") < page.index("pressed 3") < page.index("hung up") < page.index("left a message")
    )


def test_nothing_that_a_caller_sends_is_markup(
    bandwidth: SimulatedBandwidth, client: FlaskClient, send: Send
) -> None:
    """A caller's name and keys are text on the page, whatever they hold; these keys are on no telephone."""
    call = bandwidth.call(var_from="sip:<img/src=x/onerror=alert(1)>@example.com")
    call.press("1")
    send(told(call, "gather"), digits="<script>")
    page = listed(client)
    assert "<script>" not in page
    assert "<img" not in page
    assert "&lt;img/src=x" in page
    assert "pressed &lt;script&gt;" in page


def test_two_applications_do_not_share_calls(bandwidth: SimulatedBandwidth) -> None:
    """Each application has its own list, although the blueprint is the same."""
    bandwidth.call()
    other = create_app({"TESTING": True, "BANDWIDTH_CALLBACKS_CREDENTIALS": [CREDENTIALS]})
    assert "Nobody has called yet." in other.test_client().get("/calls").text
