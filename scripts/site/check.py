"""Checks the built site: every link of every page leads somewhere, and nothing is fetched.

python scripts/site/check.py site
"""

from __future__ import annotations

import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

FETCHED = {"script": "src", "img": "src", "link": "href", "iframe": "src", "source": "src"}


class Links(HTMLParser):
    """The ids of a page, what it links to, and what a browser fetches to show it."""

    def __init__(self) -> None:
        super().__init__()
        self.ids: set[str] = set()
        self.links: list[str] = []
        self.fetched: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.ids |= {given[name] for name in ("id", "name") if name in given}
        if tag == "a" and "href" in given:
            self.links.append(given["href"])
        if tag in FETCHED and FETCHED[tag] in given and given.get("rel") != "canonical":
            self.fetched.append(given[FETCHED[tag]])


def read(file: Path) -> Links:
    page = Links()
    page.feed(file.read_text(encoding="utf-8"))
    return page


def problems(site: Path) -> list[str]:
    pages = {file: read(file) for file in sorted(site.rglob("*.html"))}
    found = []
    for file, page in pages.items():
        for link in page.links + page.fetched:
            parts = urlsplit(link)
            if parts.scheme or parts.netloc:
                if link in page.fetched and parts.scheme != "data":
                    found.append(f"{file}: fetches {link}")
                continue
            if file.name == "404.html":  # is served under any address
                continue
            target = (file.parent / unquote(parts.path)).resolve() if parts.path else file
            target = target / "index.html" if target.is_dir() else target
            if not target.exists():
                found.append(f"{file}: {link} is not there")
            elif parts.fragment and target in pages:
                if unquote(parts.fragment) not in pages[target].ids | {"__top"}:
                    found.append(f"{file}: {link} has no such place")
    if not pages:
        found.append(f"{site}: no page")
    return found


if __name__ == "__main__":
    left = problems(Path(sys.argv[1]).resolve())
    print("\n".join(left) or "every link leads somewhere, and nothing is fetched")
    sys.exit(bool(left))
