"""The project loaded for another endpoint: its functions and their environments."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from chalice_offline.chalice_app.app_module import unload_project
from chalice_offline.chalice_app.environment import FunctionEnvironment, shell_variables
from chalice_offline.chalice_app.functions import functions_of
from chalice_offline.chalice_app.project import load_project, read_config
from chalice_offline.chalice_app.runtime import LoadedFunction, Runtime
from chalice_offline.core.errors import ProjectError

if TYPE_CHECKING:
    from pathlib import Path

    from chalice_offline.attach.endpoint import Endpoint
    from chalice_offline.chalice_app.functions import ProjectFunction
    from chalice_offline.chalice_app.project import Project
    from chalice_offline.core.clock import Clock


class AttachedApp:
    """One stage of one project, whose AWS calls go to an endpoint."""

    def __init__(
        self,
        directory: Path,
        stage: str,
        endpoint: Endpoint,
        clock: Clock,
        variables: dict[str, str] | None = None,
    ) -> None:
        """Prepare; `variables` are what every function sees over what config.json says."""
        self._variables = variables or {}
        self.directory = directory.resolve()
        self.stage = stage
        self.runtime = Runtime(clock)
        self.project: Project | None = None
        self.functions: dict[str, ProjectFunction] = {}
        self._endpoint = endpoint
        self._environments: dict[str, tuple[dict[str, str], FunctionEnvironment]] = {}

    def load(self) -> Project:
        """Import the project; the working directory becomes its folder, as on Lambda.

        Raises ProjectError.
        """
        os.chdir(self.directory)
        configured = read_config(self.directory, self.stage).environment_variables
        variables = shell_variables() | self._endpoint.variables(configured | self._variables)
        environment = FunctionEnvironment(variables)
        self.project = load_project(self.directory, self.stage, environment, self._variables)
        self.functions = {function.name: function for function in functions_of(self.project)}
        return self.project

    def load_anew(self) -> Project:
        """Import the project's changed code; ProjectError leaves the code before in place."""
        before, functions = self.project, self.functions
        modules = unload_project(self.directory)
        try:
            return self.load()
        except ProjectError:
            unload_project(self.directory)
            sys.modules.update(modules)
            self.project, self.functions = before, functions
            raise

    def activate(self) -> None:
        """Run what is loaded from the next event and request on."""
        self.runtime.load(
            {
                function.deployed_name: LoadedFunction(
                    function.handler, self._environment(function), function.name
                )
                for function in self.functions.values()
            }
        )

    def routes(self) -> list[str]:
        """Return the app's routes as "GET,POST /path"."""
        routes = self.project.app.routes if self.project else {}
        return [f"{','.join(methods)} {path}" for path, methods in routes.items()]

    # ---- within ----------------------------------------------------------------------------------

    def _environment(self, function: ProjectFunction) -> FunctionEnvironment:
        """Return the function's environment; it lives on while its settings stay the same."""
        known = self._environments.get(function.name)
        if known is None or known[0] != function.variables:
            variables = (
                shell_variables()
                | function.runtime_variables()
                | self._endpoint.variables(function.variables)
            )
            known = (function.variables, FunctionEnvironment(variables))
            self._environments[function.name] = known
        return known[1]
