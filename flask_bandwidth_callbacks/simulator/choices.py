"""What Bandwidth's documentation leaves open, and what this simulation does there.

Of several readings it takes the kinder one. The table in ``docs/simulator.md`` is made from this one.
"""

from __future__ import annotations

SPOKEN_CHARACTERS_PER_SECOND = 15.0
"""How fast a sentence is spoken, by Bandwidth and by a caller."""

SHORTEST_SPEECH_SECONDS = 1.0
"""How long a caller speaks at least."""

KEY_SECONDS = 0.1
"""How long it takes to press a key."""

AUDIO_FILE_SECONDS = 10.0
"""How long an audio file plays; it is not fetched."""

RECORDING_AVAILABLE_AFTER = 5.0
"""Seconds from the end of a recording until it can be fetched."""

TRANSCRIPTION_AVAILABLE_AFTER = 10.0
"""Seconds from the end of a recording or a live transcription until its transcription can be fetched."""

MACHINE_DETECTION_SECONDS = 2.0
"""How long machine detection listens before it has its result."""

MOST_DOCUMENTS_AT_ONCE = 100
"""How many documents a call may fetch before a person waits, presses a key or speaks."""

MOST_REPETITIONS_AT_ONCE = 100
"""How often a verb may repeat itself before a person waits, presses a key or speaks."""

MOST_REQUESTS_AT_ONCE = 100
"""How often handlers may make or change calls before anything outside of the application happens."""

CHOICES: dict[str, str] = {
    "time": "Sound passes by itself. Silence, ringing and recording last until time is made to pass.",
    "hold music": "When a call comes back to a document, its sound passes only while time is made to pass.",
    "sound": f"Sentences are spoken at {SPOKEN_CHARACTERS_PER_SECOND:g} characters a second; a caller speaks"
    f" for at least {SHORTEST_SPEECH_SECONDS:g} s. An audio file lasts {AUDIO_FILE_SECONDS:g} s. No file is"
    " fetched, so none is missing or broken.",
    "keys": f"Pressing a key takes {KEY_SECONDS:g} s. It counts when it goes down; interDigitTimeout begins"
    " when it comes up.",
    "background": f"A recording is available after {RECORDING_AVAILABLE_AFTER:g} s, a transcription after"
    f" {TRANSCRIPTION_AVAILABLE_AFTER:g} s. Once the last call has ended, all notifications that are left are"
    " sent at once.",
    "transcription": "If a recording is too short or too long to be transcribed, transcriptionAvailable says"
    " just that.",
    "answering": "The first verb other than Forward, Hangup, Redirect, Tag and Ring with answerCall=false"
    " answers an inbound call.",
    "failures": "The fallback URL is requested after any failure: no connection, a timeout, any status but"
    " 2xx, a reply that is not BXML or breaks a rule of it, a document that is too large.",
    "other types": "BXML is run whatever the Content-Type of the reply is, and the type is an oddity.",
    "attributes that are None": "None as the value of an attribute that cannot be None is ignored, as older"
    " SDKs write it, and is an oddity.",
    "causes": "Without a fallback, or if that fails too, the last failure sets the cause: invalid-bxml for a"
    " successful reply that cannot be run, callback-error for everything else.",
    "empty replies": "A 204, or a 200 without a body, is an empty document.",
    "other hosts": "Only the application's own host is reached; if it is this machine, so are its other"
    " servers. Any other host is a failure to connect.",
    "unknown verbs": "Unknown verbs and attributes are ignored.",
    "bxml root": "A reply may have Bxml as its root instead of Response.",
    "http": "Credentials are sent over http as well.",
    "nested objects": "In a GET callback an object is written as JSON.",
    "relative urls after an update": "In documents that came over REST, relative URLs start from the"
    " application's own URL.",
    "hanging up on a gather": "No gather event reports the keys pressed before the caller hung up.",
    "repeatCount without audio": "The silence is repeated.",
    "terminating digit last": "A key that both terminates and fills maxDigits counts as terminating.",
    "speech": "A Gather that listens for speech sends one partialgather each time the caller speaks, and ends"
    " after speechTimeout of silence. All that was said in it is the text of the gather; a partialgather has"
    " none, because no such property is known.",
    "redirected while recording": "A call that leaves its Record over REST sends no recordComplete.",
    "second StartGather": "The latest StartGather counts.",
    "legs that do not ring": "Every callee rings at once.",
    "waiting for a leg": "The caller hears nothing while a leg rings and while its document runs.",
    "losing legs": "Legs that lose to a faster one end with the cause hangup; legs that still ring when the"
    " caller leaves, with cancel.",
    "legs and disconnect": "A leg of a Transfer sends transferDisconnect, never disconnect: before the"
    " transferComplete of the call, or after its disconnect if the caller left first.",
    "unanswered transfer": "If no leg answers, transferComplete describes the leg that ended last.",
    "tag of a leg": "A leg begins with the tag of the call that made it, unless it has its own.",
    "end of a leg's document": "The two are joined when the leg's document is over, also after a redirect.",
    "redirected during a transfer": "When a call leaves its Transfer over REST, its legs are hung up.",
    "forward": "Whatever becomes of the forwarded leg is the cause of the call's disconnect. On a call that"
    " is answered already, a Forward is an application-error.",
    "bridge to an unanswered call": "An inbound call that is not answered yet is answered by the bridge.",
    "failed bridge": "Without bridgeCompleteUrl the next verb runs. The cause is busy for a call in another"
    " bridge, rejected for one that is not answered, otherwise unknown.",
    "refer": "The callee's behavior decides: answering is a success, which ends the call with hangup. A call"
    " that did not come over SIP can be referred, too.",
    "connect": "The endpoint stays connected until the call ends. No endpoint events are sent.",
    "conference after a day": "A conference that has lasted for 24 hours is completed as over REST.",
    "conference members": "A 21st member cannot join: the verb after Conference runs.",
    "conference order": "conferenceCreated comes before conferenceMemberJoin, also the creator's;"
    " conferenceMemberExit before conferenceCompleted and before disconnect.",
    "completed over rest": "A call that the application completes ends with hangup if it was answered,"
    " rejected if it is inbound, cancel if it is outbound.",
    "caller gives up": "A caller who hangs up before the call is answered causes cancel.",
    "streams": "A websocket always opens. It closes when the stream is stopped, when close() of the stream"
    " stands for the application that closes it, and at the end of a call before disconnect.",
    "queue": "Outbound calls do not wait in a queue, so their priority changes nothing; enqueuedTime is when"
    " the call was made.",
    "caller id": "A caller's number is verified, and stirShaken says so unless the call is made otherwise.",
    "machine detection": f"A person or a machine is recognized {MACHINE_DETECTION_SECONDS:g} s after the call"
    " was answered, or sooner if speechEndThreshold (of a person) or speechThreshold (of a machine) is"
    " shorter; silence after silenceTimeout. With delayResult a machine is reported when"
    " machineSpeechEndThreshold has passed as well. What takes longer than detectionTimeout is a timeout. The"
    " result is sent if the call is still up.",
    "limits": "Any number of calls per second and at a time may be made, unless a test sets limits"
    " in `bandwidth.limits`.",
}
"""Every choice by its subject."""
