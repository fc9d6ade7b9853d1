"""Phone lines with as many states as a test asks for."""

from __future__ import annotations

from flask import Flask

from flask_bandwidth_callbacks import GatherCallback, InitiateCallback
from flask_bandwidth_callbacks.bxml import Gather, Hangup, SpeakSentence, Verb
from tests.simulator.explore.lines.serving import line, serve

BRANCHES = 3
"""How many menus each menu leads to."""


def large(menus: int) -> Flask:
    """Return a line with so many menus, each of which is a state: a tree whose leaves say goodbye.

    Menu 0 leads to menus 1 to 3, menu 1 to menus 4 to 6, and so on. Any other key, and silence, end the call.
    """
    phone = line(__name__)

    def ask(menu: int) -> list[Verb]:
        following = [
            each for each in range(BRANCHES * menu + 1, BRANCHES * menu + 1 + BRANCHES) if each < menus
        ]
        choices = [f"For menu {each}, press {key}." for key, each in enumerate(following, 1)]
        if not choices:
            return [SpeakSentence(f"This is menu {menu}. Goodbye."), Hangup()]
        return [
            Gather(
                SpeakSentence(f"This is menu {menu}. {' '.join(choices)}"),
                gather_url=phone.url_for(choose, menu=menu),
                max_digits=1,
            )
        ]

    @phone.respond(InitiateCallback)
    def greet(call: InitiateCallback) -> list[Verb]:
        return ask(0)

    @phone.respond(GatherCallback, "/menu/<int:menu>")
    def choose(call: GatherCallback, menu: int) -> list[Verb]:
        key = int(call.digits) if call.digits in ("1", "2", "3") else BRANCHES + 1
        following = BRANCHES * menu + key
        if key > BRANCHES or following >= menus:
            return [SpeakSentence("Goodbye."), Hangup()]
        return ask(following)

    return serve(phone)
