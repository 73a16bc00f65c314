"""Small Chalice projects as strangers write them, run whole in virtual time."""

from __future__ import annotations

import json
import sys
import textwrap
from typing import TYPE_CHECKING, Any

import pytest

from chalice_offline.chalice_app.environment import lambda_variables
from chalice_offline.chalice_app.project import load_for_stage, unload_project
from chalice_offline.testing import Offline

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

    def __init__(self, directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.directory = directory
        self._monkeypatch = monkeypatch
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
        for name, value in lambda_variables("us-east-1").items():
            self._monkeypatch.setenv(name, value)
        self._monkeypatch.setattr(sys, "path", list(sys.path))
        unload_project(directory)
        offline = Offline(load_for_stage(directory, stage), seed=seed)
        self._running.append(offline)
        offline.start()
        return offline

    def seen(self) -> list[Any]:
        """Return what the app's module-level list `SEEN` holds."""
        return list(sys.modules["app"].SEEN)

    def stop(self) -> None:
        for offline in self._running:
            offline.stop()
        unload_project(self.directory)


@pytest.fixture
def projects(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Projects]:
    """Any module named like a project's is put aside while the test runs."""
    kept = {
        name: sys.modules.pop(name)
        for name in list(sys.modules)
        if name == "app" or name.split(".")[0] == "chalicelib"
    }
    made = Projects(tmp_path, monkeypatch)
    try:
        yield made
    finally:
        made.stop()
        sys.modules.update(kept)


@pytest.fixture
def run(projects: Projects) -> Callable[..., Offline]:
    return projects.run
