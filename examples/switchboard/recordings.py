"""The sound of recordings, which stay at Bandwidth until they are fetched with Bandwidth's SDK."""

from flask import current_app

from flask_bandwidth_callbacks import RecordingAvailableCallback


def can_fetch() -> bool:
    """Return whether the application has the credentials for Bandwidth's REST interface."""
    return bool(current_app.config["SWITCHBOARD_BANDWIDTH"])


def fetch_sound(recording: RecordingAvailableCallback) -> bytes:
    """Return the sound of a recording as a WAV file."""
    # The import takes more than a second, which would delay the start of every worker.
    from bandwidth import ApiClient, Configuration, RecordingsApi

    with ApiClient(Configuration(**current_app.config["SWITCHBOARD_BANDWIDTH"])) as client:
        sound: bytearray = RecordingsApi(client).download_call_recording(
            recording.account_id, recording.call_id, recording.recording_id, _request_timeout=30
        )
    return bytes(sound)
