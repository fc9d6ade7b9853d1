"""``flask bandwidth background``: the work that waits, and the work that failed."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

import click

from flask_bandwidth_callbacks.background import FAILED, Entry, Journal, Pool
from flask_bandwidth_callbacks.registrations import Registration

from .application import load_application
from .callback_routes import callback_routes
from .terminal import progress, say, table

_EVERY = 1_000_000
"""More jobs than there are."""


@click.command("background")
@click.option(
    "--retry",
    metavar="[ID|all]",
    is_flag=False,
    flag_value="all",
    help="Do failed work again; without an ID all of it.",
)
@click.option("--drop", metavar="ID|all", help="Forget work; all means all that failed.")
@click.option("--run", "runs", is_flag=True, help="Do the work that is due, here and now, and exit.")
def command(retry: str | None, drop: str | None, runs: bool) -> None:
    """List the work that waits, and the work that failed.

    Subscribers with background=True work after the reply. With a durable store, such as an SQL database or
    Redis, their work is kept there until it is done: what one process leaves, another one does within
    seconds. A handler that fails is called again after 1, 10 and 60 seconds, unless the application chose
    other times. Then its work is kept as failed until a person decides:

    \b
      flask bandwidth background
      flask bandwidth background --retry
      flask bandwidth background --drop 3f5a9c01d2e4
      flask bandwidth background --run

    --drop comes first, then --retry, then --run.

    The exit status is 1 if no work has that ID, or if a handler failed during --run, else 0.
    """
    of_blueprints = [routes[0].registration for routes in callback_routes(load_application())]
    journals = _journals(of_blueprints)
    if drop is not None:
        _drop(_chosen(drop, journals))
    if retry is not None:
        _retry(_chosen(retry, journals))
    if runs:
        _run(of_blueprints)
    if drop is None and retry is None and not runs:
        _list(journals, {each.name for each in of_blueprints})
        _explain(of_blueprints)


def _journals(of_blueprints: Iterable[Registration]) -> list[Journal]:
    """Return a journal of all work in each durable store; work in memory is that of another process."""
    stores = {id(each.store): each.store for each in of_blueprints if each.store and each.store.is_durable}
    return [Journal(store, None) for store in stores.values()]


# -- Listing -------------------------------------------------------------------------------------------------


def _list(journals: Iterable[Journal], known: set[str]) -> None:
    entries = [entry for journal in journals for entry in (*journal.waiting(), *journal.failed())]
    if entries:
        columns = ("State", "Since (UTC)", "ID", "Handler", "Event", "Call", "Error")
        table(columns, [_row(entry, known) for entry in entries])
    else:
        say("No work waits, and none failed.", "green")


def _row(entry: Entry, known: set[str]) -> tuple[str, ...]:
    event_type = str(entry.job.payload.get("eventType", ""))
    since = datetime.fromtimestamp(entry.since, UTC).strftime("%Y-%m-%d %H:%M:%S")
    error = entry.error
    if entry.registration not in known:
        error = f"This application does not have the blueprint {entry.registration!r}. {error}".rstrip()
    return (_state(entry), since, entry.id, entry.job.handler, event_type, entry.job.subject, error)


def _state(entry: Entry) -> str:
    if entry.kind is FAILED:
        return "failed"
    if not entry.free_in:
        return "waits"
    if entry.failures and not entry.starts:
        return f"again in {entry.free_in:.0f} s"
    return "is done now"


def _explain(of_blueprints: Iterable[Registration]) -> None:
    for each in of_blueprints:
        if each.jobs is None:
            continue
        if not isinstance(each.jobs, Pool):
            say(
                f"Blueprint {each.name!r} gives its work to Celery. Ask Celery: celery -A ... inspect active,"
                " reserved or scheduled.",
                "yellow",
            )
        elif not each.jobs.journal.is_durable:
            say(
                f"Blueprint {each.name!r} keeps its work in memory, so this command sees nothing of other"
                " processes. Set BANDWIDTH_CALLBACKS_STORE to the URL of a database.",
                "yellow",
            )


# -- Deciding ------------------------------------------------------------------------------------------------


def _chosen(wanted: str, journals: Iterable[Journal]) -> list[tuple[Journal, Entry]]:
    """Return the failed work, or the work of one ID; raises :class:`click.ClickException` without such."""
    failed = [(journal, entry) for journal in journals for entry in journal.failed()]
    if wanted == "all":
        return failed
    waiting = [(journal, entry) for journal in journals for entry in journal.waiting()]
    # An ID may be in both, if a process ended while it moved the job.
    chosen = [(journal, entry) for journal, entry in (*failed, *waiting) if entry.id == wanted]
    if not chosen:
        raise click.ClickException(
            f"The ID must be that of work in the list, got {wanted!r}. Leave the options out to see the list."
        )
    return chosen


def _drop(chosen: list[tuple[Journal, Entry]]) -> None:
    dropped = [entry for journal, entry in chosen if journal.drop(entry)]
    say(f"Dropped: {len(dropped)}.", "green")
    if len(dropped) < len(chosen):
        raise click.ClickException(
            f"Work is being done, or waits for the next try: {len(chosen) - len(dropped)}. Drop it later."
        )


def _retry(chosen: list[tuple[Journal, Entry]]) -> None:
    failed = [(journal, entry) for journal, entry in chosen if entry.kind is FAILED]
    if not failed and chosen:
        raise click.ClickException("This work has not failed yet, and is tried again without a command.")
    number = sum(journal.retry(entry) for journal, entry in failed)
    say(f"To be done again: {number}. Any process of the application does it, or --run.", "green")


# -- Working -------------------------------------------------------------------------------------------------


def _run(of_blueprints: Iterable[Registration]) -> None:
    pools = [each.jobs for each in of_blueprints if isinstance(each.jobs, Pool)]
    total = sum(len(pool.journal.due(_EVERY)) for pool in pools)
    steps = (is_done for pool in pools for is_done in pool.work_off())
    results = list(progress(steps, total, "Working"))
    done = sum(results)
    say(f"Done: {done}.", "green")
    if done < len(results):
        raise click.ClickException(f"Failed: {len(results) - done}. See flask bandwidth background.")
