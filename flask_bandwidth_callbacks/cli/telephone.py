"""``flask bandwidth call``: a telephone in the terminal.

What the caller does comes from the options of the command, in the order in which they were given, or else
from whoever sits at the terminal, line by line.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Sequence
from contextlib import redirect_stdout
from dataclasses import replace
from functools import partial
from operator import methodcaller
from typing import Any, TypeAlias

import click

from flask_bandwidth_callbacks.exceptions import BandwidthCallbacksError
from flask_bandwidth_callbacks.simulator import Call, SimulationError
from flask_bandwidth_callbacks.simulator.engine import conversation
from flask_bandwidth_callbacks.simulator.engine.call import KEYS, check_keys
from flask_bandwidth_callbacks.simulator.wire import exchanges
from flask_bandwidth_callbacks.simulator.wire.payloads import APPLICATION_NUMBER, CALLER_NUMBER

from . import application, terminal

Move: TypeAlias = Callable[[Call], None]
"""Something that the caller does."""

_HINT = "Type keys or words. Enter waits, d shows callbacks, h hangs up, ? tells more."
_HELP = {
    "12#": "presses keys: 0-9, *, # and A-D.",
    "Hello": "says so, to a recording or whoever is on the line; in quotes whatever it is.",
    "Enter": "waits until something happens, for a minute at most.",
    "w 5": "waits 5 seconds.",
    "d": "shows the callbacks so far and their BXML.",
    "h": "hangs up, as Ctrl-C and Ctrl-D do.",
}
_NO_KEYS = "Nothing takes keys now."
_NO_WORDS = "Nobody listens to words now."
_LONGEST_ENTER = 60.0
"""Seconds: what is to come may be a day away, such as the end of a conference in which nobody speaks."""


# -- What is shown of a call ---------------------------------------------------------------------------------


def follow(call: Call, verbose: bool = False) -> None:
    """Show what has happened on a call, and from now on what happens; ``verbose`` shows its callbacks too."""

    def watch(told: Call, line: conversation.Line) -> None:
        if call in (told, told.parent):  # and not another one of the same simulation
            _show(call, line, verbose)

    for line in call.lines:
        _show(call, line, verbose)
    call.bandwidth.watchers.append(watch)


def _show(call: Call, line: conversation.Line, verbose: bool) -> None:
    """Show a line of a call; a callback only if it failed, or if ``verbose``."""
    minutes, seconds = divmod((line.time - call.lines[0].time) // 1000, 60)
    margin = f"{minutes:3}:{seconds:02}  "
    is_the_callers = line.who == call.person
    if line.exchange is not None:
        failed = line.exchange.failure is not None
        if failed or verbose:
            terminal.say(exchanges.outcome(line.exchange), "red" if failed else "blue", margin)
        if verbose and line.exchange.bxml:
            terminal.xml(exchanges.without_credentials(line.exchange.bxml), indent=len(margin))
    elif is_the_callers and line.text == "hears":
        terminal.say(f'"{line.words}"', "bold", margin)
    elif is_the_callers:
        terminal.say(conversation.text(replace(line, who="caller")), "cyan", margin)
    else:
        terminal.say(conversation.text(line), "dim", margin)


# -- The keypad ----------------------------------------------------------------------------------------------


def converse(call: Call) -> None:
    """Let somebody at the terminal be the caller until the call is over."""
    follow(call)
    _take_turns(call)


def _take_turns(call: Call) -> None:
    if terminal.is_attended():
        terminal.say(_HINT, "dim")
    while call.state != "disconnected":
        typed = terminal.read()
        if typed is None:
            call.hang_up()
            return
        try:
            _do(call, typed)
        except BandwidthCallbacksError as error:
            terminal.say(str(error), "red")


def _do(call: Call, typed: str) -> None:
    """Do what somebody typed: something that the caller does, or that shows more of the call."""
    keys = typed.replace(" ", "")
    match typed.split():
        case []:
            _wait_until_something_happens(call)
        case ["w", seconds] if seconds.replace(".", "", 1).isdecimal():
            call.wait(float(seconds))
        case ["d"]:
            for line in [line for line in call.lines if line.exchange is not None]:
                _show(call, line, verbose=True)
        case ["h"]:
            call.hang_up()
        case ["?"]:
            for what, does in _HELP.items():
                terminal.say(does, margin=f"  {what:7}")
        case _ if set(keys) <= set(KEYS):
            if not call.takes_keys:
                terminal.say(_NO_KEYS, "yellow")
            call.press(keys)
        case _ if call.is_listened_to:
            call.speak(typed.strip().strip('"'))
        case _:
            terminal.say(f"{_NO_WORDS} Type ? to see what else there is.", "yellow")


def _wait_until_something_happens(call: Call) -> None:
    so_far = len(call.lines)
    left = _LONGEST_ENTER
    while len(call.lines) == so_far:
        seconds = call.bandwidth.timeline.seconds_to_next
        if seconds is None:
            terminal.say("Nothing happens by itself now: speak, press a key or hang up.", "yellow")
            return
        if left <= 0:
            terminal.say("Nothing has happened for a minute.", "yellow")
            return
        call.bandwidth.wait(min(seconds, left))
        left -= seconds


# -- The command ---------------------------------------------------------------------------------------------


class _Scripted(click.Command):
    """Hands the options that are moves of the caller over as one ``script``, in the order they were given."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        # Values come grouped by option; only the parser knows the order of all of them.
        _, _, order = self.make_parser(ctx).parse_args(list(args))
        rest = super().parse_args(ctx, args)
        moves = {name: iter(ctx.params.pop(name)) for name in ("press", "speak", "wait", "hang_up")}
        ctx.params["script"] = [next(moves[option.name]) for option in order if option.name in moves]
        return rest


def _press(context: click.Context, option: click.Parameter, values: Sequence[str]) -> list[Move]:
    def press(keys: str, call: Call) -> None:
        is_taken = call.takes_keys
        call.press(keys)
        if not is_taken:
            _warn(f"--press {keys}: {_NO_KEYS}")

    try:
        return [partial(press, check_keys(keys)) for keys in values]
    except SimulationError as error:
        raise click.BadParameter(str(error)) from None


def _speak(context: click.Context, option: click.Parameter, values: Sequence[str]) -> list[Move]:
    def speak(words: str, call: Call) -> None:
        is_heard = call.is_listened_to
        call.speak(words)
        if not is_heard:
            _warn(f'--speak "{words}": {_NO_WORDS}')

    return [partial(speak, words) for words in values]


def _warn(message: str) -> None:
    """Tell of a step of the script that comes to nothing; the exit status is about how the call ended."""
    click.echo(terminal.clean(message), err=True)


def _wait(context: click.Context, option: click.Parameter, values: Sequence[float]) -> list[Move]:
    return [methodcaller("wait", seconds) for seconds in values]


def _hang_up(context: click.Context, option: click.Parameter, count: int) -> list[Move]:
    return [_put_down] * count


@click.command("call", cls=_Scripted)
@click.option(
    "--to", metavar="NUMBER", default=APPLICATION_NUMBER, show_default=True, help="Number that is called."
)
@click.option(
    "--from",
    "var_from",
    metavar="NUMBER",
    default=CALLER_NUMBER,
    show_default=True,
    help="Number of the caller, or Anonymous.",
)
@application.where
@click.option("--press", metavar="KEYS", multiple=True, callback=_press, help="Press keys: 0-9 * # A-D.")
@click.option("--speak", metavar="WORDS", multiple=True, callback=_speak, help="Say something.")
@click.option(
    "--wait",
    metavar="SECONDS",
    type=click.FloatRange(min=0),
    multiple=True,
    callback=_wait,
    help="Let time pass.",
)
@click.option("--hang-up", count=True, callback=_hang_up, help="Hang up.")
@click.option("-v", "--verbose", is_flag=True, help="Show each callback, and the BXML that came back.")
@click.option("--json", "as_json", is_flag=True, help="Print the call and its callbacks as JSON.")
def command(
    to: str,
    var_from: str,
    url: str | None,
    credentials: tuple[str, str] | None,
    verbose: bool,
    as_json: bool,
    script: Sequence[Move],
) -> None:
    """Call the application, with a telephone in the terminal.

    Without --url it calls the application's CallbackBlueprint. The caller does what --press, --speak, --wait
    and --hang-up say, in the order in which they are given. Without any of them, and without --json, the
    caller is you; lines that are piped in are typed for you:

    \b
      flask bandwidth call
      flask bandwidth call --press 3 --speak "Call me back." --press "#"
      flask bandwidth call --url http://127.0.0.1:5000/phone/ --credentials bandwidth:s3cret -v

    Time is simulated: nothing sleeps, and silence lasts until somebody waits. A call that is still up at the
    end is hung up.

    The exit status is 0 if the caller or the application hung up and no callback failed, else 1.
    """
    stdout = sys.stdout
    with redirect_stdout(sys.stderr if as_json else stdout):  # what the application prints is no JSON
        bandwidth = application.bandwidth_at(url, credentials)
        try:
            call = bandwidth.call(to, var_from=var_from)
            if not as_json:
                follow(call, verbose)
            _talk(call, script if script or as_json else None)
        finally:
            if as_json and bandwidth.calls:
                click.echo(json.dumps(_report(bandwidth.calls[0]), indent=2), file=stdout)
    if (trouble := _trouble(call)) is not None:
        raise click.ClickException(terminal.clean(trouble))


def _talk(call: Call, script: Sequence[Move] | None) -> None:
    """Do what the script says, or what somebody types if there is none."""
    try:
        if script is None:
            _take_turns(call)
        else:
            for move in script:
                move(call)
    except BandwidthCallbacksError:
        _put_down(call)
        raise
    _put_down(call)


def _put_down(call: Call) -> None:
    """Hang up, unless the call is over already: then the receiver is put down all the same."""
    if call.state != "disconnected":
        call.hang_up()


def _trouble(call: Call) -> str | None:
    """Return in a line what went wrong on a call, None if nothing did."""
    failed = [exchanges.outcome(exchange) for exchange in call.exchanges if exchange.failure is not None]
    if call.cause in ("hangup", "cancel") and not failed:
        return None
    reason = failed[0] if failed else call.error_message
    return ": ".join(filter(None, (f"The call ended with {call.cause}", reason)))


def _report(call: Call) -> dict[str, Any]:
    """Return what ``--json`` tells of a call."""
    return {
        "call_id": call.call_id,
        "from": call.var_from,
        "to": call.to,
        "state": call.state,
        "cause": call.cause,
        "error_message": call.error_message,
        "tag": call.tag,
        "heard": call.heard,
        "exchanges": [
            {
                "time": exchange.time.isoformat(),
                "event": exchange.event,
                "method": exchange.method,
                "url": exchange.url,
                "payload": exchange.payload,
                "challenged": exchange.challenged,
                "status": exchange.status,
                "content_type": exchange.content_type,
                "bxml": exchange.bxml and exchanges.without_credentials(exchange.bxml),
                "failure": exchange.failure,
                "oddities": exchange.oddities,
            }
            for exchange in call.exchanges
        ],
    }
