"""The standard library's server: finds somebody at home for each caller, and bridges the two."""

from __future__ import annotations

import json
import os
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from bandwidth import CallsApi, CreateCall, UpdateCall
from bandwidth.models.bxml import Bridge, Gather, Hangup, Response, Ring, SpeakSentence

from tests.simulator.rest.samples.client import ACCOUNT, APPLICATION, BASE, COMPANY, api_client, listener

HOME = os.environ["HOME_NUMBER"]

calls = CallsApi(api_client())


def initiate(event: dict[str, Any]) -> list[Any]:
    calls.create_call(
        ACCOUNT,
        CreateCall(
            to=HOME,
            var_from=COMPANY,
            application_id=APPLICATION,
            answer_url=f"{BASE}/callbacks/answer",
            disconnect_url=f"{BASE}/callbacks/disconnect",
            call_timeout=5,
            tag=event["callId"],
        ),
    )
    return [SpeakSentence("Hold on."), Ring(duration=60)]


def answer(event: dict[str, Any]) -> list[Any]:
    return [
        Gather([SpeakSentence("Press a key to take a call.")], gather_url="/callbacks/gather", max_digits=1)
    ]


def gather(event: dict[str, Any]) -> list[Any]:
    return [Bridge(event["tag"])] if event["digits"] else [Hangup()]


def disconnect(event: dict[str, Any]) -> list[Any]:
    if event.get("cause") == "timeout":
        calls.update_call(ACCOUNT, event["tag"], UpdateCall(redirect_url=f"{BASE}/callbacks/nobody"))
    return []


def nobody(event: dict[str, Any]) -> list[Any]:
    return [SpeakSentence("There is nobody at home.")]


ROUTES = {
    f"/callbacks/{handler.__name__}": handler for handler in (initiate, answer, gather, disconnect, nobody)
}


class Handler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        event = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        body = Response(ROUTES[self.path](event)).to_bxml().encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/xml")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments: Any) -> None:
        pass


if __name__ == "__main__":
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler, bind_and_activate=False)
    server.socket.close()
    server.socket = listener
    server.serve_forever()
