"""An application under a real server, for test_real_servers: ``python -m tests.served waitress FD``."""

from __future__ import annotations

import socket
import sys

import waitress
from flask import Flask, jsonify
from flask.typing import ResponseReturnValue
from werkzeug.serving import make_server

from flask_bandwidth_callbacks import (
    Callback,
    CallbackBlueprint,
    CallCallback,
    GatherCallback,
    InitiateCallback,
)
from flask_bandwidth_callbacks.bxml import Gather, Hangup, SpeakSentence

heard: list[str | None] = []
phone = CallbackBlueprint("phone", __name__, credentials=[("bandwidth", "s3cret")])


@phone.respond(InitiateCallback)
def greet(call: InitiateCallback) -> Gather:
    return Gather(SpeakSentence(f"Hello {call.var_from}."), gather_url=menu)


@phone.respond(GatherCallback, "/menu")
def menu(call: GatherCallback) -> list[SpeakSentence | Hangup]:
    return [SpeakSentence(f"You pressed {call.digits}."), Hangup()]


@phone.on(Callback)
def hear(event: Callback) -> None:
    heard.append(event.call_id if isinstance(event, CallCallback) else None)


app = Flask(__name__)
app.register_blueprint(phone, url_prefix="/phone")


@app.get("/heard")
def list_heard() -> ResponseReturnValue:
    return jsonify(heard)


def main(server: str, fd: int) -> None:
    """Serve on a socket that is listening already."""
    if server == "waitress":
        waitress.create_server(app, sockets=[socket.socket(fileno=fd)], threads=4).run()
    else:
        make_server("127.0.0.1", 0, app, threaded=True, fd=fd).serve_forever()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
