"""Leases are renewed for as long as they are held, and cost nothing while they are short.

These tests call the renewal itself: it is what every store on another machine relies on, whichever is here.
"""

from __future__ import annotations

import gc
import os
import threading
import time
import weakref
from collections.abc import Callable, Collection, Iterator

import pytest

from flask_bandwidth_callbacks.store.renewal import Renewal
from flask_bandwidth_callbacks.stores import Kind, Lease

KIND = Kind("test", lifetime=60.0)


class Renewed:
    """What was renewed, by name."""

    def __init__(self) -> None:
        self.times: list[list[str]] = []
        self.fails = False

    def __call__(self, leases: Collection[Lease]) -> None:
        self.times.append(sorted(lease.name for lease in leases))
        if self.fails:
            raise OSError("the store is away")


@pytest.fixture
def renewed() -> Renewed:
    """Takes the place of a store."""
    return Renewed()


@pytest.fixture
def renewal(renewed: Renewed) -> Iterator[Renewal]:
    """A renewal whose thread ends with the test."""
    renewal = Renewal(renewed)
    yield renewal
    renewal.close()


def lease(name: str) -> Lease:
    """Return a lease as a store gives it."""
    return Lease(KIND, name, "token", None)


def wait_until(condition: Callable[[], bool], seconds: float = 10.0) -> bool:
    """Wait for a condition and return whether it came true."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True


def renewing_threads() -> int:
    """Return the number of threads that renew leases."""
    return sum(thread.name == "bandwidth-callbacks-leases" for thread in threading.enumerate())


def test_a_lease_is_renewed_each_second_while_it_is_held(renewal: Renewal, renewed: Renewed) -> None:
    """A lease older than a second is renewed again and again until it is removed; a new one is not."""
    held = lease("held")
    renewal.add(held)
    renewal.renew_old()
    assert renewed.times == []
    assert wait_until(lambda: len(renewed.times) == 2)
    short = lease("short")
    renewal.add(short)
    renewal.remove(short)
    renewal.remove(held)
    renewal.remove(held)
    seen = len(renewed.times)
    time.sleep(1.2)
    assert renewed.times[:seen] == [["held"]] * seen
    assert len(renewed.times) == seen


def test_a_store_that_is_away_does_not_end_the_renewal(renewal: Renewal, renewed: Renewed) -> None:
    """After an attempt that failed the next one is made a second later."""
    renewed.fails = True
    renewal.add(lease("held"))
    assert wait_until(lambda: len(renewed.times) == 2)


def test_many_leases_need_one_thread(renewal: Renewal) -> None:
    """A hundred threads that lease at once start one thread that goes on."""
    before = renewing_threads()
    threads = [threading.Thread(target=renewal.add, args=[lease(str(number))]) for number in range(100)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wait_until(lambda: renewing_threads() <= before + 1, 5.0)


def test_the_thread_ends_when_the_renewal_is_closed_and_starts_again(
    renewal: Renewal, renewed: Renewed
) -> None:
    """Closing forgets the leases and ends the thread; a lease that is added later is renewed."""
    before = renewing_threads()
    renewal.add(lease("first"))
    renewal.close()
    assert wait_until(lambda: renewing_threads() <= before)
    renewal.add(lease("second"))
    assert wait_until(lambda: bool(renewed.times))
    assert renewed.times[0] == ["second"]


def test_the_thread_ends_with_a_store_that_is_not_used_any_more(renewed: Renewed) -> None:
    """The thread does not keep the store in memory."""
    renewal = Renewal(renewed)
    renewal.add(lease("held"))
    weak = weakref.ref(renewal)
    del renewal
    gc.collect()
    assert weak() is None
    before = renewing_threads()
    assert wait_until(lambda: renewing_threads() < before or before == 0)


def test_a_forked_process_leaves_the_leases_of_its_parent_alone(
    renewal: Renewal, renewed: Renewed, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A lease that was taken under another process id is not renewed in this process."""
    renewal.add(lease("the parent's"))
    parent = os.getpid()
    monkeypatch.setattr(os, "getpid", lambda: parent + 1)
    renewal.add(lease("the child's"))
    assert wait_until(lambda: len(renewed.times) == 2)
    assert renewed.times == [["the child's"]] * 2


def test_a_process_without_room_for_a_thread_leases_all_the_same(
    renewal: Renewal, renewed: Renewed, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A thread that cannot be started is started at the next lease."""

    def refuse(thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    with monkeypatch.context() as patch:
        patch.setattr(threading.Thread, "start", refuse)
        renewal.add(lease("first"))
    renewal.add(lease("second"))
    assert wait_until(lambda: bool(renewed.times))
    assert renewed.times[0] == ["first", "second"]
