"""A stack: what a template has made, and the update from one template to the next.

Plan, apply, and take back on a failure, as CloudFormation does: the plan is made of the whole
template before anything is done; what is no longer wanted is deleted at the end.
"""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from chalice_offline.chalice_app.cloudformation.changes import Changes
from chalice_offline.chalice_app.cloudformation.intrinsics import TemplateError
from chalice_offline.chalice_app.cloudformation.plan import (
    Action,
    Applied,
    ResourceError,
    action_for,
    plan_of,
)
from chalice_offline.chalice_app.cloudformation.resource_types import (
    INERT,
    TYPES,
    Place,
    Resource,
)
from chalice_offline.chalice_app.cloudformation.template import Template
from chalice_offline.core.errors import AwsError

if TYPE_CHECKING:
    from chalice_offline.chalice_app.cloudformation.record import Record
    from chalice_offline.chalice_app.project_file import ProjectFile

_log = logging.getLogger(__name__)


class Stack:
    """The resources of one project and stage."""

    def __init__(
        self,
        name: str,
        stage: str,
        place: Place,
        *,
        takes_over: bool = False,
        record: Record | None = None,
    ) -> None:
        """Make a stack; generated resource names start with `name`.

        `takes_over`: what is there already is taken for the stack's own. CloudFormation refuses it.
        `record` has what an earlier process made that is still there, and is told of updates;
        without one the stack is empty.
        """
        self._record = record
        self._takes_over = takes_over
        # What the update under way will delete at its end, by type and name.
        self._doomed: dict[tuple[str, str], Applied] = {}
        self._name = name
        self._stage = stage
        self._place = place
        self._applied: dict[str, Applied] = record.read() if record else {}
        self._undeclared: dict[tuple[str, str], Applied] = {}

    @property
    def is_empty(self) -> bool:
        """Whether no template has made anything."""
        return not self._applied

    def apply(self, file: ProjectFile) -> None:
        """Bring the stack to what the template says, or leave it as it was.

        Raises ProjectError naming the file, the resource and what is wrong with it.
        """
        changes = Changes()
        try:
            self.update(file, changes)
        except BaseException:
            changes.roll_back()
            raise
        changes.commit()

    def update(self, file: ProjectFile, changes: Changes) -> None:
        """Do the same as steps of `changes`, which the caller commits or takes back."""
        try:
            template = Template(file.content, self._name, self._stage, self._place)
            plan = list(plan_of(template, self._applied, self._name))
            self._back(changes)
            self._carry_out(template, plan, changes, file)
        except TemplateError as error:
            raise file.error(str(error), "Resources") from error
        except ResourceError as error:
            kind = file.content["Resources"][error.name]["Type"]
            raise file.error(
                f"resource {error.name} ({kind}): {error}", "Resources", error.name
            ) from error
        except RecursionError as error:
            raise file.error("its values are nested too deeply", "Resources") from error

    def make_undeclared(self, kind: str, properties: dict[str, Any], changes: Changes) -> None:
        """Make a resource that a handler names and no template declares; AwsError if it fails.

        It stays when the handler goes. A template that declares it later takes it over.
        """
        name = str(properties[TYPES[kind].name])
        self._back(changes)
        resource = _made(self._place, kind, name, properties, changes)
        self._undeclared[kind, name] = Applied(kind, properties, resource)

    def keep_undeclared(self, kind: str, name: str, changes: Changes) -> bool:
        """Keep what the template has just ceased to declare; False when it has not."""
        self._back(changes)
        applied = self._doomed.pop((kind, name), None)
        if applied is None:
            return False
        self._undeclared[kind, name] = applied
        return True

    def undeclared(self, kind: str, name: str) -> dict[str, Any] | None:
        """Return the properties of a resource that was made undeclared; None for all others."""
        applied = self._undeclared.get((kind, name))
        return applied.properties if applied else None

    def change_undeclared(self, kind: str, properties: dict[str, Any], changes: Changes) -> None:
        """Change a resource that was made undeclared; AwsError if it fails."""
        key = (kind, str(properties[TYPES[kind].name]))
        self._back(changes)
        self._undeclared[key] = _updated(self._place, self._undeclared[key], properties, changes)

    # ---- within ----------------------------------------------------------------------------------

    def _back(self, changes: Changes) -> None:
        """Let a step back also bring back what we know."""
        applied, undeclared = dict(self._applied), dict(self._undeclared)

        def restore() -> None:
            self._applied, self._undeclared = applied, undeclared

        changes.back("the stack", restore)

    def _carry_out(
        self,
        template: Template,
        plan: list[tuple[str, Action]],
        changes: Changes,
        file: ProjectFile,
    ) -> None:
        gone = [name for name in self._applied if name not in template.names]
        self._doomed = {}
        for name in gone:  # first noted, last deleted: what is new may still refer to it
            self._doom(name, self._applied[name], changes)
        after: dict[str, Applied] = {}
        for name, action in plan:
            try:
                resources = {done: applied.resource for done, applied in after.items()}
                properties = template.properties(name, resources)
                made = self._done(template, name, action, properties, changes, file)
            except TemplateError as error:
                raise ResourceError(name, str(error)) from error
            except AwsError as error:
                raise ResourceError(name, error.message) from error
            except KeyError as error:
                raise ResourceError(name, f"it needs the property {error}") from error
            except (TypeError, ValueError, AttributeError, IndexError) as error:
                message = f"it is not as CloudFormation wants it: {error!r}"
                raise ResourceError(name, message) from error
            after[name] = replace(made, is_retained=template.is_retained(name, "DeletionPolicy"))
        self._applied = after
        record = self._record
        if record is not None:
            changes.cleanup("what the stack has made", lambda: record.write(after))

    def _done(
        self,
        template: Template,
        name: str,
        action: Action,
        properties: dict[str, Any],
        changes: Changes,
        file: ProjectFile,
    ) -> Applied:
        kind = template.kind(name)
        applied = self._applied.get(name)
        if action is Action.UPDATE and applied is not None:
            # What was not known when the plan was made may ask for more.
            generated = f"{self._name}-{name}"
            action = action_for(name, kind, applied.properties, properties, generated)
        if applied is not None and action is Action.KEEP:
            return applied
        if applied is not None and action is Action.UPDATE:
            return _updated(self._place, applied, properties, changes)
        if applied is not None:
            keep = template.is_retained(name, "UpdateReplacePolicy")
            self._drop(name, applied, changes, keep=keep)
        return self._created(name, kind, properties, changes, file)

    def _created(
        self,
        name: str,
        kind: str,
        properties: dict[str, Any],
        changes: Changes,
        file: ProjectFile,
    ) -> Applied:
        generated = f"{self._name}-{name}"
        type_ = TYPES.get(kind)
        if type_ is None:
            if kind not in INERT:
                _log.warning("%s: %s of %s is not created offline", file.path, kind, name)
            inert = Resource(generated, {"Arn": f"arn:aws:{kind}:{generated}"})
            return Applied(kind, properties, inert)
        physical = type_.name_of(generated, properties)
        taken = self._undeclared.get((kind, physical)) if physical else None
        if taken is not None:
            action_for(name, kind, taken.properties, properties, generated)  # if it can be
            del self._undeclared[kind, physical]
            return _updated(self._place, taken, properties, changes)
        for other, applied in self._applied.items():
            if (
                physical
                and applied.kind == kind
                and type_.name_of(f"{self._name}-{other}", applied.properties) == physical
            ):
                raise ResourceError(name, f"{physical} is there already, as {other}")
        if physical and not self._takes_over and type_.is_there(self._place, physical, properties):
            raise ResourceError(name, f"{physical} is there already, and no template declared it")
        resource = _made(self._place, kind, physical or generated, properties, changes)
        return Applied(kind, properties, resource)

    def _doom(self, name: str, applied: Applied, changes: Changes) -> None:
        """Have a resource deleted at the end, unless it is kept or a handler needs it after all."""
        type_ = TYPES.get(applied.kind)
        if type_ is None or applied.is_retained:
            return
        physical = type_.name_of(f"{self._name}-{name}", applied.properties)
        key = (applied.kind, physical or name)
        self._doomed[key] = applied

        def delete() -> None:
            if key in self._doomed:
                type_.delete(self._place, applied.resource, applied.properties)

        changes.cleanup(f"{name} ({applied.kind})", delete)

    def _drop(self, name: str, applied: Applied, changes: Changes, *, keep: bool) -> None:
        type_ = TYPES.get(applied.kind)
        if type_ is not None and not keep:
            changes.cleanup(
                f"{name} ({applied.kind})",
                lambda: type_.delete(self._place, applied.resource, applied.properties),
            )


def _made(
    place: Place, kind: str, name: str, properties: dict[str, Any], changes: Changes
) -> Resource:
    type_ = TYPES[kind]
    resource = type_.create(place, name, properties)
    changes.back(f"{kind} {name}", lambda: type_.delete(place, resource, properties))
    type_.complete(place, resource, properties)
    return resource


def _updated(
    place: Place, applied: Applied, properties: dict[str, Any], changes: Changes
) -> Applied:
    type_ = TYPES.get(applied.kind)
    if type_ is None or type_.update is None:
        return replace(applied, properties=properties)
    update, resource, before = type_.update, applied.resource, applied.properties
    changes.back(
        f"{applied.kind} {resource.reference}",
        lambda: update(place, resource, properties, before),
    )
    updated = update(place, resource, before, properties)
    return replace(applied, properties=properties, resource=updated or resource)
