"""SMS and mobile push: kept and written down, never sent."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from .conftest import Cloud


def test_publish_to_a_phone_is_written_down(cloud: Cloud) -> None:
    """A text message leaves a note and has an id."""
    reply = cloud.call("Publish", PhoneNumber="+15551234567", Message="Dinner is ready")
    [note] = cloud.notes()
    assert note.subject == "sns sms +15551234567"
    assert note.detail == {"MessageId": reply["MessageId"], "Message": "Dinner is ready"}


@pytest.mark.parametrize("number", ["+1a234", "NAA+15551234567"])
def test_publish_refuses_phone_numbers(cloud: Cloud, number: str) -> None:
    """What is no phone number is named in the error."""
    assert cloud.error("Publish", PhoneNumber=number, Message="x")[1] == (
        f"Invalid parameter: PhoneNumber Reason: {number} is not valid to publish to"
    )


def test_sms_attributes_are_kept(cloud: Cloud) -> None:
    """Settings start with the spend limit; some or all can be read."""
    assert cloud.call("GetSMSAttributes") == {"attributes": {"MonthlySpendLimit": "1"}}
    cloud.call("SetSMSAttributes", attributes={"DefaultSMSType": "Transactional"})
    assert cloud.call("GetSMSAttributes", attributes=["DefaultSMSType", "DefaultSenderID"]) == {
        "attributes": {"DefaultSMSType": "Transactional"}
    }


@pytest.mark.parametrize(
    ("attributes", "text"),
    [
        ({"Nonsense": "x"}, "Nonsense is not a valid attribute"),
        ({"DefaultSMSType": "Loud"}, "DefaultSMSType is invalid"),
        ({"DefaultSenderID": "123456789"}, "DefaultSenderID is not a valid attribute"),
    ],
)
def test_sms_attributes_are_checked(cloud: Cloud, attributes: dict[str, str], text: str) -> None:
    """Unknown names and values are refused."""
    assert cloud.error("SetSMSAttributes", attributes=attributes)[1] == text


def test_phone_numbers_are_opted_in(cloud: Cloud) -> None:
    """Opting in is idempotent, and takes a phone number."""
    number = "+15551234567"
    assert cloud.call("CheckIfPhoneNumberIsOptedOut", phoneNumber=number) == {"isOptedOut": False}
    assert cloud.call("OptInPhoneNumber", phoneNumber=number) == {}
    assert cloud.call("ListPhoneNumbersOptedOut") == {"phoneNumbers": []}
    assert cloud.error("OptInPhoneNumber", phoneNumber="x")[1] == (
        "Invalid parameter: PhoneNumber Reason: input incorrectly formatted"
    )


def test_push_notification_is_written_down(cloud: Cloud) -> None:
    """A device gets the message of its platform; a disabled endpoint gets none."""
    endpoint = _endpoint(cloud)
    message = json.dumps({"ADM": "for ADM", "default": "for all"})
    cloud.call("Publish", TargetArn=endpoint, Message=message, MessageStructure="json")
    assert cloud.notes()[-1].detail["Message"] == "for ADM"
    cloud.call("SetEndpointAttributes", EndpointArn=endpoint, Attributes={"Enabled": "false"})
    assert cloud.error("Publish", TargetArn=endpoint, Message="x") == (
        "EndpointDisabledException",
        "Endpoint is disabled",
    )


def test_push_endpoint_subscribes_to_a_topic(cloud: Cloud) -> None:
    """An endpoint that exists can be subscribed, another cannot."""
    topic = cloud.topic()
    endpoint = _endpoint(cloud)
    cloud.subscribe(topic, "application", endpoint)
    cloud.publish(topic, "news")
    assert cloud.notes()[-1].subject == f"sns application {endpoint}"
    code, _ = cloud.error(
        "Subscribe", TopicArn=topic, Protocol="application", Endpoint=f"{endpoint}x"
    )
    assert code == "InvalidParameterException"


def test_platform_endpoint_is_one_per_token(cloud: Cloud) -> None:
    """The same token and attributes give the same endpoint; other attributes are refused."""
    application = _application(cloud)
    request = {"PlatformApplicationArn": application, "Token": "t"}
    arn = cloud.call("CreatePlatformEndpoint", **request)["EndpointArn"]
    assert cloud.call("CreatePlatformEndpoint", **request)["EndpointArn"] == arn
    error = cloud.error("CreatePlatformEndpoint", **request, Attributes={"Enabled": "false"})
    assert error[1] == (
        f"Invalid parameter: Token Reason: Endpoint {arn} already exists with the same Token, "
        "but different attributes."
    )


def test_platform_application_hides_its_credentials(cloud: Cloud) -> None:
    """Credentials are taken and never listed; deleting it deletes its endpoints."""
    application = _application(cloud)
    endpoint = cloud.call("CreatePlatformEndpoint", PlatformApplicationArn=application, Token="t")[
        "EndpointArn"
    ]
    assert cloud.call("ListPlatformApplications") == {
        "PlatformApplications": [
            {"PlatformApplicationArn": application, "Attributes": {"Enabled": "true"}}
        ]
    }
    cloud.call("DeletePlatformApplication", PlatformApplicationArn=application)
    assert cloud.error("GetEndpointAttributes", EndpointArn=endpoint) == (
        "NotFoundException",
        "Endpoint does not exist",
    )


@pytest.mark.parametrize(
    ("request_part", "text"),
    [
        (
            {"Name": "@"},
            "@ Reason: must contain only characters 'a'-'z', 'A'-'Z', '0'-'9', '_', '-', and '.'",
        ),
        ({"Name": ""}, " Reason: cannot be empty"),
        ({"Platform": "AAA"}, "Platform Reason: AAA is not supported"),
        (
            {"Attributes": {"PlatformPrincipal": "x"}},
            "Attributes Reason: PlatformPrincipal attribute provided without PlatformCredential",
        ),
    ],
)
def test_create_platform_application_refuses(
    cloud: Cloud, request_part: dict[str, object], text: str
) -> None:
    """Name, platform and credentials are checked."""
    request = {"Name": "app", "Platform": "ADM", "Attributes": _CREDENTIALS, **request_part}
    assert cloud.error("CreatePlatformApplication", **request)[1] == f"Invalid parameter: {text}"


_CREDENTIALS = {"PlatformPrincipal": "id", "PlatformCredential": "secret"}


def _application(cloud: Cloud) -> str:
    reply = cloud.call(
        "CreatePlatformApplication", Name="app", Platform="ADM", Attributes=_CREDENTIALS
    )
    arn: str = reply["PlatformApplicationArn"]
    return arn


def _endpoint(cloud: Cloud) -> str:
    reply = cloud.call(
        "CreatePlatformEndpoint", PlatformApplicationArn=_application(cloud), Token="t"
    )
    arn: str = reply["EndpointArn"]
    return arn
