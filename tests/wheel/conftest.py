"""The wheel as users get it: built, and installed where this repository is not.

    make test-wheel            with every Python from 3.11 on that is found
    PYTHONS="python3.12 /opt/python/bin/python3" make test-wheel

Not part of a plain `pytest` run: each Python gets an environment of its own, from the package
registry, which takes half a minute.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tarfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
MINORS = (11, 12, 13, 14)
ASK = "import sys, venv, ensurepip; print('%d.%d' % sys.version_info[:2])"


def run(*command: str | Path, cwd: Path, seconds: float = 300) -> str:
    """Run a program that knows nothing of this repository; it must end well."""
    ended = subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        env=clean_environment(),
        capture_output=True,
        text=True,
        timeout=seconds,
    )
    assert ended.returncode == 0, f"{command}\n{ended.stdout}\n{ended.stderr}"
    return ended.stdout


def clean_environment() -> dict[str, str]:
    """The environment without what points back here, or to an account of AWS."""
    return {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("AWS_", "PYTHON", "VIRTUAL_ENV", "CHALICE"))
    }


@cache
def pythons() -> dict[str, str]:
    """The Pythons found, by version: those named in PYTHONS, or on PATH and in pyenv's folder."""
    named = os.environ.get("PYTHONS", "").split()
    found: dict[str, str] = {}
    for candidate in named or _usual_places():
        version = _version_of(candidate)
        if named and version is None:
            pytest.exit(f"PYTHONS names {candidate}, which is no Python with venv", returncode=2)
        if version is not None and re.fullmatch(r"3\.1[1-9]", version):
            found.setdefault(version, candidate)
    return found


def _usual_places() -> list[str]:
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    return [
        sys.executable,
        *(f"python3.{minor}" for minor in MINORS),
        *(str(path) for path in sorted(pyenv.glob("3.1[1-9].*/bin/python"), reverse=True)),
    ]


def _version_of(python: str) -> str | None:
    """A name on PATH may be a version manager's shim for a Python that is not switched on."""
    try:
        asked = subprocess.run([python, "-c", ASK], capture_output=True, text=True, timeout=30)
    except OSError:
        return None
    return asked.stdout.strip() if asked.returncode == 0 else None


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built of the source distribution as pip would build it."""
    folder = tmp_path_factory.mktemp("dist")
    run(sys.executable, "-m", "hatchling", "build", "-t", "sdist", "-d", folder, cwd=ROOT)
    [archive] = folder.glob("*.tar.gz")
    with tarfile.open(archive) as source:
        source.extractall(folder, filter="data")
    [unpacked] = (path for path in folder.iterdir() if path.is_dir())
    run(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", folder, cwd=unpacked)
    [built] = folder.glob("*.whl")
    return built


@dataclass(frozen=True)
class Installed:
    """An environment with the wheel and pytest in it, and nothing of this repository."""

    folder: Path
    version: str

    def program(self, name: str) -> Path:
        return self.folder / "bin" / name


@pytest.fixture(scope="session", params=[f"3.{minor}" for minor in MINORS])
def installed(
    request: pytest.FixtureRequest, wheel: Path, tmp_path_factory: pytest.TempPathFactory
) -> Installed:
    """A fresh environment per Python, with the versions that requirements-dev.lock pins."""
    version: str = request.param
    if version not in pythons():
        if os.environ.get("PYTHONS"):
            pytest.skip(f"PYTHONS names no Python {version}")
        pytest.skip(f"no Python {version} is installed here")
    folder = tmp_path_factory.mktemp(f"python{version}")
    pins = folder / "pins.txt"
    lock = (ROOT / "requirements-dev.lock").read_text()
    pins.write_text("\n".join(re.findall(r"(?m)^[A-Za-z0-9._-]+==[^\\\n]+", lock)))
    environment = folder / "venv"
    run(pythons()[version], "-m", "venv", environment, cwd=folder)
    pip = [environment / "bin" / "python", "-m", "pip", "--disable-pip-version-check", "install"]
    run(*pip, "--quiet", "--constraint", pins, wheel, "pytest", cwd=folder, seconds=900)
    return Installed(environment, version)
