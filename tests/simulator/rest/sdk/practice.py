"""A medical practice on the telephone, with Bandwidth's client exactly as its README has it.

It reminds patients of appointments, keeps callers in a queue until an assistant fetches them, holds
conferences, and keeps the messages that callers leave.
"""

from __future__ import annotations

import io
import os
import wave
from typing import Any

import bandwidth
from flask import Flask, current_app, jsonify, request
from flask.typing import ResponseReturnValue

from flask_bandwidth_callbacks import (
    AnswerCallback,
    CallbackBlueprint,
    GatherCallback,
    InitiateCallback,
    MachineDetectionCompleteCallback,
    RecordingAvailableCallback,
    RecordingCompleteCallback,
    RedirectCallback,
    TranscriptionAvailableCallback,
)
from flask_bandwidth_callbacks.bxml import (
    Conference,
    Gather,
    Hangup,
    Pause,
    Record,
    Redirect,
    Response,
    SpeakSentence,
    Verb,
    render,
)

ACCOUNT = "9900000"
NUMBER = "+13035550100"
MACHINE = "answering-machine"

phone = CallbackBlueprint("phone", __name__)


def create_app() -> Flask:
    """Return the application; all credentials come from the environment."""
    app = Flask(__name__)
    app.config.update(
        BANDWIDTH_CALLBACKS_CREDENTIALS=[("bandwidth", os.environ["CALLBACK_PASSWORD"])],
        BANDWIDTH_CALLBACKS_PUBLIC_URL="https://practice.example",
        APPOINTMENTS={},
        QUEUE=[],
        MESSAGES={},
    )
    app.register_blueprint(phone, url_prefix="/phone")
    app.add_url_rule("/reminders", view_func=remind, methods=["POST"])
    app.add_url_rule("/queue/next", view_func=fetch_next, methods=["POST"])
    app.add_url_rule("/conferences/<name>", view_func=change_conference, methods=["POST"])
    app.add_url_rule("/messages/<call_id>", view_func=read_messages)
    app.add_url_rule("/messages/<call_id>", view_func=delete_messages, methods=["DELETE"])
    return app


def client() -> bandwidth.ApiClient:
    """Return Bandwidth's client, with the configuration of its README."""
    configuration = bandwidth.Configuration(
        client_id=os.environ["CLIENT_ID"], client_secret=os.environ["CLIENT_SECRET"]
    )
    return bandwidth.ApiClient(configuration)


# -- Reminders -----------------------------------------------------------------------------------------------


def remind() -> ResponseReturnValue:
    """Call a patient; with the mode sync, the first sentence waits for the machine detection."""
    asked = request.get_json()
    pair = phone.credentials
    assert pair is not None
    detection = bandwidth.MachineDetectionConfiguration(mode=asked["mode"])
    if asked["mode"] == "async":
        detection.callback_url = phone.url_for(detected, _external=True)
        detection.username, detection.password = pair
    with client() as api_client:
        call = bandwidth.CallsApi(api_client).create_call(
            ACCOUNT,
            bandwidth.CreateCall(
                to=asked["to"],
                var_from=NUMBER,
                application_id="practice",
                answer_url=phone.url_for(reminder, _external=True),
                username=pair.username,
                password=pair.password,
                machine_detection=detection,
            ),
        )
    current_app.config["APPOINTMENTS"][call.call_id] = asked["time"]
    return {"call_id": call.call_id}, 201


def appointment(call_id: str) -> str:
    """Return what is said about the appointment of a call."""
    return f"Your appointment is at {current_app.config['APPOINTMENTS'][call_id]}."


@phone.respond(AnswerCallback, "/reminder")
def reminder(event: AnswerCallback) -> list[Verb]:
    """Remind a person, or the machine that was detected already."""
    said = SpeakSentence(appointment(event.call_id))
    result = event.machine_detection_result
    if result is not None and result.value == MACHINE:
        return [said, Hangup()]
    return [
        said,
        Gather(SpeakSentence("Press 1 to confirm."), gather_url=confirmed, max_digits=1),
    ]


@phone.respond(GatherCallback, "/confirmed")
def confirmed(event: GatherCallback) -> list[Verb]:
    """Thank a person who has pressed a key."""
    return [SpeakSentence("Thank you."), Hangup()]


@phone.on(MachineDetectionCompleteCallback)
def detected(event: MachineDetectionCompleteCallback) -> None:
    """Leave the message anew if a machine has answered, because it may not have recorded the beginning."""
    result = event.machine_detection_result
    if result is not None and result.value == MACHINE:
        document = Response(SpeakSentence(f"Once more: {appointment(event.call_id)}"), Hangup())
        with client() as api_client:
            calls = bandwidth.CallsApi(api_client)
            calls.update_call_bxml(ACCOUNT, event.call_id, render(document).decode())


# -- The queue -----------------------------------------------------------------------------------------------


@phone.respond(InitiateCallback)
def welcome(event: InitiateCallback) -> list[Verb]:
    """Put a caller into the queue."""
    current_app.config["QUEUE"].append(event.call_id)
    return [SpeakSentence("Please hold."), Redirect(redirect_url=hold)]


@phone.respond(RedirectCallback, "/hold")
def hold(event: RedirectCallback) -> list[Verb]:
    """Keep a caller waiting."""
    return [Pause(duration=30), SpeakSentence("You are still in the queue."), Redirect(redirect_url=hold)]


def fetch_next() -> ResponseReturnValue:
    """Take the first caller in the queue who is still there to wherever the assistant wants."""
    with client() as api_client:
        calls = bandwidth.CallsApi(api_client)
        while current_app.config["QUEUE"]:
            call_id = current_app.config["QUEUE"].pop(0)
            if calls.get_call_state(ACCOUNT, call_id).state != "answered":
                continue
            pair = phone.credentials
            assert pair is not None
            url = phone.url_for(destination, _external=True, name=request.get_json()["to"])
            calls.update_call(
                ACCOUNT,
                call_id,
                bandwidth.UpdateCall(redirect_url=url, username=pair.username, password=pair.password),
            )
            return {"call_id": call_id}
    return {"call_id": None}


@phone.respond(RedirectCallback, "/destination/<name>")
def destination(event: RedirectCallback, name: str) -> list[Verb]:
    """Let a caller into the conference of a name, or leave a message."""
    if name == "messages":
        return [
            SpeakSentence("Leave a message."),
            Record(
                record_complete_url=recorded,
                recording_available_url=available,
                transcribe=True,
                transcription_available_url=transcribed,
            ),
        ]
    return [Conference(name), SpeakSentence("The conference is over."), Hangup()]


# -- Conferences ---------------------------------------------------------------------------------------------


def change_conference(name: str) -> ResponseReturnValue:
    """Say a sentence to all members of a conference, let only the first be heard, or end it."""
    asked = request.get_json()
    with client() as api_client:
        conferences = bandwidth.ConferencesApi(api_client)
        found = conferences.list_conferences(ACCOUNT, name=name)[-1]
        if "say" in asked:
            document = render(Response(SpeakSentence(asked["say"]))).decode()
            conferences.update_conference_bxml(ACCOUNT, found.id, document)
        if asked.get("lecture"):
            _, *others = conferences.get_conference(ACCOUNT, found.id).active_members
            for member in others:
                conferences.update_conference_member(
                    ACCOUNT, found.id, member.call_id, bandwidth.UpdateConferenceMember(mute=True)
                )
        if asked.get("end"):
            conferences.update_conference(ACCOUNT, found.id, bandwidth.UpdateConference(status="completed"))
    return "", 204


# -- Messages ------------------------------------------------------------------------------------------------


@phone.respond(RecordingCompleteCallback, "/recorded")
def recorded(event: RecordingCompleteCallback) -> list[Verb]:
    """Thank a caller for a message."""
    return [SpeakSentence("Thank you."), Hangup()]


@phone.on(RecordingAvailableCallback)
def available(event: RecordingAvailableCallback) -> None:
    """Download a message, and measure it."""
    with client() as api_client:
        media = bandwidth.RecordingsApi(api_client).download_call_recording(
            ACCOUNT, event.call_id, event.recording_id
        )
    with wave.open(io.BytesIO(media)) as sound:
        seconds = sound.getnframes() / sound.getframerate()
    current_app.config["MESSAGES"][event.call_id] = {"seconds": seconds}


@phone.on(TranscriptionAvailableCallback)
def transcribed(event: TranscriptionAvailableCallback) -> None:
    """Fetch the words of a message."""
    with client() as api_client:
        words = bandwidth.RecordingsApi(api_client).get_recording_transcription(
            ACCOUNT, event.call_id, event.recording_id
        )
    current_app.config["MESSAGES"][event.call_id]["text"] = words.transcripts[0].text


def read_messages(call_id: str) -> ResponseReturnValue:
    """Return what is known about the messages of a call."""
    with client() as api_client:
        listed = bandwidth.RecordingsApi(api_client).list_call_recordings(ACCOUNT, call_id)
    statuses: list[Any] = [recording.status for recording in listed]
    return jsonify(statuses=statuses, **current_app.config["MESSAGES"].get(call_id, {}))


def delete_messages(call_id: str) -> ResponseReturnValue:
    """Delete all recordings of a call, with their transcriptions."""
    with client() as api_client:
        recordings = bandwidth.RecordingsApi(api_client)
        for recording in recordings.list_call_recordings(ACCOUNT, call_id):
            ids = ACCOUNT, call_id, recording.recording_id
            recordings.delete_recording_transcription(*ids)
            recordings.delete_recording_media(*ids)
            recordings.delete_recording(*ids)
    return "", 204
