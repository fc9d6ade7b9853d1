"""Rules between the attributes of one element; the table names them at the elements they hold for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from .elements import Fault, Specification

_MOST_REPETITIONS = 20


def few_repetitions(_: Specification, given: Mapping[str, Any], children: int) -> Iterator[Fault]:
    """Check that the children are not played too often: ``repeat_count`` times their number is limited.

    Source: https://dev.bandwidth.com/docs/voice/bxml/gather
    """
    times = given.get("repeat_count")
    if isinstance(times, int) and times * children > _MOST_REPETITIONS:
        rule = f"must be at most {_MOST_REPETITIONS // children} with {children} children"
        yield Fault("repeat_count", times, rule)


def https_for_credentials(specification: Specification, given: Mapping[str, Any], _: int) -> Iterator[Fault]:
    """Check that credentials are sent to ``https`` URLs only."""
    for name, url in given.items():
        attribute = specification.attributes[name].url
        if attribute is None or attribute.credentials is None or not isinstance(url, str):
            continue
        if url.lower().startswith("http://") and any(secret in given for secret in attribute.credentials):
            credentials = " and ".join(attribute.credentials)
            yield Fault(name, url, f"must be https, because {credentials} are sent there")


def stabilized_for_destination(_: Specification, given: Mapping[str, Any], __: int) -> Iterator[Fault]:
    """Check that ``stabilized`` is given together with a ``destination``."""
    if "stabilized" in given and "destination" not in given:
        yield Fault("stabilized", given["stabilized"], "must be given together with destination")


def preferred_languages_apart(_: Specification, given: Mapping[str, Any], __: int) -> Iterator[Fault]:
    """Check that preferred languages differ from each other and that the language is not detected."""
    preferred = given.get("preferred_languages")
    if not isinstance(preferred, str):
        return
    if given.get("detect_language") is True:
        yield Fault("preferred_languages", preferred, "must not be given while detect_language is true")
    dialects: dict[str, str] = {}
    for dialect in (part.strip() for part in preferred.split(",")):
        language = dialect.partition("-")[0].lower()
        if dialects.setdefault(language, dialect) != dialect:
            rule = f"must name one dialect per language, not {dialects[language]} and {dialect}"
            yield Fault("preferred_languages", preferred, rule)
