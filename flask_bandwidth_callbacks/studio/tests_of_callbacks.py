"""A callback as a pytest test: of the call that it belongs to, or of the callback alone."""

from __future__ import annotations

import json
import pprint
import re

from flask_bandwidth_callbacks.simulator import Call, NotFound
from flask_bandwidth_callbacks.simulator.written_tests import write_tests

from .callbacks import CallbackRecord
from .recorded_ways import way_of
from .session import Session

_SOURCE = "flask bandwidth studio"


def written_test(session: Session | None, record: CallbackRecord) -> str:
    """Return a module with one test.

    For a callback of a simulated call, people do there what they have done on the call so far, and hear the
    same. Any other callback is sent, and must get the same status.
    """
    call = _call(session, record)
    way = None if call is None else way_of(call)
    return _sending(record) if way is None else write_tests([way], source=_SOURCE)


def _call(session: Session | None, record: CallbackRecord) -> Call | None:
    if session is None or record.source != "simulated" or record.call is None:
        return None
    try:
        call = session.bandwidth.find_call(record.call)
    except NotFound:
        return None
    while call.parent is not None:
        call = call.parent
    return call


def _sending(record: CallbackRecord) -> str:
    path = re.sub(r"^https?://[^/]*", "", record.url) or "/"
    payload = pprint.pformat(record.payload, width=84, sort_dicts=False)
    arguments = [f"url={_literal(path)}"] + (['method="GET"'] if record.method == "GET" else [])
    indented = payload.replace("\n", "\n    ")
    return (
        f'"""A callback to the application, written by {_SOURCE}."""\n\n'
        "from flask_bandwidth_callbacks.simulator import SimulatedBandwidth\n\n\n"
        f"def test_{_name(record.event)}(bandwidth: SimulatedBandwidth) -> None:\n"
        f"    payload = {indented}\n"
        f"    exchange = bandwidth.send({_literal(record.event)}, payload, {', '.join(arguments)})\n"
        f"    assert exchange.status == {record.status}\n"
    )


def _name(event: str) -> str:
    plain = re.sub("[^a-zA-Z0-9]", "", event)
    return re.sub("(?<=[a-z])(?=[A-Z])", "_", plain).lower() or "callback"


def _literal(text: str) -> str:
    """Return a text as Python in double quotes, whose escapes are those of JSON."""
    return json.dumps(text, ensure_ascii=False).encode("utf-8", "backslashreplace").decode()
