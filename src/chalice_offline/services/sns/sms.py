"""SMS settings, opt-outs and the SMS sandbox: kept, and inert. Nothing is sent to a phone."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from chalice_offline.core.errors import AwsError
from chalice_offline.services.sns.errors import (
    attributes_missing,
    bare_invalid_parameter,
    invalid_parameter,
)
from chalice_offline.services.sns.names import is_phone_number, required

if TYPE_CHECKING:
    from chalice_offline.core.context import CallContext
    from chalice_offline.core.kernel import Request, Result
    from chalice_offline.services.sns.sms_account import SmsAccount
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
    _account(sns, context).attributes.update(attributes)
    return {}


def get_sms_attributes(sns: SnsState, context: CallContext, request: Request) -> Result:
    """Return SMS settings, all or those named."""
    attributes = _account(sns, context).attributes
    names = request.get("attributes") or list(attributes)
    return {"attributes": {name: attributes[name] for name in names if name in attributes}}


def check_if_phone_number_is_opted_out(
    sns: SnsState, context: CallContext, request: Request
) -> Result:
    """Say whether a phone number is opted out; here only tests can opt one out."""
    number = _phone_number(request, "phoneNumber")
    return {"isOptedOut": number in _account(sns, context).opted_out}


def list_phone_numbers_opted_out(sns: SnsState, context: CallContext, _request: Request) -> Result:
    """List the phone numbers that are opted out."""
    return {"phoneNumbers": list(_account(sns, context).opted_out)}


def opt_in_phone_number(sns: SnsState, context: CallContext, request: Request) -> Result:
    """Take a phone number off the list; one that is not on it is fine."""
    _account(sns, context).opted_out.pop(_phone_number(request, "phoneNumber"), None)
    return {}


def create_sms_sandbox_phone_number(
    sns: SnsState, context: CallContext, request: Request
) -> Result:
    """Add a phone number to the sandbox; no one-time password is sent."""
    _account(sns, context).sandbox[_phone_number(request, "PhoneNumber")] = False
    return {}


def verify_sms_sandbox_phone_number(
    sns: SnsState, context: CallContext, request: Request
) -> Result:
    """Mark a sandbox phone number as verified, whatever the one-time password."""
    _account(sns, context).sandbox[_sandbox_number(sns, context, request)] = True
    return {}


def delete_sms_sandbox_phone_number(
    sns: SnsState, context: CallContext, request: Request
) -> Result:
    """Take a phone number out of the sandbox."""
    del _account(sns, context).sandbox[_sandbox_number(sns, context, request)]
    return {}


def list_sms_sandbox_phone_numbers(
    sns: SnsState, context: CallContext, _request: Request
) -> Result:
    """List the sandbox's phone numbers."""
    return {
        "PhoneNumbers": [
            {"PhoneNumber": number, "Status": "Verified" if verified else "Pending"}
            for number, verified in _account(sns, context).sandbox.items()
        ]
    }


def get_sms_sandbox_account_status(
    _sns: SnsState, _context: CallContext, _request: Request
) -> Result:
    """Say that the account is in the sandbox, as every new one is."""
    return {"IsInSandbox": True}


def list_origination_numbers(_sns: SnsState, _context: CallContext, _request: Request) -> Result:
    """List no origination numbers: there are none."""
    return {"PhoneNumbers": []}


def _account(sns: SnsState, context: CallContext) -> SmsAccount:
    return sns.sms_account(context.account_id, context.region)


def _phone_number(request: Request, name: str) -> str:
    number = required(request, name)
    if not is_phone_number(number):
        raise invalid_parameter("PhoneNumber Reason: input incorrectly formatted")
    return number


def _sandbox_number(sns: SnsState, context: CallContext, request: Request) -> str:
    number = _phone_number(request, "PhoneNumber")
    if number not in _account(sns, context).sandbox:
        raise AwsError("ResourceNotFoundException", "The phone number does not exist")
    return number
