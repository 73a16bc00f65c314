"""Brings the resources of a stack to what a template says: each after those that it needs."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from chalice_offline.core.errors import AwsError
from chalice_offline.core.pending import Pending
from chalice_offline.services.cloudformation.intrinsics import Intrinsics
from chalice_offline.services.cloudformation.plan import Action, action_on
from chalice_offline.services.cloudformation.resource import Resource
from chalice_offline.services.cloudformation.resource_types import type_of
from chalice_offline.services.cloudformation.stack import StackResource
from chalice_offline.services.cloudformation.steps import follow
from chalice_offline.services.cloudformation.tagging import added_tags
from chalice_offline.services.cloudformation.workshop import ResourceFailed

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chalice_offline.services.cloudformation.inputs import Inputs
    from chalice_offline.services.cloudformation.stack import Stack, TemplateVersion
    from chalice_offline.services.cloudformation.steps import Steps
    from chalice_offline.services.cloudformation.workshop import Workshop

Adopted = dict[tuple[str, str], tuple[Resource, dict[str, Any]]]


@dataclass(slots=True)
class Applied:
    """What was done about one resource, for taking it back."""

    name: str
    action: Action
    before: StackResource | None
    after: StackResource | None
    is_adopted: bool = False
    is_complete: bool = True

    @property
    def has_another(self) -> bool:
        """Whether there is another resource now in place of the one before.

        A custom resource decides so itself: it answers an update with another physical id.
        """
        if self.before is None or self.after is None:
            return False
        another = self.before.physical_id != self.after.physical_id
        return self.action is Action.REPLACE or (self.action is Action.UPDATE and another)


class Applying:
    """One template on its way into one stack."""

    def __init__(
        self,
        stack: Stack,
        version: TemplateVersion,
        inputs: Inputs,
        workshop: Workshop,
        adopted: Mapping[tuple[str, str], tuple[Resource, dict[str, Any]]],
    ) -> None:
        self.applied: list[Applied] = []
        self.cancelled = ""
        self._stack = stack
        self._template = version.template
        self._stack_tags = version.tags
        self._workshop = workshop
        self._adopted = adopted
        self._there: dict[str, Resource] = {}
        self._settings: dict[str, dict[str, Any]] = {}
        self.values = Intrinsics(version.template, inputs, self._there, self._settings)
        self.included = [n for n in version.template.names if self.values.is_included(n)]
        self._running: dict[str, Steps[None]] = {}
        self._failed: list[str] = []
        self._moved: Pending[None] = Pending()

    def all(self) -> Steps[list[str]]:
        """Do it; returns the resources that failed, after which nothing new is begun."""
        todo = list(self.included)
        while todo or self._running:
            begun = self._begin_what_can(todo)
            if self.cancelled or (self._failed and not self._running):
                break
            if self._running and not begun:
                yield self._moved
                self._moved = Pending()
        for name in list(self._running) if self.cancelled else ():
            self._running[name].close()  # an answer that comes later is nobody's
            one = self._stack.resources.get(name) or self._new(name, {})
            self._workshop.fail(one, "CREATE", "Resource creation cancelled")
            self._failed.append(name)
        if not self._failed and not self.cancelled:
            self._put_in_order()
        return self._failed or (["-"] if self.cancelled else [])

    def cancel(self, reason: str) -> None:
        """Begin nothing more, and wait for nothing."""
        self.cancelled = reason
        if not self._moved.done:
            self._moved.resolve(None)

    def abandon(self) -> None:
        """Go no further with any resource."""
        for steps in list(self._running.values()):
            steps.close()

    # ---- within ----------------------------------------------------------------------------------

    def _begin_what_can(self, todo: list[str]) -> bool:
        begun = False
        for name in tuple(todo):
            if self._failed or self.cancelled:
                return begun
            needs = self._template.needs(name)
            if all(other in self._there or other not in self.included for other in needs):
                todo.remove(name)
                steps = self._running[name] = self._one(name)
                begun = True
                follow(steps, lambda name=name: self._ended(name))  # type: ignore[misc]
        return begun

    def _ended(self, name: str) -> None:
        del self._running[name]
        if not self._moved.done:
            self._moved.resolve(None)

    def _one(self, name: str) -> Steps[None]:
        before = self._stack.resources.get(name)
        properties: dict[str, Any] = before.properties if before else {}
        try:
            properties = self.values.resolve(self._template.resources[name].get("Properties", {}))
            one = self._new(name, properties)
        except AwsError as error:
            doing = "CREATE" if before is None else "UPDATE"
            self._workshop.fail(self._new(name, properties, bare=True), doing, error.message)
            self._failed.append(name)
            return
        try:
            yield from self._bring(one, before)
        except ResourceFailed:
            self._failed.append(name)

    def _bring(self, one: StackResource, before: StackResource | None) -> Steps[None]:
        resources = self._stack.resources
        name = one.name
        is_new = before is None
        if before is None:
            adopted = self._adopted.get((one.kind, self._given_name(one)))
            if adopted is not None:
                resource, properties = adopted
                before = replace(one, properties=properties, resource=resource, added_tags=None)
        action = Action.CREATE
        if before is not None:
            action = action_on(before, one.properties, self._stack_tags)
        was = replace(before) if before else None
        if action is Action.KEEP and before is not None:
            after = replace(before, metadata=one.metadata, deletion_policy=one.deletion_policy)
        elif action is Action.UPDATE and before is not None:
            # Noted first: what is changed by half is changed back, too.
            noted = Applied(name, action, was, one, is_adopted=is_new, is_complete=False)
            self.applied.append(noted)
            one.resource = before.resource
            noted.after = after = yield from self._workshop.update(before, one)
            noted.is_complete = True
        else:
            self._stack.resources.setdefault(name, one)
            after = yield from self._workshop.create(one, replaces=before)
            if was is not None and _is_the_same(was, after):
                action = Action.UPDATE
            self.applied.append(Applied(name, action, was, after))
        resources[name] = after
        self._there[name] = after.resource
        self._settings[name] = after.properties

    def _given_name(self, one: StackResource) -> str:
        type_ = type_of(one.kind)
        return type_.given_name(one.properties) if type_ else ""

    def _new(self, name: str, properties: dict[str, Any], *, bare: bool = False) -> StackResource:
        declared = self._template.resources[name]
        kind = declared["Type"]
        policy = declared.get("DeletionPolicy", "Delete")
        return StackResource(
            name,
            kind,
            properties,
            Resource(""),
            deletion_policy=str(policy if bare else self.values.resolve(policy)),
            metadata={} if bare else self.values.resolve(declared.get("Metadata", {})),
            added_tags=added_tags(kind, self._stack, self._stack_tags, name),
        )

    def _put_in_order(self) -> None:
        """Keep resources in the order in which they are needed: they are deleted in reverse."""
        resources = self._stack.resources
        gone = {name: one for name, one in resources.items() if name not in self.included}
        ordered = {name: resources[name] for name in self.included}
        resources.clear()
        resources.update(gone | ordered)


def _is_the_same(before: StackResource, after: StackResource) -> bool:
    """Whether a replacement is what was there: then nothing is left over to be deleted."""
    type_ = type_of(after.kind)
    is_one = type_ is not None and type_.is_its_reference
    return is_one and before.physical_id == after.physical_id
