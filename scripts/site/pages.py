"""A hook of mkdocs: the pages that are not below docs/, and links as the site has them.

The same Markdown is read in the repository and on the site. On the site README.md is the first
page, each example a page with its files, and a link to any other file of the repository is its name.
"""

from __future__ import annotations

import posixpath
import re
from pathlib import Path
from typing import TYPE_CHECKING

from mkdocs.structure.files import File

if TYPE_CHECKING:
    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.structure.files import Files
    from mkdocs.structure.pages import Page

ROOT = Path(__file__).resolve().parents[2]

# Where the site has what the repository has elsewhere.
PAGES = {
    "README.md": "index.md",
    "CONTRIBUTING.md": "CONTRIBUTING.md",
    "CHANGELOG.md": "CHANGELOG.md",
    "examples/README.md": "examples/index.md",
}
EXAMPLES = sorted(path.parent.name for path in ROOT.glob("examples/*/app.py"))
LINK = re.compile(r"\[([^\]\n]+(?:\n[^\]\n]+)?)\]\((?!https?:|mailto:|#)([^)#\s]+)(#[^)\s]*)?\)")

ITEM = re.compile(r"(?:[-*+]|\d+\.) ")


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages of PAGES, the licence, and a page per example."""
    for source, page in PAGES.items():
        text = (ROOT / source).read_text(encoding="utf-8")
        files.append(File.generated(config, page, content=linked(text, source, page)))
    licence = (ROOT / "LICENSE").read_text(encoding="utf-8")
    text = f"# Licence\n\n```text\n{licence.strip(chr(10))}\n```\n"
    files.append(File.generated(config, "LICENSE.md", content=text))
    for name in EXAMPLES:
        files.append(File.generated(config, f"examples/{name}.md", content=example(name)))
    return files


def on_page_markdown(markdown: str, page: Page, **_: object) -> str:
    """Bring the links of a page below docs/ into the site's form."""
    path = page.file.src_uri
    return markdown if page.file.generated_by else linked(markdown, f"docs/{path}", path)


def linked(markdown: str, source: str, page: str) -> str:
    """Turn links between files of the repository into links between pages, for mkdocs' Markdown."""

    def link(found: re.Match[str]) -> str:
        words, target, anchor = found[1], found[2], found[3] or ""
        file = posixpath.normpath(posixpath.join(posixpath.dirname(source), target))
        place = page_of(file)
        if place is None:
            return words
        return f"[{words}]({posixpath.relpath(place, posixpath.dirname(page) or '.')}{anchor})"

    return indented(LINK.sub(link, markdown))


def indented(markdown: str) -> str:
    """Indent what belongs to an item of a list by four, as mkdocs' Markdown wants it.

    In the repository two or three do, as everywhere else. A block of code moves as a whole. After an
    item of several paragraphs the next one needs an empty line before it.
    """
    lines: list[str] = []
    shift, fence, is_long = 0, "", False
    for line in markdown.split("\n"):
        width = len(line) - len(line.lstrip(" "))
        if not fence:
            shift = 4 - width if width in (2, 3) else 0
            if ITEM.match(line):
                if is_long and lines[-1]:
                    lines.append("")
                is_long = False
            elif width and lines and not lines[-1]:
                is_long = True
        marker = line.strip()[:3]
        if marker in ("```", "~~~"):
            fence = "" if fence else marker
        lines.append(" " * shift + line if line.strip() else line)
    return "\n".join(lines)


def page_of(file: str) -> str | None:
    """Return where the site has a file of the repository; None: nowhere."""
    if not (ROOT / file).exists():
        return file  # a broken link stays one, and mkdocs says so
    if file in PAGES:
        return PAGES[file]
    if file == "LICENSE":
        return "LICENSE.md"
    if file.startswith("docs/"):
        return file.removeprefix("docs/")
    parts = file.split("/")
    if parts[0] == "examples" and len(parts) > 1 and parts[1] in EXAMPLES:
        return f"examples/{parts[1]}.md"
    return None


def example(name: str) -> str:
    """Write an example's page: its files, the app first."""
    folder = ROOT / "examples" / name
    files = [folder / "app.py", *sorted(folder.glob("tests/*.py"))]
    files += [path for path in sorted(folder.glob(".chalice/*.json")) if path.is_file()]
    parts = [f"# {name.capitalize()}"]
    for path in files:
        kind = "python" if path.suffix == ".py" else "json"
        text = path.read_text(encoding="utf-8").strip()
        parts.append(f"## {path.relative_to(folder).as_posix()}\n\n```{kind}\n{text}\n```")
    return "\n\n".join(parts) + "\n"
