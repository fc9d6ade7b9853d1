"""How the commands look: with rich where it is installed, plain elsewhere, and safe from what is printed."""

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

HOSTILE = "\x1b[2J\x9b31m\x07\x08\r\n  0:00  [red]forged[/] \u202etxt\x00"


@pytest.fixture
def colours(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], str]:
    """Output goes to a terminal of 40 columns with colours; gives what takes its styles off again."""
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "40")
    monkeypatch.delenv("NO_COLOR", raising=False)
    return lambda shown: "\n".join(
        line.rstrip() for line in re.sub(r"\x1b\[[0-9;]*m", "", shown).splitlines()
    )


@pytest.fixture
def without_rich(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The module as it is where rich is not installed."""
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
    """What is not printed to a terminal is neither styled nor wrapped, with rich or without."""
    print_all(terminal)
    assert capsys.readouterr().out == PLAIN


def test_without_rich_a_terminal_does_too(
    without_rich: ModuleType, colours: Callable[[str], str], capsys: pytest.CaptureFixture[str]
) -> None:
    """The commands work without the extra."""
    assert not without_rich.has_rich
    print_all(without_rich)
    assert capsys.readouterr().out == PLAIN


# -- With rich -----------------------------------------------------------------------------------------------


def test_terminal_gets_styles(colours: Callable[[str], str], capsys: pytest.CaptureFixture[str]) -> None:
    """Where rich is, it makes the same text look better."""
    print_all(terminal)
    shown = capsys.readouterr().out
    assert "\x1b[1mHello [bold]Ann[/]\x1b[0m" in shown
    assert "\x1b[31mBye\x1b[0m" in shown
    assert [line.strip() for line in colours(shown).splitlines()][:2] == ["0:00  Hello [bold]Ann[/]", "Bye"]
    assert '\n    <Gather maxDigits="1">\n' in colours(shown)


def test_no_colour(
    colours: Callable[[str], str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """NO_COLOR is kept to."""
    monkeypatch.setenv("NO_COLOR", "1")
    print_all(terminal)
    assert not re.search(r"\x1b\[[0-9;]*[34][0-9]", capsys.readouterr().out)


def test_narrow_terminal(colours: Callable[[str], str], capsys: pytest.CaptureFixture[str]) -> None:
    """A long line goes on below itself, between words, and none of it is lost."""
    terminal.say("For sales, press 1. For support, press 2, or hang up.", "bold", margin="  0:02  ")
    terminal.say("For sales, press 1. For support, press 2, or hang up.")
    terminal.table(("name", "url"), [("Ann", "https://example.com/" + "a" * 30)])
    shown = colours(capsys.readouterr().out)
    assert shown.startswith(
        "  0:02  For sales, press 1. For support,\n"
        "        press 2, or hang up.\n"
        "For sales, press 1. For support, press\n"
        "2, or hang up.\n"
    )
    assert "a" * 30 in re.sub(r"\s", "", shown)


def test_nothing_to_be_copied_is_broken(
    colours: Callable[[str], str], capsys: pytest.CaptureFixture[str]
) -> None:
    """A line of JSON stays one, however narrow the terminal is."""
    line = f'{{"words": "{"well " * 20}"}}'
    terminal.verbatim(f"{line}\n{line}", "dim")
    assert colours(capsys.readouterr().out) == f"{line}\n{line}"


def test_a_long_element(colours: Callable[[str], str], capsys: pytest.CaptureFixture[str]) -> None:
    """What it says goes on below it, not below what it stands in."""
    words = " ".join(["well"] * 12)
    terminal.xml(f"<Response><Gather><SpeakSentence>{words}</SpeakSentence></Gather></Response>", indent=2)
    shown = colours(capsys.readouterr().out).splitlines()
    assert [len(line) - len(line.lstrip()) for line in shown] == [2, 4, 6, 6, 6, 4, 2]
    assert "".join(" ".join(shown[2:5]).split()) == f"<SpeakSentence>{words}</SpeakSentence>".replace(" ", "")


# -- What is printed may come from anywhere ------------------------------------------------------------------


@pytest.mark.parametrize("has_rich", [True, False])
def test_nothing_that_is_printed_controls_the_terminal(
    has_rich: bool,
    colours: Callable[[str], str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Control characters are replaced, marks of rich are text, and nothing can forge a line of its own."""
    monkeypatch.setattr(terminal, "has_rich", has_rich)
    terminal.say(HOSTILE, "bold", margin="  0:07  ")
    terminal.say(HOSTILE)
    terminal.table(("name",), [(HOSTILE,)])
    terminal.verbatim(HOSTILE)
    terminal.xml(HOSTILE)
    terminal.xml("<Response><SpeakSentence>\x9b31m\u202e</SpeakSentence></Response>")
    shown = colours(capsys.readouterr().out)
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]", shown)
    assert shown.startswith(
        "  0:07  \ufffd[2J\ufffd31m\ufffd\ufffd\n          0:00  [red]forged[/] \ufffdtxt"
    )


def test_what_the_terminal_cannot_show_is_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    """A sentence with an é costs nobody the command where only ASCII can be written."""
    written = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(written, encoding="ascii", newline=""))
    terminal.say("Café \ud800")
    sys.stdout.flush()
    assert written.getvalue() == b"Caf? ?\n"


@pytest.mark.parametrize("document", ["no XML", "<Response>", ""])
def test_document_that_is_no_xml_is_shown_as_it_is(document: str) -> None:
    """An application may answer anything."""
    assert terminal.indented(document) == document


# -- Reading -------------------------------------------------------------------------------------------------


def test_lines_are_read_to_the_end(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without a terminal there is no prompt, and the end is None."""
    monkeypatch.setattr(sys, "stdin", io.StringIO("1\n\nlast"))
    assert [terminal.read() for _ in range(4)] == ["1", "", "last", None]
    assert capsys.readouterr().out == ""


def test_a_closed_input_is_at_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """A program may be started without any standard input."""
    monkeypatch.setattr(sys, "stdin", None)
    assert not terminal.is_attended()
    assert terminal.read() is None


def test_line_that_is_no_text(monkeypatch: pytest.MonkeyPatch) -> None:
    """Bytes that are no UTF-8 are somebody's mistake, not the end."""
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"\xff\n"), encoding="utf-8"))
    assert [terminal.read(), terminal.read()] == ["\ufffd", None]


def test_whoever_sits_at_a_terminal_is_prompted(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A terminal gives a prompt before each line, and Ctrl-D there ends the line of the prompt, too."""
    far, near = pty.openpty()
    os.write(far, b"1\n\x04")
    with open(near, encoding="utf-8") as stdin, monkeypatch.context() as context:
        context.setattr(sys, "stdin", stdin)
        assert terminal.is_attended()
        assert [terminal.read(), terminal.read()] == ["1", None]
    os.close(far)
    assert capsys.readouterr().out == "> > \n"
