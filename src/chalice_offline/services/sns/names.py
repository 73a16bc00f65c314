"""ARNs and phone numbers as SNS checks them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from chalice_offline.core.arn import Arn
from chalice_offline.services.sns.errors import invalid_parameter, missing_value

if TYPE_CHECKING:
    from chalice_offline.core.context import CallContext
    from chalice_offline.core.kernel import Request

_ARN_ELEMENTS = 6
_PHONE_DIGITS = range(2, 16)  # E.164: at most 15 digits
# Recorded: "+12/34-567.890" is accepted; two separators in a row, or one at either end, are not.
_PHONE = re.compile(r"\+?[0-9]+(?:[./-][0-9]+)*")


def arn_of(text: str, parameter: str) -> Arn:
    """Take the ARN in a parameter apart; InvalidParameter names the parameter."""
    elements = text.split(":")
    if len(elements) < _ARN_ELEMENTS:
        raise invalid_parameter(
            f"{parameter} Reason: An ARN must have at least 6 elements, not {len(elements)}"
        )
    _, partition, service, region, account_id, *resource = elements
    return Arn(partition, service, region, account_id, ":".join(resource))


def required(request: Request, parameter: str) -> str:
    """Return a parameter that must be there, though it may be empty."""
    value = request.get(parameter)
    if value is None:
        raise missing_value(parameter)
    return str(value)


def local_arn(context: CallContext, request: Request, parameter: str = "TopicArn") -> str:
    """Return an ARN that must be one of SNS in the caller's region; other accounts are fine."""
    text = required(request, parameter)
    arn = arn_of(text, parameter)
    if arn.region != context.region or arn.service != "sns":
        raise invalid_parameter(parameter)
    return text


def is_phone_number(text: str) -> bool:
    """Whether SNS takes a text for a phone number."""
    if not _PHONE.fullmatch(text):
        return False
    return sum(character.isdigit() for character in text) in _PHONE_DIGITS
