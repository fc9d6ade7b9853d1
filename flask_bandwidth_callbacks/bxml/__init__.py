"""BXML, the language in which an application instructs Bandwidth what to do with a call.

There is one class per verb, checked when it is made; :func:`render` writes a document and :func:`parse` reads
one::

    >>> from flask_bandwidth_callbacks.bxml import Gather, SpeakSentence, parse, render
    >>> menu = Gather(SpeakSentence("Press 1 for sales."), gather_url="/menu", max_digits=1)
    >>> menu.to_bxml()
    '<Gather gatherUrl="/menu" maxDigits="1"><SpeakSentence>Press 1 for sales.</SpeakSentence></Gather>'
    >>> parse(render(menu)).children == (menu,)
    True

This package does not depend on Flask.
"""

from flask_bandwidth_callbacks.exceptions import BXMLWarning, InvalidBXML

from .elements import ELEMENTS, ChildElement, Document, Element, Verb, Writer
from .endings import accidental_ends
from .parsing import examine, parse
from .placement import misplaced
from .rendering import MAX_DOCUMENT_SIZE, render
from .unknown import UnknownVerb
from .values import Link, SupportsCallbackURL, Url
from .verbs import (
    Bridge,
    Bxml,
    Conference,
    Connect,
    CustomParam,
    Endpoint,
    Forward,
    Gather,
    Hangup,
    Pause,
    PauseRecording,
    PhoneNumber,
    PlayAudio,
    Record,
    Redirect,
    Refer,
    Response,
    ResumeRecording,
    Ring,
    SendDtmf,
    SipUri,
    SpeakSentence,
    StartGather,
    StartRecording,
    StartStream,
    StartTranscription,
    StopGather,
    StopRecording,
    StopStream,
    StopTranscription,
    StreamParam,
    Tag,
    Transfer,
)

__all__ = [
    "ELEMENTS",
    "MAX_DOCUMENT_SIZE",
    "BXMLWarning",
    "Bridge",
    "Bxml",
    "ChildElement",
    "Conference",
    "Connect",
    "CustomParam",
    "Document",
    "Element",
    "Endpoint",
    "Forward",
    "Gather",
    "Hangup",
    "InvalidBXML",
    "Link",
    "Pause",
    "PauseRecording",
    "PhoneNumber",
    "PlayAudio",
    "Record",
    "Redirect",
    "Refer",
    "Response",
    "ResumeRecording",
    "Ring",
    "SendDtmf",
    "SipUri",
    "SpeakSentence",
    "StartGather",
    "StartRecording",
    "StartStream",
    "StartTranscription",
    "StopGather",
    "StopRecording",
    "StopStream",
    "StopTranscription",
    "StreamParam",
    "SupportsCallbackURL",
    "Tag",
    "Transfer",
    "UnknownVerb",
    "Url",
    "Verb",
    "Writer",
    "accidental_ends",
    "examine",
    "misplaced",
    "parse",
    "render",
]
