"""A project running on an emulator: load, provision, bind, and again when its code changes."""

from __future__ import annotations

import logging
import os
from typing import TYPE_CHECKING, Any

from chalice_offline.chalice_app.cloudformation import Stack
from chalice_offline.chalice_app.cloudformation.resources import Place
from chalice_offline.chalice_app.environment import FunctionEnvironment, shell_variables
from chalice_offline.chalice_app.functions import API_HANDLER, functions_of
from chalice_offline.chalice_app.http_api import HttpApi
from chalice_offline.chalice_app.project import load_for_stage, read_json, unload_project
from chalice_offline.chalice_app.runtime import LoadedFunction
from chalice_offline.chalice_app.sources import Binding, SourceBinder
from chalice_offline.core.context import Caller
from chalice_offline.core.errors import EmulatorBug
from chalice_offline.services.lambda_ import FunctionSettings

if TYPE_CHECKING:
    from pathlib import Path

    from chalice_offline.chalice_app.functions import ProjectFunction
    from chalice_offline.chalice_app.project import Project
    from chalice_offline.chalice_app.runtime import Runtime
    from chalice_offline.core.http import Headers, HttpResponse
    from chalice_offline.emulator import Emulator
    from chalice_offline.services.lambda_ import Lambda

_log = logging.getLogger(__name__)

RESOURCES_FILE = ".chalice/resources.json"


class OfflineApp:
    """One stage of one project, bound to one emulator."""

    def __init__(
        self, directory: Path, stage: str, emulator: Emulator, lambda_: Lambda, runtime: Runtime
    ) -> None:
        self.directory = directory.resolve()
        self.stage = stage
        self.bindings: list[Binding] = []
        self.project: Project | None = None
        self._emulator = emulator
        place = Place(self._call, emulator.account_id, emulator.region)
        self._stack = Stack(f"{self.directory.name}-{stage}", stage, place)
        self._lambda = lambda_
        self._runtime = runtime
        self._http: HttpApi | None = None
        self._environments: dict[str, tuple[dict[str, str], FunctionEnvironment]] = {}

    def start(self, project: Project | None = None) -> None:
        """Load the project (unless given), create its resources and bind its handlers.

        Raises ProjectError when any of it cannot work. The working directory becomes the
        project's, as on Lambda.
        """
        os.chdir(self.directory)
        self.project = project or self._load()
        self._provision()
        self._bind(self.project)

    def reload(self) -> None:
        """Load the project's code anew; queues, topics and what they hold stay as they are.

        Raises ProjectError, and leaves the running code in place, when the new code cannot load.
        """
        unload_project(self.directory)
        project = self._load()
        self._provision()
        self._unbind()
        self._bind(project)
        self.project = project

    def request(self, method: str, path: str, headers: Headers, body: bytes) -> HttpResponse:
        """Send an HTTP request to the app's routes."""
        if self._http is None:
            raise EmulatorBug("a request came before the app was started")
        return self._http.handle(method, path, headers, body)

    @property
    def request_timeout_ms(self) -> int:
        """How long API Gateway waits for the app."""
        return self._http.timeout_ms if self._http else 0

    def routes(self) -> list[str]:
        """Return the app's routes as "GET,POST /path"."""
        app = self.project.app if self.project else None
        return [f"{','.join(methods)} {path}" for path, methods in (app.routes if app else {}).items()]

    # ---- within ----------------------------------------------------------------------------------

    def _load(self) -> Project:
        return load_for_stage(self.directory, self.stage, self._emulator.region)

    def _provision(self) -> None:
        path = self.directory / RESOURCES_FILE
        if path.exists():
            template = read_json(path, what="it declares the project's resources")
            self._stack.apply(template, path)

    def _bind(self, project: Project) -> None:
        app = project.app
        if app.websocket_handlers:
            _log.warning(
                "the websocket handlers of %s are not run offline yet: %s",
                project.name,
                ", ".join(app.websocket_handlers),
            )
        functions = functions_of(project)
        self._runtime.load({f.deployed_name: self._loaded(f) for f in functions})
        for function in functions:
            self._lambda.register(self._settings(function))
        self._http = self._http_api(project, functions)
        by_name = {function.name: function for function in functions}
        prefix = f"{project.name}-{project.stage}"
        emulator = self._emulator
        binder = SourceBinder(self._call, emulator.account_id, emulator.region, prefix)
        websockets = {config.name for config in app.websocket_handlers.values()}
        self.bindings = [
            binder.bind(source, by_name[source.name])
            for source in app.event_sources
            if source.name not in websockets
        ]
        binder.finish()

    def _unbind(self) -> None:
        """Undo the bindings of the code before: mappings, subscriptions, rules."""
        for mapping in self._call("lambda", "ListEventSourceMappings", {}).get("EventSourceMappings", []):
            self._call("lambda", "DeleteEventSourceMapping", {"UUID": mapping["UUID"]})
        prefix = f"{self.project.name}-{self.stage}" if self.project else ""
        for subscription in self._call("sns", "ListSubscriptions", {}).get("Subscriptions", []):
            if f":function:{prefix}-" in subscription["Endpoint"]:
                arn = {"SubscriptionArn": subscription["SubscriptionArn"]}
                self._call("sns", "Unsubscribe", arn)
        for rule in self._call("events", "ListRules", {"NamePrefix": f"{prefix}-"}).get("Rules", []):
            self._call("events", "RemoveTargets", {"Rule": rule["Name"], "Ids": ["1"]})
            self._call("events", "DeleteRule", {"Name": rule["Name"]})

    def _loaded(self, function: ProjectFunction) -> LoadedFunction:
        return LoadedFunction(function.handler, self._environment(function))

    def _environment(self, function: ProjectFunction) -> FunctionEnvironment:
        known = self._environments.get(function.name)
        if known is None or known[0] != function.variables:
            known = (function.variables, function.environment(self._emulator.region))
            self._environments[function.name] = known
        return known[1]

    def _settings(self, function: ProjectFunction) -> FunctionSettings:
        emulator = self._emulator
        return FunctionSettings(
            name=function.deployed_name,
            account_id=emulator.account_id,
            region=emulator.region,
            handler=function.handler_string,
            timeout_seconds=function.timeout_seconds,
            memory_mb=function.memory_mb,
            variables=function.variables,
            reserved_concurrency=function.reserved_concurrency,
            tags=function.tags,
        )

    def _http_api(self, project: Project, functions: list[ProjectFunction]) -> HttpApi:
        api = next((function for function in functions if function.name == API_HANDLER), None)
        if api is None:
            environment = FunctionEnvironment(shell_variables())
            return HttpApi(self._emulator, project, environment, 0)
        environment = self._environment(api)
        return HttpApi(self._emulator, project, environment, api.timeout_seconds * 1000)

    def _call(self, service: str, operation: str, request: dict[str, Any]) -> dict[str, Any]:
        """Call AWS as the deployer would."""
        emulator = self._emulator
        caller = Caller(
            emulator.account_id, emulator.region, f"https://{service}.{emulator.region}.amazonaws.com"
        )
        reply = emulator.call(service, operation, request, caller)
        if not isinstance(reply, dict):
            raise EmulatorBug(f"{service}.{operation} did not answer at once")
        return reply
