"""Small Chalice projects as strangers write them, run whole in virtual time."""

from __future__ import annotations

import json
import sys
import textwrap
from typing import TYPE_CHECKING, Any

import pytest

from chalice_offline.testing import Offline
from chalice_offline.testing.project_code import ProjectCode

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

HEADER = """
import os
from chalice import Chalice
app = Chalice(app_name="demo")
"""


class Projects:
    """Writes projects into a folder and runs them; everything is undone after the test."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self._running: list[Offline] = []

    def write(
        self,
        code: str,
        *,
        config: dict[str, Any] | str | None = None,
        resources: dict[str, Any] | str | None = None,
        files: dict[str, str] | None = None,
    ) -> Path:
        """Write app.py (after the usual imports), .chalice/ and further files."""
        chalice = self.directory / ".chalice"
        chalice.mkdir(exist_ok=True)
        if not isinstance(config, str):
            content = {"version": "2.0", "app_name": "demo", "stages": {"dev": {}}}
            config = json.dumps(content | (config or {}))
        (chalice / "config.json").write_text(config)
        if resources is not None:
            text = resources if isinstance(resources, str) else json.dumps(resources)
            (chalice / "resources.json").write_text(text)
        code = textwrap.dedent(code)
        (self.directory / "app.py").write_text(code if "Chalice(" in code else HEADER + code)
        for name, text in (files or {}).items():
            path = self.directory / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(textwrap.dedent(text))
        return self.directory

    def run(self, code: str, *, stage: str = "dev", seed: int = 0, **parts: Any) -> Offline:
        """Write a project and start it; ProjectError when it cannot work."""
        directory = self.write(code, **parts)
        ProjectCode.forget(directory)
        offline = Offline(directory, stage=stage, seed=seed, region="us-east-1")
        self._running.append(offline)
        return offline.start()

    def reload(self, offline: Offline, code: str | None = None, **parts: Any) -> None:
        """Reload an app as `chalice-offline local` does, after changes to its files if any."""
        if code is not None:
            self.write(code, **parts)
        offline.reload()

    def seen(self) -> list[Any]:
        """Return what the app's module-level list `SEEN` holds."""
        return list(sys.modules["app"].SEEN)

    def stop(self) -> None:
        for offline in self._running:
            offline.stop()


@pytest.fixture
def projects(tmp_path: Path) -> Iterator[Projects]:
    made = Projects(tmp_path)
    try:
        yield made
    finally:
        made.stop()


@pytest.fixture
def run(projects: Projects) -> Callable[..., Offline]:
    return projects.run
