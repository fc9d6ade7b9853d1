"""Four classic applications with Bandwidth's SDK inside, each a process of its own, in real time.

They are Bandwidth's samples of the same names, written anew: two on FastAPI, one on Flask, one on the
standard library's server.
"""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

from flask_bandwidth_callbacks.simulator import SimulatedBandwidth
from tests.servers import running
from tests.simulator.callbacks import events
from tests.simulator.test_real_time import wait_until

ANN = "+13035550123"
BOB = "+13035550141"


@contextmanager
def sample(name: str, log: Path) -> Iterator[tuple[SimulatedBandwidth, str]]:
    """Run a sample, and give a simulated Bandwidth that it can reach over a port, and the sample's URL."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
    program = ["-m", f"tests.simulator.rest.samples.{name}", "{fd}"]
    environment = {"BANDWIDTH_URL": f"http://127.0.0.1:{port}", "HOME_NUMBER": BOB}
    with running(program, log, **environment) as own_port:
        base = f"http://127.0.0.1:{own_port}"
        callbacks = f"{base}/callbacks"
        bandwidth = SimulatedBandwidth(f"{callbacks}/initiate", status_url=f"{callbacks}/disconnect")
        with bandwidth.serve_rest(port):
            yield bandwidth, base
    for exchange in bandwidth.exchanges:
        assert exchange.failure is None, exchange.failure


def send(url: str, method: str = "GET", body: Any = None) -> Any:
    """Send a request to a sample, and return the JSON of the response."""
    data = None if body is None else json.dumps(body).encode()
    request = Request(url, data, {"Content-Type": "application/json"}, method=method)
    with urlopen(request, timeout=120) as response:
        return json.loads(response.read() or "null")


def test_gather(tmp_path: Path) -> None:
    """A person who is called hears the menu, presses keys, and hears what they chose."""
    with sample("gather", tmp_path / "log") as (bandwidth, base):
        created = send(f"{base}/calls", "POST", {"to": BOB})
        call = bandwidth.find_call(created["call_id"])
        wait_until(lambda: call.takes_keys)
        call.press("7")
        wait_until(lambda: call.heard[1:] == ["Once more."] and call.takes_keys)
        call.press("2")
        wait_until(lambda: call.state == "disconnected")
    assert call.heard[-1] == "You chose support."
    assert events(call.exchanges) == ["answer", "gather", "gather", "disconnect"]


def test_record(tmp_path: Path) -> None:
    """A message is recorded; its sound is fetched while the callback is out, opened, and deleted."""
    with sample("record", tmp_path / "log") as (bandwidth, base):
        call = bandwidth.call(var_from=ANN)
        wait_until(lambda: call.is_listened_to)
        call.speak("Please call me back about the blue bicycle.", seconds=6)
        call.press("#")
        wait_until(lambda: call.state == "disconnected")
        assert call.heard == ["Leave a message.", "Thank you."]
        bandwidth.wait(10)
        (message,) = send(f"{base}/messages")
        assert message["from"] == ANN
        assert 6 <= message["seconds"] < 10
        assert "recordingAvailable" in events(call.exchanges)


def test_bridge(tmp_path: Path) -> None:
    """A handler of initiate makes the other call; who answers it presses a key, and the two are bridged."""
    with sample("bridge", tmp_path / "log") as (bandwidth, _):
        bandwidth.callee(BOB).answers(after=0.2)
        caller = bandwidth.call(var_from=ANN)
        wait_until(lambda: len(bandwidth.calls) == 2)
        home = bandwidth.calls[1]
        wait_until(lambda: home.takes_keys)
        home.press("1")
        wait_until(lambda: home.is_listened_to)
        home.speak("Hello, Ann?")
        caller.hang_up()
        wait_until(lambda: home.state == "disconnected")
        assert caller.heard == ["Hold on.", "Hello, Ann?"]
        assert home.heard == ["Press a key to take a call."]


def test_nobody_to_bridge_to(tmp_path: Path) -> None:
    """If the other telephone is not answered, a handler of disconnect redirects the caller."""
    with sample("bridge", tmp_path / "log") as (bandwidth, _):
        bandwidth.callee(BOB).does_not_answer()
        caller = bandwidth.call(var_from=ANN)
        wait_until(lambda: len(bandwidth.calls) == 2 and bandwidth.calls[1].state == "initiated")
        bandwidth.wait(6)
        wait_until(lambda: caller.state == "disconnected")
        assert caller.heard == ["Hold on.", "There is nobody at home."]
        assert bandwidth.calls[1].cause == "timeout"


def test_redirect_loop(tmp_path: Path) -> None:
    """A caller stays in a loop of redirects, as long as it takes, until a request leads out of it."""
    with sample("redirect_loop", tmp_path / "log") as (bandwidth, base):
        first, second = bandwidth.call(var_from=ANN), bandwidth.call(var_from=BOB)
        wait_until(lambda: min(events(call.exchanges).count("redirect") for call in (first, second)) >= 3)
        assert send(f"{base}/calls") == [first.call_id, second.call_id]
        send(f"{base}/calls/{first.call_id}", "DELETE")
        wait_until(lambda: first.state == "disconnected")
        assert first.heard == ["The call has been updated. Goodbye."]
        assert second.state == "answered"
        # The sample is notified only after the call has ended.
        wait_until(lambda: send(f"{base}/calls") == [second.call_id])
