"""``flask bandwidth replay``: recorded callbacks, sent to today's code."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

import click

from flask_bandwidth_callbacks.call_log import Line, NotACallLog, older_file, read_lines
from flask_bandwidth_callbacks.call_log.files import KEPT_FILES
from flask_bandwidth_callbacks.simulator import SimulationError
from flask_bandwidth_callbacks.simulator.engine.conversation import counted
from flask_bandwidth_callbacks.simulator.replay import Replayed, replay
from flask_bandwidth_callbacks.simulator.replay.logged_calls import calls_of, chosen
from flask_bandwidth_callbacks.simulator.replay.playback import way_of
from flask_bandwidth_callbacks.simulator.ways import Way
from flask_bandwidth_callbacks.simulator.written_tests import write_tests

from .application import BadInput, load_application
from .terminal import clean, say


@click.command("replay")
@click.argument(
    "files", metavar="FILE...", nargs=-1, required=True, type=click.Path(dir_okay=False, path_type=Path)
)
@click.option("--call", "call_ids", metavar="ID", multiple=True, help="Replay this call only; repeatable.")
@click.option(
    "--write-tests",
    "tests",
    metavar="FILE",
    type=click.Path(dir_okay=False, writable=True, path_type=Path),
    help="Write pytest tests of the calls to a file.",
)
def command(files: Sequence[Path], call_ids: Sequence[str], tests: Path | None) -> None:
    """Show how today's code replies to recorded callbacks.

    They are sent in their order, and each reply that differs from the recorded one is shown; BXML is
    compared as BXML. FILE is what BANDWIDTH_CALLBACKS_RECORD has written; older files beside it, such as
    FILE.1, are read as well. For example:

    \b
      flask bandwidth replay calls.jsonl
      flask bandwidth replay calls.jsonl --call c-15ac29a2-1331029c-2cb0-4a07-b215-b22865662d85
      flask bandwidth replay calls.jsonl --write-tests tests/test_calls.py

    The handlers run for real: what they do outside of this library, in a database or by mail, is done again.
    The states of the recorded calls are not touched. If time-machine is installed, handlers see the time of
    the recorded callback, else that of now.

    A test that is written does what the caller did, and expects what the caller heard.

    The exit status is 1 if a reply differs, 2 for bad input, else 0.
    """
    app = load_application()
    try:
        lines = _chosen(_read(files), call_ids)
        replays = replay(app, lines)
    except (NotACallLog, SimulationError) as error:
        raise BadInput(clean(str(error))) from None
    say("Handlers run for real: what they do outside of this library is done again.", "dim")
    replayed = []
    for each in replays:
        replayed.append(each)
        _show(each)
    if tests is not None:
        _write(replayed, tests, files)
    _sum_up(replayed)
    if any(each.changes for each in replayed):
        raise click.exceptions.Exit(1)


def _read(files: Sequence[Path]) -> list[Line]:
    """Return the lines of call logs and of the older files beside them, in the order of their callbacks."""
    paths = [
        older
        for path in files
        for number in range(KEPT_FILES, 0, -1)
        if (older := older_file(path, number)).exists()
    ]
    lines = [line for path in dict.fromkeys([*paths, *files]) for line in read_lines(path)]
    return sorted(lines, key=lambda line: line.time)


def _chosen(lines: list[Line], call_ids: Sequence[str]) -> list[Line]:
    if not call_ids:
        return lines
    wanted = {id(line) for call_id in call_ids for line in chosen(lines, call_id)}
    return [line for line in lines if id(line) in wanted]


# -- What is shown -------------------------------------------------------------------------------------------


def _show(replayed: Replayed) -> None:
    if not replayed.changes:
        return
    line = replayed.line
    subject = line.call_id or line.conference_id
    say(f"{subject}  {line.payload['eventType']}  {line.method} {line.path}", "bold")
    for change in replayed.changes:
        say(change.text, "red" if change.sign == "-" else "green", f"  {change.sign} ")


def _sum_up(replayed: Sequence[Replayed]) -> None:
    calls = calls_of([each.line for each in replayed])
    differing = sum(bool(each.changes) for each in replayed)
    outcome = "1 reply differs" if differing == 1 else f"{differing or 'no'} replies differ"
    say(
        f"{counted(len(calls), 'call')}, {counted(len(replayed), 'callback')}, {outcome}.",
        "bold red" if differing else "green",
    )


# -- Tests ---------------------------------------------------------------------------------------------------


def _write(replayed: Sequence[Replayed], tests: Path, files: Sequence[Path]) -> None:
    """Write the tests of the calls that can be played."""
    by_line = {id(each.line): each for each in replayed}
    ways: list[Way] = []
    for call_id, lines in calls_of([each.line for each in replayed]).items():
        # Without time-machine, nothing would set the application's clock when the test runs.
        start = lines[0].time.replace(microsecond=0) if find_spec("time_machine") is not None else None
        try:
            ways.append(way_of([by_line[id(line)].played for line in lines], start))
        except SimulationError as error:
            say(f"Call {call_id} is not among the tests: {error}", "yellow")
    source = f"flask bandwidth replay {' '.join(path.name for path in files)}"
    try:
        tests.write_text(write_tests(ways, source=source), encoding="utf-8")
    except OSError as error:
        raise BadInput(f"{tests} cannot be written: {error.strerror}.") from None
    say(f"{counted(len(ways), 'test')} written to {tests}.")
