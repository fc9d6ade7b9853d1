"""An application with work after the reply, for real servers; the environment names store and folder."""

from __future__ import annotations

import os
import socket
import sys
import time
from pathlib import Path

import waitress
from flask import Flask

from flask_bandwidth_callbacks import ANYONE, CallbackBlueprint, RecordingAvailableCallback

folder = Path(os.environ["BACKGROUND_FOLDER"])
phone = CallbackBlueprint("phone", __name__, credentials=ANYONE)


@phone.on(RecordingAvailableCallback, background=True)
def keep(recording: RecordingAvailableCallback) -> None:
    """Work until the file ``go`` exists; at the first try of a call that is named so, for ever."""
    begun = folder / f"{recording.call_id} begun"
    is_first = not begun.exists()
    begun.write_text(str(os.getpid()))
    while not (folder / "go").exists() or (is_first and recording.call_id.startswith("hangs")):
        time.sleep(0.01)
    time.sleep(0.2)
    (folder / f"{recording.call_id} done").touch()


app = Flask(__name__)
app.config["BANDWIDTH_CALLBACKS_STORE"] = os.environ["BACKGROUND_STORE"]
app.register_blueprint(phone)

if __name__ == "__main__":
    waitress.create_server(app, sockets=[socket.socket(fileno=int(sys.argv[1]))]).run()
