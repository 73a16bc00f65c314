"""Platform applications and their endpoints: kept, and inert. Nothing is pushed to a device."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from chalice_offline.core.arn import make_arn
from chalice_offline.core.errors import AwsError
from chalice_offline.services.sns.errors import attributes_missing, invalid_parameter
from chalice_offline.services.sns.limits import (
    APPLICATION_NAME_LENGTH_MAX,
    CUSTOM_USER_DATA_BYTES_MAX,
)
from chalice_offline.services.sns.names import arn_of, required
from chalice_offline.services.sns.pages import page_of
from chalice_offline.services.sns.platform import PlatformApplication, PlatformEndpoint

if TYPE_CHECKING:
    from chalice_offline.core.context import CallContext
    from chalice_offline.core.kernel import Request, Result
    from chalice_offline.services.sns.state import SnsState

# API_CreatePlatformApplication, Platform.
_PLATFORMS = (
    "ADM",
    "APNS",
    "APNS_MDM",
    "APNS_PASSBOOK",
    "APNS_SANDBOX",
    "APNS_VOIP",
    "APNS_VOIP_SANDBOX",
    "BAIDU",
    "FCM",
    "GCM",
    "MACOS",
    "MACOS_SANDBOX",
    "MPNS",
    "WNS",
)
_CREDENTIALS = ("PlatformCredential", "PlatformPrincipal")
_ENDPOINT_ATTRIBUTES = ("CustomUserData", "Enabled", "Token")
_NAME = re.compile(r"[A-Za-z0-9_.-]*")
_APPLICATION_ARN_SLASHES = 2
_ENDPOINT_ARN_SLASHES = 3


def create_platform_application(sns: SnsState, context: CallContext, request: Request) -> Result:
    """Keep an application without its credentials (error texts recorded)."""
    name, platform = required(request, "Name"), required(request, "Platform")
    _check_name(name)
    if platform not in _PLATFORMS:
        raise invalid_parameter(f"Platform Reason: {platform} is not supported")
    attributes = _required_attributes(request)
    for given, missing in (_CREDENTIALS, _CREDENTIALS[::-1]):
        if given in attributes and missing not in attributes:
            raise invalid_parameter(
                f"Attributes Reason: {given} attribute provided without {missing}"
            )
    arn = make_arn("sns", context.region, context.account_id, f"app/{platform}/{name}")
    if arn not in sns.applications:
        kept = {key: value for key, value in attributes.items() if key not in _CREDENTIALS}
        sns.applications[arn] = PlatformApplication(
            arn, platform, name, sns.next_number(), {"Enabled": "true", **kept}
        )
    return {"PlatformApplicationArn": arn}


def delete_platform_application(sns: SnsState, _context: CallContext, request: Request) -> Result:
    """Forget an application and its endpoints; one that does not exist is fine."""
    arn = _application_arn(request)
    application = sns.applications.pop(arn, None)
    for endpoint in _endpoints_of(sns, application) if application else ():
        del sns.endpoints[endpoint.arn]
    return {}


def list_platform_applications(sns: SnsState, context: CallContext, request: Request) -> Result:
    """List the account's applications in this region, 100 at a time."""
    start = make_arn("sns", context.region, context.account_id, "app/")
    own = (one for one in sns.applications.values() if one.arn.startswith(start))
    page, token = page_of(own, request.get("NextToken"))
    result: Result = {
        "PlatformApplications": [
            {"PlatformApplicationArn": one.arn, "Attributes": dict(one.attributes)} for one in page
        ]
    }
    if token:
        result["NextToken"] = token
    return result


def get_platform_application_attributes(
    sns: SnsState, _context: CallContext, request: Request
) -> Result:
    """Return an application's attributes; credentials never show."""
    return {"Attributes": dict(_application(sns, request).attributes)}


def set_platform_application_attributes(
    sns: SnsState, _context: CallContext, request: Request
) -> Result:
    """Change an application's attributes."""
    _application_arn(request)
    attributes = _required_attributes(request)
    application = _application(sns, request)
    application.attributes |= {
        key: value for key, value in attributes.items() if key not in _CREDENTIALS
    }
    return {}


def create_platform_endpoint(sns: SnsState, context: CallContext, request: Request) -> Result:
    """Create the endpoint of a token, or return the one that has the same attributes."""
    application = _application(sns, request)
    token = required(request, "Token")
    given = dict(request.get("Attributes", {}))
    _check_endpoint_attributes(given)
    if request.get("CustomUserData"):
        given.setdefault("CustomUserData", request["CustomUserData"])
        _check_endpoint_attributes(given)
    attributes = {"Enabled": "true", "Token": token, **given}
    existing = sns.endpoints.get(application.endpoints.get(token, ""))
    if existing is not None:
        if existing.attributes != attributes:
            raise invalid_parameter(
                f"Token Reason: Endpoint {existing.arn} already exists with the same Token, but "
                "different attributes."
            )
        return {"EndpointArn": existing.arn}
    resource = f"endpoint/{application.platform}/{application.name}/{sns.kernel.ids.uuid()}"
    arn = make_arn("sns", context.region, context.account_id, resource)
    sns.endpoints[arn] = PlatformEndpoint(arn, application.arn, sns.next_number(), attributes)
    application.endpoints[attributes["Token"]] = arn
    return {"EndpointArn": arn}


def delete_endpoint(sns: SnsState, _context: CallContext, request: Request) -> Result:
    """Delete an endpoint; its subscriptions stay, as on AWS. One that is not there is fine."""
    endpoint = sns.endpoints.pop(_endpoint_arn(request), None)
    if endpoint is not None:
        _release_token(sns, endpoint)
    return {}


def list_endpoints_by_platform_application(
    sns: SnsState, _context: CallContext, request: Request
) -> Result:
    """List an application's endpoints, 100 at a time."""
    application = _application(sns, request)
    page, token = page_of(_endpoints_of(sns, application), request.get("NextToken"))
    result: Result = {
        "Endpoints": [{"EndpointArn": one.arn, "Attributes": dict(one.attributes)} for one in page]
    }
    if token:
        result["NextToken"] = token
    return result


def get_endpoint_attributes(sns: SnsState, _context: CallContext, request: Request) -> Result:
    """Return an endpoint's attributes."""
    return {"Attributes": dict(_endpoint(sns, request).attributes)}


def set_endpoint_attributes(sns: SnsState, _context: CallContext, request: Request) -> Result:
    """Change an endpoint's attributes."""
    _endpoint_arn(request)
    endpoint = _endpoint(sns, request)
    attributes = _required_attributes(request)
    _check_endpoint_attributes(attributes)
    _release_token(sns, endpoint)
    endpoint.attributes.update(attributes)
    application = sns.applications[endpoint.application_arn]
    application.endpoints[endpoint.attributes["Token"]] = endpoint.arn
    return {}


def _check_name(name: str) -> None:
    if not name:
        raise invalid_parameter(f"{name} Reason: cannot be empty")
    if not _NAME.fullmatch(name):
        raise invalid_parameter(
            f"{name} Reason: must contain only characters 'a'-'z', 'A'-'Z', '0'-'9', '_', '-', "
            "and '.'"
        )
    if len(name) > APPLICATION_NAME_LENGTH_MAX:
        raise invalid_parameter(
            f"{name} Reason: must be at most {APPLICATION_NAME_LENGTH_MAX} characters long"
        )


def _check_endpoint_attributes(attributes: dict[str, str]) -> None:
    for name, value in attributes.items():
        if name not in _ENDPOINT_ATTRIBUTES:
            raise invalid_parameter(f"Attributes Reason: Invalid attribute name: {name}")
        if (
            name == "CustomUserData"
            and len(value.encode(errors="replace")) > CUSTOM_USER_DATA_BYTES_MAX
        ):
            raise invalid_parameter(
                "Attributes Reason: Invalid value for attribute: CustomUserData: must be at most "
                f"{CUSTOM_USER_DATA_BYTES_MAX} bytes long in UTF-8 encoding"
            )


def _endpoints_of(sns: SnsState, application: PlatformApplication) -> list[PlatformEndpoint]:
    return [one for one in sns.endpoints.values() if one.application_arn == application.arn]


def _release_token(sns: SnsState, endpoint: PlatformEndpoint) -> None:
    """Let the endpoint's token stand for no endpoint, unless it stands for another by now."""
    application = sns.applications.get(endpoint.application_arn)
    token = endpoint.attributes["Token"]
    if application is not None and application.endpoints.get(token) == endpoint.arn:
        del application.endpoints[token]


def _required_attributes(request: Request) -> dict[str, str]:
    attributes = request.get("Attributes")
    if not attributes:
        raise attributes_missing()
    return dict(attributes)


def _application_arn(request: Request) -> str:
    return _arn(request, "PlatformApplicationArn", _APPLICATION_ARN_SLASHES)


def _endpoint_arn(request: Request) -> str:
    return _arn(request, "EndpointArn", _ENDPOINT_ARN_SLASHES)


def _arn(request: Request, parameter: str, slashes: int) -> str:
    text = required(request, parameter)
    if arn_of(text, parameter).resource.count("/") != slashes:
        raise invalid_parameter(
            f"{parameter} Reason: Wrong number of slashes in relative portion of the ARN."
        )
    return text


def _application(sns: SnsState, request: Request) -> PlatformApplication:
    application = sns.applications.get(_application_arn(request))
    if application is None:
        raise AwsError("NotFoundException", "PlatformApplication does not exist")
    return application


def _endpoint(sns: SnsState, request: Request) -> PlatformEndpoint:
    endpoint = sns.endpoints.get(_endpoint_arn(request))
    if endpoint is None:
        raise AwsError("NotFoundException", "Endpoint does not exist")
    return endpoint
