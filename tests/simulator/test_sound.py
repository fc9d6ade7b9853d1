"""What a caller hears, how long it takes, and the verbs that only wait."""

from __future__ import annotations

import pytest
from markupsafe import Markup

from flask_bandwidth_callbacks.bxml import (
    Gather,
    Hangup,
    Pause,
    PlayAudio,
    Redirect,
    Ring,
    SendDtmf,
    SpeakSentence,
    Verb,
)
from tests.simulator.callbacks import timed
from tests.simulator.conftest import Line


@pytest.mark.parametrize(
    ("verb", "heard"),
    [
        (SpeakSentence("Hello  there,\n Ann."), "Hello there, Ann."),
        (SpeakSentence("2 < 3 & 4"), "2 < 3 & 4"),
        (
            SpeakSentence(Markup("It is <emphasis>very</emphasis> late &amp; dark.")),
            "It is very late & dark.",
        ),
        (SpeakSentence(Markup("<p>One.</p><p><s>Two.</s><s>Three.</s></p>")), "One. Two. Three."),
        (SpeakSentence(Markup('Wait<break time="1s"/>please.')), "Wait please."),
        (PlayAudio("menu.wav"), "https://localhost/phone/menu.wav"),
        (PlayAudio("/menu.wav"), "https://localhost/menu.wav"),
        (PlayAudio("https://files.example.com/menu.wav"), "https://files.example.com/menu.wav"),
    ],
)
def test_what_is_heard(line: Line, verb: Verb, heard: str) -> None:
    """A sentence is heard as its text, SSML without its tags, and a file as its absolute URL."""
    assert line(verb).call().heard == [heard]


@pytest.mark.parametrize(
    ("verb", "seconds"),
    [
        (SpeakSentence("Fifteen letters"), 1),
        (SpeakSentence(Markup("<s>Fifteen</s> <s>letters</s>")), 1),
        (PlayAudio("menu.wav"), 10),
        (SendDtmf("1"), 0.6),
        (SendDtmf("12#"), 1.8),
        (SendDtmf("1", tone_duration=50, tone_interval=100), 0.15),
        # A pause takes the place of the interval before it.
        (SendDtmf("1w2"), 1.3),
        (SendDtmf("1,2"), 1.3),
        (SendDtmf("1W2"), 1.8),
        (SendDtmf("wW1"), 2.1),
        (SendDtmf("1ww"), 1.2),
    ],
)
def test_sound_passes_by_itself(line: Line, verb: Verb, seconds: float) -> None:
    """A sound passes by itself, and takes its time nevertheless."""
    assert timed(line(verb).call()) == [("initiate", 0), ("disconnect", seconds)]


@pytest.mark.parametrize(
    ("verb", "seconds"),
    [
        (Pause(), 1),
        (Pause(duration=0.1), 0.1),
        (Pause(duration=86400), 86400),
        (Ring(), 5),
        (Ring(duration=7), 7),
    ],
)
def test_silence_lasts_until_time_passes(line: Line, verb: Verb, seconds: float) -> None:
    """Pause and Ring end when their time has passed, and not before."""
    call = line(verb, SpeakSentence("Now.")).call()
    call.wait(seconds - 0.05)
    assert call.heard == []
    call.wait(0.05)
    assert call.heard == ["Now."]


def test_verbs_run_one_after_another(line: Line) -> None:
    """The next sound begins when the one before is over."""
    call = line(SpeakSentence("One."), Pause(), PlayAudio("/two.wav"), SpeakSentence("Three.")).call()
    call.wait(1)
    assert call.heard == ["One.", "https://localhost/two.wav", "Three."]
    assert call.cause == "hangup"


def test_hold_music_plays_while_time_passes(line: Line) -> None:
    """A call that comes back to its document goes on while time is made to pass, not forever by itself."""
    hold = [PlayAudio("/music.wav"), Redirect(redirect_url="hold")]
    call = line(*hold, hold=hold).call()
    before = len(call.heard)
    call.wait(60)
    assert len(call.heard) - before == 6
    call.hang_up()
    assert call.cause == "hangup"


def test_key_can_be_pressed_into_the_music(line: Line) -> None:
    """A key can be pressed in the middle of hold music."""
    menu = Gather(PlayAudio("/music.wav"), gather_url="menu", max_digits=1, first_digit_timeout=0)
    bandwidth = line(menu, menu=lambda event: Hangup() if event.digits else menu)
    call = bandwidth.call()
    call.wait(3)
    assert call.state == "answered"
    call.press("1")
    assert call.cause == "hangup"
