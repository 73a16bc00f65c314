"""The Lambda functions a project deploys: names, settings and handlers.

Names are those of `chalice deploy` (chalice/deploy/appgraph.py, 1.34): `<app>-<stage>` for the
routes, `<app>-<stage>-<name>` for everything else.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from chalice_offline.chalice_app.beyond_chalice import Beyond, beyond_of
from chalice_offline.chalice_app.environment import FunctionEnvironment, every_function
from chalice_offline.chalice_app.project import API_HANDLER
from chalice_offline.services.lambda_ import FunctionSettings

if TYPE_CHECKING:
    from collections.abc import Callable

    from chalice import Chalice

    from chalice_offline.chalice_app.project import Project

# What Chalice and Lambda use where config.json says nothing (chalice/constants.py).
DEFAULT_TIMEOUT_SECONDS = 60
DEFAULT_MEMORY_MB = 128


@dataclass(frozen=True, slots=True)
class ProjectFunction:
    """One function of the project.

    `name` is the handler's in app.py, `config_name` that under which config.json has its settings,
    `deployed_name` AWS's.
    """

    name: str
    deployed_name: str
    handler_string: str
    handler: Callable[[Any, Any], Any]
    timeout_seconds: int
    memory_mb: int
    variables: dict[str, str]
    reserved_concurrency: int | None
    tags: dict[str, str]
    task_root: str
    config_name: str
    beyond: Beyond = field(default_factory=Beyond)

    def environment(self, shared: dict[str, str]) -> FunctionEnvironment:
        """Return a fresh environment, as a new Lambda container has it.

        `shared` are the variables that every function has here: the shell's, and Lambda's own.
        """
        return FunctionEnvironment(shared | self.runtime_variables() | self.variables)

    def runtime_variables(self) -> dict[str, str]:
        """Return the variables with which Lambda tells the function about itself."""
        return {
            "AWS_LAMBDA_FUNCTION_NAME": self.deployed_name,
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(self.memory_mb),
            "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
            "AWS_LAMBDA_LOG_GROUP_NAME": f"/aws/lambda/{self.deployed_name}",
            "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
            "AWS_EXECUTION_ENV": f"AWS_Lambda_python{sys.version_info[0]}.{sys.version_info[1]}",
            "LAMBDA_TASK_ROOT": self.task_root,
            "_HANDLER": self.handler_string,
        } | every_function()

    def settings(self, account_id: str, region: str) -> FunctionSettings:
        """Return what Lambda is told of it."""
        return FunctionSettings(
            name=self.deployed_name,
            account_id=account_id,
            region=region,
            handler=self.handler_string,
            timeout_seconds=self.timeout_seconds,
            memory_mb=self.memory_mb,
            variables=self.variables,
            reserved_concurrency=self.reserved_concurrency,
            tags=self.tags,
        )


# What chalice.deploy.appgraph calls the functions of websocket handlers, here and in config.json.
_SOCKET_NAMES = {"$connect": "websocket_connect", "$disconnect": "websocket_disconnect"}


def functions_of(project: Project) -> list[ProjectFunction]:
    """Return every function the project deploys, in the order in which the app defines them."""
    app = project.app
    functions = []
    if app.routes:
        functions.append(api_function(project))
    others = _beside_the_routes(app)
    sockets = {
        handler.name: _SOCKET_NAMES.get(kind, "websocket_message")
        for kind, handler in app.websocket_handlers.items()
    }
    for name, handler in app.handler_map.items():
        if name not in others:  # a route: one function answers them all
            continue
        handler_string = getattr(handler, "handler_string", f"app.{name}")
        deployed_name = sockets.get(name, name)
        functions.append(
            _function(project, name, handler_string, handler, deployed_name=deployed_name)
        )
    return functions


def _beside_the_routes(app: Chalice) -> set[str]:
    """Return the names of the handlers that `chalice deploy` makes a function each of."""
    handlers = [
        *app.pure_lambda_functions,
        *app.event_sources,
        *app.builtin_auth_handlers,
        *app.websocket_handlers.values(),
    ]
    return {handler.name for handler in handlers}


def api_function(project: Project) -> ProjectFunction:
    """Return the function that answers the routes."""
    return _function(project, API_HANDLER, "app.app", project.app, deployed_name="")


def _function(
    project: Project,
    name: str,
    handler_string: str,
    handler: Callable[[Any, Any], Any],
    *,
    deployed_name: str,
) -> ProjectFunction:
    config_name = deployed_name or name
    config = project.config.scope(project.stage, config_name)
    prefix = f"{project.name}-{project.stage}"
    timeout_seconds = config.lambda_timeout or DEFAULT_TIMEOUT_SECONDS
    memory_mb = config.lambda_memory_size or DEFAULT_MEMORY_MB
    return ProjectFunction(
        name=name,
        deployed_name=f"{prefix}-{deployed_name}" if deployed_name else prefix,
        handler_string=handler_string,
        handler=handler,
        timeout_seconds=timeout_seconds,
        memory_mb=int(memory_mb),
        variables=dict(config.environment_variables) | project.overrides,
        reserved_concurrency=config.reserved_concurrency,
        tags=dict(config.tags),
        task_root=str(project.directory),
        beyond=beyond_of(project.config, project.stage, config_name),
        config_name=config_name,
    )
