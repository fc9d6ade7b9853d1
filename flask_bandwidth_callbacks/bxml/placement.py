"""Which verbs a reply may hold depends on what it replies to."""

from __future__ import annotations

from typing import Literal

from .elements import ELEMENTS, Document
from .unknown import UnknownVerb

Context = Literal["conference", "transferAnswer"]


def misplaced(document: Document, context: Context) -> list[str]:
    """Return what is wrong with the verbs of a reply to a conference event or to ``transferAnswer``.

    A verb that is not known here is not wrong. Sources: https://dev.bandwidth.com/docs/voice/bxml/conference
    and https://dev.bandwidth.com/docs/voice/webhooks/transferAnswer
    """
    verbs = [verb.specification for verb in document.children if not isinstance(verb, UnknownVerb)]
    if context == "conference":
        allowed = ", ".join(name for name, verb in ELEMENTS.items() if verb.specification.conference)
        return [
            f"{verb.name} cannot stand in the reply to a conference event, which is refused as a whole then: "
            f"only {allowed} can"
            for verb in verbs
            if not verb.conference
        ]
    return [
        f"{verb.name} cannot stand in the reply to transferAnswer"
        for verb in verbs
        if not verb.transfer_answer
    ]
