"""Documented or it fails: what the code offers is in the docs, what the docs name exists."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import click

from chalice_offline import cli

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PACKAGE = "src/chalice_offline"


def _documentation(root: Path) -> str:
    files = [root / "README.md", *sorted((root / "docs").rglob("*.md"))]
    return "\n".join(file.read_text(encoding="utf-8") for file in files if file.exists())


def _section(text: str, title: str) -> str:
    """The text below the heading `title`, up to the next heading of its level."""
    level = title.split(" ", 1)[0]
    assert f"\n{title}\n" in text, f"docs/ARCHITECTURE.md has no section {title!r}"
    return re.split(rf"(?m)^#{{1,{len(level)}}} ", text.split(f"\n{title}\n", 1)[1])[0]


def _rows(section: str) -> set[str]:
    """The paths in the first column of a table, without backticks."""
    return set(re.findall(r"(?m)^\| `([^`]+)` \|", section))


def test_every_command_and_option_is_documented(root: Path, require_none: Any) -> None:
    """Each command of chalice-offline and each of its options appears in README.md or docs/."""
    text = _documentation(root)
    broken = []
    for name, command in _commands(cli.main):
        if f"chalice-offline {name}" not in text:
            broken.append(f"chalice-offline {name} is in neither README.md nor docs/")
        for option in command.params:
            if not isinstance(option, click.Option):
                continue
            longest = max(option.opts, key=len)
            if not re.search(rf"(?<![\w-]){re.escape(longest)}(?![\w-])", text):
                broken.append(f"{longest} of chalice-offline {name} is in neither")
    require_none(broken)


def _commands(group: click.Group, prefix: str = "") -> Iterator[tuple[str, click.Command]]:
    for name, command in group.commands.items():
        yield f"{prefix}{name}", command
        if isinstance(command, click.Group):
            yield from _commands(command, f"{prefix}{name} ")


def test_settings_of_the_pytest_plugin_are_documented(root: Path, require_none: Any) -> None:
    """Each setting that the plugin reads appears in README.md or docs/."""
    text = _documentation(root)
    source = (root / PACKAGE / "testing" / "plugin.py").read_text(encoding="utf-8")
    settings = re.findall(r'addini\(\s*"(\w+)"', source)
    assert settings
    require_none(
        [f"{name} is in neither README.md nor docs/" for name in settings if name not in text]
    )


def test_map_names_every_folder_and_none_that_is_missing(root: Path) -> None:
    """The map in ARCHITECTURE.md has one row per folder and top-level module of the package."""
    text = (root / "docs" / "ARCHITECTURE.md").read_text(encoding="utf-8")
    mapped = _rows(_section(text, f"### {PACKAGE}"))
    package = root / PACKAGE
    folders = {
        f"{folder.relative_to(package).as_posix()}/"
        for folder in package.rglob("*")
        if folder.is_dir() and any(folder.glob("*.py"))
    }
    modules = {file.name for file in package.glob("*.py") if file.name != "__init__.py"}
    assert mapped == folders | modules


def test_map_of_the_repository_names_what_exists(root: Path, require_none: Any) -> None:
    """Every path in the map's other table exists."""
    text = (root / "docs" / "ARCHITECTURE.md").read_text(encoding="utf-8")
    mapped = _rows(_section(text, "### The repository"))
    assert {"app.py", "chalicelib/", "simulators/", f"{PACKAGE}/"} <= mapped
    require_none(
        [f"{path} does not exist" for path in sorted(mapped) if not (root / path).exists()]
    )


def test_documents_that_are_named_exist(sources: Any, root: Path, require_none: Any) -> None:
    """A file under docs/ that code or another document names is there, and so is each link."""
    named = [
        (source.path, name, root / name)
        for source in sources("src", "chalicelib", "app.py", "simulators")
        for name in re.findall(r"\bdocs/[\w/.-]+\.md\b", source.text)
    ]
    linked = [
        (file.relative_to(root), target, file.parent / target)
        for file in [*root.glob("*.md"), *(root / "docs").rglob("*.md")]
        for target in re.findall(r"\]\((?!https?:|#|mailto:)([^)#\s]+)", file.read_text("utf-8"))
    ]
    broken = [
        f"{place} names {target}, which does not exist"
        for place, target, path in named + linked
        if not path.exists()
    ]
    require_none(broken)


def test_pages_are_in_the_contents_of_the_site(root: Path, require_none: Any) -> None:
    """Each page below docs/ is in mkdocs.yml's `nav`, or no reader of the site would find it."""
    contents = re.findall(r"(\S+\.md)\s*$", (root / "mkdocs.yml").read_text("utf-8"), re.MULTILINE)
    pages = {file.relative_to(root / "docs").as_posix() for file in (root / "docs").rglob("*.md")}
    require_none([f"docs/{page} is not in mkdocs.yml" for page in sorted(pages - set(contents))])


def test_make_targets_are_the_documented_ones(root: Path, require_none: Any) -> None:
    """Each `make target` in README.md, CONTRIBUTING.md and docs/ is one that the Makefile has."""
    targets = set(re.findall(r"(?m)^([a-z][a-z-]*):", (root / "Makefile").read_text()))
    text = _documentation(root) + (root / "CONTRIBUTING.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`make ([a-z][a-z-]*)", text))
    require_none([f"make {name} is documented, the Makefile has none" for name in named - targets])
