"""The project's websocket handlers: a WebSocket API, made by the calls that `chalice deploy` makes.

Source: chalice.deploy.planner, `_plan_websocketapi`, and chalice.awsclient.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chalice_offline.chalice_app.project_file import one_line
from chalice_offline.core.errors import AwsError, ProjectError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chalice_offline.chalice_app.changes import Changes
    from chalice_offline.chalice_app.functions import ProjectFunction
    from chalice_offline.chalice_app.listening import Call
    from chalice_offline.chalice_app.project import Project


class ProjectSockets:
    """The project's WebSocket API, if it has websocket handlers."""

    def __init__(self, call: Call, account_id: str, region: str) -> None:
        self._call = call
        self._account_id = account_id
        self._region = region
        self._handlers: dict[str, str] = {}
        self._is_permitted = True
        self._former_id = ""
        self.id = ""
        self.stage = ""

    def switch_to(
        self, project: Project, functions: Mapping[str, ProjectFunction], changes: Changes
    ) -> None:
        """Serve this project's handlers, as steps of `changes`; raises ProjectError."""
        handlers = {
            kind: functions[handler.name].deployed_name
            for kind, handler in project.app.websocket_handlers.items()
        }
        stage = str(project.config.api_gateway_stage)
        before = self._handlers, self.stage
        if (handlers, stage) == before or (not handlers and not self._handlers):
            for function in () if self._is_permitted else handlers.values():
                self._permit(function, self.id)
            self._is_permitted = True
            return
        changes.back("the websocket handlers", lambda: self._deploy(project.name, *before))
        try:
            self._deploy(project.name, handlers, stage)
        except AwsError as error:
            raise ProjectError(f"the websocket handlers: {one_line(error.message)}") from error

    def forget(self, service: str) -> None:
        """Hear that a service was reset: the next switch makes what is gone with it."""
        if service == "apigatewayv2":
            self._former_id, self.id, self._handlers = self.id, "", {}
        self._is_permitted &= service != "lambda"

    def _deploy(self, name: str, handlers: dict[str, str], stage: str) -> None:
        if self.id:
            # Whoever is connected was let in by what is gone now: as after `chalice delete`.
            self._call("apigatewayv2", "DeleteApi", {"ApiId": self.id})
            self.id = ""
        if handlers:
            self.id = self._made(name, handlers, stage)
        self._handlers, self.stage, self._is_permitted = handlers, stage, True

    def _made(self, name: str, handlers: dict[str, str], stage: str) -> str:
        settings: dict[str, Any] = {
            "Name": f"{name}-websocket-api",
            "ProtocolType": "WEBSOCKET",
            "RouteSelectionExpression": "$request.body.action",
        }
        former_id, self._former_id = self._former_id, ""
        if former_id:  # chalice's WebsocketAPI goes on with the address that it had
            settings["ApiId"] = former_id
        api_id = str(self._call("apigatewayv2", "CreateApi", settings)["ApiId"])
        for key, function in handlers.items():
            integration = {
                "ApiId": api_id,
                "ConnectionType": "INTERNET",
                "ContentHandlingStrategy": "CONVERT_TO_TEXT",
                "IntegrationType": "AWS_PROXY",
                "IntegrationUri": self._uri(function),
            }
            made = self._call("apigatewayv2", "CreateIntegration", integration)
            route = {
                "ApiId": api_id,
                "RouteKey": key,
                "RouteResponseSelectionExpression": "$default",
                "Target": f"integrations/{made['IntegrationId']}",
            }
            self._call("apigatewayv2", "CreateRoute", route)
            if not (former_id and self._is_permitted):
                self._permit(function, api_id)
        deployment = self._call("apigatewayv2", "CreateDeployment", {"ApiId": api_id})
        served = {
            "ApiId": api_id,
            "StageName": stage,
            "DeploymentId": deployment["DeploymentId"],
        }
        self._call("apigatewayv2", "CreateStage", served)
        return api_id

    def _uri(self, function: str) -> str:
        arn = f"arn:aws:lambda:{self._region}:{self._account_id}:function:{function}"
        path = f"path/2015-03-31/functions/{arn}/invocations"
        return f"arn:aws:apigateway:{self._region}:lambda:{path}"

    def _permit(self, function: str, api_id: str) -> None:
        self._call(
            "lambda",
            "AddPermission",
            {
                "FunctionName": function,
                "StatementId": f"chalice-offline-websockets-{api_id}",
                "Action": "lambda:InvokeFunction",
                "Principal": "apigateway.amazonaws.com",
                "SourceArn": (f"arn:aws:execute-api:{self._region}:{self._account_id}:{api_id}/*"),
            },
        )
