"""The project loaded for another endpoint: its functions, their environments, its routes."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any, cast

from chalice_offline.chalice_app.app_module import unload_project
from chalice_offline.chalice_app.environment import FunctionEnvironment, shell_variables
from chalice_offline.chalice_app.functions import api_function, functions_of
from chalice_offline.chalice_app.http_api import HttpApi
from chalice_offline.chalice_app.project import API_HANDLER, load_project, read_config
from chalice_offline.chalice_app.runtime import LoadedFunction, Runtime
from chalice_offline.core.errors import EmulatorBug, ProjectError
from chalice_offline.core.ids import Ids
from chalice_offline.services.lambda_ import FunctionSettings

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from chalice_offline.attach.endpoint import Endpoint
    from chalice_offline.attach.plan import Place
    from chalice_offline.chalice_app.functions import ProjectFunction
    from chalice_offline.chalice_app.project import Project
    from chalice_offline.core.clock import Clock
    from chalice_offline.core.http import Headers, HttpResponse
    from chalice_offline.core.run import RunLife
    from chalice_offline.emulator import Emulator


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
        self._entrance = _Entrance(clock)
        self._environments: dict[str, tuple[dict[str, str], FunctionEnvironment]] = {}
        self._http: HttpApi | None = None

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

    def activate(self, place: Place) -> None:
        """Run what is loaded from the next event and request on."""
        if self.project is None:
            raise EmulatorBug("the app was activated before it was loaded")
        self.runtime.load(
            {
                function.deployed_name: LoadedFunction(
                    function.handler, self._environment(function)
                )
                for function in self.functions.values()
            }
        )
        api = self.functions.get(API_HANDLER) or api_function(self.project)
        self._http = HttpApi(
            cast("Emulator", self._entrance),
            self.project,
            _settings(api, place),
            self._environment_of,
            self._environment(api),
        )

    def request(self, method: str, path: str, headers: Headers, body: bytes) -> HttpResponse:
        """Send an HTTP request to the app's routes."""
        if self._http is None:
            raise EmulatorBug("a request came before the app was activated")
        return self._http.handle(method, path, headers, body)

    def routes(self) -> list[str]:
        """Return the app's routes as "GET,POST /path"."""
        routes = self.project.app.routes if self.project else {}
        return [f"{','.join(methods)} {path}" for path, methods in routes.items()]

    # ---- within ----------------------------------------------------------------------------------

    def _environment_of(self, name: str) -> FunctionEnvironment | None:
        return self._environment(self.functions[name]) if name in self.functions else None

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


def _settings(function: ProjectFunction, place: Place) -> FunctionSettings:
    return FunctionSettings(
        name=function.deployed_name,
        account_id=place.account_id,
        region=place.region,
        handler=function.handler_string,
        timeout_seconds=function.timeout_seconds,
        memory_mb=function.memory_mb,
        variables=function.variables,
        reserved_concurrency=function.reserved_concurrency,
        tags=function.tags,
    )


class _Entrance:
    """What `HttpApi` asks of an emulator: ids and a clock. There is no journal to write into."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.driver = self
        self.ids = Ids(clock.now_ms())

    def enter(
        self,
        _kind: str,
        _subject: str,
        _detail: Mapping[str, Any],
        _causes: tuple[int, ...],
        life: RunLife | None = None,
    ) -> int:
        if life is not None:
            life.start(self.clock.read())
        return 0
