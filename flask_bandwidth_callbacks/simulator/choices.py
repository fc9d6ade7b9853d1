"""What Bandwidth's documentation leaves open, and what this simulation does there.

Of several readings it takes the kinder one. Every choice stands once, here; ``docs/simulator.md`` lists
them. Times are in seconds.
"""

from __future__ import annotations

SPOKEN_CHARACTERS_PER_SECOND = 15.0
"""How fast a sentence is spoken, and a caller speaks."""

SHORTEST_SPEECH_SECONDS = 1.0
"""How long a caller speaks at least."""

AUDIO_FILE_SECONDS = 10.0
"""How long an audio file plays; it is not fetched."""

RECORDING_AVAILABLE_AFTER = 5.0
"""How long after its end a recording can be fetched."""

TRANSCRIPTION_AVAILABLE_AFTER = 10.0
"""How long after its end the transcription of a recording, or of a call, can be fetched."""

MACHINE_DETECTION_SECONDS = 2.0
"""How long machine detection listens before it has its result."""


MOST_DOCUMENTS_AT_ONCE = 100
"""How many documents a call may fetch before somebody waits, presses a key or speaks."""

MOST_REQUESTS_AT_ONCE = 100
"""How often handlers may make or change calls before anybody outside of the application does something."""

CHOICES: dict[str, str] = {
    "time": "Sound passes by itself; silence, ringing and recording last until somebody waits.",
    "hold music": "A call that comes back to a document plays its sound only while somebody waits.",
    "sound": "A sentence lasts as long as it takes to read it aloud, and at least a second if a caller says"
    " it; an audio file lasts ten seconds. No file is fetched, so none is missing or broken.",
    "background": "A recording is available after five seconds, a transcription after ten; once the last"
    " call is over, all that is left to tell is told at once.",
    "transcription": "Of a recording that is too short or too long to be transcribed transcriptionAvailable"
    " tells just that.",
    "answering": "The first verb other than Forward, Hangup, Redirect, Tag and Ring with answerCall=false"
    " answers an inbound call.",
    "failures": "A fallback URL is asked after any failure: no connection, a timeout, any status but 2xx, a"
    " reply that is no XML or breaks a rule of BXML, a document that is too large.",
    "causes": "Without a fallback, or if that fails too, the last failure counts: invalid-bxml for what came"
    " back as a success but cannot be run, callback-error for all else.",
    "empty replies": "A 204, or a 200 without a body, is an empty document.",
    "other hosts": "Only the application's own host and this machine are reached; any other is a failure to"
    " connect.",
    "unknown verbs": "A verb or an attribute that is not known is passed over.",
    "bxml root": "A reply may have Bxml as its root instead of Response.",
    "http": "Credentials are sent over http as well.",
    "nested objects": "In a GET callback an object is written as JSON.",
    "relative urls after an update": "Documents that came over REST start from the application's own URL.",
    "hanging up on a gather": "No gather event tells of the keys pressed before the caller hung up.",
    "repeatCount without audio": "The silence is repeated.",
    "terminating digit last": "A key that both terminates and fills maxDigits counts as terminating.",
    "speech": "A Gather that listens for speech tells each time of it in one partialgather, and ends after"
    " speechTimeout of silence. What was understood is in neither event: no property is documented for it.",
    "redirected while recording": "A call that leaves its Record over REST tells of no recordComplete.",
    "second StartGather": "The latest StartGather counts.",
    "legs that do not ring": "Every callee rings at once.",
    "waiting for a leg": "The caller hears nothing while a leg rings and while its document runs.",
    "losing legs": "Legs that another one was faster than end with the cause cancel.",
    "legs and disconnect": "A leg of a Transfer gives transferDisconnect, never disconnect: before the"
    " transferComplete of the call, or after its disconnect if the caller left first.",
    "nobody answered": "transferComplete tells of the leg that ended last.",
    "tag of a leg": "A leg begins with the tag of the call that made it, unless it has its own.",
    "end of a leg's document": "The two are joined when the leg's document is over, also after a redirect.",
    "redirected during a transfer": "A call that leaves its Transfer over REST hangs its legs up.",
    "forward": "Whatever becomes of the forwarded leg is the cause of the call's disconnect; on a call that"
    " is answered already a Forward is an application-error.",
    "bridge to an unanswered call": "An inbound call that is not answered yet is answered by the bridge.",
    "failed bridge": "Without bridgeCompleteUrl the next verb runs. The cause is busy for a call in another"
    " bridge, rejected for one that is not answered, else unknown.",
    "refer": "The callee's behaviour decides: answering is a success, which ends the call with hangup. A call"
    " that did not come over SIP can be referred, too.",
    "connect": "The endpoint stays connected until the call ends; no endpoint events are sent.",
    "conference after a day": "A conference that has lasted for 24 hours is completed as over REST.",
    "conference members": "A 21st member is not let in: the verb after Conference runs.",
    "conference order": "conferenceCreated comes before conferenceMemberJoin, also the creator's;"
    " conferenceMemberExit before conferenceCompleted and before disconnect.",
    "completed over rest": "A call that the application completes ends with hangup if it was answered,"
    " rejected if it is inbound, cancel if it is outbound.",
    "caller gives up": "A caller who hangs up before the call is answered gives the cause cancel.",
    "streams": "A websocket always opens, and closes when the stream is stopped; at the end of a call"
    " before disconnect.",
    "queue": "Outbound calls do not wait in a queue; enqueuedTime is when the call was made.",
    "caller id": "A caller's number is verified: stirShaken says so unless the call is made otherwise.",
    "machine detection": "The result is there two seconds after the call was answered, and told if the call"
    " is still up.",
    "limits": "There are no limits on calls per second or at a time.",
}
"""Every choice by its subject."""
