"""The project's routes: an API of API Gateway, out of the document that `chalice deploy` sends."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from chalice_offline.chalice_app.project_file import one_line
from chalice_offline.core.errors import AwsError, ProjectError
from chalice_offline.protocols import sent_to_stage

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chalice_offline.chalice_app.changes import Changes
    from chalice_offline.chalice_app.functions import ProjectFunction
    from chalice_offline.chalice_app.listening import Call
    from chalice_offline.chalice_app.project import Project
    from chalice_offline.core.http import HttpRequest

_PERMISSION = "chalice-offline-routes"


class ProjectApi:
    """The project's API, if it has routes, and the change from one version to the next."""

    def __init__(self, call: Call, account_id: str, region: str) -> None:
        self._call = call
        self._account_id = account_id
        self._region = region
        self._document: dict[str, Any] | None = None
        self._is_permitted = True
        self.id = ""
        self.stage = ""

    def switch_to(
        self, project: Project, functions: Mapping[str, ProjectFunction], changes: Changes
    ) -> None:
        """Serve this project's routes, as steps of `changes`; raises ProjectError."""
        document = self._document_of(project, functions) if project.app.routes else None
        before = self._document, self.stage
        stage = str(project.config.api_gateway_stage)
        if document is None or (document, stage) == before:
            if document is not None and not self._is_permitted:
                self._permit(document)
            if document is None:
                changes.back("the routes", lambda: self._restore(*before))
                self._document = None
            return
        changes.back("the routes", lambda: self._restore(*before))
        try:
            self._deploy(document, stage)
        except AwsError as error:
            raise ProjectError(f"the routes: {one_line(error.message)}") from error

    def forget(self, service: str) -> None:
        """Hear that a service was reset: the next switch makes what is gone with it."""
        if service == "apigateway":
            self.id, self._document = "", None
        self._is_permitted &= service != "lambda"

    def addressed(self, request: HttpRequest) -> HttpRequest:
        """Return a request to the routes with the address of their API and stage."""
        return sent_to_stage(request, "" if self._document is None else self.id, self.stage)

    # ---- within ----------------------------------------------------------------------------------

    def _restore(self, document: dict[str, Any] | None, stage: str) -> None:
        if document is not None and document != self._document:
            self._deploy(document, stage)
        self._document, self.stage = document, stage

    def _deploy(self, document: dict[str, Any], stage: str) -> None:
        body = json.dumps(document).encode()
        if self.id:
            request = {"restApiId": self.id, "mode": "overwrite", "body": body}
            self._call("apigateway", "PutRestApi", request)
        else:
            made = self._call("apigateway", "ImportRestApi", {"body": body})
            self.id = str(made["id"])
            self._permit(document)
        deployment = {"restApiId": self.id, "stageName": stage}
        self._call("apigateway", "CreateDeployment", deployment)
        self._document, self.stage = document, stage

    def _permit(self, document: dict[str, Any]) -> None:
        """Let API Gateway invoke the functions, as the deployer does."""
        source = f"arn:aws:execute-api:{self._region}:{self._account_id}:{self.id}/*"
        for arn in _functions(document):
            self._call(
                "lambda",
                "AddPermission",
                {
                    "FunctionName": arn,
                    "StatementId": f"{_PERMISSION}-{self.id}",
                    "Action": "lambda:InvokeFunction",
                    "Principal": "apigateway.amazonaws.com",
                    "SourceArn": source,
                },
            )
        self._is_permitted = True

    def _document_of(
        self, project: Project, functions: Mapping[str, ProjectFunction]
    ) -> dict[str, Any]:
        from chalice.deploy.swagger import SwaggerGenerator

        prefix = f"{project.name}-{project.stage}"
        deployed = {
            "api_handler_name": prefix,
            "api_handler_arn": self._arn(prefix),
            "lambda_functions": {
                f"{prefix}-{name}": {"arn": self._arn(function.deployed_name)}
                for name, function in functions.items()
            },
        }
        generator = SwaggerGenerator(self._region, deployed)
        document: dict[str, Any] = json.loads(json.dumps(generator.generate_swagger(project.app)))
        size = project.config.minimum_compression_size
        if size:
            document["x-amazon-apigateway-minimum-compression-size"] = int(size)
        return document

    def _arn(self, name: str) -> str:
        return f"arn:aws:lambda:{self._region}:{self._account_id}:function:{name}"


def _functions(document: Any) -> list[str]:
    """Return the functions that a document names in URIs, once each."""
    found: dict[str, None] = {}

    def walk(value: Any) -> None:
        if isinstance(value, dict):
            for key, one in value.items():
                if (
                    key in ("uri", "authorizerUri")
                    and isinstance(one, str)
                    and "/functions/" in one
                ):
                    found[one.partition("/functions/")[2].removesuffix("/invocations")] = None
                walk(one)
        elif isinstance(value, list):
            for one in value:
                walk(one)

    walk(document)
    return list(found)
