"""What pip installs works by itself: the fixture, the commands, the console, the types."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import urllib.request
import zipfile
from email.parser import Parser
from typing import TYPE_CHECKING
from urllib.parse import urljoin

import pytest

from tests.wheel.conftest import ROOT, clean_environment, run

if TYPE_CHECKING:
    from pathlib import Path

    from tests.wheel.conftest import Installed

# A test as users write it, with types: mypy must know `offline`, and find the mistake in the end.
TYPED = """
from chalice_offline.testing import Offline

def test_typed(offline: Offline) -> None:
    status: int = offline.http.get("/").status_code
    assert status == 200
    offline.no_such_thing
"""


def test_wheel_holds_the_package_and_nothing_else(wheel: Path) -> None:
    """Every file below src/chalice_offline that is not ignored, the licence, and no test."""
    with zipfile.ZipFile(wheel) as archive:
        names = {name for name in archive.namelist() if ".dist-info/" not in name}
        info = {name.partition(".dist-info/")[2] for name in archive.namelist()} - {""}
    source = ROOT / "src"
    ours = {
        str(path.relative_to(source))
        for path in (source / "chalice_offline").rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert names == ours
    assert "chalice_offline/py.typed" in names
    assert {"METADATA", "entry_points.txt", "licenses/LICENSE"} <= info


def test_wheel_says_what_it_is(wheel: Path) -> None:
    """Licence, addresses, Pythons; no machine's path, and no registry."""
    with zipfile.ZipFile(wheel) as archive:
        [name] = (name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
        metadata = Parser().parsestr(archive.read(name).decode())
    assert metadata["Name"] == "chalice-offline"
    assert metadata["License-Expression"] == "Apache-2.0"
    assert metadata["Requires-Python"] == ">=3.11"
    assert "Typing :: Typed" in metadata.get_all("Classifier", [])
    labels = {url.partition(",")[0] for url in metadata.get_all("Project-URL", [])}
    assert {"Documentation", "Source", "Changelog", "Issues"} <= labels
    assert str(ROOT) not in metadata.as_string()


def test_new_project_is_green(installed: Installed, tmp_path: Path) -> None:
    """From an empty folder to passing tests with the installed program alone."""
    run(installed.program("chalice-offline"), "new", "shop", cwd=tmp_path)
    said = run(installed.program("python"), "-m", "pytest", "-q", cwd=tmp_path / "shop")
    assert "4 passed" in said
    where = "import chalice_offline, sys; print(chalice_offline.__file__, sys.version)"
    found = run(installed.program("python"), "-c", where, cwd=tmp_path)
    assert found.startswith(str(installed.folder))
    assert f" {installed.version}." in found
    run(installed.program("python"), "-m", "pip", "check", cwd=tmp_path)


def test_new_project_finds_the_same_wheel_from_a_fresh_environment(
    installed: Installed, wheel: Path, tmp_path: Path
) -> None:
    """`pip install -r requirements-dev.txt`, as the command says, asks no registry for it."""
    run(installed.program("chalice-offline"), "new", "shop", cwd=tmp_path)
    requirements = (tmp_path / "shop" / "requirements-dev.txt").read_text()
    assert f"chalice-offline @ {wheel.as_uri()}\n" in requirements
    own = tmp_path / "own.txt"
    own.write_text("\n".join(line for line in requirements.splitlines() if "offline" in line))
    fresh = tmp_path / "fresh"
    run(installed.program("python"), "-m", "venv", fresh, cwd=tmp_path)
    pip = (fresh / "bin" / "python", "-m", "pip", "--disable-pip-version-check", "install")
    run(*pip, "--no-index", "--no-deps", "-r", own, cwd=tmp_path)
    where = "from importlib.metadata import version; print(version('chalice-offline'))"
    assert run(fresh / "bin" / "python", "-c", where, cwd=tmp_path).strip() in wheel.name


def test_session_runs_with_its_console(installed: Installed, tmp_path: Path) -> None:
    """Routes answer, and the console's page and script are in the package."""
    run(installed.program("chalice-offline"), "new", "shop", cwd=tmp_path)
    with subprocess.Popen(
        [installed.program("chalice-offline"), "local", "--port", "0", "--aws-port", "0"],
        cwd=tmp_path / "shop",
        env=clean_environment() | {"PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        text=True,
    ) as session:
        try:
            assert session.stdout is not None
            banner = ""
            for line in session.stdout:
                banner += line
                if "Ctrl-C" in line:
                    break
            app, console = (
                re.search(rf"{word}\s+(http://\S+)", banner)[1]  # type: ignore[index]
                for word in ("app", "console")
            )
            note = json.dumps({"text": "buy milk"}).encode()
            asked = urllib.request.Request(
                f"{app}/notes", note, {"Content-Type": "application/json"}
            )
            with urllib.request.urlopen(asked, timeout=30) as reply:
                assert reply.status == 202
            with urllib.request.urlopen(console, timeout=30) as reply:
                page = reply.read().decode()
            [script] = re.findall(r'<script[^>]*src="([^"]+)"', page)[:1]
            with urllib.request.urlopen(urljoin(console, script), timeout=30) as reply:
                assert reply.status == 200
        finally:
            session.send_signal(signal.SIGTERM)
    assert session.returncode == 0


@pytest.mark.parametrize("installed", [f"3.{sys.version_info.minor}"], indirect=True)
def test_types_reach_the_user(installed: Installed, tmp_path: Path) -> None:
    """With py.typed a user's mypy knows what the fixture offers, and what it does not."""
    (tmp_path / "test_typed.py").write_text(TYPED)
    checked = subprocess.run(
        [
            sys.executable, "-m", "mypy", "--strict", "--config-file=", "--python-executable",
            installed.program("python"), "test_typed.py",
        ],
        cwd=tmp_path, env=clean_environment(), capture_output=True, text=True, timeout=300,
    )  # fmt: skip
    assert re.findall(r"(?m)^(\S+): error: (.*)$", checked.stdout) == [
        ("test_typed.py:7", '"Offline" has no attribute "no_such_thing"  [attr-defined]')
    ], checked.stdout + checked.stderr
