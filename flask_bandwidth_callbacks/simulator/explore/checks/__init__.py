"""What is found on the ways through a phone line. Each module has functions that return findings."""

from __future__ import annotations

from collections.abc import Iterator

from ..findings import Finding
from .ends import long_silences, unannounced_hangups
from .incidents import incidents
from .known import Known
from .loops import no_ways_out, silent_loops
from .prompts import false_promises, hidden_keys
from .reach import long_ways, unreached

__all__ = ["Known", "findings_of"]


def findings_of(known: Known) -> Iterator[Finding]:
    """Return everything that is found, a kind after the other."""
    yield from incidents(known)
    yield from unannounced_hangups(known)
    yield from false_promises(known)
    yield from hidden_keys(known)
    yield from silent_loops(known)
    yield from no_ways_out(known)
    yield from long_silences(known)
    yield from long_ways(known)
    yield from unreached(known)
