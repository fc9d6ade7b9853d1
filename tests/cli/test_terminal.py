"""Output and input of the commands, with rich and without it, and safe from what is printed."""

from __future__ import annotations

import importlib.util
import io
import os
import pty
import re
import sys
from collections.abc import Callable
from types import ModuleType

import pytest

from flask_bandwidth_callbacks.cli import terminal
from flask_bandwidth_callbacks.simulator.wire.documents import indented

HOSTILE = "\x1b[2J\x9b31m\x07\x08\r\n  0:00  [red]forged[/] \u202etxt\x00"


@pytest.fixture
def colors(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], str]:
    """Make output go to a terminal of 40 columns with colors; return a function that removes the styles."""
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "40")
    monkeypatch.delenv("NO_COLOR", raising=False)
    return lambda shown: "\n".join(
        line.rstrip() for line in re.sub(r"\x1b\[[0-9;]*m", "", shown).splitlines()
    )


@pytest.fixture
def without_rich(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The module as it is if rich is not installed."""
    monkeypatch.setitem(sys.modules, "rich", None)
    specification = importlib.util.find_spec(terminal.__name__)
    assert specification is not None
    assert specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


# -- Plain ---------------------------------------------------------------------------------------------------


def print_all(module: ModuleType) -> None:
    module.say("Hello [bold]Ann[/]", "bold", margin="  0:00  ")
    module.say("Bye", "red")
    module.verbatim('{"x":\n  "y"}', "dim")
    module.table(("name", "number"), [("Ann", "1"), ("Barbara", "[2]")])
    module.xml('<Response><Gather maxDigits="1"><Pause/></Gather></Response>', indent=2)


PLAIN = """\
  0:00  Hello [bold]Ann[/]
Bye
{"x":
  "y"}

name     number
Ann      1
Barbara  [2]
  <Response>
    <Gather maxDigits="1">
      <Pause />
    </Gather>
  </Response>
"""


def test_a_file_gets_plain_text(capsys: pytest.CaptureFixture[str]) -> None:
    """Output that does not go to a terminal is neither styled nor wrapped, although rich is installed."""
    print_all(terminal)
    assert capsys.readouterr().out == PLAIN


def test_without_rich_a_terminal_gets_plain_text(
    without_rich: ModuleType, colors: Callable[[str], str], capsys: pytest.CaptureFixture[str]
) -> None:
    """Without rich, output to a terminal is plain text."""
    assert not without_rich.has_rich
    print_all(without_rich)
    assert capsys.readouterr().out == PLAIN


# -- With rich -----------------------------------------------------------------------------------------------


def test_terminal_gets_styles(colors: Callable[[str], str], capsys: pytest.CaptureFixture[str]) -> None:
    """With rich, output to a terminal is the same text with styles."""
    print_all(terminal)
    shown = capsys.readouterr().out
    assert "\x1b[1mHello [bold]Ann[/]\x1b[0m" in shown
    assert "\x1b[31mBye\x1b[0m" in shown
    assert [line.strip() for line in colors(shown).splitlines()][:2] == ["0:00  Hello [bold]Ann[/]", "Bye"]
    assert '\n    <Gather maxDigits="1">\n' in colors(shown)


def test_no_color(
    colors: Callable[[str], str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """With NO_COLOR set, output has no colors."""
    monkeypatch.setenv("NO_COLOR", "1")
    print_all(terminal)
    assert not re.search(r"\x1b\[[0-9;]*[34][0-9]", capsys.readouterr().out)


def test_narrow_terminal(colors: Callable[[str], str], capsys: pytest.CaptureFixture[str]) -> None:
    """A long line is wrapped between words below its beginning, and none of it is lost."""
    terminal.say("For sales, press 1. For support, press 2, or hang up.", "bold", margin="  0:02  ")
    terminal.say("For sales, press 1. For support, press 2, or hang up.")
    terminal.table(("name", "url"), [("Ann", "https://example.com/" + "a" * 30)])
    shown = colors(capsys.readouterr().out)
    assert shown.startswith(
        "  0:02  For sales, press 1. For support,\n"
        "        press 2, or hang up.\n"
        "For sales, press 1. For support, press\n"
        "2, or hang up.\n"
    )
    assert "a" * 30 in re.sub(r"\s", "", shown)


def test_verbatim_lines_are_not_wrapped(
    colors: Callable[[str], str], capsys: pytest.CaptureFixture[str]
) -> None:
    """A line of JSON stays one line, however narrow the terminal is."""
    line = f'{{"words": "{"well " * 20}"}}'
    terminal.verbatim(f"{line}\n{line}", "dim")
    assert colors(capsys.readouterr().out) == f"{line}\n{line}"


def test_a_long_element(colors: Callable[[str], str], capsys: pytest.CaptureFixture[str]) -> None:
    """A long element is wrapped with its own indentation, not with that of its parent."""
    words = " ".join(["well"] * 12)
    terminal.xml(f"<Response><Gather><SpeakSentence>{words}</SpeakSentence></Gather></Response>", indent=2)
    shown = colors(capsys.readouterr().out).splitlines()
    assert [len(line) - len(line.lstrip()) for line in shown] == [2, 4, 6, 6, 6, 4, 2]
    assert "".join(" ".join(shown[2:5]).split()) == f"<SpeakSentence>{words}</SpeakSentence>".replace(" ", "")


# -- Hostile text --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("has_rich", [True, False])
def test_printed_text_cannot_control_the_terminal(
    has_rich: bool,
    colors: Callable[[str], str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Control characters are replaced, markup of rich is text, and a text cannot forge a line."""
    monkeypatch.setattr(terminal, "has_rich", has_rich)
    terminal.say(HOSTILE, "bold", margin="  0:07  ")
    terminal.say(HOSTILE)
    terminal.table(("name",), [(HOSTILE,)])
    terminal.verbatim(HOSTILE)
    terminal.xml(HOSTILE)
    terminal.xml("<Response><SpeakSentence>\x9b31m\u202e</SpeakSentence></Response>")
    shown = colors(capsys.readouterr().out)
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]", shown)
    assert shown.startswith(
        "  0:07  \ufffd[2J\ufffd31m\ufffd\ufffd\n          0:00  [red]forged[/] \ufffdtxt"
    )


def test_characters_that_the_terminal_cannot_show_are_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    """A terminal that only shows ASCII gets a question mark for any other character."""
    written = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(written, encoding="ascii", newline=""))
    terminal.say("Café \ud800")
    sys.stdout.flush()
    assert written.getvalue() == b"Caf? ?\n"


@pytest.mark.parametrize("document", ["not XML", "<Response>", ""])
def test_a_document_that_is_not_xml_is_shown_unchanged(document: str) -> None:
    """A reply that is not XML is shown unchanged."""
    assert indented(document) == document


@pytest.mark.parametrize("levels", [21, 400, 5_000])
def test_a_document_of_many_levels_is_shown_unchanged(
    levels: int, colors: Callable[[str], str], capsys: pytest.CaptureFixture[str]
) -> None:
    """A document with more levels than fit beside each other is shown whole, without indentation."""
    document = "<a>" * levels + "</a>" * levels
    terminal.xml(document, indent=8)
    assert re.sub(r"\s", "", colors(capsys.readouterr().out)) == document
    assert indented(document) == document


# -- Reading -------------------------------------------------------------------------------------------------


def test_lines_are_read_to_the_end(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Input that is not a terminal is read without a prompt, and its end is None."""
    monkeypatch.setattr(sys, "stdin", io.StringIO("1\n\nlast"))
    assert [terminal.read() for _ in range(4)] == ["1", "", "last", None]
    assert capsys.readouterr().out == ""


def test_a_missing_input_is_at_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """A program without standard input reads None."""
    monkeypatch.setattr(sys, "stdin", None)
    assert not terminal.is_attended()
    assert terminal.read() is None


def test_a_line_that_is_not_utf_8(monkeypatch: pytest.MonkeyPatch) -> None:
    """A line that is not UTF-8 is read as a replacement character, and reading goes on."""
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"\xff\n"), encoding="utf-8"))
    assert [terminal.read(), terminal.read()] == ["\ufffd", None]


def test_a_terminal_gets_a_prompt(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A terminal shows a prompt before each line, and Ctrl-D also ends the line of the prompt."""
    far, near = pty.openpty()
    os.write(far, b"1\n\x04")
    with open(near, encoding="utf-8") as stdin, monkeypatch.context() as context:
        context.setattr(sys, "stdin", stdin)
        assert terminal.is_attended()
        assert [terminal.read(), terminal.read()] == ["1", None]
    os.close(far)
    assert capsys.readouterr().out == "> > \n"
