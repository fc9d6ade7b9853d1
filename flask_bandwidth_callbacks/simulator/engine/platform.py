"""What all calls of a simulation share: time, ids, people, the log of callbacks, errors to raise."""

from __future__ import annotations

import random
import threading
import time
import uuid
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from flask_bandwidth_callbacks.config import UNSET, Unset
from flask_bandwidth_callbacks.credentials import Credentials, read_pair
from flask_bandwidth_callbacks.display import show

from ..exceptions import EndlessCall, LostCall, SimulationError
from ..wire.delivery import Courier
from ..wire.destinations import Destination, Method
from ..wire.exchanges import Exchange, latest
from ..wire.payloads import REST_URL
from ..wire.transport import Transport
from ..wire.urls import absolute
from .callees import Callee, check_number
from .clock import Clock
from .conversation import Line
from .endless import RequestGuard
from .limits import Limits
from .timeline import Timeline, check_seconds
from .turn import Turn, in_turn

KindT = TypeVar("KindT")

_KEPT_EXCHANGES = 1000
_KEPT_SUBJECTS = 5000
_LONG_IDS = frozenset({"c", "r", "conf"})
"""Prefixes of the ids that have eight more digits, as those in the examples of Bandwidth's pages do."""
_PATIENCE_SECONDS = 30.0
"""How long a thread waits for a callback; longer than any may take."""
_LOOK_SECONDS = 0.02
"""How often a thread that waits for a callback looks whether it is answered."""
_LONGEST_TIMEOUT = 25
"""Seconds to wait for a reply. Source: https://dev.bandwidth.com/docs/voice/webhooks"""


class Platform:
    """What all calls of a simulation share.

    :param url: the application's own URL, where relative URLs in REST requests start.
    :param credentials: the pair that is sent to URLs given over REST.
    """

    skips_challenges = False
    """Whether credentials are sent at once, without waiting for the application to ask for them."""

    def __init__(
        self,
        url: str,
        transport: Transport,
        *,
        credentials: Credentials | None,
        callback_timeout: float,
        raise_errors: bool,
        seed: int | str | None,
        start: datetime,
    ) -> None:
        self.url = url
        """Where ``initiate`` goes."""
        self.credentials = credentials
        """The pair that is sent when the application asks for credentials."""
        self.callback_timeout = callback_timeout
        """Seconds to wait for a reply."""
        self.raise_errors = raise_errors
        """Whether what a handler or subscriber raises is raised out of the simulation."""
        self.repeats_notifications = False
        """Whether notifications are sent twice, as after a connection that broke before the reply came."""
        self.failures = 0
        """How many of the next requests to the application fail to connect, so that fallback URLs count."""
        self._repeats = 1
        self._background_timeout = 10.0
        self.exchanges: deque[Exchange] = deque(maxlen=_KEPT_EXCHANGES)
        """The latest callbacks of all calls, in order."""
        self.timeline = Timeline()
        self.turn = Turn()
        """The lock that lets one thread at a time use the simulation."""
        self.courier = Courier(self, transport)
        self.watchers: list[Callable[[Any, Line], None]] = []
        """Functions that are called with the call and the line whenever a conversation gets a new line."""
        self.calls_up = 0
        """Number of calls that have not ended."""
        self.limits = Limits()
        """The limits on outbound calls; a test may set them."""
        self.rest_url = REST_URL
        """Where the URLs of the REST interface in callbacks begin; set it where that is served elsewhere."""
        self._start = _in_utc(start)
        self._random = random.Random(seed)
        self._callees: dict[str, Callee] = {}
        self._shared: dict[type, Any] = {}
        self._requests = RequestGuard(self.timeline)
        self._errors: list[Exception] = []
        self._is_held_back = False
        self._transport = transport
        self._is_seeded = seed is not None
        self._subjects: deque[str] = deque(maxlen=_KEPT_SUBJECTS)
        self._clock: Clock | None = None
        self._runner: int | None = None

    @property
    def repeats(self) -> int:
        """How often every callback is sent. The first reply counts; one that differs from it is an oddity.

        Setting it raises :class:`SimulationError` for what is not a whole number of at least 1.
        """
        return self._repeats

    @repeats.setter
    def repeats(self, repeats: int) -> None:
        if isinstance(repeats, bool) or not isinstance(repeats, int) or repeats < 1:
            raise SimulationError(
                f"repeats must be a whole number of at least 1, got {show(repeats)}. Give 1 for no repeats."
            )
        self._repeats = repeats

    @property
    def background_timeout(self) -> float:
        """Seconds to wait after each callback for work in the background, of an application in process.

        Work that takes longer is an oddity, or with ``raise_errors`` a :class:`SimulationError`. While time
        follows a clock, no call waits for it. Setting this raises :class:`SimulationError` for what is not a
        length of time.
        """
        return self._background_timeout

    @background_timeout.setter
    def background_timeout(self, seconds: float) -> None:
        self._background_timeout = check_seconds(seconds, "background_timeout")

    def shared(self, kind: type[KindT]) -> KindT:
        """Return the one object of a class that this simulation has, made when first asked for.

        A family of verbs keeps in it what outlives a single call.
        """
        if kind not in self._shared:
            self._shared[kind] = kind()
        shared: KindT = self._shared[kind]
        return shared

    def new_id(self, prefix: str) -> str:
        """Return an id that is not in use yet."""
        drawn = str(uuid.UUID(int=self._random.getrandbits(128), version=4))
        if prefix in _LONG_IDS:
            drawn = f"{self._random.getrandbits(32):08x}-{drawn}"
        return f"{prefix}-{drawn}" if prefix else drawn

    # -- What the application knows --------------------------------------------------------------------------

    def begin(self, subject: str) -> None:
        """Make the application forget an earlier call or conference of the same id, now that this one begins.

        Only a seed gives the same ids again.
        """
        self._subjects.append(subject)
        if self._is_seeded:
            self._transport.forget(subject)

    def mention(self, subject: object) -> None:
        """Make the application forget a call or conference that this simulation has not mentioned before.

        :param subject: an id from a payload, or what stands there instead.
        """
        if isinstance(subject, str) and subject not in self._subjects:
            self._subjects.append(subject)
            self._transport.forget(subject)

    def forget(self) -> None:
        """Delete what the stores of an application in process hold about the calls and conferences so far.

        These are their states, the replies to repeats, and work that failed and would be tried again.
        """
        for subject in self._subjects:
            self._transport.forget(subject)

    # -- People ----------------------------------------------------------------------------------------------

    def callee(self, number: str) -> Callee:
        """Return the person at a number, to set how they behave when they are called.

        Raises :class:`SimulationError` for what is neither a phone number nor a SIP URI.
        """
        return self._callees.setdefault(check_number(number, "The callee's number"), Callee(number))

    def callee_at(self, number: str) -> Callee:
        """Return the person at a number that is called; one whose behavior was not set is not kept."""
        return self._callees.get(number) or Callee(number)

    # -- Time ------------------------------------------------------------------------------------------------

    @property
    def start(self) -> datetime:
        """When the simulation begins, in UTC. Setting it moves virtual time.

        Raises :class:`SimulationError` for a time without a zone, and once there was a callback.
        """
        return self._start

    @start.setter
    def start(self, start: datetime) -> None:
        if self.exchanges:
            raise SimulationError("start must be set before the first callback. Set it earlier.")
        self._start = _in_utc(start)

    @property
    def now(self) -> datetime:
        """Virtual time, in UTC."""
        return self._start + timedelta(milliseconds=self.timeline.now)

    @in_turn
    def wait(self, seconds: float) -> None:
        """Make time pass; raises :class:`SimulationError` within a handler, whose callback comes first."""
        self.pass_time(check_seconds(seconds))

    def check_time_can_pass(self) -> None:
        """Raise :class:`SimulationError` within a handler, whose callback must be answered first.

        While time follows a clock, the callback is one that the clock has led to; other threads wait for it.
        """
        if self._clock is not None and self._runner != threading.get_ident():
            end = time.monotonic() + _PATIENCE_SECONDS
            while self.timeline.is_running and time.monotonic() < end:
                with self.turn.lent():
                    time.sleep(_LOOK_SECONDS)
        if self.timeline.is_running:
            raise SimulationError("Time cannot pass while a callback is being answered.")

    @property
    def follows_clock(self) -> bool:
        """Whether time passes as it really does."""
        return self._clock is not None

    @in_turn
    def start_clock(self) -> None:
        """Make time pass as it really does: whenever :meth:`tick` is called, and while callbacks are out.

        Raises :class:`SimulationError` if it does so already.
        """
        if self._clock is not None:
            raise SimulationError("The time of a simulation follows the clock already. Leave that first.")
        self._clock = Clock()
        self.timeline.passes_by_itself = False

    @in_turn
    def tick(self) -> None:
        """Make as much time pass as has really passed; what is due happens in this thread.

        Errors that are to be raised are raised by the next method that makes something happen.
        """
        if self._clock is not None and not self.timeline.is_running:  # else the callback comes first
            self._run(self._clock.read() / 1000)

    @in_turn
    def stop_clock(self) -> None:
        """Make time pass by itself again."""
        self._clock = None
        self.timeline.passes_by_itself = True

    def pass_time(self, seconds: float) -> None:
        """Make time pass, then everything happen that happens by itself."""
        self.check_time_can_pass()
        self._run(seconds)
        self.raise_errors_now()

    def go_on(self) -> None:
        """Make everything happen that happens by itself; within a handler, once its callback is answered."""
        if not self.goes_on_later:
            self._run(0)
            self.raise_errors_now()

    @property
    def goes_on_later(self) -> bool:
        """Whether what methods begin goes on later: when a callback is answered, or in :meth:`catch_up`."""
        return self.timeline.is_running or self._is_held_back

    @contextmanager
    def held_back(self) -> Iterator[None]:
        """Return a context in which methods begin things that go on only afterwards, in :meth:`catch_up`.

        To be used with the lock of the simulation held.
        """
        self._is_held_back = True
        try:
            yield
        finally:
            self._is_held_back = False

    @contextmanager
    def acting(self) -> Iterator[None]:
        """Return a context for a callback that nothing has led to. What it begins waits, as always.

        To be used with the lock of the simulation held.
        """
        if self.timeline.is_running:  # within a handler, which is waited for
            yield
            return
        self._runner = threading.get_ident()
        self.timeline.is_running = True
        try:
            yield
        finally:
            self.timeline.is_running = False

    @in_turn
    def catch_up(self) -> None:
        """Make everything happen that was held back, as :meth:`go_on` does.

        Errors that are to be raised are raised by the next method that makes something happen.
        """
        if not self.timeline.is_running:
            self._run(0)

    def _run(self, seconds: float) -> None:
        self._requests.acted()
        self._runner = threading.get_ident()
        self.timeline.run(seconds, to_the_end=lambda: self.calls_up == 0)

    # -- Errors ----------------------------------------------------------------------------------------------

    def raise_later(self, error: Exception) -> None:
        """Raise an error once everything that happens now has happened."""
        self._errors.append(error)

    def raise_errors_now(self) -> None:
        """Raise the most important of the errors that were to be raised later, if there are any."""
        if self._errors:
            errors, self._errors = self._errors, []
            raise min(errors, key=_rank)

    # -- Callbacks and requests ------------------------------------------------------------------------------

    @contextmanager
    def application_is_busy(self) -> Iterator[None]:
        """Return a context for the time in which the application handles a callback.

        Its handlers may use the simulation meanwhile, whichever thread they run in.
        """
        with self.turn.lent():
            yield
        if self._clock is not None:
            self.timeline.now += self._clock.read()

    def count_request(self) -> None:
        """Count that the application makes or changes a call or conference.

        Raises :class:`EndlessCall` if handlers do so forever, each in response to the callback before.
        """
        try:
            self._requests.requested(lambda: latest(self.exchanges))
        except EndlessCall as error:
            self.raise_later(error)
            raise

    def destination(
        self,
        url: str,
        method: Method = "POST",
        fallback_url: str | None = None,
        fallback_method: Method = "POST",
        credentials: tuple[str, str] | Credentials | Unset | None = UNSET,
        callback_timeout: float | None = None,
        fallback_credentials: tuple[str, str] | Credentials | Unset | None = UNSET,
    ) -> Destination:
        """Return the destination that a REST request names; raises :class:`SimulationError` for mistakes.

        :param fallback_credentials: credentials for the fallback URL; default to the others.
        """
        pair = self.credentials if isinstance(credentials, Unset) else pair_of(credentials)
        timeout = self.callback_timeout if callback_timeout is None else callback_timeout
        if method not in ("POST", "GET"):
            raise SimulationError(f"The method of a callback must be POST or GET, got {show(method)}.")
        if not 0 < check_seconds(timeout, "callback_timeout") <= _LONGEST_TIMEOUT:
            raise SimulationError(
                f"callback_timeout must be more than 0 and at most {_LONGEST_TIMEOUT} seconds, got"
                f" {show(timeout)}."
            )
        fallback = None
        if fallback_url is not None:
            fallback = self.destination(
                fallback_url,
                fallback_method,
                credentials=credentials if isinstance(fallback_credentials, Unset) else fallback_credentials,
                callback_timeout=timeout,
            )
        return Destination(absolute(self.url, url), method, pair, fallback, timeout)


def pair_of(credentials: object) -> Credentials | None:
    """Return credentials as a pair; raises :class:`SimulationError`, which shows no password."""
    if credentials is None:
        return None
    pair = read_pair(credentials)
    if isinstance(pair, str):
        raise SimulationError(f"credentials {pair}")
    return pair


def _rank(error: Exception) -> int:
    """Return how unimportant an error is. A call is lost through what failed before."""
    if isinstance(error, LostCall):
        return 2
    return 0 if isinstance(error, SimulationError) else 1


def _in_utc(start: datetime) -> datetime:
    if not isinstance(start, datetime) or start.utcoffset() is None:
        raise SimulationError(
            f"start must be an aware datetime, got {show(start)}. Give one such as"
            " datetime(2026, 1, 5, 15, 0, tzinfo=UTC)."
        )
    return start.astimezone(UTC)
