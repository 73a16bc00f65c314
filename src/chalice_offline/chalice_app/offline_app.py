"""A project running on an emulator: load, provision, bind, and again when its code changes."""

from __future__ import annotations

import logging
import os
import sys
from typing import TYPE_CHECKING, Any

from chalice_offline.chalice_app.asynchronous import AsynchronousSettings
from chalice_offline.chalice_app.bindings import Bindings
from chalice_offline.chalice_app.changes import Changes
from chalice_offline.chalice_app.deployed_functions import DeployedFunctions
from chalice_offline.chalice_app.deployer import Deployer
from chalice_offline.chalice_app.environment import lambda_variables, shell_variables
from chalice_offline.chalice_app.functions import functions_of
from chalice_offline.chalice_app.listening import (
    MappingWay,
    NotificationWay,
    RuleWay,
    SubscriptionWay,
    TableStreamWay,
)
from chalice_offline.chalice_app.present_request import keep_requests_apart
from chalice_offline.chalice_app.project import API_HANDLER, load_for_stage, unload_project
from chalice_offline.chalice_app.project_api import ProjectApi
from chalice_offline.chalice_app.project_file import read_project_file
from chalice_offline.chalice_app.project_sockets import ProjectSockets
from chalice_offline.chalice_app.project_stack import ProjectStack
from chalice_offline.chalice_app.runtime import LoadedFunction
from chalice_offline.chalice_app.sources import Sources
from chalice_offline.chalice_app.table_streams import TableStreams
from chalice_offline.chalice_app.websocket_address import follow_api
from chalice_offline.core.errors import AwsError, ProjectError
from chalice_offline.protocols import sent_to_stage
from chalice_offline.resetting import NotRestored, reset_service, service_to_reset

if TYPE_CHECKING:
    from pathlib import Path

    from chalice import Chalice

    from chalice_offline.chalice_app.environment import FunctionEnvironment
    from chalice_offline.chalice_app.functions import ProjectFunction
    from chalice_offline.chalice_app.listening import Binding, Way
    from chalice_offline.chalice_app.project import Project
    from chalice_offline.chalice_app.project_file import ProjectFile
    from chalice_offline.chalice_app.runtime import Runtime
    from chalice_offline.core.http import HttpRequest
    from chalice_offline.emulator import Emulator
    from chalice_offline.services.lambda_ import LambdaState

_log = logging.getLogger(__name__)

RESOURCES_FILE = ".chalice/resources.json"


class OfflineApp:
    """One stage of one project, bound to one emulator."""

    def __init__(
        self,
        directory: Path,
        stage: str,
        emulator: Emulator,
        lambda_: LambdaState,
        runtime: Runtime,
        variables: dict[str, str] | None = None,
    ) -> None:
        """Prepare; `variables` are what every function sees over what config.json says."""
        self.directory = directory.resolve()
        self.stage = stage
        self.project: Project | None = None
        self._variables = variables or {}
        self._emulator = emulator
        self._call = Deployer(emulator)
        name = f"{self.directory.name}-{stage}"
        self._stack = ProjectStack(name, stage, self._call, emulator.account_id, emulator.region)
        self._functions = DeployedFunctions(lambda_, self._call)
        self._asynchronous = AsynchronousSettings(self._call)
        mappings = MappingWay(self._call)
        ways: dict[str, Way] = {
            "mapping": mappings,
            "subscription": SubscriptionWay(self._call),
            "rule": RuleWay(self._call),
            "notification": NotificationWay(),
            "table stream": TableStreamWay(mappings, TableStreams(emulator, self._call)),
        }
        self._bindings = Bindings(ways, self._call)
        self._runtime = runtime
        self._short_names: dict[str, str] = {}
        self._kinds: dict[str, str] = {}
        self._api = ProjectApi(self._call, emulator.account_id, emulator.region)
        self._sockets = ProjectSockets(self._call, emulator.account_id, emulator.region)
        self._loaded_functions: dict[str, LoadedFunction] = {}
        self._environments: dict[str, tuple[dict[str, str], FunctionEnvironment]] = {}

    def start(self, project: Project | None = None) -> None:
        """Load the project (unless given), create its resources and bind its handlers.

        Raises ProjectError when any of it cannot work. The working directory becomes the
        project's, as on Lambda.
        """
        os.chdir(self.directory)
        self._deploy(project or self._load())

    def start_anew(self) -> None:
        """Start with the project's code loaded anew.

        Raises ProjectError, and leaves the code that was loaded as it was, when it cannot.
        """
        modules = unload_project(self.directory)
        try:
            self.start()
        except BaseException:
            unload_project(self.directory)
            sys.modules.update(modules)
            raise

    def reload(self) -> None:
        """Load the project anew, and change what runs to what it says now.

        As with an update of a stack and `chalice deploy`: what can be changed is changed, what is
        new is made, what is gone is deleted; queues and tables keep what they hold. Raises
        ProjectError, and leaves everything as it was, when the new version cannot be loaded,
        provisioned or bound.
        """
        modules = unload_project(self.directory)
        try:
            self._deploy(self._load())
        except ProjectError:
            unload_project(self.directory)
            sys.modules.update(modules)
            raise

    def reset_service(self, name: str) -> None:
        """Let one service hold nothing but what the project has of it, which is made anew.

        Code is not loaded anew. Raises UnknownService, or ProjectError when what declares the
        resources cannot be read, and nothing has changed; NotRestored when it cannot be made.
        """
        service = service_to_reset(self._emulator, name)
        self._resources()

        def restore() -> None:
            try:
                self._deploy_again(service)
            except (ProjectError, AwsError) as error:
                raise NotRestored(service, error) from error

        reset_service(self._emulator, service, restore)

    @property
    def bindings(self) -> list[Binding]:
        """Which function listens to what, in the order of the app's decorators."""
        return self._bindings.all()

    def addressed(self, request: HttpRequest) -> HttpRequest:
        """Return a request to the app's routes with the address of their API and stage."""
        return self._api.addressed(request)

    def addressed_socket(self, request: HttpRequest) -> HttpRequest:
        """Return a WebSocket's handshake with the address of the app's WebSocket API and stage."""
        return sent_to_stage(request, self._sockets.id, self._sockets.stage)

    def sockets(self) -> tuple[str, str] | None:
        """Return id and stage of the app's WebSocket API, if it has websocket handlers."""
        return (self._sockets.id, self._sockets.stage) if self._sockets.id else None

    def short_names(self) -> dict[str, str]:
        """Return the project's own names of its functions by the deployed ones."""
        return self._short_names

    def about(self) -> dict[str, Any]:
        """Return what the project is, for whoever shows it."""
        return {
            "project": self.project.name if self.project else self.directory.name,
            "stage": self.stage,
            "directory": str(self.directory),
            "routes": self.routes(),
            "handlers": self.handlers(),
        }

    def handlers(self) -> list[dict[str, str]]:
        """Return the app's functions: names, what each listens to in words, and its kind."""
        sources = {one.function: one for one in self.bindings}
        return [
            {
                "name": name,
                "deployed_name": deployed_name,
                "kind": self._kinds.get(name, ""),
                "source": sources[name].source if name in sources else "",
            }
            for deployed_name, name in self._short_names.items()
        ]

    def routes(self) -> list[str]:
        """Return the app's routes as "GET,POST /path"."""
        app = self.project.app if self.project else None
        return [
            f"{','.join(methods)} {path}" for path, methods in (app.routes if app else {}).items()
        ]

    # ---- within ----------------------------------------------------------------------------------

    def _load(self) -> Project:
        return load_for_stage(self.directory, self.stage, self._emulator.region, self._variables)

    def _deploy(self, project: Project) -> None:
        """Go from what is deployed to this project, or stay where we are: ProjectError."""
        changes = Changes()
        try:
            self._provision(changes)
            self._bind(project, changes)
        except BaseException:
            changes.roll_back()
            raise
        changes.commit()
        self.project = project

    def _deploy_again(self, service: str) -> None:
        """Make anew what the project has of a service that was reset, and all that needs it."""
        if self.project is None:
            return
        self._stack.forget(service)
        self._bindings.forget(service)
        self._api.forget(service)
        self._sockets.forget(service)
        if service == "lambda":
            self._functions.forget()
            self._asynchronous.forget()
        self._deploy(self.project)

    def _provision(self, changes: Changes) -> None:
        file = self._resources()
        if file is not None:
            self._stack.update(file, changes)
        elif not self._stack.is_empty:
            path = self.directory / RESOURCES_FILE
            _log.warning("%s is gone; what it declared stays until you restart", path)

    def _resources(self) -> ProjectFile | None:
        """Return what declares the project's resources, if it does; raises ProjectError."""
        path = self.directory / RESOURCES_FILE
        if not path.exists():
            return None
        return read_project_file(path, what="it declares the project's resources")

    def _bind(self, project: Project, changes: Changes) -> None:
        app = project.app
        functions = functions_of(project)
        by_name = {function.name: function for function in functions}
        short_names = {function.deployed_name: function.name for function in functions}
        emulator = self._emulator
        self._functions.switch_to(
            [one.settings(emulator.account_id, emulator.region) for one in functions], changes
        )
        self._asynchronous.switch_to(
            {
                function.deployed_name: function.beyond.resolved(
                    emulator.account_id, emulator.region
                )
                for function in functions
            },
            changes,
        )
        self._run_code_of(functions, changes)
        sources = Sources(
            self._call,
            self._stack,
            self._emulator.account_id,
            self._emulator.region,
            f"{project.name}-{project.stage}",
        )
        self._bindings.switch_to(
            [sources.binding(one, by_name[one.name], changes) for one in app.event_sources],
            changes,
        )
        keep_requests_apart(app)
        follow_api(app)
        self._api.switch_to(project, by_name, changes)
        self._sockets.switch_to(project, by_name, changes)
        self._short_names = short_names
        self._kinds = _kinds_of(app)

    def _run_code_of(self, functions: list[ProjectFunction], changes: Changes) -> None:
        before = self._loaded_functions
        # Once for all of them: the shell may have a hundred.
        shared = shell_variables() | lambda_variables(self._emulator.region)
        after = {function.deployed_name: self._loaded(function, shared) for function in functions}

        def load(loaded: dict[str, LoadedFunction]) -> None:
            self._loaded_functions = loaded
            self._runtime.load(loaded)

        changes.back("the code", lambda: load(before))
        load(after)

    def _loaded(self, function: ProjectFunction, shared: dict[str, str]) -> LoadedFunction:
        environment = self._environment(function, shared)
        return LoadedFunction(function.handler, environment, function.name)

    def _environment(
        self, function: ProjectFunction, shared: dict[str, str]
    ) -> FunctionEnvironment:
        seen = function.variables | function.runtime_variables()
        known = self._environments.get(function.name)
        if known is None or known[0] != seen:  # another container, as on Lambda
            known = (seen, function.environment(shared))
            self._environments[function.name] = known
        return known[1]


# What a function listens to in a word, by the class of Chalice's that says so.
_KINDS = {
    "SQSEventConfig": "sqs",
    "SNSEventConfig": "sns",
    "S3EventConfig": "s3",
    "CloudWatchEventConfig": "event",
    "ScheduledEventConfig": "schedule",
    "KinesisEventConfig": "kinesis",
    "DynamoDBEventConfig": "dynamodb",
}


def _kinds_of(app: Chalice) -> dict[str, str]:
    """Return the kind of event of each function that is not invoked with just anything."""
    kinds = {source.name: _KINDS.get(type(source).__name__, "") for source in app.event_sources}
    kinds |= dict.fromkeys((one.name for one in app.builtin_auth_handlers), "authorizer")
    for key, handler in app.websocket_handlers.items():
        kinds[handler.name] = {"$connect": "ws_connect", "$disconnect": "ws_disconnect"}.get(
            key, "ws_message"
        )
    return kinds | ({API_HANDLER: "route"} if app.routes else {})
