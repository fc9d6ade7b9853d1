"""Which verbs a reply may hold; that depends on the event it replies to."""

from __future__ import annotations

from flask_bandwidth_callbacks.events import ReplyContext

from .elements import ELEMENTS, Document
from .unknown import UnknownVerb


def misplaced(document: Document, context: ReplyContext) -> list[str]:
    """Return a fault for each verb that cannot stand in a reply; an :class:`UnknownVerb` is never at fault.

    :param context: ``"conference"`` for the reply to a conference event, ``"transferAnswer"`` for the reply
        to that event, ``"any"`` for documents that may hold every verb.

    Sources: https://dev.bandwidth.com/docs/voice/bxml/conference and
    https://dev.bandwidth.com/docs/voice/webhooks/transferAnswer
    """
    if context == "any":
        return []
    verbs = [verb.specification for verb in document.children if not isinstance(verb, UnknownVerb)]
    if context == "conference":
        allowed = ", ".join(name for name, verb in ELEMENTS.items() if verb.specification.conference)
        return [
            f"{verb.name} cannot stand in the reply to a conference event; Bandwidth rejects the whole"
            f" document then. It may hold only {allowed}"
            for verb in verbs
            if not verb.conference
        ]
    return [
        f"{verb.name} cannot stand in the reply to transferAnswer"
        for verb in verbs
        if not verb.transfer_answer
    ]
