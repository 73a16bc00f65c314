"""One operation on a stack, from its first event to its last.

Create and update apply a template: each resource after those it needs, all others side by side.
What fails is taken back, the latest first; what is deleted is deleted at the end, for nothing could
bring it back. Source: user guide, "Stack failure options", "Stack status codes".
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from chalice_offline.core.errors import AwsError
from chalice_offline.core.pending import Pending
from chalice_offline.services.cloudformation.applying import Applied, Applying
from chalice_offline.services.cloudformation.outputs import outputs_of
from chalice_offline.services.cloudformation.plan import Action
from chalice_offline.services.cloudformation.steps import follow
from chalice_offline.services.cloudformation.workshop import ResourceFailed

if TYPE_CHECKING:
    from collections.abc import Callable

    from chalice_offline.core.kernel import Kernel
    from chalice_offline.core.scheduler import Timer
    from chalice_offline.services.cloudformation.history import History
    from chalice_offline.services.cloudformation.inputs import Inputs
    from chalice_offline.services.cloudformation.plan import Wanted
    from chalice_offline.services.cloudformation.resource import Resource
    from chalice_offline.services.cloudformation.stack import Stack, StackResource, TemplateVersion
    from chalice_offline.services.cloudformation.steps import Steps
    from chalice_offline.services.cloudformation.workshop import Workshop

BY_USER = "User Initiated"
CONFIRM, REVERT = "confirm", "revert"


@dataclass(slots=True)
class Wishes:
    """What a request says of how an operation is carried out.

    `adopted` are resources that are there already, by type and name: CloudFormation's import.
    `is_held`: the operation stops before anything is deleted, until it is confirmed or reverted.
    """

    on_failure: str = "ROLLBACK"
    retained: tuple[str, ...] = ()
    forced: bool = False
    retain_except_on_create: bool = False
    timeout_minutes: int = 0
    adopted: dict[tuple[str, str], tuple[Resource, dict[str, Any]]] = field(default_factory=dict)
    is_held: bool = False


class Deployment:
    """Carries out one operation on one stack."""

    def __init__(
        self,
        kernel: Kernel,
        stack: Stack,
        workshop: Workshop,
        history: History,
        ended: Callable[[Deployment], None],
        check_outputs: Callable[[list[dict[str, str]]], None],
    ) -> None:
        """Prepare; `check_outputs` raises AwsError for outputs that the stack may not have."""
        self.stack = stack
        self._kernel = kernel
        self._workshop = workshop
        self._history = history
        self._ended = ended
        self._check_outputs = check_outputs
        self._applying: Applying | None = None
        self._expanded: Pending[Wanted] | None = None
        self._applied: list[Applied] = []
        self._held: Pending[str] | None = None
        self._retained: tuple[str, ...] = ()
        self._steps: Steps[None] | None = None
        self._timer: Timer | None = None
        self._is_abandoned = False
        self._previous: TemplateVersion | None = None
        self._outputs: list[dict[str, str]] = []
        self._imports = set(stack.imports)

    # ---- what an operation asks for --------------------------------------------------------------

    def create(
        self, version: TemplateVersion, inputs: Inputs, wishes: Wishes, reason: str = BY_USER
    ) -> None:
        """Create the stack."""
        self.stack.version = version
        self._history.stack_is("CREATE_IN_PROGRESS", reason)
        self._start(self._create(version, inputs, wishes))

    def create_after(self, expanding: Steps[Wanted], wishes: Wishes) -> None:
        """Create the stack once its template is expanded; it fails when that does."""
        self._history.stack_is("CREATE_IN_PROGRESS", BY_USER)
        self._start(self._create_after(expanding, wishes))

    def update(
        self, version: TemplateVersion, inputs: Inputs, wishes: Wishes, reason: str = BY_USER
    ) -> None:
        """Bring the stack to another version."""
        self._begin_update(reason)
        self._start(self._update(version, inputs, wishes))

    def update_after(self, expanding: Steps[Wanted], wishes: Wishes) -> None:
        """Bring the stack to another version once its template is expanded."""
        self._begin_update(BY_USER)
        self._start(self._update_after(expanding, wishes))

    def delete(self, wishes: Wishes, reason: str = BY_USER) -> None:
        """Delete the stack."""
        self.stack.deleted_ms = self._kernel.now_ms
        self._history.stack_is("DELETE_IN_PROGRESS", reason)
        self._start(self._delete(wishes))

    def roll_back(self, skipped: tuple[str, ...] = ()) -> None:
        """Take back an update or a creation that failed and was left as it was."""
        creating = self._previous is None
        status = "ROLLBACK_IN_PROGRESS" if creating else "UPDATE_ROLLBACK_IN_PROGRESS"
        self._history.stack_is(status, BY_USER)
        if creating:
            self._start(self._roll_back_creation(keep_retained=True))
        else:
            self._start(self._roll_back_update(skipped))

    def cancel(self, reason: str) -> None:
        """Stop: what is under way is written off, and all is taken back."""
        if self._applying is not None:
            self._applying.cancel(reason)
        elif self._expanded is not None and not self._expanded.done:
            self._expanded.fail(AwsError("Cancelled", reason))

    def abandon(self) -> None:
        """Stop where it is, and take nothing back: the stack is no more known."""
        if self._steps is not None and not self._is_abandoned:
            self._is_abandoned = True
            self._kernel.cancel(self._timer)
            if self._applying is not None:
                self._applying.abandon()
            self._steps.close()

    @property
    def can_go_on(self) -> bool:
        """Whether it ended in a state from which it can still be taken back."""
        return self.stack.status in ("CREATE_FAILED", "UPDATE_FAILED", "UPDATE_ROLLBACK_FAILED")

    @property
    def is_held(self) -> bool:
        """Whether all is done but what is to be deleted, and a word is waited for."""
        return self._held is not None and not self._held.done

    def doomed(self) -> list[StackResource]:
        """Return the resources that the template has no more."""
        assert self._applying is not None, "a template was applied"
        wanted = self._applying.included
        return [one for name, one in self.stack.resources.items() if name not in wanted]

    def decide(self, decision: str, retained: tuple[str, ...] = ()) -> None:
        """Confirm or revert a held operation; `retained` are resources that are not deleted."""
        assert self._held is not None, "only what is held can be decided"
        self._retained = retained
        self._held.resolve(decision)

    # ---- creation --------------------------------------------------------------------------------

    def _create_after(self, expanding: Steps[Wanted], wishes: Wishes) -> Steps[None]:
        try:
            wanted = yield self._expand(expanding)
        except AwsError as error:
            yield from self._creation_failed(f"{error.message}. ", wishes)
            return
        self.stack.version = wanted.version
        yield from self._create(wanted.version, wanted.inputs, wishes)

    def _create(self, version: TemplateVersion, inputs: Inputs, wishes: Wishes) -> Steps[None]:
        if wishes.timeout_minutes:
            due_ms = self._kernel.now_ms + wishes.timeout_minutes * 60_000
            self._timer = self._kernel.at(
                due_ms, lambda: self.cancel("Stack creation time exceeded the specified timeout")
            )
        failure = yield from self._apply(version, inputs, wishes, "create")
        self._kernel.cancel(self._timer)
        if not failure:
            self._history.stack_is("CREATE_COMPLETE")
            if wishes.is_held and (reverted := (yield from self._wait_for_word())):
                self._history.stack_is("ROLLBACK_IN_PROGRESS", reverted)
                yield from self._roll_back_creation(keep_retained=False)
        else:
            yield from self._creation_failed(failure, wishes)

    def _creation_failed(self, failure: str, wishes: Wishes) -> Steps[None]:
        stack = self.stack
        if wishes.on_failure == "DO_NOTHING":
            self._history.stack_is("CREATE_FAILED", failure)
        elif wishes.on_failure == "DELETE":
            stack.deleted_ms = self._kernel.now_ms
            self._history.stack_is("DELETE_IN_PROGRESS", f"{failure}Delete requested by user.")
            yield from self._delete(wishes)
        else:
            # From here on it is described as one that is deleted (recorded).
            stack.deleted_ms, stack.change_set_id = self._kernel.now_ms, ""
            self._history.stack_is("ROLLBACK_IN_PROGRESS", f"{failure}Rollback requested by user.")
            yield from self._roll_back_creation(keep_retained=not wishes.retain_except_on_create)

    def _roll_back_creation(self, *, keep_retained: bool) -> Steps[None]:
        stack = self.stack
        left = []
        for one in reversed(list(stack.resources.values())):
            if one.status == "DELETE_COMPLETE" or not one.physical_id:
                continue
            keep = keep_retained and one.deletion_policy == "Retain"
            if not (yield from self._workshop.delete(one, keep=keep)):
                left.append(one.name)
        if left:
            reason = f"The following resource(s) failed to delete: [{', '.join(left)}]. "
            self._history.stack_is("ROLLBACK_FAILED", reason)
            return
        stack.outputs, stack.imports = [], set()
        self._history.stack_is("ROLLBACK_COMPLETE")

    # ---- update ----------------------------------------------------------------------------------

    def _begin_update(self, reason: str) -> None:
        self._previous, self._outputs = self.stack.version, self.stack.outputs
        self.stack.updated_ms = self._kernel.now_ms
        self._history.stack_is("UPDATE_IN_PROGRESS", reason)

    def _update_after(self, expanding: Steps[Wanted], wishes: Wishes) -> Steps[None]:
        try:
            wanted = yield self._expand(expanding)
        except AwsError as error:
            yield from self._update_failed(f"{error.message}. ", wishes)
            return
        yield from self._update(wanted.version, wanted.inputs, wishes)

    def _update(self, version: TemplateVersion, inputs: Inputs, wishes: Wishes) -> Steps[None]:
        failure = yield from self._apply(version, inputs, wishes, "update")
        if not failure:
            self._history.stack_is("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS")
        if not failure and wishes.is_held:
            failure = yield from self._wait_for_word()
        if failure:
            yield from self._update_failed(failure, wishes)
            return
        self.stack.version = version
        yield from self._clean_up(version)
        self._history.stack_is("UPDATE_COMPLETE")

    def _update_failed(self, failure: str, wishes: Wishes) -> Steps[None]:
        if wishes.on_failure == "DO_NOTHING":
            self._history.stack_is("UPDATE_FAILED", failure)
            return
        self._history.stack_is("UPDATE_ROLLBACK_IN_PROGRESS", failure)
        yield from self._roll_back_update(())

    def _clean_up(self, version: TemplateVersion) -> Steps[None]:
        """Delete what was replaced and what the template has no more."""
        stack = self.stack
        for done in reversed(self._applied):
            if done.before is not None and done.has_another:
                policy = version.template.policy(done.name, "UpdateReplacePolicy")
                old = replace(done.before)
                yield from self._workshop.delete(old, keep=policy == "Retain")
        for one in reversed(self.doomed()):
            keep = one.name in self._retained or one.deletion_policy.startswith("Retain")
            yield from self._workshop.delete(one, keep=keep)
            del stack.resources[one.name]

    def _roll_back_update(self, skipped: tuple[str, ...]) -> Steps[None]:
        stack = self.stack
        made: list[StackResource] = []
        while self._applied:
            done = self._applied[-1]
            if done.action is Action.UPDATE and done.name not in skipped:
                if not (yield from self._changed_back(done)):
                    reason = f"The following resource(s) failed to update: [{done.name}]. "
                    self._history.stack_is("UPDATE_ROLLBACK_FAILED", reason)
                    return
            elif done.action is not Action.UPDATE and done.after is not None:
                made.append(done.after)
            self._put_back(done)
            self._applied.pop()
        for name in [n for n, one in stack.resources.items() if not one.physical_id]:
            del stack.resources[name]
        self._history.stack_is("UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS")
        for one in made:
            yield from self._workshop.delete(one)
        stack.outputs, stack.imports = self._outputs, self._imports
        self._history.stack_is("UPDATE_ROLLBACK_COMPLETE")

    def _changed_back(self, done: Applied) -> Steps[bool]:
        """Change a resource back; what failed on its way there may fail on its way back, too."""
        assert done.before is not None, "what was changed was there before"
        try:
            yield from self._workshop.update(done.after or done.before, replace(done.before))
        except ResourceFailed:
            return not done.is_complete
        return True

    def _put_back(self, done: Applied) -> None:
        resources = self.stack.resources
        if done.before is None or done.is_adopted:
            resources.pop(done.name, None)
        else:
            done.before.status = "UPDATE_COMPLETE"
            resources[done.name] = done.before

    # ---- deletion --------------------------------------------------------------------------------

    def _delete(self, wishes: Wishes) -> Steps[None]:
        stack = self.stack
        left = []
        for one in reversed(list(stack.resources.values())):
            if one.status == "DELETE_COMPLETE" or not one.physical_id:
                continue
            keep = one.name in wishes.retained or one.deletion_policy.startswith("Retain")
            if (yield from self._workshop.delete(one, keep=keep)):
                continue
            if wishes.forced:
                self._history.resource_is(one, "DELETE_SKIPPED")
            else:
                left.append(one.name)
        if left:
            reason = f"The following resource(s) failed to delete: [{', '.join(left)}]. "
            self._history.stack_is("DELETE_FAILED", reason)
            return
        stack.outputs = []
        self._history.stack_is("DELETE_COMPLETE")

    # ---- within ----------------------------------------------------------------------------------

    def _start(self, steps: Steps[None]) -> None:
        """Begin when the present input is answered: a stack's operations take their time."""
        self._steps = steps

        def ended() -> None:
            if not self._is_abandoned:
                self._ended(self)

        self._kernel.at(self._kernel.now_ms, lambda: follow(steps, ended))

    def _expand(self, expanding: Steps[Wanted]) -> Pending[Wanted]:
        """Return what a template's expansion comes to, unless that is given up before."""
        expanded: Pending[Wanted] = Pending()
        self._expanded = expanded

        def expand() -> Steps[None]:
            try:
                wanted = yield from expanding
            except AwsError as error:
                if not expanded.done:
                    expanded.fail(error)
                return
            if not expanded.done:
                expanded.resolve(wanted)

        follow(expand())
        return expanded

    def _apply(
        self, version: TemplateVersion, inputs: Inputs, wishes: Wishes, doing: str
    ) -> Steps[str]:
        """Apply a version; returns why that failed, or ""."""
        applying = Applying(self.stack, version, inputs, self._workshop, wishes.adopted)
        self._applying = applying
        self._applied = applying.applied
        self.stack.imports |= inputs.imported  # held from the first moment
        failed = yield from applying.all()
        if failed:
            if applying.cancelled:
                return f"{applying.cancelled}. "
            return f"The following resource(s) failed to {doing}: [{', '.join(failed)}]. "
        try:
            outputs = outputs_of(version, applying.values)
            self._check_outputs(outputs)
        except AwsError as error:
            return f"{error.message}. "
        self.stack.outputs = outputs
        self.stack.imports = set(inputs.imported)
        return ""

    def _wait_for_word(self) -> Steps[str]:
        self._held = Pending()
        decision = yield self._held
        return "" if decision == CONFIRM else "Rollback requested by user."
