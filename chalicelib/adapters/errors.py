"""AWS failures as the handlers see them: one class, whatever the service."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from chalicelib.domain.errors import DomainError

if TYPE_CHECKING:
    from collections.abc import Iterator


class AwsUnavailable(DomainError):  # noqa: N818 - it may be back in a second
    """An AWS call failed for good after botocore's own retries."""


@contextmanager
def aws_errors(call: str) -> Iterator[None]:
    """Turn botocore's errors inside the block into AwsUnavailable naming `call`."""
    try:
        yield
    except (BotoCoreError, ClientError) as error:
        raise AwsUnavailable(f"{call}: {error}") from error


def error_code(error: ClientError) -> str:
    """Return AWS's code of a failure, such as ConditionalCheckFailedException."""
    return str(error.response.get("Error", {}).get("Code", ""))
