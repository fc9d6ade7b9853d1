"""What exploration finds: all faults of a faulty line, and none on lines that are right."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from flask_bandwidth_callbacks import GatherCallback, InitiateCallback
from flask_bandwidth_callbacks.bxml import Gather, Hangup, SpeakSentence, Verb
from flask_bandwidth_callbacks.simulator.explore import Finding, explore
from tests.simulator.explore.lines import faulty, right, samples, variants
from tests.simulator.explore.lines.large import large
from tests.simulator.explore.lines.serving import AGENT, BACK_OFFICE, line, serve
from tests.simulator.explore.lines.variants import VARIANTS, Variant

KEYS = "129*"
"""Keys that are tried everywhere, beside those that prompts announce."""
ENVIRONMENTS = [{}, {AGENT: "busy"}, {AGENT: "none", BACK_OFFICE: "none"}]
"""How the people behave whom lines call."""


COVERED = (
    right.any_key,
    right.goodbye_with_flowers,
    right.other_keys,
    samples.artificial_agent,
    samples.bridge,
    samples.bridge_with_voicemail,
    variants.key_was_announced_before,
    variants.message_does_not_end_with_star,
    variants.promise_before_the_end,
    variants.promise_that_only_words_keep,
    variants.promises_before_a_pause,
    variants.returns_no_bxml,
)
"""Lines that take branches of their own. Others are explored without coverage, which takes as long again."""


def param(line: Callable[..., object], *values: object) -> Any:
    """Return the parameters of a test of a line."""
    return pytest.param(*values, id=line.__name__, marks=() if line in COVERED else pytest.mark.no_cover)


def summaries(findings: list[Finding]) -> list[str]:
    """Return the kind and the steps of each finding."""
    return [f"{finding.kind}: {'; '.join(finding.steps)}" for finding in findings]


# -- The line with one fault of each kind --------------------------------------------------------------------

FAULTS: list[tuple[str, str, str]] = [
    ("exception", "news", "press 1"),
    ("lost-call", "message", "press 2; press #"),
    ("unannounced-hangup", "hours", "press 3"),
    ("false-promise", "find", "press 4; press 2"),
    ("hidden-key", "offers", "press 5; press 9"),
    ("silent-loop", "wait", "press 6"),
    (
        "silent-loop",
        "weather",
        "press 7",
    ),  # where no way leads out, silence does not either
    ("no-way-out", "weather", "press 7"),
    ("long-silence", "silence", "press 8; wait 11 s"),
    ("long-way", "go_on", "press 9" + "; press 1" * 12),
    ("unreached", "forgotten", ""),
]
"""Each as kind, name of the handler, and the shortest way."""


@pytest.fixture(scope="module")
def found() -> list[Finding]:
    return explore(faulty.create_app, keys=KEYS).findings


def test_each_fault_is_found_once(found: list[Finding]) -> None:
    """The faulty line gives one finding for each of its faults, with the handler and the shortest way."""
    assert [
        (finding.kind, finding.handler.partition(" ")[0], "; ".join(finding.steps)) for finding in found
    ] == FAULTS


def test_where_a_fault_stands(found: list[Finding]) -> None:
    """A finding names the file and the line of its handler, and shows the call that led there."""
    (finding,) = [each for each in found if each.kind == "unannounced-hangup"]
    number = faulty.hours.__code__.co_firstlineno
    assert finding.handler == f"hours (faulty.py:{number})"
    assert "We are open from nine to five." in finding.call
    assert finding.message == (
        'The call ends at the end of a document after "We are open from nine to five.". Say goodbye, or end'
        " the document with Hangup."
    )


def test_hidden_keys_are_notes(found: list[Finding]) -> None:
    """A hidden key is worth knowing, and all other findings are faults."""
    assert {finding.kind for finding in found if finding.is_note} == {"hidden-key"}


@pytest.mark.no_cover
def test_findings_are_found_again() -> None:
    """The same line gives the same findings, with the same calls."""

    def findings() -> list[tuple[str, ...]]:
        found = explore(samples.message_played_back, keys=KEYS).findings
        return [(each.kind, each.message, each.call, *each.steps) for each in found]

    assert findings() == findings() != []


# -- Lines without faults ------------------------------------------------------------------------------------


@pytest.mark.parametrize("create_app", [param(each, each) for each in right.LINES])
def test_nothing_is_found_on_a_line_that_is_right(create_app: Callable[[], Flask]) -> None:
    """A line that only looks suspicious gives no finding, not even a note, in any environment."""
    options: dict[str, Any] = {"announcements": right.SPANISH} if create_app is right.spanish else {}
    if create_app in right.CALLING:
        options["callees"] = ENVIRONMENTS
    if create_app is right.farewells:
        options["numbers"] = [f"{number:02}" for number in range(len(right.FAREWELLS))]
    report = explore(create_app, keys=KEYS, **options)
    assert report.is_exhausted
    assert report.findings == []


# -- Bandwidth's samples -------------------------------------------------------------------------------------

SAMPLES: list[tuple[Callable[[], Flask], list[str]]] = [
    (samples.gather, []),
    # A wrong key ends the call with "Invalid option."
    (samples.gather_of_2020, ["unannounced-hangup: press #"]),
    (samples.record, []),
    # Nothing but a request over REST ends the loop, or leads to the responder that says goodbye.
    (samples.redirect_loop, ["silent-loop: ", "no-way-out: ", "unreached: "]),
    # If the agent does not answer, the caller hears ringing, and then the call ends.
    (samples.bridge, ["unannounced-hangup: wait 30 s"]),
    (samples.bridge_with_voicemail, []),
    # The message becomes available after the caller has hung up. The call cannot be redirected then.
    (
        samples.message_played_back,
        [
            "exception: hang up",
            "long-silence: press #; wait 4.9 s; wait 15 s",
            "long-silence: press #; wait 4.9 s; press 1; wait 15 s",
        ],
    ),
    # int() of no digits.
    (samples.game, ["exception: wait 3 s; wait 3 s; wait 5 s"]),
    # If no agent calls, the caller waits forever.
    (samples.parked_for_an_agent, ["silent-loop: ", "no-way-out: "]),
    (samples.browser, []),
    (samples.artificial_agent, []),
    (samples.machine_detection, []),
]


@pytest.mark.parametrize(("create_app", "findings"), [param(each[0], *each) for each in SAMPLES])
def test_what_is_found_on_a_sample(create_app: Callable[[], Flask], findings: list[str]) -> None:
    """What Bandwidth's samples do is right, except for what is really wrong with some of them."""
    assert summaries(explore(create_app, keys=KEYS, callees=ENVIRONMENTS).findings) == findings


# -- Each kind in several forms ------------------------------------------------------------------------------


@pytest.mark.parametrize("variant", [param(each.add, each) for each in VARIANTS])
def test_what_is_found_on_a_small_line(variant: Variant) -> None:
    """Each form of a fault gives its finding with the shortest way; what only resembles one gives none."""
    assert (
        summaries(explore(variant.create_app, **{"keys": KEYS, **variant.options}).findings)
        == variant.findings
    )


def test_every_kind_has_forms() -> None:
    """Each kind of finding is among the forms."""
    kinds = {finding.partition(":")[0] for variant in VARIANTS for finding in variant.findings}
    assert kinds == {kind for kind, _, _ in FAULTS}


def test_calls_that_cannot_be_repeated() -> None:
    """Where each call hears something else, exploration says so, and reports no lack of an end."""
    numbers = itertools.count()
    phone = line(__name__)

    @phone.respond(InitiateCallback)
    def greet(call: InitiateCallback) -> Gather:
        return Gather(SpeakSentence(f"You are caller {next(numbers)}."), gather_url=end, max_digits=1)

    @phone.respond(GatherCallback, "/end")
    def end(call: GatherCallback) -> list[Verb]:
        return [SpeakSentence("Goodbye."), Hangup()]

    report = explore(lambda: serve(phone), keys="1")
    assert [(finding.kind, finding.is_note) for finding in report.findings] == [("unreached", True)]
    (left,) = report.left
    assert left.startswith("4 ways led elsewhere when walked again")


# -- A large line --------------------------------------------------------------------------------------------


@pytest.mark.no_cover
def test_every_menu_of_a_large_line_is_a_state() -> None:
    """A line with many menus is explored to the end; beside them, there are a goodbye and a hang-up."""
    app = large(40)
    report = explore(lambda: app, keys="1")
    assert report.is_exhausted
    assert len(report.states) == 40 + 2
    assert report.findings == []
