"""The repository's own Python files, parsed once for all house rules."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Import:
    """One imported module. `at_load`: importing the file imports it, too."""

    module: str
    line: int
    types_only: bool
    at_load: bool


@dataclass(frozen=True)
class Source:
    """One Python file: path relative to the root with slashes, text, syntax tree."""

    path: str
    text: str = field(repr=False)

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.text, self.path)

    @cached_property
    def lines(self) -> list[str]:
        return self.text.splitlines()

    @property
    def module(self) -> str:
        dotted = self.path.removeprefix("src/").removesuffix(".py").replace("/", ".")
        return dotted.removesuffix(".__init__")

    @cached_property
    def imports(self) -> list[Import]:
        return list(_imports(self.tree, self.module, self.path.endswith("/__init__.py")))


def _imports(tree: ast.Module, module: str, is_package: bool) -> Iterator[Import]:
    def visit(node: ast.AST, types_only: bool, at_load: bool) -> Iterator[Import]:
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield Import(alias.name, node.lineno, types_only, at_load)
        elif isinstance(node, ast.ImportFrom):
            base = _absolute(node, module, is_package)
            for alias in node.names:  # the name may be a module of its own
                yield Import(f"{base}.{alias.name}", node.lineno, types_only, at_load)
        elif isinstance(node, ast.If) and _is_type_checking(node.test):
            for statement in node.body:
                yield from visit(statement, True, False)
            for statement in node.orelse:
                yield from visit(statement, types_only, at_load)
        else:
            deferred = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
            for child in ast.iter_child_nodes(node):
                yield from visit(child, types_only, at_load and not deferred)

    yield from visit(tree, False, True)


def _absolute(node: ast.ImportFrom, module: str, is_package: bool) -> str:
    if not node.level:
        return node.module or ""
    package = module.split(".")[: None if is_package else -1]
    parents = package[: len(package) - node.level + 1]
    return ".".join([*parents, *([node.module] if node.module else [])])


def _is_type_checking(test: ast.expr) -> bool:
    name = test.attr if isinstance(test, ast.Attribute) else getattr(test, "id", "")
    return name == "TYPE_CHECKING"


def _load(*places: str) -> list[Source]:
    """Read the Python files at or below `places`, relative to the root, in one fixed order."""
    files: list[Path] = []
    for place in places:
        path = ROOT / place
        files += [path] if path.is_file() else sorted(path.rglob("*.py"))
    return [_source(file) for file in files]


@cache
def _source(file: Path) -> Source:
    return Source(file.relative_to(ROOT).as_posix(), file.read_text(encoding="utf-8"))


@pytest.fixture(scope="session")
def root() -> Path:
    """The repository's folder."""
    return ROOT


@pytest.fixture(scope="session")
def sources() -> Callable[..., list[Source]]:
    """`sources("src", "app.py")`: the parsed Python files at or below these places."""
    return _load


@pytest.fixture(scope="session")
def require_none() -> Callable[[list[str]], None]:
    """`require_none(broken)`: fail with one line per broken rule, without a traceback."""

    def require(broken: list[str]) -> None:
        if broken:
            pytest.fail("\n".join(broken), pytrace=False)

    return require
