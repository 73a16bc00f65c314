"""SMS settings, and opt-outs that nobody makes: nothing is sent to a phone."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from chalice_offline.services.sns.errors import (
    attributes_missing,
    bare_invalid_parameter,
    invalid_parameter,
)
from chalice_offline.services.sns.names import is_phone_number, required

if TYPE_CHECKING:
    from chalice_offline.core.context import CallContext
    from chalice_offline.core.kernel import Request, Result
    from chalice_offline.services.sns.state import SnsState

_ATTRIBUTES = (
    "DefaultSMSType",
    "DefaultSenderID",
    "DeliveryStatusIAMRole",
    "DeliveryStatusSuccessSamplingRate",
    "MonthlySpendLimit",
    "UsageReportS3Bucket",
)
_SMS_TYPES = ("Promotional", "Transactional")
# API_SetSMSAttributes: up to 11 letters and digits, at least one letter, no spaces.
_SENDER_ID = re.compile(r"(?=.*[A-Za-z])[A-Za-z0-9]{1,11}")


def set_sms_attributes(sns: SnsState, context: CallContext, request: Request) -> Result:
    """Keep SMS settings (error texts recorded)."""
    attributes = request.get("attributes", {})
    if not attributes:
        raise attributes_missing()
    for name, value in attributes.items():
        if name not in _ATTRIBUTES or (
            name == "DefaultSenderID" and not _SENDER_ID.fullmatch(value)
        ):
            raise bare_invalid_parameter(f"{name} is not a valid attribute")
        if name == "DefaultSMSType" and value not in _SMS_TYPES:
            raise bare_invalid_parameter("DefaultSMSType is invalid")
    sns.sms_attributes(context).update(attributes)
    return {}


def get_sms_attributes(sns: SnsState, context: CallContext, request: Request) -> Result:
    """Return SMS settings, all or those named."""
    attributes = sns.sms_attributes(context)
    names = request.get("attributes") or list(attributes)
    return {"attributes": {name: attributes[name] for name in names if name in attributes}}


def check_if_phone_number_is_opted_out(
    _sns: SnsState, _context: CallContext, request: Request
) -> Result:
    """Say that a phone number is not opted out: no message reaches it that it could answer."""
    _check_number(request)
    return {"isOptedOut": False}


def list_phone_numbers_opted_out(
    _sns: SnsState, _context: CallContext, _request: Request
) -> Result:
    """List no phone numbers."""
    return {"phoneNumbers": []}


def opt_in_phone_number(_sns: SnsState, _context: CallContext, request: Request) -> Result:
    """Opt a phone number in, as it is already."""
    _check_number(request)
    return {}


def _check_number(request: Request) -> None:
    if not is_phone_number(required(request, "phoneNumber")):
        raise invalid_parameter("PhoneNumber Reason: input incorrectly formatted")
