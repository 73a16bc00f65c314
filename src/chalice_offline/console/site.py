"""The console's page: files of this package, read once."""

from __future__ import annotations

from importlib.resources import files
from typing import NamedTuple

_TYPES = {
    "css": "text/css; charset=utf-8",
    "html": "text/html; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "svg": "image/svg+xml",
}


class File(NamedTuple):
    """A file of the page."""

    content_type: str
    body: bytes


def site_files() -> dict[str, File]:
    """Return every file of the page by its name; "" is the page itself."""
    found = {
        one.name: File(_TYPES[one.name.rpartition(".")[2]], one.read_bytes())
        for one in files("chalice_offline.console").joinpath("static").iterdir()
        if one.name.rpartition(".")[2] in _TYPES
    }
    return found | {"": found["index.html"]}
