"""SES v2. A mail has no key that would make sending it twice once, so nothing here repeats one."""

from __future__ import annotations

from typing import Any

from botocore.exceptions import BotoCoreError, ClientError, ConnectTimeoutError
from botocore.exceptions import EndpointConnectionError as NoConnection

from chalicelib.adapters.errors import error_code
from chalicelib.domain.errors import DomainError

FOR_GOOD = frozenset({"MessageRejected", "BadRequestException", "InvalidParameterValue"})
"""Refusals of this mail (SES API v2, SendEmail, "Errors"). All others are of the moment or of our
own set-up: nothing was sent, and it may be tried again."""


class MailNotSent(DomainError):  # noqa: N818 - what happened
    """Certainly not sent, and worth another try."""


class MailRefused(DomainError):  # noqa: N818 - what happened
    """Not sent and never to be: the address or the sender."""


class MailUnknown(DomainError):  # noqa: N818 - what happened
    """No answer: it may have been sent."""


class Mail:
    """Mails from one address. Its client must not retry by itself."""

    def __init__(self, client: Any, sender: str) -> None:
        self._client = client
        self._sender = sender

    def send(self, to: str, subject: str, text: str) -> None:
        """Send one mail, or raise what is known of it."""
        content = {"Simple": {"Subject": _utf8(subject), "Body": {"Text": _utf8(text)}}}
        try:
            self._client.send_email(
                FromEmailAddress=self._sender,
                Destination={"ToAddresses": [to]},
                Content=content,
            )
        except ClientError as error:
            raise _classified(error) from error
        except (NoConnection, ConnectTimeoutError) as error:
            raise MailNotSent(type(error).__name__) from error
        except BotoCoreError as error:
            raise MailUnknown(type(error).__name__) from error


def _classified(error: ClientError) -> DomainError:
    code = error_code(error)
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    if status >= 500:
        return MailUnknown(code)
    return MailRefused(code) if code in FOR_GOOD else MailNotSent(code)


def _utf8(text: str) -> dict[str, str]:
    return {"Data": text, "Charset": "UTF-8"}
