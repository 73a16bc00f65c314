"""How pip finds this very chalice-offline again, for another environment.

An installer notes where it took a package from, unless that was a registry (PEP 610); so a wheel
in a folder, a checkout or a commit is found again, and pip looks in no registry for what is there
perhaps under the same name only.
"""

from __future__ import annotations

import json
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import unquote, urlsplit

NAME = "chalice-offline"
_NOTE = "direct_url.json"


class OwnRequirement(NamedTuple):
    """A line of a requirements file; `gone` is the place it came from if nothing is there now."""

    line: str
    gone: str = ""


def own_requirement() -> OwnRequirement:
    """Return the requirement that the running chalice-offline fulfils."""
    try:
        note = distribution(NAME).read_text(_NOTE)
    except PackageNotFoundError:  # run from its source, which nobody installed
        note = None
    return requirement_of(note)


def requirement_of(note: str | None) -> OwnRequirement:
    """Return the requirement that a note of an installer stands for."""
    try:
        told = json.loads(note or "{}")
    except ValueError:
        told = {}
    url = told.get("url") if isinstance(told, dict) else None
    if not isinstance(url, str) or not url or any(letter.isspace() for letter in url):
        return OwnRequirement(NAME)
    parts = urlsplit(url)
    if parts.scheme == "file":
        path = unquote(parts.path)
        if not Path(path).exists():
            return OwnRequirement(NAME, path)
        folder = told.get("dir_info")
        if isinstance(folder, dict) and folder.get("editable"):
            return OwnRequirement(f"--editable {url}")
    return OwnRequirement(f"{NAME} @ {_versioned(url, told)}")


def _versioned(url: str, told: dict[str, Any]) -> str:
    """Return a URL with the commit or the digest that was installed, and the folder in it."""
    version_control, archive = told.get("vcs_info"), told.get("archive_info")
    fragment = []
    if isinstance(version_control, dict) and version_control.get("vcs"):
        url = f"{version_control['vcs']}+{url}"
        if version_control.get("commit_id"):
            url += f"@{version_control['commit_id']}"
    elif isinstance(archive, dict) and isinstance(archive.get("hashes"), dict):
        digest = archive["hashes"].get("sha256")
        # A wheel that is built anew in its place is meant, too: files' digests are left out.
        if digest and not url.startswith("file:"):
            fragment.append(f"sha256={digest}")
    if told.get("subdirectory"):
        fragment.append(f"subdirectory={told['subdirectory']}")
    return f"{url}#{'&'.join(fragment)}" if fragment else url
