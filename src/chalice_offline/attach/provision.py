"""Deploys .chalice/resources.json to a local engine, as a CloudFormation stack.

DynamoDB may be elsewhere (AWS_ENDPOINT_URL_DYNAMODB). The template's tables are then created
there by CreateTable, and the stack is deployed without them.
"""

from __future__ import annotations

import copy
import json
import threading
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError
from botocore.parsers import ResponseParserError

from chalice_offline.attach.creation import create_or_find
from chalice_offline.attach.errors import EndpointError
from chalice_offline.attach.failures import code_of, is_not_offered, message_of, sentence
from chalice_offline.attach.one_by_one import OneByOne
from chalice_offline.chalice_app.project_file import ProjectFile, read_project_file
from chalice_offline.core.errors import AwsError, ProjectError
from chalice_offline.services.cloudformation.functions_in import names_in
from chalice_offline.services.cloudformation.resource_types import TYPES, Resource
from chalice_offline.services.cloudformation.resource_types import Place as CreatePlace

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from chalice_offline.attach.endpoint import Endpoint
    from chalice_offline.attach.patience import Patience
    from chalice_offline.attach.plan import Place

    Template = dict[str, Any]

RESOURCES_FILE = ".chalice/resources.json"
TABLE = "AWS::DynamoDB::Table"
LOOK_EVERY_SECONDS = 0.5
STACK_SECONDS = 180
LONGEST_BODY = 51_200
"""Bytes of a template in a request (CloudFormation quotas); a longer one is read from a bucket."""

_CAPABILITIES = ["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM"]
_ABSENT = ""
# A stack whose first creation failed can only be deleted (AWS CloudFormation user guide, "Stack
# status codes").
_BEYOND_REPAIR = frozenset({"ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "CREATE_FAILED"})
_NOTHING_TO_UPDATE = "No updates are to be performed"


class Provision:
    """One stack, named like what we tag: <app>-<stage>."""

    def __init__(
        self, endpoint: Endpoint, place: Place, name: str, stage: str, patience: Patience
    ) -> None:
        self._endpoint = endpoint
        self._place = place
        self._name = name
        self._stage = stage
        self._patience = patience
        self._cloudformation = endpoint.client("cloudformation")

    def run(self, directory: Path, tell: Callable[[str], None]) -> None:
        """Create the stack or bring it up to date. Raises ProjectError naming what failed."""
        file = read_project_file(directory / RESOURCES_FILE, what="--provision deploys it")
        template = file.content
        if not isinstance(template.get("Resources"), dict):
            raise file.error('"Resources" must map names to objects', "Resources")
        try:
            if "AWS_ENDPOINT_URL_DYNAMODB" in self._endpoint.service_urls:
                template = self._create_tables(template, tell)
            with self._sent(template) as body:
                self._deploy(template, body, tell)
        except AwsError as error:
            raise file.error(error.message, "Resources") from error
        except ClientError as error:
            doing = f"cloudformation:{error.operation_name}"
            raise file.error(sentence(error, self._endpoint.name, doing), "Resources") from error

    # ---- the stack -------------------------------------------------------------------------------

    @contextmanager
    def _sent(self, template: Template) -> Iterator[dict[str, str]]:
        """Say how the template gets there: in the request, or through a bucket for as long."""
        text = json.dumps(template)
        if len(text.encode()) <= LONGEST_BODY:
            yield {"TemplateBody": text}
            return
        s3 = self._endpoint.client("s3")
        bucket, key = f"templates-{self._name}-{self._place.account_id}", "resources.json"
        elsewhere = self._place.region != "us-east-1"
        settings = {"LocationConstraint": self._place.region}
        try:
            s3.create_bucket(
                Bucket=bucket, **({"CreateBucketConfiguration": settings} if elsewhere else {})
            )
        except ClientError as error:
            if code_of(error) != "BucketAlreadyOwnedByYou":  # of a run that was killed
                raise
        s3.put_object(Bucket=bucket, Key=key, Body=text.encode())
        try:
            yield {"TemplateURL": f"{s3.meta.endpoint_url}/{bucket}/{key}"}
        finally:
            s3.delete_object(Bucket=bucket, Key=key)
            s3.delete_bucket(Bucket=bucket)

    def _deploy(
        self, template: Template, body: dict[str, str], tell: Callable[[str], None]
    ) -> None:
        request: dict[str, Any] = {
            "StackName": self._name,
            **body,
            "Capabilities": _CAPABILITIES,
        }
        if "Stage" in template.get("Parameters", {}):
            request["Parameters"] = [{"ParameterKey": "Stage", "ParameterValue": self._stage}]
        count = len(template["Resources"])
        tell(f"stack {self._name}: deploying {count} resources to {self._endpoint.name}")
        if self._status() in _BEYOND_REPAIR:
            self._call_cloudformation("DeleteStack", StackName=self._name)
            self._settled()
        if self._status() in (_ABSENT, "DELETE_COMPLETE"):
            if not self._create(request):
                self._create_each(template, tell)
                return
        elif not self._update(request):
            tell(f"stack {self._name} is up to date")
            return
        status = self._settled()
        if status not in ("CREATE_COMPLETE", "UPDATE_COMPLETE"):
            raise ProjectError(f"stack {self._name} ended as {status}: {self._first_failure()}")
        tell(f"stack {self._name}: {status}")

    def _create(self, request: dict[str, Any]) -> bool:
        """Begin to create the stack; False where CloudFormation cannot take the template."""
        try:
            self._call_cloudformation("CreateStack", **request)
        except ClientError as error:
            if is_not_offered(error):
                return False
            raise
        except EndpointError as error:
            if isinstance(error.__cause__, ResponseParserError):  # its own mistake: moto server
                return False
            raise
        return True

    def _create_each(self, template: Template, tell: Callable[[str], None]) -> None:
        """Create the resources one by one, as the emulator does, with their own AWS calls."""
        tell(
            f"{self._endpoint.name} cannot deploy the template with CloudFormation: each resource "
            "is created by its own call, and what is there stays as it is"
        )
        file = ProjectFile(Path(RESOURCES_FILE), template, json.dumps(template))
        self._one_by_one().create(file)

    def _one_by_one(self) -> OneByOne:
        place = CreatePlace(create_or_find(self._call), self._place.account_id, self._place.region)
        return OneByOne(self._name, self._stage, place)

    def _update(self, request: dict[str, Any]) -> bool:
        """Update the stack; False when there is nothing to change."""
        try:
            self._call_cloudformation("UpdateStack", **request)
        except ClientError as error:
            if _NOTHING_TO_UPDATE in message_of(error):
                return False
            raise
        return True

    def _status(self) -> str:
        try:
            reply = self._call_cloudformation("DescribeStacks", StackName=self._name)
        except ClientError as error:
            if "does not exist" in message_of(error):
                return _ABSENT
            raise
        return str(reply["Stacks"][0]["StackStatus"])

    def _settled(self) -> str:
        """Wait until the stack stands still; returns its status."""
        never = threading.Event()
        status = ""
        for _ in range(round(STACK_SECONDS / LOOK_EVERY_SECONDS)):
            status = self._status()
            if not status.endswith("_IN_PROGRESS"):
                break
            never.wait(LOOK_EVERY_SECONDS)
        return status

    def _first_failure(self) -> str:
        events = self._call_cloudformation("DescribeStackEvents", StackName=self._name)
        failed = [e for e in events["StackEvents"] if e["ResourceStatus"].endswith("_FAILED")]
        if not failed:
            return "no resource says why"
        first = failed[-1]  # the newest event comes first
        why = first.get("ResourceStatusReason", "no reason given")
        return f"{first['LogicalResourceId']} ({first['ResourceType']}): {why}"

    def _call_cloudformation(self, operation: str, **request: Any) -> dict[str, Any]:
        reply: dict[str, Any] = self._patience.call(
            f"cloudformation:{operation}",
            getattr(self._cloudformation, _snake(operation)),
            **request,
        )
        return reply

    # ---- tables elsewhere ------------------------------------------------------------------------

    def _create_tables(self, template: Template, tell: Callable[[str], None]) -> Template:
        """Create the template's tables at DynamoDB's own endpoint; return the rest of it."""
        resources = template["Resources"]
        tables = {n: r for n, r in resources.items() if r.get("Type") == TABLE}
        values = self._one_by_one().values(template, {})
        place = CreatePlace(create_or_find(self._call), self._place.account_id, self._place.region)
        created = {}
        for name, resource in tables.items():
            if "Condition" in resource and not values.condition(resource["Condition"]):
                continue
            properties = values.resolve(resource.get("Properties", {}))
            properties.setdefault("TableName", f"{self._name}-{name}")
            self._create_table(name, properties, place)
            created[name] = properties["TableName"]
        if created:
            tell(f"tables at DynamoDB's own endpoint: {', '.join(created.values())}")
        rest = copy.deepcopy(template)
        rest["Resources"] = {n: r for n, r in rest["Resources"].items() if n not in tables}
        resolved: Template = self._without_references(rest, created)
        left = sorted(set(names_in(resolved)) & tables.keys())
        if left:
            raise ProjectError(
                f"what is deployed refers to {left[0]} in a way that only one stack can resolve"
            )
        return resolved

    def _create_table(self, name: str, properties: dict[str, Any], place: CreatePlace) -> None:
        try:
            table = TYPES[TABLE].create(place, properties["TableName"], properties)
            assert isinstance(table, Resource), "a table is there at once"
            TYPES[TABLE].complete(place, table, properties)
        except AwsError as error:
            raise ProjectError(f"table {name}: {error.message}") from error

    def _call(self, service: str, operation: str, request: dict[str, Any]) -> dict[str, Any]:
        client = self._endpoint.client(service)
        method = getattr(client, _snake(operation))
        try:
            reply: dict[str, Any] = self._patience.call(f"{service}:{operation}", method, **request)
        except ClientError as error:
            raise AwsError(code_of(error), message_of(error)) from error
        return reply

    def _without_references(self, value: Any, tables: dict[str, str]) -> Any:
        """Replace what refers to a table by its name or ARN."""
        if isinstance(value, list):
            return [self._without_references(item, tables) for item in value]
        if not isinstance(value, dict):
            return value
        if value.get("Ref") in tables and len(value) == 1:
            return tables[value["Ref"]]
        attribute = value.get("Fn::GetAtt")
        if isinstance(attribute, str):
            attribute = attribute.split(".", 1)
        if attribute and attribute[0] in tables and attribute[1] == "Arn":
            return self._place.arn("dynamodb", f"table/{tables[attribute[0]]}")
        return {key: self._without_references(item, tables) for key, item in value.items()}


def _snake(operation: str) -> str:
    return "".join(f"_{c.lower()}" if c.isupper() else c for c in operation).lstrip("_")
