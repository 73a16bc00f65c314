"""Carries out what a fault does to a call or to a run."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Protocol

from chalice_offline.core.errors import AwsError
from chalice_offline.core.faults import DELAY, DUPLICATE, ERROR, THROTTLE, refusal
from chalice_offline.core.pending import Pending
from chalice_offline.core.run import Outcome, RunLife, RunLog

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from chalice_offline.core.driver import Driver
    from chalice_offline.core.faults import Fault, Faults
    from chalice_offline.core.kernel import Reply
    from chalice_offline.core.run import FunctionRun
    from chalice_offline.core.scheduler import Timer

# Calls of services on each other of which the reply may come later; of any other one the caller
# needs it at once.
MAY_WAIT = frozenset(
    {
        "events.PutEvents", "execute-api.Request", "firehose.PutRecord", "kinesis.PutRecord",
        "lambda.Invoke", "sns.Publish", "sqs.SendMessage", "stepfunctions.StartExecution",
    }
)  # fmt: skip


class Disturbed(Protocol):
    """What is needed of the kernel."""

    faults: Faults
    driver: Driver

    @property
    def now_ms(self) -> int:
        """The present instant."""
        ...

    def at(self, due_ms: int, callback: Callable[[], None]) -> Timer:
        """Run `callback` at `due_ms`."""
        ...

    def after(self, wait_ms: int, callback: Callable[[], None]) -> None:
        """Run `callback` later; for whoever does not have the kernel's lock."""
        ...

    def note(
        self, subject: str, detail: Mapping[str, Any], causes: tuple[int, ...], outcome: str = ""
    ) -> int:
        """Write down a decision."""
        ...


def disturbed_call(
    kernel: Disturbed,
    fault: Fault,
    subject: str,
    entry: int,
    carry_out: Callable[[], Reply],
    *,
    is_input: bool,
) -> Reply:
    """Do to a call what a fault does; raises AwsError when it is refused."""
    refuse(kernel, fault, subject, entry)
    if fault.kind == DUPLICATE:
        kernel.note("fault", _told(fault), (entry,), "carried out twice")
        kernel.at(kernel.now_ms, lambda: _once_more(kernel, entry, carry_out))
        return carry_out()
    if not (is_input or subject in MAY_WAIT):
        return carry_out()
    wait_ms = kernel.faults.wait_ms(fault)
    kernel.note("fault", {**_told(fault), "wait_ms": wait_ms}, (entry,), "delayed")
    return _later(kernel, wait_ms, carry_out)


def refuse(kernel: Disturbed, fault: Fault, subject: str, entry: int) -> None:
    """Raise AwsError when a fault refuses a call."""
    if fault.kind in (ERROR, THROTTLE):
        kernel.note("fault", _told(fault), (entry,), fault.kind)
        raise refusal(fault, subject.partition(".")[0])


def _once_more(kernel: Disturbed, entry: int, carry_out: Callable[[], Reply]) -> None:
    try:
        carry_out()
    except AwsError as error:
        kernel.note("fault", {}, (entry,), f"the second time it was refused: {error}")


def _later(kernel: Disturbed, wait_ms: int, carry_out: Callable[[], Reply]) -> Reply:
    later: Pending[dict[str, Any]] = Pending()

    def now() -> None:
        try:
            reply = carry_out()
        except AwsError as error:
            later.fail(error)
            return
        if isinstance(reply, Pending):
            reply.then(settled)
        else:
            later.resolve(reply)

    def settled(reply: Pending[dict[str, Any]]) -> None:
        try:
            later.resolve(reply.result())
        except AwsError as error:
            later.fail(error)

    kernel.at(kernel.now_ms + wait_ms, now)
    return later


def disturbed_run(
    kernel: Disturbed,
    fault: Fault,
    run: FunctionRun,
    begins: Callable[[], None],
    ended: Callable[[Outcome], None],
    twin: Callable[[FunctionRun], object],
) -> None:
    """Have a run happen as a fault wants it; `twin` starts another run beside it."""
    what, run_it = _told(fault), kernel.driver.run
    if fault.kind == ERROR:
        kernel.note("fault", what, (run.entry,), "fails without running")
        kernel.at(kernel.now_ms, lambda: _fail(fault, begins, ended))
        return
    if fault.kind == DUPLICATE:
        kernel.note("fault", what, (run.entry,), "runs twice")
        run_it(run, begins, ended)
        life, log = RunLife(run.life.timeout_ms), RunLog(run.log.group, run.log.stream)
        twin(replace(run, life=life, log=log))
        return
    wait_ms = kernel.faults.wait_ms(fault)
    what["wait_ms"] = wait_ms
    if fault.kind == DELAY:
        kernel.note("fault", what, (run.entry,), "takes longer")
        run_it(run, begins, lambda outcome: kernel.after(wait_ms, lambda: ended(outcome)))
    else:
        kernel.note("fault", what, (run.entry,), "starts later")
        kernel.at(kernel.now_ms + wait_ms, lambda: run_it(run, begins, ended))


def _fail(fault: Fault, begins: Callable[[], None], ended: Callable[[Outcome], None]) -> None:
    content = {"errorType": fault.code or "InjectedFault", "errorMessage": fault.message}
    begins()
    ended(Outcome(json.dumps({**content, "stackTrace": []}).encode(), failed=True))


def _told(fault: Fault) -> dict[str, Any]:
    return {"fault": fault.number, "kind": fault.kind, "target": fault.target}
