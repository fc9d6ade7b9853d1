"""How documents run: fetch one, run one verb after the other, fetch the next one.

What a verb does is a function under :func:`runs`, one floor above.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any, NamedTuple, TypeAlias, TypeVar

from flask_bandwidth_callbacks import bxml

from ..exceptions import EndlessCall, SimulationError
from ..wire.documents import Script
from .messages import Ended, Taken
from .resource import Resource
from .timeline import Steps

Next: TypeAlias = Steps[Script] | None
"""How the next document is fetched, or None if the next verb runs."""

ResourceT = TypeVar("ResourceT", bound=Resource)
VerbT = TypeVar("VerbT", bound=bxml.Verb)
OutcomeT = TypeVar("OutcomeT", Next, Steps[Next])


class _Runner(NamedTuple):
    run: Callable[[Any, Any, str], Any]
    takes_time: bool
    answers: bool


RUNNERS: dict[type[bxml.Verb], _Runner] = {}
"""How each verb is run."""


def runs(
    verb: type[VerbT], *, answers: bool = True
) -> Callable[[Callable[[ResourceT, VerbT, str], OutcomeT]], Callable[[ResourceT, VerbT, str], OutcomeT]]:
    """Register the decorated function to run a verb.

    It is called with the call or conference, the verb, and the URL where relative URLs of the document
    start. A verb that takes no time is a plain function that returns :data:`Next`, one that takes time a
    generator of steps that returns it.

    :param answers: whether the verb answers an inbound call that has not been answered yet.
    """

    def register(
        run: Callable[[ResourceT, VerbT, str], OutcomeT],
    ) -> Callable[[ResourceT, VerbT, str], OutcomeT]:
        RUNNERS[verb] = _Runner(run, inspect.isgeneratorfunction(run), answers)
        return run

    return register


def live(resource: Resource, steps: Steps[Script], at_the_end: Callable[[], Steps[Script]]) -> Steps[None]:
    """Run a call or conference from its first document to its end.

    :param steps: give the first document.
    :param at_the_end: gives what follows a document that did not lead to another one.
    """
    try:
        while True:
            try:
                script = yield from steps
                steps = (yield from _run(resource, script)) or at_the_end()
            except Taken as taken:
                steps = taken.steps
    except Ended as error:
        ended = error
    except SimulationError as error:
        resource.bandwidth.raise_later(error)
        is_endless = isinstance(error, EndlessCall)
        ended = Ended("error", "the documents never end" if is_endless else str(error))
    # Not within the except, which would be the context of whatever a subscriber to the end raises.
    resource.end(ended)


def hang_up() -> Steps[Script]:
    """End the call, as after a document that does not lead to another one."""
    raise Ended("hangup")
    yield  # makes this a generator


def _run(resource: Resource, script: Script) -> Steps[Next]:
    resource.script = script
    for verb in script.verbs:
        resource.verb = verb
        if isinstance(verb, bxml.UnknownVerb):
            continue
        runner = RUNNERS.get(type(verb))
        if runner is None:
            raise SimulationError(
                f"The simulation cannot run <{verb.specification.name}> yet. Register a function for it with"
                " @runs in simulator/verbs."
            )
        if runner.answers:
            resource.answer()
        following: Next
        if runner.takes_time:
            following = yield from runner.run(resource, verb, script.url)
        else:
            following = runner.run(resource, verb, script.url)
        if following is not None:
            return following
    resource.verb = None
    return None
