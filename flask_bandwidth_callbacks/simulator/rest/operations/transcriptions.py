"""Live transcriptions of calls, which StartTranscription begins."""

from __future__ import annotations

from werkzeug.wrappers import Response

from ...engine.transcription import CallTranscription
from ..models import CallTranscriptionMetadata, CallTranscriptionResponse
from ..operation import Asked, operation
from ..problems import not_found
from .calls import find_call

_TRANSCRIPTIONS = "/accounts/<account_id>/calls/<call_id>/transcriptions"
_TRANSCRIPTION = f"{_TRANSCRIPTIONS}/<transcription_id>"


def _find(asked: Asked, call_id: str, transcription_id: str) -> CallTranscription:
    for transcription in find_call(asked, call_id).transcriptions:
        if transcription.transcription_id == transcription_id:
            return transcription
    raise not_found("Transcription", transcription_id)


@operation("GET", _TRANSCRIPTIONS, name="listRealTimeTranscriptions")
def list_real_time_transcriptions(asked: Asked, call_id: str) -> Response:
    """List the live transcriptions of a call that are complete."""
    return asked.written(CallTranscriptionMetadata(), list(find_call(asked, call_id).transcriptions))


@operation("GET", _TRANSCRIPTION, name="getRealTimeTranscription")
def get_real_time_transcription(asked: Asked, call_id: str, transcription_id: str) -> Response:
    """Return the words of each track: what was said is ``inbound``, what was played ``outbound``."""
    transcription = _find(asked, call_id, transcription_id)
    values = {
        "account_id": asked.account_id,
        "call_id": call_id,
        "transcription_id": transcription_id,
        "tracks": [
            {
                "detected_language": "en-US",
                "track": track,
                "transcript": " ".join(words),
                "confidence": 1.0,
            }
            for track, words in transcription.words.items()
        ],
    }
    return asked.written(CallTranscriptionResponse(), values)


@operation("DELETE", _TRANSCRIPTION, name="deleteRealTimeTranscription")
def delete_real_time_transcription(asked: Asked, call_id: str, transcription_id: str) -> None:
    """Delete a live transcription that is complete."""
    find_call(asked, call_id).transcriptions.remove(_find(asked, call_id, transcription_id))
