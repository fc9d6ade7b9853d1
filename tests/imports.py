"""Which modules of a package import which, read from their source.

Imports under ``TYPE_CHECKING`` and inside functions count: an annotation ties two modules together as well.
"""

from __future__ import annotations

import ast
import graphlib
from collections.abc import Iterator
from pathlib import Path

Imports = dict[str, set[str]]


def imports_within(package: Path) -> Imports:
    """Return each module of a package, by full name, with the modules of the package that it imports."""
    paths = {module_name(package, path): path for path in package.glob("**/*.py")}
    return {
        name: {target for imported in imports_of(path, package) if (target := _module(imported, paths))}
        for name, path in paths.items()
    }


def circle_in(imports: Imports) -> list[str]:
    """Return modules that import each other in a circle, empty if there is none."""
    try:
        graphlib.TopologicalSorter(imports).prepare()
    except graphlib.CycleError as error:
        circle: list[str] = error.args[1]
        return circle
    return []


def imports_of(path: Path, package: Path) -> Iterator[str]:
    """Yield the full name of everything that a file of a package imports, modules and names alike."""
    parents = module_name(package, path).split(".")
    if path.name != "__init__.py":
        del parents[-1]
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = parents[: len(parents) + 1 - node.level] if node.level else []
            base += node.module.split(".") if node.module else []
            yield from (".".join((*base, alias.name)) for alias in node.names)


def module_name(package: Path, path: Path) -> str:
    """Return the full name of the module in a file of a package."""
    parts = path.relative_to(package.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _module(imported: str, modules: dict[str, Path]) -> str | None:
    """Return the module with the imported name, or else the module that the name comes from."""
    if imported in modules:
        return imported
    parent = imported.rpartition(".")[0]
    return parent if parent in modules else None
