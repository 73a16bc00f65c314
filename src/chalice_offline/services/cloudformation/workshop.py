"""Makes, changes and deletes the resources of one stack, and writes down how it went."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from chalice_offline.core.errors import AwsError
from chalice_offline.services.cloudformation.dynamic_references import with_values
from chalice_offline.services.cloudformation.resource_types import INERT, placeholder, type_of
from chalice_offline.services.cloudformation.resource_types.base import Place, is_gone
from chalice_offline.services.cloudformation.steps import value_of
from chalice_offline.services.cloudformation.tagging import with_added

if TYPE_CHECKING:
    from collections.abc import Callable

    from chalice_offline.core.kernel import Kernel
    from chalice_offline.services.cloudformation.history import History
    from chalice_offline.services.cloudformation.resource import Resource
    from chalice_offline.services.cloudformation.resource_types import ResourceType
    from chalice_offline.services.cloudformation.stack import Stack, StackResource
    from chalice_offline.services.cloudformation.steps import Steps

_REPLACING = (
    "Requested update requires the creation of a new physical resource; hence creating one."
)
_SUFFIX_LENGTH = 12
#: What a type raises for properties it cannot make sense of, besides AwsError.
UNFIT = (KeyError, TypeError, ValueError, AttributeError, IndexError)


class ResourceFailed(Exception):  # noqa: N818 - what happened, not a mistake
    """A resource could not be made, changed or deleted; its event says why."""


class Workshop:
    """Works on the resources of one stack."""

    def __init__(
        self, kernel: Kernel, stack: Stack, history: History, place_for: Callable[[str], Place]
    ) -> None:
        """Prepare; `place_for(logical id)` gives a resource its place."""
        self._kernel = kernel
        self._stack = stack
        self._history = history
        self._place_for = place_for

    def create(
        self, one: StackResource, *, replaces: StackResource | None = None
    ) -> Steps[StackResource]:
        """Make a resource; raises ResourceFailed, and then leaves nothing behind."""
        doing = "CREATE" if replaces is None else "UPDATE"
        reason = "" if replaces is None else _REPLACING
        if replaces is not None:
            one = replace(one, resource=replaces.resource)
        self._history.resource_is(one, f"{doing}_IN_PROGRESS", reason)
        type_ = type_of(one.kind)
        if type_ is None:
            one.resource = placeholder(f"{self._stack.name}-{one.name}")
            self._history.resource_is(
                one, f"{doing}_COMPLETE", "" if one.kind in INERT else _sentence(one)
            )
            return one
        place = self._place_for(one.name)
        made: Resource | None = None
        properties = one.properties
        try:
            properties = self._tagged(one, place)
            name = self._name(type_, one, properties, replaces, place)
            made = yield from value_of(type_.create(place, name, properties))
            one.resource = made
            initiated = "Resource creation Initiated"
            self._history.resource_is(one, f"{doing}_IN_PROGRESS", initiated)
            type_.complete(place, made, properties)
        except (AwsError, *UNFIT) as error:
            if made is not None:
                yield from self._take_back(type_, place, made, properties)
            self._history.resource_is(one, f"{doing}_FAILED", self._reason(one, error))
            raise ResourceFailed(one.name) from error
        self._history.resource_is(one, f"{doing}_COMPLETE")
        return one

    def update(self, before: StackResource, after: StackResource) -> Steps[StackResource]:
        """Change a resource in place; raises ResourceFailed."""
        one = replace(after, resource=before.resource)
        self._history.resource_is(one, "UPDATE_IN_PROGRESS")
        type_ = type_of(one.kind)
        if type_ is not None and type_.update is not None:
            place = self._place_for(one.name)
            try:
                was, wanted = self._tagged(before, place), self._tagged(one, place)
                made = yield from value_of(type_.update(place, one.resource, was, wanted))
            except (AwsError, *UNFIT) as error:
                self._history.resource_is(one, "UPDATE_FAILED", self._reason(one, error))
                raise ResourceFailed(one.name) from error
            one.resource = made or one.resource
        self._history.resource_is(one, "UPDATE_COMPLETE")
        return one

    def delete(self, one: StackResource, *, keep: bool = False) -> Steps[bool]:
        """Delete a resource, or leave it; returns whether that went well."""
        if keep:
            self._history.resource_is(one, "DELETE_SKIPPED")
            return True
        self._history.resource_is(one, "DELETE_IN_PROGRESS")
        type_ = type_of(one.kind)
        if type_ is not None:
            place = self._place_for(one.name)
            try:
                properties = with_values(one.properties, place.call)
                yield from value_of(type_.delete(place, one.resource, properties))
            except (AwsError, *UNFIT) as error:
                if not (isinstance(error, AwsError) and is_gone(error)):
                    self._history.resource_is(one, "DELETE_FAILED", self._reason(one, error))
                    return False
        self._history.resource_is(one, "DELETE_COMPLETE")
        return True

    def fail(self, one: StackResource, doing: str, reason: str) -> None:
        """Write down that a resource failed before anything was tried."""
        self._history.resource_is(one, f"{doing}_FAILED", reason)

    # ---- within ----------------------------------------------------------------------------------

    def _tagged(self, one: StackResource, place: Place) -> dict[str, Any]:
        """Return a resource's properties as they are sent to its service."""
        return with_added(one.kind, with_values(one.properties, place.call), one.added_tags)

    def _name(
        self,
        type_: ResourceType,
        one: StackResource,
        properties: dict[str, Any],
        replaces: StackResource | None,
        place: Place,
    ) -> str:
        given = type_.given_name(properties)
        if not given:
            suffix = self._kernel.ids.alphanumeric(_SUFFIX_LENGTH)
            return type_.generated_name(self._stack.name, one.name, suffix, properties)
        if replaces is not None and type_.given_name(replaces.properties) == given:
            raise AwsError(
                "CustomNamed",
                "CloudFormation cannot update a stack when a custom-named resource requires "
                f"replacing. Rename {given} and update the stack again.",
            )
        if type_.is_there(place, given, properties):
            raise AwsError(
                "AlreadyExists",
                f"Resource of type '{one.kind}' with identifier '{given}' already exists.",
            )
        return given

    def _take_back(
        self, type_: ResourceType, place: Place, made: Resource, properties: dict[str, Any]
    ) -> Steps[None]:
        try:
            yield from value_of(type_.delete(place, made, properties))
        except (AwsError, *UNFIT) as error:
            subject = f"cloudformation {self._stack.name}"
            self._kernel.note(subject, {"error": str(error)}, (), "half made, and left behind")

    def _reason(self, one: StackResource, error: BaseException) -> str:
        if isinstance(error, AwsError):
            if error.code in _IN_OWN_WORDS:
                return error.message
            if error.message.startswith("#"):
                return (
                    f"Properties validation failed for resource {one.name} with message:\n"
                    f"{error.message}"
                )
            token = self._kernel.ids.uuid()
            return (
                f'Resource handler returned message: "{error.message}" '
                f"(RequestToken: {token}, HandlerErrorCode: {_handler_code(error)})"
            )
        if isinstance(error, KeyError):
            missing = json.dumps(str(error.args[0])).strip('"')
            return (
                f"Properties validation failed for resource {one.name} with message:\n"
                f"#: required key [{missing}] not found"
            )
        return f"{one.kind} {one.name} is not as CloudFormation wants it: {error!r}"


_IN_OWN_WORDS = frozenset(
    {
        "AlreadyExists",
        "CustomNamed",
        "CustomResourceFailed",
        "NestedStackFailed",
        "NotStabilized",
        "WaitConditionFailed",
        "WaitConditionTimeout",
    }
)


def _handler_code(error: AwsError) -> str:
    """Return the code of the resource type development guide, "Handler error codes"."""
    if is_gone(error):
        return "NotFound"
    if any(word in error.code for word in ("Exists", "Conflict", "InUse")):
        return "AlreadyExists"
    if error.code == "NotImplemented":
        return "ServiceInternalError"
    return "InvalidRequest"


def _sentence(one: StackResource) -> str:
    return (
        f"{one.kind} of {one.name} is not created offline: chalice-offline emulates no such "
        "resource. What refers to it gets a placeholder."
    )
