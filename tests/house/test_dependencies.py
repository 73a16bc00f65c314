"""Dependencies: few, declared where they are used, and pinned for development."""

from __future__ import annotations

import re
import sys
import tomllib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

# Import name to distribution name, where they differ.
DISTRIBUTION = {
    "samtranslator": "aws-sam-translator",
    "yaml": "pyyaml",
    "time_machine": "time-machine",
    "jsonata": "jsonata-python",
}
# testing.py is loaded by pytest itself, for those who have it.
NOT_INSTALLED_BY_US = {"pytest"}


def _normal(requirement: str) -> str:
    """The distribution's name in one spelling, out of a requirement like "moto>=5.1,<6"."""
    name = re.match(r"[A-Za-z0-9._-]+", requirement)
    assert name, requirement
    return re.sub(r"[-_.]+", "-", name[0]).lower()


def _pinned(root: Path) -> set[str]:
    text = (root / "requirements-dev.lock").read_text()
    return {_normal(name) for name in re.findall(r"(?m)^([A-Za-z0-9._-]+)==", text)}


def _pyproject(root: Path) -> dict[str, Any]:
    return tomllib.loads((root / "pyproject.toml").read_text())


def test_lock_pins_everything_that_is_asked_for(root: Path) -> None:
    """What pyproject.toml and requirements.txt name is in the lock; `make lock` brings it there."""
    pyproject = _pyproject(root)
    lambda_needs = [
        line.split("#")[0].strip() for line in (root / "requirements.txt").read_text().splitlines()
    ]
    asked = {
        _normal(requirement)
        for requirement in [
            *pyproject["project"]["dependencies"],
            *pyproject["dependency-groups"]["dev"],
            *pyproject["build-system"]["requires"],
            *filter(None, lambda_needs),
        ]
    }
    assert asked - _pinned(root) == set()


def test_lock_is_exact_and_names_no_host(root: Path) -> None:
    """Each requirement is one version with hashes, from whatever registry pip is set up to use."""
    text = (root / "requirements-dev.lock").read_text()
    lines = text.replace("\\\n", " ").splitlines()
    for line in filter(None, (line.split("#")[0].strip() for line in lines)):
        assert re.match(r"[A-Za-z0-9._-]+==[^\s;]+( ;[^-]+)?\s+--hash=sha256:", line), line
    assert "://" not in text
    assert "--index" not in text


def test_imported_packages_are_declared(sources: Any, root: Path, require_none: Any) -> None:
    """Every third-party package that src imports is among the project's own dependencies."""
    project = _pyproject(root)["project"]
    extras = project["optional-dependencies"].values()
    named = [*project["dependencies"], *(name for extra in extras for name in extra)]
    declared = {_normal(name) for name in named}
    known = sys.stdlib_module_names | NOT_INSTALLED_BY_US | {"chalice_offline"}
    broken = {
        f"{source.path} imports {top}; name it in pyproject.toml's dependencies"
        for source in sources("src")
        for used in source.imports
        if (top := used.module.split(".")[0]) not in known
        and _normal(DISTRIBUTION.get(top, top)) not in declared
        and not used.types_only
    }
    require_none(sorted(broken))
