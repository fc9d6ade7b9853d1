"""Pictures of phone lines: what an SVG and a Mermaid flowchart show, measured in a browser."""

from __future__ import annotations

import re
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from html import unescape
from itertools import combinations
from random import Random
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flask_bandwidth_callbacks.simulator import SimulationError
from flask_bandwidth_callbacks.simulator.explore.picture import Arrow, Box, Picture
from flask_bandwidth_callbacks.simulator.explore.picture.mermaid import to_mermaid
from flask_bandwidth_callbacks.simulator.explore.picture.svg import to_svg

if TYPE_CHECKING:
    from playwright.sync_api import Page

SVG = "{http://www.w3.org/2000/svg}"

LINE = Picture(
    "A bicycle shop",
    (
        Box("start", "start", "A call begins"),
        Box("s0", "state", "Good morning, this is Fernhill Cycles. For sales, press 1. For support, press 2.",
            "greet (phone.py:43)", ("false-promise", "hidden-key")),
        Box("s1", "state", "Sorry, that key leads nowhere. For sales, press 1.", "menu (phone.py:81)"),
        Box("s2", "person", "One moment, I am putting you through to sales.", "sales (phone.py:65)"),
        Box("s3", "person", "One moment, I am putting you through to support.", "support (phone.py:70)"),
        Box("s4", "state", "I am sorry, the line to sales is busy. Please leave your name and your message.",
            "after_transfer (phone.py:142)"),
        Box("s5", "state", "Please leave your name and your message, then press hash or hang up.",
            "message (phone.py:75)", ("long-silence",)),
        Box("s6", "state", "I heard nothing. Please try once more.", "record_again (phone.py:180)"),
        Box("s7", "end", "Thank you, we will call you back. Goodbye.", "thank (phone.py:175)"),
        Box("s8", "end", "The call ends", "after_transfer (phone.py:142)"),
        Box("s9", "end", "Thank you. Goodbye.", "record_again (phone.py:180)"),
        Box("s10", "state", "Good evening, this is Fernhill Cycles. We are closed at the moment.",
            "greet (phone.py:43)"),
        Box("u0", "unreached", "No call reached offer", "offer (phone.py:111)"),
        Box("u1", "unreached", "No call reached take", "take (phone.py:121)"),
        Box("u2", "unreached", "No call reached decline", "decline (phone.py:130)"),
    ),
    (
        Arrow("start", "s0", "+13035550141 busy, 10:00"),
        Arrow("start", "s10", "+13035550141 busy, 03:00"),
        Arrow("s0", "s2", "1 (10:00)"),
        Arrow("s0", "s4", "1 (+13035550141 busy, 10:00)"),
        Arrow("s0", "s3", "2"),
        Arrow("s0", "s5", "3, silence"),
        Arrow("s0", "s1", "4-9, 0, *, #"),
        Arrow("s1", "s2", "1"),
        Arrow("s1", "s3", "2"),
        Arrow("s1", "s5", "3, silence"),
        Arrow("s1", "s1", "4-9, 0, *, #"),
        Arrow("s2", "s8", "+13035550141: hangs up"),
        Arrow("s3", "s8", "+13035550142: hangs up"),
        Arrow("s4", "s6", "#"),
        Arrow("s4", "s7", "a message, silence"),
        Arrow("s5", "s6", "#"),
        Arrow("s5", "s7", "a message, silence"),
        Arrow("s6", "s9", "#, a message, silence"),
        Arrow("s6", "s0", "*"),
        Arrow("s10", "s5", ""),
        Arrow("s2", "u0", is_dashed=True),
        Arrow("u0", "u1", is_dashed=True),
    ),
)  # fmt: skip
"""A line as exploration draws it."""

HOSTILE = (
    '<script>alert("1")</script>',
    "]]> <!-- &amp; &#0; </svg> <style>",
    '1. first | "two" `three` **four** _five_ $six$ #seven; %%{init: {}}%%',
    "W" * 400,
    "‮turned around‬ zero\u200bwidth \x00 \x1b[31m \ud800 \ufffe",
    "您好这里是自行车店。销售请按一。" * 3,
    "﷽ 𒐫 ⸻ 🚲🚲🚲🚲🚲🚲🚲🚲🚲🚲🚲🚲🚲🚲🚲",
    "line\nbreaks\tand   spaces",
    "- list + list * list > quote fa:fa-phone www.example.com",
    "",
)


def hostile_picture() -> Picture:
    """Return a picture whose texts try to be more than texts."""
    kinds: Any = ("start", "state", "person", "end", "unreached") * 2
    boxes = [
        Box(f"b{number}", kind, text, text, (text,) if number % 2 else (), (None, True, False)[number % 3])
        for number, (kind, text) in enumerate(zip(kinds, HOSTILE, strict=True))
    ]
    arrows = [
        Arrow(
            f"b{number}",
            f"b{(number + step) % len(HOSTILE)}",
            text,
            number % 4 == 0,
            (None, True, False)[number % 3],
        )
        for number, text in enumerate(HOSTILE)
        for step in (0, 1, 4)
    ]
    return Picture(HOSTILE[0], tuple(boxes), tuple(arrows))


def large_picture(boxes: int, arrows: int) -> Picture:
    """Return a menu of menus with long texts, whose arrows also lead back, and to places far away."""
    random = Random(1)
    words = [
        "for",
        "sales",
        "support",
        "billing",
        "repairs",
        "opening hours",
        "press one",
        "and then the hash key",
    ]
    drawn = {(max(0, (number - 1) // 4), number) for number in range(1, boxes)}
    while len(drawn) < arrows:
        source = random.randrange(boxes)
        drawn.add(
            (source, random.choice([source, (source - 1) // 4 % boxes, boxes - 1, random.randrange(boxes)]))
        )
    return Picture(
        "A large line",
        tuple(
            Box(
                f"s{number}",
                random.choice(["state", "state", "state", "person", "end"]),
                " ".join(random.choices(words, k=12)),
                f"handler_with_a_long_name_{number} (somewhere_in_the_application.py:{number})",
                tuple(random.sample(["false-promise", "hidden-key", "long-way"], k=random.randrange(3))),
            )
            for number in range(boxes)
        ),
        tuple(
            Arrow(
                f"s{source}",
                f"s{target}",
                random.choice(["1", "2, 4-9", "silence", "a message, silence, #, *", ""]),
            )
            for source, target in sorted(drawn)
        ),
    )


# -- Any picture ---------------------------------------------------------------------------------------------

any_text = st.one_of(st.text(max_size=60), st.sampled_from(HOSTILE))


@st.composite
def any_picture(draw: st.DrawFn) -> Picture:
    """Draw a picture of up to eight boxes."""
    names = draw(st.lists(st.from_regex(r"[a-z][a-z0-9]{0,5}", fullmatch=True), max_size=8, unique=True))
    walked = st.sampled_from([None, True, False])
    kinds = st.sampled_from(["start", "state", "person", "end", "unreached"])
    boxes: Any = [
        draw(
            st.builds(
                Box,
                st.just(name),
                kinds,
                any_text,
                any_text,
                st.lists(any_text, max_size=2).map(tuple),
                walked,
            )
        )
        for name in names
    ]
    ends = st.sampled_from(names) if names else st.nothing()
    arrows = draw(
        st.lists(st.builds(Arrow, ends, ends, any_text, st.booleans(), walked), max_size=14 if names else 0)
    )
    return Picture(draw(any_text), tuple(boxes), tuple(arrows))


@given(any_picture())
@settings(deadline=None, max_examples=30)
def test_every_svg_is_well_formed_and_complete(picture: Picture) -> None:
    """Whatever the texts are, the SVG is XML without scripts, has each box once, and is always the same."""
    drawn = to_svg(picture)
    svg = ElementTree.fromstring(drawn)
    assert {element.tag.removeprefix(SVG) for element in svg.iter()} <= {
        *("svg", "title", "desc", "style", "g", "rect", "path", "polygon", "text")
    }
    names = [group.get("id") for group in svg.iter(f"{SVG}g") if "box" in (group.get("class") or "").split()]
    assert names == [f"box-{box.id}" for box in picture.boxes]
    heads = svg.findall(f".//{SVG}polygon")
    assert len(heads) == sum(arrow.source != arrow.target for arrow in picture.arrows)
    assert to_svg(picture) == drawn


@given(any_picture())
@settings(deadline=None, max_examples=30)
def test_boxes_and_labels_never_overlap(picture: Picture) -> None:
    """Whatever leads where, no box covers another box or a label, and no label another label."""
    svg = ElementTree.fromstring(to_svg(picture))
    areas = [
        tuple(float(rectangle.get(name, "")) for name in ("x", "y", "width", "height"))
        for rectangle in svg.findall(f".//{SVG}g/{SVG}rect")
    ]
    for (x, y, width, height), (other_x, other_y, other_width, other_height) in combinations(areas, 2):
        assert (
            x + width <= other_x + 0.2
            or other_x + other_width <= x + 0.2
            or y + height <= other_y + 0.2
            or other_y + other_height <= y + 0.2
        )


_LABEL = r'"(?:[\w ,:;\'?()/….+-]|#\d+;|<br>)*"'
_GRAMMAR = re.compile(
    rf"flowchart TB\n(?:    (?:box_\w+(?:\(\[{_LABEL}\]\)|\[{_LABEL}\]|\({_LABEL}\)|\[\[{_LABEL}\]\])"
    rf"|box_\w+ (?:-->|==>|-\.->)(?:\|{_LABEL}\|)? box_\w+"
    r"|classDef \w+ [\w:#, -]+|class box_\w+(?:,box_\w+)* \w+)\n)*"
)


@given(any_picture())
@settings(deadline=None, max_examples=30)
def test_every_flowchart_keeps_to_mermaids_grammar(picture: Picture) -> None:
    """Whatever the texts are, nothing in them is a part of Mermaid's language, and each box has its line."""
    drawn = to_mermaid(picture)
    assert _GRAMMAR.fullmatch(drawn)
    lines = drawn.splitlines()
    assert sum("classDef" not in line and " class " not in line for line in lines) == 1 + len(
        picture.boxes + picture.arrows
    )
    assert to_mermaid(picture) == drawn


@pytest.mark.parametrize(
    "text", ["1. one", "- one", "+ one", "* one", "_one_", "fa:fa-car", 'a "b" #c; <d>|e]']
)
def test_texts_come_back_from_a_flowchart(text: str) -> None:
    """What Mermaid takes for a list, an icon or a quote is written in numbers, which it shows as the text."""
    drawn = to_mermaid(Picture("A line", (Box("end", "end", text),), ()))
    (label,) = re.findall(r'box_end\[\["(.*)"\]\]', drawn)
    assert label != text
    assert unescape(re.sub(r"#(\d+);", r"&#\1;", label)) == text


def test_a_flowchart_shows_what_the_picture_shows() -> None:
    """Kinds have shapes, arrows not walked are dashed, walked ones thick, and findings have their names."""
    picture = Picture(
        "A line",
        (
            Box("a", "start", "A call begins"),
            Box("b", "state", "For sales, press one.", "menu (phone.py:1)", ("false-promise",), True),
            Box("c", "person", "Talks", is_walked=False),
            Box("d", "end", "Goodbye."),
            Box("e", "unreached", "No call reached night"),
        ),
        (
            Arrow("a", "b"),
            Arrow("b", "c", "1", is_walked=True),
            Arrow("c", "d", is_walked=False),
            Arrow("b", "e", is_dashed=True),
        ),
    )
    assert (
        to_mermaid(picture)
        == """\
flowchart TB
    box_a(["A call begins"])
    box_b["For sales, press one.<br>menu (phone.py:1)<br>walked<br>false-promise"]
    box_c("Talks<br>not walked")
    box_d[["Goodbye."]]
    box_e["No call reached night"]
    box_a --> box_b
    box_b ==>|"1"| box_c
    box_c -.-> box_d
    box_b -.-> box_e
    classDef person stroke-width:3px
    class box_c person
    classDef unreached stroke-dasharray:6 4
    class box_e unreached
    classDef walked stroke-width:3px
    class box_b walked
    classDef notWalked stroke-dasharray:2 4
    class box_c notWalked
    classDef marked stroke:#d1242f,stroke-width:3px
    class box_b marked
"""
    )


# -- In a browser --------------------------------------------------------------------------------------------


def show(page: Page, picture: Picture, *, width: int = 1280) -> None:
    """Show a picture in a page of a width."""
    page.set_viewport_size({"width": width, "height": 800})
    page.set_content(f"<!doctype html><body style='margin: 0'>{to_svg(picture)}")


_MEASURE = """() => {
    const area = element => { const {left, top, right, bottom} = element.getBoundingClientRect()
                              return [left, top, right, bottom] }
    const boxes = [...document.querySelectorAll('svg g:has(> rect)')]
    return {
        page: document.documentElement.scrollWidth,
        svg: area(document.querySelector('svg')),
        texts: [...document.querySelectorAll('svg text')].map(text => [text.textContent, area(text)]),
        groups: boxes.map(group => [
            area(group.querySelector('rect')),
            [...group.querySelectorAll('text')].map(text => [text.textContent, area(text)])]),
    }
}"""


@pytest.mark.no_cover
@pytest.mark.parametrize("width", [1280, 400])
@pytest.mark.parametrize(
    "picture",
    [LINE, hostile_picture(), large_picture(60, 150)],
    ids=["a line", "hostile texts", "a large line with long texts"],
)
def test_texts_stay_in_their_boxes_and_do_not_overlap(page: Page, picture: Picture, width: int) -> None:
    """In a browser no text leaves its box, none covers another one, and all of them are on the picture."""
    show(page, picture, width=width)
    measured = page.evaluate(_MEASURE)
    assert len(measured["texts"]) > 20
    for text, area in measured["texts"]:
        assert is_within(area, measured["svg"]), text
    for box, texts in measured["groups"]:
        for text, area in texts:
            assert is_within(area, box), text
    assert list(overlapping(measured["texts"])) == []


def is_within(area: list[float], other: list[float]) -> bool:
    """Return whether an area is not beyond another one on any side."""
    return other[0] <= area[0] and other[1] <= area[1] and area[2] <= other[2] and area[3] <= other[3]


def overlapping(texts: list[Any]) -> Iterator[tuple[str, str]]:
    """Yield the pairs of texts that cover each other by more than half a pixel."""
    for (text, area), (other_text, other) in combinations(texts, 2):
        if (
            min(area[2], other[2]) - max(area[0], other[0]) > 0.5
            and min(area[3], other[3]) - max(area[1], other[1]) > 0.5
        ):
            yield text, other_text


def test_a_line_fits_a_screen_and_scrolls_on_a_telephone(page: Page) -> None:
    """On a screen the picture is no wider than the page; on a telephone it stays readable, and scrolls."""
    show(page, LINE)
    assert page.evaluate(_MEASURE)["page"] == 1280
    show(page, LINE, width=400)
    smallest = (
        "Math.min(...[...document.querySelectorAll('text')].map(text => text.getBoundingClientRect().height))"
    )
    assert page.evaluate(smallest) > 7
    assert page.evaluate(_MEASURE)["page"] > 400


_COLORS = """() => {
    const numbers = color => color.match(/[\\d.]+/g).map(Number)
    return [...document.querySelectorAll('svg text')].map(text => {
        const behind = text.parentElement.querySelector(':scope > rect')
        const [color, other] = [text, behind].map(element => numbers(getComputedStyle(element).fill))
        return [text.textContent, color, other]
    })
}"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_texts_have_enough_contrast(page: Page, scheme: Any) -> None:
    """Each text has a contrast of 4.5 to 1 with what is behind it, light or dark: level AA of WCAG 2."""
    page.emulate_media(color_scheme=scheme)
    walked = [replace(box, is_walked=bool(number % 2)) for number, box in enumerate(LINE.boxes)]
    show(page, replace(LINE, boxes=(*LINE.boxes, *(replace(box, id=f"w{box.id}") for box in walked))))
    colors = page.evaluate(_COLORS)
    assert [text for text, color, behind in colors if contrast(color, behind) < 4.5] == []
    assert {luminance(behind) > 0.5 for _, _, behind in colors} == {scheme == "light"}


def luminance(color: list[float]) -> float:
    """Return the relative luminance of a color, as WCAG 2 defines it."""
    parts = [
        value / 255 / 12.92 if value <= 10 else ((value / 255 + 0.055) / 1.055) ** 2.4 for value in color[:3]
    ]
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]


def contrast(color: list[float], other: list[float]) -> float:
    """Return the contrast of two colors, from 1 to 21."""
    darker, lighter = sorted([luminance(color), luminance(other)])
    return (lighter + 0.05) / (darker + 0.05)


def test_paper_is_white(page: Page) -> None:
    """A picture is printed light, also from a dark screen."""
    page.emulate_media(color_scheme="dark", media="print")
    show(page, LINE)
    assert (
        page.evaluate("getComputedStyle(document.querySelector('svg > rect')).fill") == "rgb(255, 255, 255)"
    )


def test_text_can_be_selected(page: Page) -> None:
    """A reader can select and copy what is heard, and the names of handlers."""
    show(page, LINE)
    page.evaluate("getSelection().selectAllChildren(document.querySelector('#box-s6'))")
    selected = " ".join(page.evaluate("getSelection().toString()").split())
    assert "I heard nothing. Please try once more. record_again (phone.py:180)" in selected


def test_arrows_end_at_their_boxes_and_labels_stand_at_their_arrows(page: Page) -> None:
    """The head of each arrow touches a box, and each label is next to the arrow that it belongs to."""
    show(page, LINE, width=2000)
    distances = page.evaluate("""() => {
        const points = path => Array.from({length: 200}, (_, step) =>
            path.getPointAtLength(path.getTotalLength() * step / 199))
        const ways = [...document.querySelectorAll('svg g > .way')].map(points)
        return [...document.querySelectorAll('.label-of-arrow > rect')].map(rect => {
            const {x, y, width, height} = rect.getBBox()
            return Math.min(...ways.flat().map(point => Math.hypot(
                Math.max(x - point.x, 0, point.x - x - width),
                Math.max(y - point.y, 0, point.y - y - height))))
        })
    }""")
    assert len(distances) == sum(bool(arrow.label) and arrow.source != arrow.target for arrow in LINE.arrows)
    assert max(distances) < 20


# -- What is shown -------------------------------------------------------------------------------------------


def words_in(svg: str, box: str = "") -> list[str]:
    """Return the texts of a drawing, or of one of its boxes, line by line."""
    root = ElementTree.fromstring(svg)
    parent = root if not box else root.find(f".//{SVG}g[@id='box-{box}']")
    assert parent is not None
    return [text.text or "" for text in parent.iter(f"{SVG}text")]


def test_a_box_shows_what_is_heard_and_found_there() -> None:
    """A box has the first words in three lines, the handler, the keys that lead back, and the findings."""
    drawn = to_svg(LINE)
    assert words_in(drawn, "s0") == [
        *("Good morning, this is", "Fernhill Cycles. For", "sales, press 1. For…"),
        *("greet (phone.py:43)", "false-promise, hidden-key"),
    ]
    assert words_in(drawn, "s1")[-1] == "stays: 4-9, 0, *, #"
    assert words_in(drawn, "s2")[0] == "connected"
    assert words_in(drawn, "s8")[0] == "end of the call"
    assert words_in(drawn, "u0")[0] == "not reached"
    assert "Stands in the code, but no call took it" in words_in(drawn)


def test_a_box_without_a_label_may_stay() -> None:
    """An arrow to its own box is shown in the box, also without keys, and says whether tests walked it."""
    box = Box("a", "state", "Hello.")
    drawn = to_svg(Picture("A line", (box,), (Arrow("a", "a"), Arrow("a", "a", "1", is_walked=False))))
    assert words_in(drawn, "a") == ["Hello.", "may stay", "stays: 1, not walked"]


def test_what_tests_walked_is_told_without_colors() -> None:
    """Walked boxes say so in a word, arrows by their lines, and a legend explains the lines in use."""
    boxes = (Box("a", "state", "Hello.", is_walked=True), Box("b", "end", "Goodbye.", is_walked=False))
    arrows = (Arrow("a", "b", "1", is_walked=True), Arrow("a", "b", "2", is_walked=False))
    drawn = to_svg(Picture("A line", boxes, arrows))
    assert words_in(drawn, "a")[0] == "walked"
    assert words_in(drawn, "b")[0] == "end of the call, not walked"
    assert words_in(drawn)[-2:] == ["Walked by tests", "Not walked by tests"]
    classes = [path.get("class") for path in ElementTree.fromstring(drawn).iter(f"{SVG}path")]
    assert classes == ["way walked", "way not-walked"] * 2
    assert ".way.not-walked { stroke-dasharray" in drawn


def test_texts_in_other_scripts_are_kept_within_their_room() -> None:
    """The width of a text is fixed where no table knows it, and left to the font where one does."""
    boxes = (Box("a", "state", "Hello…"), Box("b", "state", "您好"), Box("c", "state", "﷽"))
    svg = ElementTree.fromstring(to_svg(Picture("A line", boxes, ())))
    lengths = {text.text: text.get("textLength") for text in svg.iter(f"{SVG}text")}
    assert lengths == {"A line": None, "Hello…": None, "您好": "28.6", "﷽": "14.3"}


def test_a_picture_says_what_it_is() -> None:
    """A reader who cannot see the picture hears its title, and how much of the line was reached."""
    svg = ElementTree.fromstring(to_svg(LINE))
    assert svg.get("role") == "img"
    assert svg.findtext(f"{SVG}title") == svg.get("aria-label") == "A bicycle shop"
    assert svg.findtext(f"{SVG}desc") == (
        "What leads where on a phone line: 15 boxes and 22 arrows. No way reached 3 of the boxes."
        " Something was found at 2 of them."
    )


def test_a_wide_picture_is_turned() -> None:
    """A menu of many options, which would be far wider than a screen, runs from left to right."""
    options = [Box(f"o{number}", "end", f"Option {number}", "") for number in range(20)]
    arrows = [Arrow("menu", option.id, "") for option in options]
    svg = to_svg(Picture("A wide menu", (Box("menu", "start", "Menu", ""), *options), tuple(arrows)))
    _, _, width, height = map(float, re.findall(r"[\d.]+", svg[svg.index("viewBox=") :])[:4])
    assert width < height


@pytest.mark.no_cover
def test_a_large_picture_is_drawn_in_seconds() -> None:
    """200 boxes and 600 arrows take a few seconds."""
    picture = large_picture(200, 600)
    begun = time.process_time()
    to_svg(picture)
    assert time.process_time() - begun < 15


def test_drawing_names_the_extra_that_it_needs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the layout library an SVG cannot be drawn, and the error says what to install."""
    monkeypatch.setitem(sys.modules, "graphlay", None)
    with pytest.raises(SimulationError, match=r"pip install 'flask-bandwidth-callbacks\[explore\]'"):
        to_svg(LINE)
    assert to_mermaid(LINE)
