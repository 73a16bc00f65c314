"""What is sent to URLs that a stack has given out: answers of custom resources, and signals.

On AWS these are presigned URLs of S3; here they lead to a page on the AWS port.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

from chalice_offline.core.errors import AwsError
from chalice_offline.core.pending import Pending
from chalice_offline.services.cloudformation import limits

if TYPE_CHECKING:
    from collections.abc import Callable

    from chalice_offline.core.kernel import Kernel
    from chalice_offline.core.scheduler import Timer

PATH = "/_aws/cloudformation/response"


class _Handle:
    """A wait condition handle: the signals so far, by unique id, and who waits for them."""

    def __init__(self) -> None:
        self.data: dict[str, str] = {}
        self.failure = ""
        self.waiting: list[tuple[int, Pending[dict[str, Any]]]] = []

    def look(self) -> None:
        """Tell those whose signals are there, or can no longer come."""
        for count, pending in self.waiting:
            if pending.done:
                continue
            if self.failure:
                pending.fail(AwsError("WaitConditionFailed", self.failure))
            elif len(self.data) >= count:
                pending.resolve(dict(self.data))


class Callbacks:
    """The URLs of all stacks, by token."""

    def __init__(self, kernel: Kernel) -> None:
        self._kernel = kernel
        self._expected: dict[str, Pending[dict[str, Any]]] = {}
        self._handles: dict[str, _Handle] = {}
        self._timers: list[Timer] = []

    def expect(self, base: str, seconds: int) -> tuple[str, Pending[dict[str, Any]]]:
        """Return a URL and the one answer that is sent to it; AwsError when none comes in time."""
        token = self._kernel.ids.uuid()
        answer: Pending[dict[str, Any]] = Pending()
        self._expected[token] = answer

        def too_late() -> None:
            if self._expected.pop(token, None) is not None:
                answer.fail(
                    AwsError(
                        "NotStabilized",
                        "CloudFormation did not receive a response from your Custom Resource. "
                        "Please check your logs for requestId. If you are using the Python "
                        "cfn-response module, you may need to update your Lambda function code so "
                        "that CloudFormation can attach the updated version.",
                    )
                )

        self._wait(seconds, too_late)
        return f"{base}{PATH}?token={token}", answer

    def handle(self, base: str) -> str:
        """Return the URL of a new wait condition handle."""
        token = self._kernel.ids.uuid()
        self._handles[token] = _Handle()
        return f"{base}{PATH}?handle={token}"

    def signals(self, handle: str, count: int, seconds: int) -> Pending[dict[str, Any]]:
        """Return the data of as many signals; AwsError when they are too few in time."""
        found = self._handles.setdefault(_token(handle.partition("?")[2], "handle"), _Handle())
        pending: Pending[dict[str, Any]] = Pending()
        found.waiting.append((count, pending))
        found.look()

        def too_late() -> None:
            if not pending.done:
                got = len(found.data)
                text = f"WaitCondition timed out. Received {got} conditions when expecting {count}"
                pending.fail(AwsError("WaitConditionTimeout", text))

        self._wait(seconds, too_late)
        return pending

    def forget(self) -> None:
        """Expect nothing any more; nobody is told that it did not come."""
        self._expected.clear()
        self._handles.clear()
        for timer in self._timers:
            self._kernel.cancel(timer)
        self._timers.clear()

    def arrived(self, query: str, body: bytes) -> str:
        """Take what was sent to a URL; returns what is wrong with it, or ""."""
        if len(body) > limits.CUSTOM_RESOURCE_ANSWER_BYTES:
            return "the answer is larger than 4096 bytes"
        try:
            answer = json.loads(body)
        except (ValueError, RecursionError):
            answer = None
        if not isinstance(answer, dict):
            return "a JSON object was expected"
        expected = self._expected.pop(_token(query, "token"), None)
        if expected is not None:
            expected.resolve(answer)
            return ""
        return self._signalled(_token(query, "handle"), answer)

    def _wait(self, seconds: int, too_late: Callable[[], None]) -> None:
        now_ms = self._kernel.now_ms
        self._timers = [timer for timer in self._timers if not timer.cancelled]
        self._timers.append(self._kernel.at(now_ms + seconds * 1000, too_late))

    def signalled(self, handle: str, answer: dict[str, Any]) -> str:
        """Take a signal for a handle; returns what is wrong with it, or ""."""
        return self._signalled(_token(handle.partition("?")[2], "handle"), answer)

    def _signalled(self, token: str, answer: dict[str, Any]) -> str:
        handle = self._handles.get(token)
        if handle is None:
            return "this URL is not, or no longer, waited for"
        if answer.get("Status") == "SUCCESS":
            handle.data[str(answer.get("UniqueId", ""))] = str(answer.get("Data", ""))
        else:
            handle.failure = f"WaitCondition received failed message: '{answer.get('Reason', '')}'"
        handle.look()
        return ""


def _token(query: str, name: str) -> str:
    return parse_qs(query).get(name, [""])[0]
