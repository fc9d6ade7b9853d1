"""Real time: the time of a simulation follows the clock, and callbacks are sent from a thread."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import pytest

from flask_bandwidth_callbacks import CallCallback
from flask_bandwidth_callbacks.bxml import Gather, Hangup, Pause, SpeakSentence, Verb
from flask_bandwidth_callbacks.simulator import SimulatedBandwidth, SimulationError
from flask_bandwidth_callbacks.simulator.engine import platform
from flask_bandwidth_callbacks.simulator.engine import real_time as real_time_module
from flask_bandwidth_callbacks.simulator.engine.conversation import Line as Said
from flask_bandwidth_callbacks.simulator.engine.real_time import real_time
from tests.simulator.conftest import Line


def wait_until(is_so: Callable[[], bool]) -> None:
    """Wait until something is so, for a minute at most: the machine may be busy."""
    end = time.monotonic() + 60
    while not is_so():
        assert time.monotonic() < end, "it never came to pass"
        time.sleep(0.01)


def test_a_pause_takes_its_time(line: Line) -> None:
    """A pause lasts as long as it really does, and what follows it happens without anyone waiting."""
    bandwidth = line(Pause(duration=0.3), SpeakSentence("Next."), Hangup())
    with real_time(bandwidth):
        began = time.monotonic()
        call = bandwidth.call()
        assert call.heard == []
        wait_until(lambda: call.heard != [])
        assert 0.25 < time.monotonic() - began < 5
        wait_until(lambda: call.cause == "hangup")


def test_time_passes_as_fast_as_the_clock(line: Line) -> None:
    """The time of the simulation is never ahead of the clock, and hardly behind it."""
    bandwidth = line(Pause(duration=100))
    began = time.monotonic()
    with real_time(bandwidth):
        bandwidth.call()
        wait_until(lambda: bandwidth.timeline.now >= 500)
        assert bandwidth.timeline.now / 1000 <= time.monotonic() - began < 5


def test_time_passes_while_a_callback_is_out(line: Line) -> None:
    """A slow handler takes its time, and a timeout in its reply begins when it has replied."""

    def think(event: CallCallback) -> list[Verb]:
        time.sleep(0.4)
        return [Gather(gather_url="more", first_digit_timeout=1)]

    bandwidth = line(think, more=Hangup())
    with real_time(bandwidth):
        call = bandwidth.call()
        wait_until(lambda: call.cause == "hangup")
    first, second = call.exchanges[0].time, call.exchanges[1].time
    assert 1.39 <= (second - first).total_seconds() < 5


def test_waiting_skips_time(line: Line) -> None:
    """A test that waits does not sleep: time passes at once, and the clock goes on from there."""
    bandwidth = line(Pause(duration=3600), SpeakSentence("An hour later."), Pause(duration=3600))
    with real_time(bandwidth):
        call = bandwidth.call()
        bandwidth.wait(3600)
        assert call.heard == ["An hour later."]
        passed = bandwidth.timeline.now
        wait_until(lambda: bandwidth.timeline.now > passed)
        assert bandwidth.timeline.now < 3_610_000


def test_other_threads_wait_for_a_callback(line: Line) -> None:
    """A thread that makes time pass waits until the callback is answered that the clock has led to."""
    is_asked, may_reply = threading.Event(), threading.Event()

    def think(event: CallCallback) -> Hangup:
        is_asked.set()
        may_reply.wait(10)
        return Hangup()

    bandwidth = line(Pause(duration=0.1), Gather(gather_url="more", first_digit_timeout=0.1), more=think)
    with real_time(bandwidth):
        call = bandwidth.call()
        is_asked.wait(10)
        threading.Timer(0.1, may_reply.set).start()
        call.wait(5)
        assert call.cause == "hangup"


def test_patience_with_a_callback_ends(line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    """A thread that a handler waits for does not wait for that handler forever."""
    monkeypatch.setattr(platform, "_PATIENCE_SECONDS", 0.1)
    errors: list[SimulationError] = []

    def wait() -> None:
        with pytest.raises(SimulationError) as raised:
            bandwidth.wait(1)
        errors.append(raised.value)

    def think(event: CallCallback) -> Hangup:
        helper = threading.Thread(target=wait)
        helper.start()
        helper.join()
        return Hangup()

    bandwidth = line(think)
    with real_time(bandwidth):
        bandwidth.call()
    assert str(errors[0]) == "Time cannot pass while a callback is being answered."


def test_a_handler_cannot_wait(line: Line) -> None:
    """A handler that makes time pass gets an error, which is raised at the latest when all is over."""
    bandwidth: SimulatedBandwidth = line(
        Pause(duration=0.1),
        Gather(gather_url="more", first_digit_timeout=0),
        more=lambda event: bandwidth.wait(1),
    )

    def call_in_real_time() -> None:
        with real_time(bandwidth):
            call = bandwidth.call()
            wait_until(lambda: call.state == "disconnected")

    with pytest.raises(SimulationError, match="while a callback is being answered"):
        call_in_real_time()


def test_one_clock(line: Line) -> None:
    """Time cannot follow two clocks; afterwards it passes by itself again."""
    bandwidth = line(Pause(duration=100), SpeakSentence("Hello."), Hangup())
    with real_time(bandwidth):
        with pytest.raises(SimulationError, match="follows the clock already"), real_time(bandwidth):
            pass
        assert bandwidth.follows_clock
    assert not bandwidth.follows_clock
    bandwidth.tick()
    assert bandwidth.timeline.passes_by_itself


def test_a_clock_that_fails(line: Line) -> None:
    """What breaks in the thread of the clock stops it, and is raised at the end."""

    def watch(call: object, said: Said) -> None:
        if said.text == "hears":
            raise BrokenPipeError

    bandwidth = line(Pause(duration=0.1), SpeakSentence("Hello."))
    bandwidth.watchers.append(watch)

    def call_in_real_time() -> None:
        with real_time(bandwidth):
            bandwidth.call()
            wait_until(lambda: not bandwidth.follows_clock)

    with pytest.raises(BrokenPipeError):
        call_in_real_time()


def test_leaving_over_an_exception(line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    """After Ctrl-C or a failed assertion, no handler is waited for that takes long."""
    monkeypatch.setattr(real_time_module, "_SECONDS_AFTER_FAILURE", 0.05)
    is_asked, may_reply = threading.Event(), threading.Event()

    def think(event: CallCallback) -> Hangup:
        is_asked.set()
        may_reply.wait(10)
        return Hangup()

    bandwidth = line(Pause(duration=0.1), Gather(gather_url="more", first_digit_timeout=0), more=think)

    def leave_early() -> None:
        with real_time(bandwidth):
            bandwidth.call()
            assert is_asked.wait(10)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        leave_early()
    assert not may_reply.is_set()
    may_reply.set()
    wait_until(lambda: not bandwidth.follows_clock)


def test_keys_while_a_callback_is_out(line: Line) -> None:
    """A key that is pressed while a handler is busy counts as soon as it has replied."""
    is_asked, may_reply = threading.Event(), threading.Event()

    def think(event: CallCallback) -> Gather:
        is_asked.set()
        may_reply.wait(10)
        return Gather(gather_url="more", max_digits=1)

    bandwidth: SimulatedBandwidth = line(
        Gather(gather_url="think", first_digit_timeout=0.1), think=think, more=Hangup()
    )
    with real_time(bandwidth):
        call = bandwidth.call()
        assert is_asked.wait(10)
        call.press("1")
        assert call.state == "answered"
        may_reply.set()
        wait_until(lambda: call.cause == "hangup")
    assert call.exchanges[2].payload["digits"] == "1"
