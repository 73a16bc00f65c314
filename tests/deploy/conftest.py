"""What a deployment consists of: the template, the stages, and what `chalice package` makes."""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

PROJECT = Path(__file__).parents[2]
PACKAGE = "import sys; from chalice.cli import main; sys.exit(main())"


@dataclass(frozen=True)
class Package:
    """The Terraform form of one stage."""

    stage: str
    folder: Path
    resources: dict[str, Any]


@pytest.fixture(scope="session")
def config() -> dict[str, Any]:
    """.chalice/config.json."""
    loaded: dict[str, Any] = json.loads((PROJECT / ".chalice/config.json").read_text())
    return loaded


@pytest.fixture(scope="session")
def template() -> dict[str, Any]:
    """.chalice/resources.json."""
    loaded: dict[str, Any] = json.loads((PROJECT / ".chalice/resources.json").read_text())
    return loaded


@pytest.fixture(scope="session")
def app() -> Any:
    """The Chalice app, imported under a name of its own."""
    spec = importlib.util.spec_from_file_location("deployed_app", PROJECT / "app.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.app


@pytest.fixture(scope="session")
def project_copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project as a deployer has it, but without what pip would have to download.

    Packaging downloads the wheels of requirements.txt. The tests must run without a network,
    so this copy asks for none: what is checked here is what Chalice makes of our own files.
    """
    copy = tmp_path_factory.mktemp("project")
    caches = shutil.ignore_patterns("__pycache__", "deployments")
    for name in ("chalicelib", ".chalice", "src", "simulators", "tests"):
        shutil.copytree(PROJECT / name, copy / name, ignore=caches)
    shutil.copy(PROJECT / "app.py", copy)
    (copy / "requirements.txt").write_text("")
    return copy


@pytest.fixture(scope="session", params=["local", "localstack", "dev", "prod"])
def package(request: pytest.FixtureRequest, project_copy: Path) -> Package:
    """The output of `chalice package --pkg-format terraform` for each stage."""
    stage = str(request.param)
    folder = project_copy.parent / f"package-{stage}"
    clean = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    arguments = ["package", "--pkg-format", "terraform", "--stage", stage, str(folder)]
    done = subprocess.run(
        [sys.executable, "-c", PACKAGE, *arguments],
        cwd=project_copy,
        env=clean
        | {
            "AWS_DEFAULT_REGION": "us-east-1",
            "PIP_NO_INDEX": "1",
            "PYTHONDONTWRITEBYTECODE": "1",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr or done.stdout
    made = json.loads((folder / "chalice.tf.json").read_text())
    return Package(stage, folder, made["resource"])
