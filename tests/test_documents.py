"""What the documents say about the repository is true: paths, commands, versions, the picture."""

from __future__ import annotations

import re
import tomllib
from configparser import ConfigParser
from pathlib import Path

import pytest

import flask_bandwidth_callbacks
from tests.imports import imports_within, module_name

ROOT = Path(__file__).parents[1]
PACKAGE = Path(flask_bandwidth_callbacks.__file__).parent
BESIDE = {"flask_bandwidth_callbacks_commands.py", "pytest_flask_bandwidth_callbacks.py"}

pytestmark = pytest.mark.skipif(
    not (ROOT / ".ci").exists(),
    reason="the documents describe the whole repository, and this is a copy of parts of it",
)

DOCUMENTS = sorted(
    path
    for pattern in ("*.md", "docs/*.md", "examples/**/*.md", ".github/**/*.md")
    for path in ROOT.glob(pattern)
)
every_document = pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))


def text_of(path: str) -> str:
    """Return the text of a file of the repository."""
    return (ROOT / path).read_text(encoding="utf-8")


def section(path: str, heading: str) -> str:
    """Return what stands below a heading of a document, up to the next one."""
    _, found, rest = text_of(path).partition(f"\n## {heading}\n")
    assert found, f"{path} must have a section {heading!r}."
    return rest.partition("\n## ")[0]


# -- Paths and commands --------------------------------------------------------------------------------------

_FILE = re.compile(r"[\w.-]+(/[\w.-]+)*(/|\.(py|pyi|md|cfg|toml|yaml|html|in))")
_FOLDERS = tuple(f"{path.name}/" for path in ROOT.glob("*/") if not path.name.startswith(".venv"))


def inline_code(text: str) -> list[str]:
    """Return what stands between backticks, outside of code blocks."""
    return re.findall(r"`([^`\n]+)`", re.sub(r"^```.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL))


def paths_in(text: str) -> set[str]:
    """Return the paths that a document names between backticks."""
    words = {word for code in inline_code(text) for word in code.split()}
    return {word for word in words if _FILE.fullmatch(word) or word.startswith(_FOLDERS)}


def slug(heading: str) -> str:
    """Return the anchor that a heading has on a page."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


@every_document
def test_every_path_exists(document: Path) -> None:
    """Each file and folder that a document names exists, in the repository or in the package."""
    bases = (document.parent, ROOT, PACKAGE)
    paths = paths_in(document.read_text(encoding="utf-8"))
    assert [path for path in paths if not any((base / path).exists() for base in bases)] == []


@every_document
def test_every_link_leads_somewhere(document: Path) -> None:
    """Each link of a document to a file of the repository finds that file, and the heading in it."""
    text = document.read_text(encoding="utf-8")
    for target, anchor in re.findall(r"\]\((?!https?:)([^)#]*)#?([^)]*)\)", text):
        path = document.parent / target if target else document
        assert path.exists(), target
        if anchor:
            headings = re.findall(r"^#+ (.*)$", path.read_text(encoding="utf-8"), re.MULTILINE)
            assert anchor in map(slug, headings), f"{target}#{anchor}"


@every_document
def test_every_make_command_exists(document: Path) -> None:
    """Each ``make`` command that a document gives is a target of the Makefile."""
    text = document.read_text(encoding="utf-8")
    commands = " ".join(re.findall(r"^\$ make .*", text, re.MULTILINE)).split("$ ") + inline_code(text)
    used = {
        target
        for command in commands
        if command.startswith("make ")
        for target in re.findall(r"(?<= )[a-z]+(?= |$)", command.partition("#")[0])
    }
    assert used <= set(re.findall(r"^([a-z]+):", text_of("Makefile"), re.MULTILINE))


# -- The picture ---------------------------------------------------------------------------------------------


def drawn() -> list[str]:
    """Return the lines of the picture as paths in the package, from the roof to the ground."""
    (picture,) = re.findall(
        r"^```\n(.*?)^```$", section("docs/architecture.md", "The floors"), re.MULTILINE | re.DOTALL
    )
    paths: list[str] = []
    folders: list[str] = []
    for margin, name in re.findall(r"^((?:  )*)([\w.]+/?)(?=  |$)", picture, re.MULTILINE):
        del folders[len(margin) // 2 :]
        paths.append("".join(folders) + name)
        if name.endswith("/"):
            folders.append(name)
    return paths


def line_of(path: Path) -> str:
    """Return the line of the picture that a file of the package has: a folder's is its ``__init__.py``."""
    line = path.relative_to(PACKAGE).as_posix()
    return line.removesuffix("__init__.py")


def test_the_picture_shows_every_module() -> None:
    """The picture of the floors has a line for each module of the package, and no other."""
    modules = {line_of(path) for path in PACKAGE.rglob("*.py")} - {""}
    assert sorted(drawn()) == sorted(modules | BESIDE)


@pytest.mark.no_cover
def test_imports_run_down_the_picture() -> None:
    """A module imports only modules that stand below it in the picture; the package imports all."""
    height = {line: number for number, line in enumerate(["", *drawn()][::-1])}
    lines = {module_name(PACKAGE, path): line_of(path) for path in PACKAGE.rglob("*.py")}
    upward = [
        (lines[module], lines[imported])
        for module, imports in imports_within(PACKAGE).items()
        for imported in imports
        if height[lines[imported]] >= height[lines[module]]
    ]
    assert upward == []


@pytest.mark.parametrize("heading", ["The way of one callback", "The way of one simulated call"])
def test_the_ways_name_functions_that_exist(heading: str) -> None:
    """Each of the ten steps begins with a file, and the functions that it names are in that file."""
    steps = re.findall(
        r"^\d+\. `([\w/.]+)`: (.*(?:\n   .*)*)", section("docs/architecture.md", heading), re.MULTILINE
    )
    assert len(steps) == 10
    for path, step in steps:
        names = re.findall(r"`(?:\w+\.)?(\w+)\(\)`", step)
        source = (PACKAGE / path).read_text(encoding="utf-8")
        assert [name for name in names if not re.search(rf"\bdef {name}\(", source)] == [], path


# -- Versions and the changelog ------------------------------------------------------------------------------


def test_the_lowest_python_is_the_same_everywhere() -> None:
    """Requirements, classifiers, type checker, linter and documents agree on the lowest Python."""
    setup = ConfigParser()
    setup.read(ROOT / "setup.cfg")
    lowest = setup["options"]["python_requires"].removeprefix(">=")
    classified = re.findall(r"Python :: (\d+\.\d+)$", setup["metadata"]["classifiers"], re.MULTILINE)
    tools = tomllib.loads(text_of("pyproject.toml"))["tool"]
    assert classified[0] == lowest
    assert classified == sorted(classified, key=lambda version: int(version.partition(".")[2]))
    assert tools["mypy"]["python_version"] == lowest
    assert tools["ruff"]["target-version"] == f"py{lowest.replace('.', '')}"
    for document in ("README.md", "CONTRIBUTING.md"):
        assert f"Python {lowest} or later" in text_of(document)


def test_the_gate_runs_the_tests_on_every_python() -> None:
    """The gate runs tests on each version that the classifiers name after the lowest."""
    setup = ConfigParser()
    setup.read(ROOT / "setup.cfg")
    _, *later = re.findall(r"Python :: (\d+\.\d+)$", setup["metadata"]["classifiers"], re.MULTILINE)
    assert (
        sorted(re.findall(r'^make .* PYTHON="\$\(later (.*?)\)"', text_of(".ci/run"), re.MULTILINE)) == later
    )


def test_the_changelog_keeps_its_form() -> None:
    """The headings are those of Keep a Changelog: Unreleased, then versions with dates, newest first."""
    first, *released = re.findall(r"^## (.*)$", text_of("CHANGELOG.md"), re.MULTILINE)
    assert first == "[Unreleased]"
    dates = [re.fullmatch(r"\[\d+\.\d+\.\d+\] - (\d{4}-\d\d-\d\d)", heading) for heading in released]
    assert all(dates)
    assert dates == sorted(dates, key=lambda date: date[1] if date else "", reverse=True)
    kinds = {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}
    assert set(re.findall(r"^### (.*)$", text_of("CHANGELOG.md"), re.MULTILINE)) <= kinds


def test_the_hook_runs_the_linter() -> None:
    """The one hook for commits runs ``make lint`` on this machine, so both always do the same."""
    settings = dict(re.findall(r"^[ -]*(\w+): (.+)$", text_of(".pre-commit-config.yaml"), re.MULTILINE))
    assert settings["repo"] == "local"
    assert settings["entry"] == "make lint"
    assert settings["language"] == "system"
    assert settings["pass_filenames"] == "false"
    assert len(re.findall(r"\bid:", text_of(".pre-commit-config.yaml"))) == 1
