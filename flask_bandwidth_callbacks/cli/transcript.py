"""A call in the terminal: each line of its conversation, printed as it happens."""

from __future__ import annotations

from dataclasses import replace

from flask_bandwidth_callbacks.display import without_credentials, without_password
from flask_bandwidth_callbacks.simulator import Call
from flask_bandwidth_callbacks.simulator.engine import conversation
from flask_bandwidth_callbacks.simulator.wire.exchanges import outcome

from . import terminal


def follow(call: Call, verbose: bool = False) -> None:
    """Print the conversation of a call so far, and every line that follows.

    ``verbose`` also prints each callback with the BXML of the reply.
    """

    def watch(happening: Call, line: conversation.Line) -> None:
        if call in (happening, happening.parent):  # the simulation may have other calls
            show(call, line, verbose)

    for line in call.lines:
        show(call, line, verbose)
    call.bandwidth.watchers.append(watch)


def show(call: Call, line: conversation.Line, verbose: bool, label: str = "") -> None:
    """Print a line of a call's conversation; a callback only if it failed, is odd, or ``verbose`` is set.

    :param label: which call it is, where there are several.
    """
    minutes, seconds = divmod((line.time - call.lines[0].time) // 1000, 60)
    margin = f"{label}{minutes:3}:{seconds:02}  "
    is_the_callers = line.who == call.person
    if line.exchange is not None:
        failed = line.exchange.failure is not None
        if failed or line.exchange.oddities or verbose:
            terminal.say(outcome(line.exchange), "red" if failed else "blue", margin)
        if verbose and line.exchange.bxml:
            terminal.xml(without_credentials(line.exchange.bxml), indent=len(margin))
        for oddity in line.exchange.oddities:
            terminal.say(f"({without_password(oddity)})", "yellow", margin)
    elif line.kind == "hears" and line.words is not None and is_the_callers:
        terminal.say(f'"{line.words}"', "bold", margin)
    elif is_the_callers:
        who = "caller" if call.direction == "inbound" else "callee"
        terminal.say(conversation.text(replace(line, who=who)), "cyan", margin)
    else:
        terminal.say(conversation.text(line), "dim", margin)
