"""`.chalice/resources.json` as a stack of CloudFormation's, and what handlers need besides.

What a handler names and no template declares is made with its own AWS calls. A template that
declares it later takes it over; one that ceases to declare it leaves it to the handler.
"""

from __future__ import annotations

import json
import logging
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from chalice_offline.core.errors import AwsError, ProjectError
from chalice_offline.services.cloudformation.functions_in import names_in
from chalice_offline.services.cloudformation.resource_types import (
    TYPES,
    Place,
    Resource,
    service_of,
)

if TYPE_CHECKING:
    from chalice_offline.chalice_app.changes import Changes
    from chalice_offline.chalice_app.listening import Call
    from chalice_offline.chalice_app.project_file import ProjectFile

_log = logging.getLogger(__name__)

_ABSENT = ""
# A project declares what it needs: nobody has to acknowledge it a second time.
_CAPABILITIES = ["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"]
_NO_UPDATES = "No updates are to be performed"
_RESOURCE = re.compile(r"\[/Resources/(\w+)")
_UNRESOLVED = re.compile(r"Unresolved resource dependencies \[(\w+)")
_HANDLER_SAID = re.compile(
    r'Resource handler returned message: "(.*)" \(RequestToken.*\)', re.DOTALL
)
# CloudFormation takes no template without resources. This one makes nothing.
_NOTHING = {"Resources": {"Nothing": {"Type": "AWS::CloudFormation::WaitConditionHandle"}}}
_PLACEHOLDER = "is not created offline"


@dataclass(frozen=True, slots=True)
class _Undeclared:
    """A resource that was made for a handler, as CloudFormation could take it over."""

    resource: Resource
    properties: dict[str, Any]


class ProjectStack:
    """The resources of one project and stage."""

    def __init__(self, name: str, stage: str, call: Call, account_id: str, region: str) -> None:
        """Make it; the stack, and generated resource names, begin with `name`."""
        self._name = stack_name(name)
        self._stage = stage
        self._call = call
        self._place = Place(call, account_id, region)
        self._undeclared: dict[tuple[str, str], _Undeclared] = {}
        # What the update under way will delete at its end, by type and name: logical id and rest.
        self._doomed: dict[tuple[str, str], tuple[str, _Undeclared]] = {}
        self._retained: list[str] = []

    @property
    def is_empty(self) -> bool:
        """Whether no template has made anything."""
        return self._status() == _ABSENT

    def update(self, file: ProjectFile, changes: Changes) -> None:
        """Bring the stack to what the template says, as a step of `changes`.

        Raises ProjectError naming the file, the resource and what is wrong with it.
        """
        self._doomed, self._retained = {}, []
        status = self._status()
        request = self._request(file)
        seen = len(self._events()) if status else 0
        try:
            self._call("cloudformation", "UpdateStack" if status else "CreateStack", request)
        except AwsError as error:
            if _NO_UPDATES in error.message:
                return
            raise self._refused(file, error.message) from error
        events = self._events()
        events = events[: len(events) - seen]
        self._raise_failure(file, events)
        self._warn(file, events)
        undeclared = dict(self._undeclared)
        changes.back("the stack", lambda: self._revert(undeclared))
        changes.cleanup("what the template has no more", self._confirm)
        self._look_what_is_doomed()
        self._give_over()

    def forget(self, service: str) -> None:
        """Forget what was made with a service that was reset; the next update makes it anew."""
        if not self.is_empty:
            request = {"StackName": self._name, "Service": service}
            self._call("cloudformation-own", "ForgetResources", request)
        for kind, name in list(self._undeclared):
            if service_of(kind) == service:
                del self._undeclared[kind, name]

    def make_undeclared(self, kind: str, properties: dict[str, Any], changes: Changes) -> None:
        """Make a resource that a handler names and no template declares; AwsError if it fails.

        It stays when the handler goes. A template that declares it later takes it over.
        """
        type_ = TYPES[kind]
        name = type_.given_name(properties)
        resource = type_.create(self._place, name, properties)
        assert isinstance(resource, Resource), "what handlers listen to is there at once"
        self._undeclared[kind, name] = _Undeclared(resource, properties)

        def back() -> None:
            self._undeclared.pop((kind, name), None)
            type_.delete(self._place, resource, properties)

        changes.back(f"{kind} {name}", back)

    def keep_undeclared(self, kind: str, name: str, changes: Changes) -> bool:
        """Keep what the template has just ceased to declare; False when it has not."""
        found = self._doomed.pop((kind, name), None)
        if found is None:
            return False
        logical_id, kept = found
        self._retained.append(logical_id)
        self._undeclared[kind, name] = kept
        changes.back(f"{kind} {name}", lambda: self._undeclared.pop((kind, name), None))
        return True

    def undeclared(self, kind: str, name: str) -> dict[str, Any] | None:
        """Return the properties of a resource that was made undeclared; None for all others."""
        found = self._undeclared.get((kind, name))
        return found.properties if found else None

    def change_undeclared(self, kind: str, properties: dict[str, Any], changes: Changes) -> None:
        """Change a resource that was made undeclared; AwsError if it fails."""
        type_ = TYPES[kind]
        key = (kind, type_.given_name(properties))
        was = self._undeclared[key]
        update = type_.update
        assert update is not None, "what handlers listen to can be changed"

        def back() -> None:
            self._undeclared[key] = was
            update(self._place, was.resource, properties, was.properties)

        changes.back(f"{kind} {key[1]}", back)
        update(self._place, was.resource, was.properties, properties)
        self._undeclared[key] = _Undeclared(was.resource, properties)

    # ---- within ----------------------------------------------------------------------------------

    def _request(self, file: ProjectFile) -> dict[str, Any]:
        declared = file.content.get("Parameters", {})
        parameters = []
        if isinstance(declared, dict) and "Stage" in declared:
            parameters.append({"ParameterKey": "Stage", "ParameterValue": self._stage})
        return {
            "StackName": self._name,
            "TemplateBody": json.dumps(_NOTHING) if _is_bare(file) else file.text,
            "Parameters": parameters,
            "Capabilities": _CAPABILITIES,
            "IsHeld": True,
            "Adopted": [
                {
                    "ResourceType": kind,
                    "Name": name,
                    "PhysicalResourceId": one.resource.reference,
                    "Attributes": one.resource.attributes,
                    "Properties": one.properties,
                }
                for (kind, name), one in self._undeclared.items()
            ],
        }

    def _status(self) -> str:
        try:
            reply = self._call("cloudformation", "DescribeStacks", {"StackName": self._name})
        except AwsError as error:
            if "does not exist" in error.message:
                return _ABSENT
            raise
        return str(reply["Stacks"][0]["StackStatus"])

    def _events(self) -> list[dict[str, Any]]:
        """Return the stack's events, the latest first."""
        request = {"StackName": self._name}
        events: list[dict[str, Any]] = []
        while True:
            reply = self._call("cloudformation", "DescribeStackEvents", request)
            events += reply["StackEvents"]
            if "NextToken" not in reply:
                return events
            request["NextToken"] = reply["NextToken"]

    def _raise_failure(self, file: ProjectFile, events: list[dict[str, Any]]) -> None:
        """Raise ProjectError for what failed first, if anything did."""
        failed = [e for e in events if e["ResourceStatus"] in ("CREATE_FAILED", "UPDATE_FAILED")]
        rolled_back = [e for e in events if e["ResourceStatus"].endswith("ROLLBACK_IN_PROGRESS")]
        if not failed and not rolled_back:
            return
        if self._status().startswith("ROLLBACK_"):
            self._call("cloudformation", "DeleteStack", {"StackName": self._name})
        if not failed:
            raise file.error(rolled_back[-1].get("ResourceStatusReason", ""), "Resources")
        first = failed[-1]
        reason = first.get("ResourceStatusReason", "")
        said = _HANDLER_SAID.fullmatch(reason)
        name = first["LogicalResourceId"]
        raise file.error(
            f"resource {name} ({first['ResourceType']}): {said[1] if said else reason}",
            "Resources",
            name,
        )

    def _refused(self, file: ProjectFile, message: str) -> ProjectError:
        """Return the error for a template that CloudFormation does not take."""
        name = self._resource_in(file, message)
        if name:
            kind = file.content["Resources"][name].get("Type")
            what = f"resource {name} ({kind})" if kind else f"resource {name}"
            return file.error(f"{what}: {message}", "Resources", name)
        return file.error(message, "Resources")

    def _resource_in(self, file: ProjectFile, message: str) -> str:
        """Return the resource that a message is about, "" when it is about none."""
        resources = file.content.get("Resources")
        if not isinstance(resources, dict):
            return ""
        if (found := _RESOURCE.search(message)) and isinstance(resources.get(found[1]), dict):
            return found[1]
        if (found := _UNRESOLVED.search(message)) is not None:
            return next((name for name, one in resources.items() if found[1] in names_in(one)), "")
        return ""

    def _warn(self, file: ProjectFile, events: list[dict[str, Any]]) -> None:
        for event in reversed(events):
            reason = event.get("ResourceStatusReason", "")
            if _PLACEHOLDER in reason:
                _log.warning("%s: %s", file.path, reason)

    def _look_what_is_doomed(self) -> None:
        reply = self._call("cloudformation-own", "DescribeHeldStack", {"StackName": self._name})
        for one in reply["Doomed"]:
            kind, properties = one["ResourceType"], one["Properties"]
            resource = Resource(one["PhysicalResourceId"], one["Attributes"])
            name = re.split("[/:]", resource.reference)[-1]
            self._doomed[kind, name] = one["LogicalResourceId"], _Undeclared(resource, properties)

    def _give_over(self) -> None:
        """Forget what the template declares now."""
        request = {"StackName": self._name}
        reply = self._call("cloudformation", "DescribeStackResources", request)
        theirs = {one.get("PhysicalResourceId") for one in reply["StackResources"]}
        for key, one in tuple(self._undeclared.items()):
            if one.resource.reference in theirs:
                del self._undeclared[key]

    def _confirm(self) -> None:
        seen = len(self._events())
        request = {"StackName": self._name, "Confirmed": True, "RetainResources": self._retained}
        self._call("cloudformation-own", "DecideStack", request)
        events = self._events()
        for event in reversed(events[: len(events) - seen]):
            if event["ResourceStatus"] == "DELETE_FAILED":
                name, kind = event["LogicalResourceId"], event["ResourceType"]
                _log.warning("deleting %s (%s): %s", name, kind, event["ResourceStatusReason"])

    def _revert(self, undeclared: dict[tuple[str, str], _Undeclared]) -> None:
        self._undeclared = undeclared
        request = {"StackName": self._name, "Confirmed": False}
        self._call("cloudformation-own", "DecideStack", request)
        if self._status().startswith("ROLLBACK_"):
            self._call("cloudformation", "DeleteStack", {"StackName": self._name})


def _is_bare(file: ProjectFile) -> bool:
    return file.content.get("Resources") == {}


def stack_name(name: str) -> str:
    """Return a name that a stack may have: letters, digits and hyphens, a letter first."""
    spelled = re.sub(r"[^-a-zA-Z0-9]+", "-", name)
    return spelled if spelled[:1].isalpha() else f"stack-{spelled}"
