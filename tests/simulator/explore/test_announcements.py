"""Which keys prompts announce: sentences as phone lines say them, and all that are made of the same words."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flask_bandwidth_callbacks.simulator import SimulationError
from flask_bandwidth_callbacks.simulator.explore.announcements import Announcement, announced, read_pattern

ALL = "0123456789*#"

PROMPTS: list[tuple[str, list[str]]] = [
    # One key.
    ("press 3 for billing", ["3 billing"]),
    ("For billing, press 3.", ["3 billing"]),
    ("Billing: press 3.", ["3 Billing"]),
    ("PRESS THREE FOR BILLING!", ["3 BILLING"]),
    ("press or say three", ["3"]),
    ("Please say or press three.", ["3"]),
    ("Press three or say three.", ["3"]),
    ("dial 0", ["0"]),
    ("press one", ["1"]),
    ("select 4", ["4"]),
    ("choose 5", ["5"]),
    ("hit 7", ["7"]),
    ("key 9", ["9"]),
    ("Key in 4 to continue.", ["4 continue"]),
    ("Select option 3 for billing.", ["3 billing"]),
    ("Press the 3 key for billing.", ["3 billing"]),
    ('Press "3" for billing.', ["3 billing"]),
    ("Press 3 (three) for billing.", ["3 billing"]),
    ("Press 3 - for billing.", ["3 billing"]),
    ("Pressing 3 will connect you to billing.", ["3 will connect you to billing"]),
    ("If you press 3, you will be charged.", ["3 will be charged"]),
    ("Press 3 now on your touch-tone phone for billing.", ["3 billing"]),
    ("Press 3 on Fridays.", ["3 on Fridays"]),
    ("Press 0 at any time to speak to an operator.", ["0 speak to an operator"]),
    ("Press 0 anytime.", ["0 anytime"]),
    ("Thanks for calling. Billing is closed. Press 3.", ["3"]),
    ("For billing.Press 3.", ["3 billing"]),
    ("Welcome to our line, press 3 for billing", ["3 billing"]),
    ("You can say billing, or press 3 for billing.", ["3 billing"]),
    ("If you do not know the extension, press 2.", ["2 If you do not know the extension"]),
    ("To speak to the person at the desk about a bill of last year, press 3.", [
        "3 speak to the person at the desk about a ..."
    ]),
    # Keys that are not digits.
    ("press the pound key", ["#"]),
    ("press the number sign", ["#"]),
    ("press hash", ["#"]),
    ("press # to skip", ["# skip"]),
    ("press star", ["*"]),
    ("Press the asterisk key to exit.", ["* exit"]),
    # Several keys.
    ("press 1 or 2", ["1/2"]),
    ("press 1, 2 or 3", ["1/2/3"]),
    ("press 1,2 or 3", ["1/2/3"]),
    ("Press 1, 2, 3, and 4.", ["1/2/3/4"]),
    ("Press 1 through 4.", ["1/2/3/4"]),
    ("Press 1-4.", ["1/2/3/4"]),
    ("To rate this call, press 1 to 5.", ["1/2/3/4/5 rate this call"]),
    ("Please enter a number from 1 to 5.", ["1/2/3/4/5"]),
    ("press any key", ["/".join(ALL)]),
    ("Press a key to take a call.", [f"{'/'.join(ALL)} take a call"]),
    ("Press a digit.", ["0/1/2/3/4/5/6/7/8/9"]),
    ("Press 1 to accept, or any other key to decline.", ["1 accept", "0/2/3/4/5/6/7/8/9/*/# decline (rest)"]),
    ("Press 1 to accept, or any other person.", ["1 accept, or any other person"]),
    ("Press 1 for sales. Press any other key to start over.", [
        "1 sales", "0/2/3/4/5/6/7/8/9/*/# start over (again) (rest)"
    ]),
    # Menus.
    ("Press 1 for sales, 2 for support.", ["1 sales", "2 support"]),
    ("Press 1 for sales. 2 for support.", ["1 sales", "2 support"]),
    ("Press one for sales and two for support.", ["1 sales", "2 support"]),
    ("Press 1 for sales, 2 for support, or 3 for billing.", ["1 sales", "2 support", "3 billing"]),
    ("Press 1 - for sales, 2 - for support", ["1 sales", "2 support"]),
    ("Press 1, for sales. Press 2, for support.", ["1 sales", "2 support"]),
    ("Press 1: sales. Press 2: support.", ["1 sales", "2 support"]),
    ("for sales, 1; for support, 2", ["1 sales", "2 support"]),
    ("Please choose: 1 for sales, 2 for support", ["1 sales", "2 support"]),
    ("For sales press 1 for support press 2", ["1 sales", "2 support"]),
    ("For sales press 1.For support press 2.", ["1 sales", "2 support"]),
    ("For yes press 1 for no press 2", ["1 yes", "2 no"]),
    ("If that is correct press one, if not press two.", ["1 If that is correct", "2 if not"]),
    ("For English, press 1, or 2 for Spanish.", ["1 English", "2 Spanish"]),
    ("For tickets, press 1; refunds, 2; opening hours, 3.", ["1 tickets", "2 refunds", "3 opening hours"]),
    ("Latvian press or say one, Russian two, English three.", ["1 Latvian", "2 Russian", "3 English"]),
    ("For a nurse, press 3; for the pharmacy, press 4; otherwise, stay on the line.", [
        "3 a nurse", "4 the pharmacy"
    ]),
    ("To hear the next one press 6, to delete it press zero, to quit press pound.", [
        "6 hear the next one", "0 delete it", "# quit"
    ]),
    ("press 1 to keep it press 2 to record it once more", ["1 keep it", "2 record it once more"]),
    ("Press 1 to mute yourself, 4 or 6 to change the volume, or 8 to exit.", [
        "1 mute yourself", "4/6 change the volume", "8 exit"
    ]),
    ("Press star for help or pound to exit.", ["* help", "# exit"]),
    ("Press 1 to confirm. Press 2 to cancel.", ["1 confirm", "2 cancel"]),
    ("If this is right, press 1 now, otherwise press star now.", ["1 If this is right", "* otherwise"]),
    ("press 1 press 2", ["1", "2"]),
    ("press 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, star, pound or 1", [f"{'/'.join(ALL)} 1"]),
    ("Press 1 for terminal 1, press 2 for terminal 2.", ["1 terminal 1", "2 terminal 2"]),
    ("Press 1 or press 2.", ["1", "2"]),
    ("Select one for sales or two for support.", ["1 sales", "2 support"]),
    # To hear something again, or to go back.
    ("To repeat these choices press 9.", ["9 repeat these choices (again)"]),
    ("To repeat, press 9.", ["9 repeat (again)"]),
    ("Press 9 to hear this again.", ["9 hear this again (again)"]),
    ("If you want to hear the options, press 9.", ["9 If you want to hear the options (again)"]),
    ("To return to the main menu, press the star key.", ["* return to the main menu (again)"]),
    ("For the previous menu, press star.", ["* the previous menu (again)"]),
    ("To go back, press star.", ["* go back (again)"]),
    ("Press 7 to replay the message.", ["7 replay the message (again)"]),
    ("To start over, press 9.", ["9 start over (again)"]),
    ("Press 1 for sales, or to repeat this menu, press 9.", ["1 sales", "9 repeat this menu (again)"]),
    ("For sales, press 1, or 9 to hear this again.", ["1 sales", "9 hear this again (again)"]),
    ("Enter your PIN, then press star to return to the main menu.", ["* return to the main menu (again)"]),
    ("For repeat prescriptions, press 2.", ["2 repeat prescriptions"]),
    ("To return an item, press 4.", ["4 return an item"]),
    ("To be called back, press 6.", ["6 be called back"]),
    ("For the lunch menu, press 5.", ["5 the lunch menu"]),
    # Keys that end what the caller enters or records.
    ("Press hash when you are done.", ["# (end)"]),
    ("When you are finished, press pound.", ["# (end)"]),
    ("Enter your account number followed by the pound key.", ["# (end)"]),
    ("Enter your account number, then press pound.", ["# (end)"]),
    ("Enter your account number and press pound.", ["# (end)"]),
    ("Enter your account number then #.", ["# (end)"]),
    ("End your entry with the number sign.", ["# (end)"]),
    ("Please leave your name and your message, then press # or hang up.", ["# (end)"]),
    ("Press pound, or simply hang up.", ["# (end)"]),
    ("When done, hang up or press the pound key.", ["# (end)"]),
    ("You may end the recording by hanging up or by pressing the pound key.", ["# (end)"]),
    ("To end your message, press any key.", [f"{'/'.join(ALL)} (end)"]),
    ("To finish, press star.", ["* (end)"]),
    ("Press 1 followed by the pound key.", ["1", "# (end)"]),
    ("When you have finished, hang up, or press 1 for more choices.", ["1 more choices"]),
    ("To finish your order, press 1.", ["1 finish your order"]),
    ("Press 1 to end this call.", ["1 end this call"]),
    ("To take the call, press 1. To decline, hang up.", ["1 take the call"]),
    ("To take the call, press 1, or hang up.", ["1 take the call"]),
    ("Turn left and press star.", ["* Turn left"]),
    # No announcements.
    ("Please enter your 4-digit PIN.", []),
    ("Please enter the last 4 digits of your card.", []),
    ("Enter any number to play.", []),
    ("Please enter a number between 1 and 10.", []),
    ("In the year 2026 we press on.", []),
    ("We are number 1.", []),
    ("We're #1! Press #1.", []),
    ("The price is $5, or 5 dollars.", []),
    ("Open from 9 to 5, on Sundays from 9:30.", []),
    ("Call 1-800-555-0100, or dial 1 800 555 0100.", []),
    ("If this is an emergency, hang up and dial 911.", []),
    ("Hang up and dial nine one one, or 9-1-1.", []),
    ("Dial 500 for the desk, or *98.", []),
    ("Do not press 1.", []),
    ("Please don\u2019t press 1.", []),
    ("You do not have to press 1.", []),
    ("There is no need to press 1.", []),
    ("Please hold without pressing any key.", []),
    ("You pressed 3. You chose option 2.", []),
    ("Sorry, 3 for billing is not available.", []),
    ("Please choose one of the following.", []),
    ("Please select one.", []),
    ("Press the one that applies.", []),
    ("Press 5 times.", []),
    ("Press the button on the door.", []),
    ("Your code is 4, 7, 2, 9.", []),
    ("Words separated by *.", []),
    ("Use the 7 key for Q and the 9 key for Z.", []),
    ("Table for 2, 7 o'clock.", []),
    ("Sales is on 1, support is on 2.", []),
    ("Press", []),
    ("", []),
    ("Press 1 for sales, open until 9.", ["1 sales, open until 9"]),
    ("For sales, press 1, open until 9.", ["1 sales"]),
    ("For sales, press 1. For building 2, press 3.", ["1 sales", "3 building 2"]),
    ("For sales, press 1. Opening hours: 9 to 5.", ["1 sales"]),
    ("Press 1 for a table. 2 for 1 on Fridays.", ["1 a table"]),
    ("Your visit is on January 5 at 3. Press 1 to confirm.", ["1 confirm"]),
    ("Our address is 1 Main Street. Press 1 to hear it again.", ["1 hear it again (again)"]),
]  # fmt: skip


def shown(announcement: Announcement) -> str:
    """Return an announcement as the table above writes it."""
    words = [
        announcement.promise,
        "(again)" * announcement.is_repetition,
        "(end)" * announcement.is_terminator,
        "(rest)" * announcement.is_rest,
    ]
    return " ".join(["/".join(announcement.keys), *filter(None, words)])


@pytest.mark.parametrize(("prompt", "announcements"), PROMPTS, ids=[prompt for prompt, _ in PROMPTS])
def test_what_a_prompt_announces(prompt: str, announcements: list[str]) -> None:
    """Each prompt announces these keys with these promises, and no others."""
    assert [shown(each) for each in announced(prompt)] == announcements


@given(st.sampled_from(ALL), st.sampled_from(["sales", "a new order", "Anna in room 12", "bills"]))
def test_every_key_is_read_in_either_order(key: str, promise: str) -> None:
    """Whatever the key and the promise, the promise is found before the key and after it."""
    expected = [Announcement((key,), promise)]
    assert announced(f"For {promise}, press {key}.") == expected
    assert announced(f"Press {key} for {promise}.") == expected


VOCABULARY = """
press dial enter choose key say hang up or and for to if then by with the a any other number key sign
digit from 1 2 3 9 12 one two star pound hash * # . , ; : - ( ? not don't no need please sales again menu
back repeat return over when finished message recording followed separated at time on your phone minutes
9:30 1-5 1,2 4-digit $
"""
TEXTS = st.one_of(st.text(), st.lists(st.sampled_from(VOCABULARY.split()), max_size=30).map(" ".join))


@given(TEXTS)
def test_announced_keys_are_keys(text: str) -> None:
    """Any text is read. What it announces are keys of a telephone, each once, and words of the text."""
    for announcement in announced(text):
        assert set(announcement.keys) <= set(ALL)
        assert len(set(announcement.keys)) == len(announcement.keys)
        assert announcement.keys or announcement.is_rest
        assert announcement.promise.removesuffix("...") in " ".join(text.split())
        assert len(announcement.promise) <= 43


# -- Other languages -----------------------------------------------------------------------------------------

SPANISH = r"oprima (?P<key>[0-9*#]|el \w+)(?: para (?P<promise>(?P<again>repetir)?[\w ]*))?"


def test_another_language_is_read_by_a_pattern() -> None:
    """A pattern finds keys and promises in another language, beside the English ones, each key once."""
    prompt = (
        "For sales, press 1. Oprima 2 para   ventas, oprima 9 para repetir el mensaje, oprima 1, oprima 3."
    )
    pattern = read_pattern(re.compile(SPANISH, re.IGNORECASE))
    assert [shown(each) for each in announced(prompt, pattern)] == [
        "1 sales",
        "2 ventas",
        "9 repetir el mensaje (again)",
        "3",
    ]
    assert announced("oprima el dos", pattern) == []


def test_a_pattern_may_have_the_key_alone() -> None:
    """The group of the key is enough."""
    assert announced("die 4 drücken", read_pattern("(?P<key>[0-9]) drücken")) == [Announcement(("4",))]


@pytest.mark.parametrize(
    ("pattern", "got"),
    [
        ("press ([0-9])", r"got 'press ([0-9])'"),
        (
            "press (?P<key>[0-9]",
            "got 'press (?P<key>[0-9]' (missing ), unterminated subpattern at position 6)",
        ),
        (re.compile(b"(?P<key>[0-9])"), "got re.compile(b'(?P<key>[0-9])')"),
        (5, "got 5 (first argument must be string or compiled pattern)"),
    ],
)
def test_a_pattern_without_a_key_is_an_error(pattern: str, got: str) -> None:
    """What is not a pattern with the group ``key`` is one clear error, with an example of one."""
    with pytest.raises(SimulationError) as raised:
        read_pattern(pattern)
    assert str(raised.value) == (
        f"announcements must be a regular expression with a group 'key', {got}. Write it like"
        r" 'oprima (?P<key>[0-9*#]) para (?P<promise>\w+)'."
    )
