"""A store that stops in the middle of calls: each goes on, and no work is lost."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from functools import partial

from flask_bandwidth_callbacks.simulator import Call, Exchange, SimulatedBandwidth
from tests.survive.conftest import Report, Size
from tests.survive.effects import effects_in
from tests.survive.lines import begin_call, line_to, wait_for_journal, wait_until
from tests.survive.senders import TimedTransport, post
from tests.survive.web_servers import WebServer

MOST_SECONDS = 5.0
"""For a reply."""


def test_an_outage_costs_no_call(server: WebServer, size: Size, report: Report) -> None:
    """Calls go on while the store is down, in whatever way, and what could not be written is done later."""
    for outage in server.outages:
        slowest = check_outage(server, outage, size.calls_in_outage)
        report(
            f"{size.calls_in_outage + 1} calls while the store was {outage}, slowest reply {slowest:.1f} s"
        )


def check_outage(server: WebServer, outage: str, number: int) -> float:
    """Stop the store in the middle of some calls, and return how long the slowest reply took."""
    begin, end = server.outages[outage]
    transports = [TimedTransport() for _ in range(number)]
    lines = [line_to(server, f"{outage} {each}", transport) for each, transport in enumerate(transports)]
    with ThreadPoolExecutor(number) as threads:
        calls = list(threads.map(begin_call, lines))
        begin()
        try:
            list(threads.map(go_on, calls))
            calls.append(lines[0].call())
        finally:
            end()
        calls[-1].hang_up()
    for call in calls:
        statuses = {each.status for each in call.exchanges if each.event != "disconnect"}
        assert statuses <= {200, 204}, call
        assert (call.state, call.cause) == ("disconnected", "hangup"), call
    for call in calls[:-1]:
        assert "That was try 1." in call.heard
    # The work on a notification could not be written down, so Bandwidth is asked to send it again.
    ends = [each for call in calls for each in call.exchanges if each.event == "disconnect"]
    assert [each.status for each in ends][:-1] == [503] * number
    for each in ends:
        wait_until(partial(is_accepted, server, each))
    wait_for_journal(server)
    done = {(effect.name, effect.call_id) for effect in effects_in(server.effects)}
    assert {("bill", call.call_id) for call in calls} <= done
    assert {("announce", call.call_id) for call in calls} <= done
    wait_until(partial(is_used, lines[0]))
    assert is_used(lines[0])
    slowest = max(transport.slowest for transport in transports)
    assert slowest < MOST_SECONDS
    return slowest


def is_accepted(server: WebServer, exchange: Exchange) -> bool:
    """Send a callback again, and return whether it was accepted."""
    return post(server.port, exchange.payload) == 204


def is_used(bandwidth: SimulatedBandwidth) -> bool:
    """Return whether all workers use the store, by a call whose callbacks may reach any of them."""
    call = begin_call(bandwidth)
    call.wait(30)
    call.hang_up()
    return "You typed 2 keys." in call.heard


def go_on(call: Call) -> None:
    """Have the caller press a key of each kind, and hang up."""
    call.press("7")
    call.wait(20)
    call.press("9")
    call.hang_up()
