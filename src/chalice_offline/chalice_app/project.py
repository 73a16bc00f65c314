"""Loads a Chalice project the way `chalice deploy` reads it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from chalice_offline.chalice_app.app_module import import_app, unload_project
from chalice_offline.chalice_app.beyond_chalice import check_beyond
from chalice_offline.chalice_app.config_file import CONFIG_FILE, check_functions, read_config_file
from chalice_offline.chalice_app.environment import (
    FunctionEnvironment,
    lambda_variables,
    shell_variables,
)
from chalice_offline.chalice_app.project_file import one_line, read_project_file
from chalice_offline.core.context import DEFAULT_REGION
from chalice_offline.core.errors import ProjectError

if TYPE_CHECKING:
    from pathlib import Path

    from chalice import Chalice
    from chalice.config import Config

__all__ = [
    "Project",
    "check_stage",
    "default_stage",
    "load_for_stage",
    "load_project",
    "read_config",
    "read_json",
    "unload_project",
]

# The newest version of config.json that Chalice 1.34 reads.
CONFIG_VERSION = 2.0
DEFAULT_STAGE = "dev"  # Chalice's
API_HANDLER = "api_handler"  # Chalice's name for the function that answers the routes


@dataclass(frozen=True, slots=True)
class Project:
    """A loaded project: where it is, which stage, its app and its configuration."""

    directory: Path
    stage: str
    app: Chalice
    config: Config
    overrides: dict[str, str] = field(default_factory=dict)  # variables, over config.json's

    @property
    def name(self) -> str:
        """The app's name, which starts the name of everything it deploys."""
        return str(self.config.app_name)


def read_config(directory: Path, stage: str, app: Chalice | None = None) -> Config:
    """Return the project's configuration for `stage`, and of `app` if that is loaded.

    It is made as Chalice's CLIFactory makes it; importing that factory takes longer than all the
    rest of a start, for it brings the deployer and the prompts of `chalice new-project`.
    Raises ProjectError naming file and line when there is no configuration or it is malformed.
    """
    from chalice.config import Config
    from chalice.constants import DEFAULT_APIGATEWAY_STAGE_NAME, DEFAULT_ENDPOINT_TYPE

    file = read_config_file(directory)
    version = file.content.get("version", "1.0")
    try:
        known = float(version) <= CONFIG_VERSION
    except (TypeError, ValueError):
        known = False
    if not known:
        raise file.error(f'"version" is {version!r}; Chalice reads up to "2.0"', "version")
    return Config(
        chalice_stage=stage,
        user_provided_params={} if app is None else {"chalice_app": app},
        config_from_disk=file.content,
        default_params={
            "project_dir": str(directory),
            "api_gateway_stage": DEFAULT_APIGATEWAY_STAGE_NAME,
            "api_gateway_endpoint_type": DEFAULT_ENDPOINT_TYPE,
            "autogen_policy": True,
        },
    )


def read_json(path: Path, *, what: str) -> dict[str, Any]:
    """Return a JSON object from a file; ProjectError names file, line and what was expected."""
    return read_project_file(path, what=what).content


def load_project(
    directory: Path,
    stage: str,
    environment: FunctionEnvironment,
    overrides: dict[str, str] | None = None,
) -> Project:
    """Import the project's app.py under `environment` and return it.

    Raises ProjectError when the project cannot be loaded or could not be deployed as it is.
    """
    with environment.active():
        app = import_app(directory)
    file = read_config_file(directory)
    check_functions(file, stage, [API_HANDLER, *app.handler_map])
    sources = {source.name: type(source).__name__ for source in app.event_sources}
    names = dict.fromkeys((API_HANDLER, *app.handler_map), "")
    check_beyond(file, stage, names | sources)
    config = read_config(directory, stage, app)
    _validate(config, directory)
    return Project(directory, stage, app, config, overrides or {})


def default_stage(directory: Path) -> str:
    """Return the stage for when none is named: "local" if there is one, else Chalice's "dev"."""
    stages = read_config_file(directory).content.get("stages", {})
    return "local" if "local" in stages else DEFAULT_STAGE


def check_stage(directory: Path, stage: str) -> None:
    """Raise ProjectError when config.json has no such stage: a slip of the keyboard, most likely.

    Chalice's "dev" is there even where config.json has no stages.
    """
    stages = [*read_config_file(directory).content.get("stages", {})]
    if stage not in (*stages, DEFAULT_STAGE):
        raise ProjectError(
            f"{directory / CONFIG_FILE} has no stage {stage!r}; it has "
            f"{', '.join(stages) or DEFAULT_STAGE}"
        )


def load_for_stage(
    directory: Path,
    stage: str,
    region: str = DEFAULT_REGION,
    overrides: dict[str, str] | None = None,
) -> Project:
    """Import the project with the variables its stage sets; raises ProjectError.

    `overrides` are variables that every function has, whatever config.json says.
    """
    variables = shell_variables() | lambda_variables(region)
    variables |= read_config(directory, stage).environment_variables | (overrides or {})
    return load_project(directory, stage, FunctionEnvironment(variables), overrides)


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
        raise ProjectError(f"{directory}: {one_line(str(error))}") from error
