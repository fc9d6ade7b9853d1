"""Flask: a voicemail that fetches each recording when it is available."""

from __future__ import annotations

import io
import wave

from bandwidth import RecordingsApi
from bandwidth.models.bxml import Hangup, Record, Response, SpeakSentence
from flask import Flask, jsonify, request
from flask.typing import ResponseReturnValue
from werkzeug.serving import make_server

from tests.simulator.rest.samples.client import ACCOUNT, api_client, listener

app = Flask(__name__)
recordings = RecordingsApi(api_client())
messages: list[dict[str, object]] = []


@app.post("/callbacks/initiate")
def initiate() -> ResponseReturnValue:
    record = Record(
        record_complete_url="/callbacks/recordComplete",
        recording_available_url="/callbacks/recordingAvailable",
        max_duration=30,
    )
    return bxml(SpeakSentence("Leave a message."), record)


@app.post("/callbacks/recordComplete")
def record_complete() -> ResponseReturnValue:
    return bxml(SpeakSentence("Thank you."), Hangup())


@app.post("/callbacks/recordingAvailable")
def recording_available() -> ResponseReturnValue:
    event = request.get_json()
    ids = (ACCOUNT, event["callId"], event["recordingId"])
    sound = recordings.download_call_recording(*ids)
    with wave.open(io.BytesIO(sound)) as opened:
        seconds = opened.getnframes() / opened.getframerate()
    messages.append({"from": event["from"], "seconds": seconds})
    recordings.delete_recording_media(*ids)
    return "", 204


@app.post("/callbacks/disconnect")
def disconnect() -> ResponseReturnValue:
    return "", 204


@app.get("/messages")
def list_messages() -> ResponseReturnValue:
    return jsonify(messages)


def bxml(*verbs: object) -> ResponseReturnValue:
    return Response(list(verbs)).to_bxml(), {"Content-Type": "application/xml"}


if __name__ == "__main__":
    make_server("127.0.0.1", 0, app, threaded=True, fd=listener.fileno()).serve_forever()
