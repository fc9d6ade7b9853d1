"""The time in which phone lines are explored: the example in four environments, and a line of 200 states."""

from __future__ import annotations

import logging
import statistics
import time
from collections.abc import Callable, Iterator

from flask import Flask

from examples.switchboard import create_app as create_switchboard
from flask_bandwidth_callbacks import CallbackBlueprint, GatherCallback, InitiateCallback
from flask_bandwidth_callbacks.bxml import Gather, Hangup, SpeakSentence, Verb
from flask_bandwidth_callbacks.simulator.explore import Report, explore

from .measuring import Row, show_progress
from .peers import CREDENTIALS

_MENUS = 199
"""Besides, there is the end of a call."""
_BRANCHES = 3


def switchboard() -> Report:
    """Explore the example by day and by night, while sales answers and while it is busy."""

    def create_app() -> Flask:
        return create_switchboard({"TESTING": True, "BANDWIDTH_CALLBACKS_CREDENTIALS": [CREDENTIALS]})

    return explore(
        create_app, callees=[{}, {"+13035550141": "busy"}], at=["2026-01-05T10:00", "2026-01-05T03:00"]
    )


def large_line() -> Report:
    """Explore a tree of menus, where each key leads further, or says goodbye."""
    phone = CallbackBlueprint("phone", __name__, credentials=[CREDENTIALS])

    def ask(menu: int) -> list[Verb]:
        if menu >= _MENUS:
            return [SpeakSentence("Goodbye."), Hangup()]
        prompt = SpeakSentence(f"This is menu {menu}.")
        return [Gather(prompt, gather_url=phone.url_for(choose, menu=menu), max_digits=1)]

    @phone.respond(InitiateCallback)
    def greet(call: InitiateCallback) -> list[Verb]:
        return ask(0)

    @phone.respond(GatherCallback, "/<int:menu>")
    def choose(call: GatherCallback, menu: int) -> list[Verb]:
        key = call.digits
        return ask(_BRANCHES * menu + int(key) if key and key in "123" else _MENUS)

    app = Flask(__name__)
    app.register_blueprint(phone, url_prefix="/phone")
    return explore(app, seconds=3600.0)


def exploring(rounds: int) -> Iterator[Row]:
    """Measure the seconds of this process, which are those on the clock if nothing else runs."""
    logging.disable()
    try:
        yield _measured("exploring the switchboard", switchboard, max(1, rounds // 60), 5.0)
        yield _measured(f"exploring {_MENUS + 1} states", large_line, 1, 60.0)
    finally:
        logging.disable(logging.NOTSET)


def _measured(job: str, run: Callable[[], Report], rounds: int, goal: float) -> Row:
    times = []
    for number in range(rounds):
        began = time.process_time()
        report = run()
        times.append(time.process_time() - began)
        assert report.is_exhausted, report.left
        show_progress(job, number + 1, rounds)
    what = f"{report.calls:,} calls to {len(report.states)} states, in seconds"
    return Row(job, what, statistics.median(times), (min(times), max(times)), goal)
