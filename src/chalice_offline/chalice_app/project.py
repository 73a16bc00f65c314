"""Loads a Chalice project the way `chalice deploy` reads it."""

from __future__ import annotations

import importlib
import json
import sys
import traceback
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chalice_offline.chalice_app.environment import (
    FunctionEnvironment,
    lambda_variables,
    shell_variables,
)
from chalice_offline.core.context import DEFAULT_REGION
from chalice_offline.core.errors import ProjectError

if TYPE_CHECKING:
    from types import ModuleType

    from chalice import Chalice
    from chalice.config import Config

CONFIG_FILE = ".chalice/config.json"


@dataclass(frozen=True, slots=True)
class Project:
    """A loaded project: where it is, which stage, its app and its configuration."""

    directory: Path
    stage: str
    app: Chalice
    config: Config

    @property
    def name(self) -> str:
        """The app's name, which starts the name of everything it deploys."""
        return str(self.config.app_name)


def read_config(directory: Path, stage: str) -> Config:
    """Return the project's configuration for `stage`.

    Raises ProjectError naming file and line when there is none or it is malformed.
    """
    from chalice.cli.factory import CLIFactory, UnknownConfigFileVersion

    content = read_json(directory / CONFIG_FILE, what="a Chalice project has one")
    if not isinstance(content.get("app_name"), str):
        raise ProjectError(f'{directory / CONFIG_FILE}: "app_name" must be given, as a string')
    stages = content.get("stages", {})
    if not isinstance(stages, dict) or not all(isinstance(s, dict) for s in stages.values()):
        raise ProjectError(f'{directory / CONFIG_FILE}: "stages" must map names to objects')
    try:
        return CLIFactory(str(directory)).create_config_obj(stage)
    except UnknownConfigFileVersion as error:
        raise ProjectError(f"{directory / CONFIG_FILE}: {error}") from error


def read_json(path: Path, *, what: str) -> dict[str, Any]:
    """Return a JSON object from a file; ProjectError names file, line and what was expected."""
    try:
        text = path.read_text()
    except FileNotFoundError:
        raise ProjectError(f"there is no {path}; {what}") from None
    except (OSError, UnicodeDecodeError) as error:
        raise ProjectError(f"{path} cannot be read: {error}") from error
    try:
        content = json.loads(text)
    except json.JSONDecodeError as error:
        raise ProjectError(
            f"{path}, line {error.lineno}, column {error.colno}: {error.msg}"
        ) from error
    if not isinstance(content, dict):
        raise ProjectError(f"{path}, line 1: a JSON object was expected")
    return content


def load_project(directory: Path, stage: str, environment: FunctionEnvironment) -> Project:
    """Import the project's app.py under `environment` and return it.

    Raises ProjectError when the project cannot be loaded or could not be deployed as it is.
    """
    config = read_config(directory, stage)
    with environment.active():
        try:
            app = config.chalice_app
        except RuntimeError as error:  # CLIFactory's word for a syntax error
            raise ProjectError(_without_blank_lines(str(error))) from error
        except Exception as error:
            raise ProjectError(_import_failure(directory, error)) from error
    _validate(config, directory)
    return Project(directory, stage, app, config)


def default_stage(directory: Path) -> str:
    """Return the stage for when none is named: "local" if there is one, else Chalice's "dev"."""
    content = read_json(directory / CONFIG_FILE, what="a Chalice project has one")
    stages = content.get("stages")
    return "local" if isinstance(stages, dict) and "local" in stages else "dev"


def load_for_stage(directory: Path, stage: str, region: str = DEFAULT_REGION) -> Project:
    """Import the project with the variables its stage sets; raises ProjectError."""
    variables = shell_variables() | lambda_variables(region)
    variables |= read_config(directory, stage).environment_variables
    return load_project(directory, stage, FunctionEnvironment(variables))


def unload_project(directory: Path) -> dict[str, ModuleType]:
    """Forget the project's modules, so that the next load reads them anew; return them by name."""
    unloaded = {}
    for name, module in list(sys.modules.items()):
        file = getattr(module, "__file__", None)
        if name != "__main__" and file and belongs_to(directory, Path(file)):
            unloaded[name] = sys.modules.pop(name)
            _forget_bytecode(module)
    importlib.invalidate_caches()
    return unloaded


def _forget_bytecode(module: ModuleType) -> None:
    """Python takes bytecode for fresh when a source changed within a second and kept its size."""
    cached = getattr(module, "__cached__", None)
    if cached:
        Path(cached).unlink(missing_ok=True)


def belongs_to(directory: Path, file: Path) -> bool:
    """Whether a file is the project's own: below its folder, and not an installed package."""
    try:
        parts = file.resolve().relative_to(directory).parts
    except ValueError:
        return False
    return not any(
        part.startswith(".") or part in ("site-packages", "node_modules") for part in parts
    )


def _validate(config: Config, directory: Path) -> None:
    """Apply Chalice's own checks before a deploy."""
    import warnings

    from chalice.deploy.validate import ExperimentalFeatureError, validate_configuration

    try:
        with warnings.catch_warnings():
            # It warns when this Python is not a Lambda runtime; nothing is deployed from here.
            warnings.simplefilter("ignore")
            validate_configuration(config)
    except (ValueError, TypeError, ExperimentalFeatureError) as error:
        raise ProjectError(f"{directory}: {_without_blank_lines(str(error))}") from error


def _import_failure(directory: Path, error: Exception) -> str:
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if belongs_to(directory, Path(frame.filename))]
    where = f"{own[-1].filename}, line {own[-1].lineno}" if own else str(directory / "app.py")
    return f"importing app.py failed at {where}: {type(error).__name__}: {error}"


def _without_blank_lines(text: str) -> str:
    return " ".join(line.strip() for line in text.splitlines() if line.strip())
