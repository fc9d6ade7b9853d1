"""The front door: explore() and its arguments."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from re import Pattern
from typing import Any
from urllib.parse import urlsplit

from flask import Flask

from flask_bandwidth_callbacks.display import show
from flask_bandwidth_callbacks.events import AnswerCallback, Callback, InitiateCallback
from flask_bandwidth_callbacks.registrations import Registration, registrations
from flask_bandwidth_callbacks.subscriptions import Subscription
from flask_bandwidth_callbacks.subscriptions.matches import ValuesMatch

from ..engine.call import check_keys
from ..engine.callees import check_number
from ..exceptions import SimulationError
from ..ways import BEHAVIORS, Scene
from ..wire.application import initiate_url, url_of
from ..wire.payloads import APPLICATION_NUMBER, CALLER_NUMBER
from .announcements import read_pattern
from .checks import Known, findings_of
from .findings import KINDS, allowed_beside, check_kinds
from .line import Line, clock_traveler
from .options import Choices
from .report import Report
from .search import Limits, Search
from .walks import Walker

ALL_KEYS = "1234567890*#"

_one_at_a_time = threading.RLock()


def explore(
    application: Flask | Callable[[], Flask],
    *,
    keys: str = ALL_KEYS,
    callees: Mapping[str, str] | Iterable[Mapping[str, str]] = ({},),
    at: str | datetime | Iterable[str | datetime] = (),
    words: Iterable[str] = (),
    numbers: Iterable[str] = (),
    longest_way: int = 12,
    depth: int = 16,
    calls: int = 5000,
    seconds: float = 120.0,
    allow: Collection[str] = (),
    announcements: str | Pattern[str] | None = None,
    url: str | None = None,
    fallback_url: str | None = None,
    seed: int | str = 0,
    watch: Callable[[int, int], None] = lambda calls, states: None,
) -> Report:
    """Walk every way through a phone line, and return what was found.

    :param application: a function that returns an application, which is called for every call, or an
        application, which is used again: then what it keeps beside ``phone.state`` goes on from call to call.
    :param keys: the keys that are tried wherever keys are listened to; those that a prompt announces are
        always tried.
    :param callees: how people behave who are called: a mapping from number to ``answers``, ``busy``,
        ``rejects`` or ``none`` (does not answer). Each mapping is explored; others answer.
    :param at: times of day at which calls begin, such as ``2026-01-05T03:00``, in UTC unless they have an
        offset. The application's clock shows the time of the call; that takes ``time-machine``, of the extra
        ``explore``. Without any, the clock is left alone.
    :param words: what is said where speech is recognized.
    :param numbers: what is entered where several keys are taken; by default, what responders compare with,
        and a number of the right length.
    :param longest_way: steps after which a caller should have come to a person.
    :param depth: the number of actions of people on one call, at most.
    :param calls: how many calls are made at most.
    :param seconds: how long it takes at most; what is found by then is returned.
    :param allow: kinds of findings that are left out.
    :param announcements: a pattern for prompts in other languages than English, with the group ``key``.
    :param url: where inbound calls go; by default to each blueprint that has a responder to ``initiate``.
    :param fallback_url: where ``initiate`` goes after a failure, if that is to be explored, too.
    :param seed: the same one gives the same calls, and so the same report. It seeds ``random`` as well, which
        gives the application the same numbers on each call.
    :param watch: is called after every call, with the numbers of calls and states so far.

    Outbound calls are explored from each responder to ``answer`` that no inbound call led to, answered by a
    person and by a machine. No inbound calls are made to an application that has responders to ``answer`` and
    none to ``initiate``, or no responders at all.

    Explorations in several threads wait for each other, because each sets the clock and the random numbers of
    the process.

    Raises :class:`~.exceptions.SimulationError` for arguments that cannot be used.
    """
    with _one_at_a_time:
        make_app = _maker(application)
        app = make_app()
        if not registrations(app):
            raise SimulationError(
                f"Application {app.name!r} has no CallbackBlueprint."
                " Register one with app.register_blueprint."
            )
        pattern = None if announcements is None else read_pattern(announcements)
        allowed = check_kinds(_several(allow, "allow"))
        search = Search(
            Walker(make_app, seed),
            Choices(
                tuple(dict.fromkeys(check_keys(keys))),
                tuple(map(_words, _several(words, "words"))),
                _numbers(numbers),
            ),
            Limits(_count(depth, "depth"), _count(calls, "calls"), _seconds(seconds)),
            pattern=pattern,
            watch=watch,
        )
        longest = _count(longest_way, "longest_way")
        times, behaviors = _times(at), [_behaviors(each) for each in _several(callees, "callees")]
        scenes = [Scene(each, start, fallback_url=fallback_url) for start in times for each in behaviors]
        lines = _lines(app, url)
        # Its interception of requests to Bandwidth stays between the calls, for which it would take its time.
        line = Line(app, Scene(url=next(iter(lines), None) or _first_url(app)), seed="")
        with closing(line), line.mock_rest_if_installed():
            search.run([*_inbound(scenes, lines)])
            search.run([*_to_numbers(app, search, scenes, lines)])
            search.run([*_outbound(app, search, scenes)])
            search.finish()
            missing = _unreached(app, search)
            known = Known(
                states=search.states,
                beginnings=search.beginnings,
                incidents=search.walker.incidents,
                responders=missing,
                is_exhausted=not search.left,
                longest_way=longest,
                pattern=pattern,
                be_silent=search.walker.be_silent,
            )
            handlers = {str(each): each.handler for each in _responders(app)}
            findings = []
            for found in sorted(findings_of(known), key=lambda each: KINDS.index(each.kind)):
                beside = allowed_beside(handlers[found.handler]) if found.handler in handlers else frozenset()
                if found.kind not in allowed | beside:
                    findings.append(found)
        return Report(app, search, findings, missing)


# -- The calls -----------------------------------------------------------------------------------------------


def _lines(app: Flask, url: str | None) -> dict[str | None, Registration | None]:
    """Return where inbound calls go, None for the only blueprint, each with the registration there."""
    if url is not None:
        return {url: initiate_url(app, url)[1]}
    given = registrations(app).values()
    called = [each for each in given if _takes(each, InitiateCallback)]
    if not called and not any(_takes(each, AnswerCallback) for each in given):
        called = [each for each in given if each.subscriptions.responders]
    return {_url_if_several(app, each): each for each in called}


def _takes(registration: Registration, event: type[Callback]) -> bool:
    return any(each.takes(event.event_types) for each in registration.subscriptions.responders)


def _url_if_several(app: Flask, registration: Registration) -> str | None:
    """Return where the calls of a registration go; None if it is the only one, which is found without."""
    return None if len(registrations(app)) == 1 else url_of(app, registration)


def _first_url(app: Flask) -> str:
    return url_of(app, next(iter(registrations(app).values())))


def _responders(app: Flask) -> Iterator[Subscription]:
    for registration in registrations(app).values():
        yield from registration.subscriptions.responders


def _unreached(app: Flask, search: Search) -> list[Subscription]:
    """Return one subscription of each responder that no call reached."""
    missing = {str(each): each for each in _responders(app) if str(each) not in search.walker.reached}
    return list(missing.values())


def _inbound(scenes: Iterable[Scene], lines: Iterable[str | None]) -> Iterator[Scene]:
    """Return scenes of inbound calls to each line."""
    for url in lines:
        for scene in scenes:
            yield replace(scene, url=url)
            if scene.fallback_url is not None:
                yield replace(scene, url=url, first_fails=True)


def _to_numbers(
    app: Flask, search: Search, scenes: Sequence[Scene], lines: Mapping[str | None, Registration | None]
) -> Iterator[Scene]:
    """Return scenes of calls from or to the numbers that unreached responders to ``initiate`` match."""
    missing = _unreached(app, search)
    for url, registration in lines.items():
        for responder in [] if registration is None else registration.subscriptions.responders:
            if responder in missing and responder.takes(InitiateCallback.event_types):
                numbers: dict[str, Any] = {}
                for match in responder.matches:
                    if isinstance(match, ValuesMatch) and match.attribute in ("to", "var_from"):
                        known = sorted(value for value in match.values if _is_number(value))
                        if known:
                            numbers[match.attribute] = known[0]
                if numbers:
                    for scene in scenes:
                        yield replace(scene, url=url, **numbers)


def _is_number(value: Any) -> bool:
    try:
        check_number(value, "The number")
    except SimulationError:
        return False
    return True


def _outbound(app: Flask, search: Search, scenes: Sequence[Scene]) -> Iterator[Scene]:
    """Return scenes of outbound calls that lead to unreached responders to ``answer``."""
    missing = _unreached(app, search)
    for registration in registrations(app).values():
        for responder in registration.subscriptions.responders:
            if (
                responder in missing
                and responder.takes(AnswerCallback.event_types)
                and not responder.variables
            ):
                path = urlsplit(url_of(app, registration)).path
                for scene in scenes:
                    for detected_as in ("human", "answering-machine"):
                        yield replace(
                            scene,
                            to=CALLER_NUMBER,
                            var_from=APPLICATION_NUMBER,
                            answer_url=path.rstrip("/") + (responder.path or "/"),
                            detected_as=detected_as,
                            url=_url_if_several(app, registration),
                        )


# -- Arguments -----------------------------------------------------------------------------------------------


def _maker(application: object) -> Callable[[], Flask]:
    if isinstance(application, Flask):
        return lambda: application
    if not callable(application):
        raise SimulationError(
            "The application must be a Flask application or a function that returns one, got"
            f" {show(application)}."
        )

    def make() -> Flask:
        app: Any = application()
        if not isinstance(app, Flask):
            raise SimulationError(f"The application must be a Flask application, got {show(app)}.")
        return app

    return make


def _several(values: Any, name: str) -> list[Any]:
    """Return the values of an argument that takes several, or one."""
    if isinstance(values, str | datetime | Mapping):
        return [values]
    if not isinstance(values, Iterable):
        raise SimulationError(f"{name} must be one value or several, got {show(values)}.")
    return list(values)


def _behaviors(callees: Mapping[str, str]) -> dict[str, str]:
    if not isinstance(callees, Mapping):
        raise SimulationError(
            f"callees must be mappings such as {{'+13035550141': 'busy'}}, got {show(callees)}."
        )
    for number, behavior in dict(callees).items():
        check_number(number, "The callee's number")
        if behavior not in BEHAVIORS:
            raise SimulationError(
                f"The behavior of {number} must be one of {', '.join(BEHAVIORS)}, got {show(behavior)}."
            )
    return dict(callees)


def _times(at: Iterable[str | datetime] | str | datetime) -> list[datetime | None]:
    given = _several(at, "at")
    if given:
        clock_traveler()
    return [_time(value) for value in given] or [None]


def _time(value: str | datetime) -> datetime:
    try:
        time = value if isinstance(value, datetime) else datetime.fromisoformat(value)
    except (TypeError, ValueError):
        raise SimulationError(f"at must be times such as '2026-01-05T03:00', got {show(value)}.") from None
    return time if time.tzinfo is not None else time.replace(tzinfo=UTC)


def _words(text: str) -> str:
    if not isinstance(text, str) or not text.strip():
        raise SimulationError(f"words must be texts that can be said, got {show(text)}.")
    return text


def _numbers(numbers: Iterable[str]) -> tuple[str, ...]:
    return tuple(check_keys(number) for number in _several(numbers, "numbers"))


def _count(value: int, name: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise SimulationError(f"{name} must be a whole number of at least 1, got {show(value)}.")
    return value


def _seconds(value: float) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not value > 0:
        raise SimulationError(f"seconds must be more than 0, got {show(value)}.")
    return float(value)
