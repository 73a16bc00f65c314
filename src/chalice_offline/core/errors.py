"""The three kinds of failure, and nothing else.

AwsError        what AWS would answer to this caller; serialised by `protocols`
ProjectError    the user's project cannot work as written; one sentence, shown by the CLI
EmulatorBug     our own mistake; never shown as an AWS error
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


class AwsError(Exception):
    """An error reply of an AWS service.

    `code` is the shape name in botocore's service model where the model has one
    ("QueueDoesNotExist"), else the code AWS puts on the wire ("ValidationException").
    HTTP status and the legacy query code are looked up in the model when the reply is
    serialised; `status` and `sender_fault` count only for codes the model does not know.
    `fields` are further members of the error shape (for example `retryAfterSeconds`), `headers`
    further header fields of the reply (S3 names a delete marker in one).
    """

    def __init__(
        self,
        code: str,
        message: str = "",
        *,
        status: int = 400,
        sender_fault: bool = True,
        fields: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.status = status
        self.sender_fault = sender_fault
        self.fields: Mapping[str, Any] = fields or {}
        self.headers: Mapping[str, str] = headers or {}


class ProjectError(Exception):
    """The user's Chalice project cannot run as it is written.

    The text is one sentence that names what is wrong and where (file, line, handler).
    """


class EmulatorBug(Exception):  # noqa: N818 - it says whose mistake it is
    """A broken promise inside the emulator. Please report it."""
