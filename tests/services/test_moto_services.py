"""What moto answers: a sentence instead of a traceback where it cannot."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest
from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from .conftest import Aws


def _without(monkeypatch: pytest.MonkeyPatch, package: str, of: str) -> None:
    """Let it be as if `package` were not installed and moto's service had not been used."""
    for name in [name for name in sys.modules if name.startswith((package, f"moto.{of}"))]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, package, None)


@pytest.mark.parametrize(
    ("service", "operation", "package", "extra"),
    [
        ("glue", "get_databases", "pyparsing", "moto[glue]"),
        ("xray", "get_groups", "aws_xray_sdk", "moto[xray]"),
    ],
)
def test_a_service_that_needs_another_package_names_it(
    aws: Aws,
    monkeypatch: pytest.MonkeyPatch,
    service: str,
    operation: str,
    package: str,
    extra: str,
) -> None:
    """The answer is a sentence with the command that mends it."""
    _without(monkeypatch, package, service)
    client = aws.client(service)
    with pytest.raises(
        ClientError, match=rf"pip install '{extra[:4]}\[{extra[5:-1]}\]'"
    ) as refused:
        getattr(client, operation)()
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 501
    assert package in refused.value.response["Error"]["Message"]


@pytest.mark.parametrize(
    ("service", "operation", "named"),
    [
        ("ssm", "describe_patch_groups", "ssm:DescribePatchGroups"),
        ("ec2", "describe_bundle_tasks", "ec2:DescribeBundleTasks"),
    ],
)
def test_what_moto_has_not_is_named(aws: Aws, service: str, operation: str, named: str) -> None:
    """An operation that moto has not got is refused by its AWS name."""
    with pytest.raises(ClientError, match=f"does not emulate {named}"):
        getattr(aws.client(service), operation)()


def test_a_pool_of_users_signs_its_tokens(aws: Aws) -> None:
    """Cognito works after a plain install: a user signs in and gets tokens."""
    cognito = aws.client("cognito-idp")
    pool = cognito.create_user_pool(PoolName="staff")["UserPool"]["Id"]
    app = cognito.create_user_pool_client(
        UserPoolId=pool, ClientName="web", ExplicitAuthFlows=["ALLOW_ADMIN_USER_PASSWORD_AUTH"]
    )["UserPoolClient"]["ClientId"]
    cognito.admin_create_user(UserPoolId=pool, Username="ana", MessageAction="SUPPRESS")
    cognito.admin_set_user_password(
        UserPoolId=pool, Username="ana", Password="Secret-123", Permanent=True
    )
    signed_in = cognito.admin_initiate_auth(
        UserPoolId=pool,
        ClientId=app,
        AuthFlow="ADMIN_USER_PASSWORD_AUTH",
        AuthParameters={"USERNAME": "ana", "PASSWORD": "Secret-123"},
    )
    assert signed_in["AuthenticationResult"]["IdToken"].count(".") == 2


def test_a_refusal_is_said_in_the_protocol_of_the_question(aws: Aws) -> None:
    """A client that speaks CBOR reads the sentence, too."""
    with pytest.raises(ClientError, match="does not emulate eventbridgev2"):
        aws.client("eventbridgev2").list_event_buses()


def test_both_apis_of_ses_answer(aws: Aws) -> None:
    """They share a host; a mail sent by the newer one comes from an identity of either."""
    aws.client("ses").verify_email_identity(EmailAddress="orders@example.com")
    sent = aws.client("sesv2").send_email(
        FromEmailAddress="orders@example.com",
        Destination={"ToAddresses": ["ada@example.com"]},
        Content={"Simple": {"Subject": {"Data": "Hello"}, "Body": {"Text": {"Data": "Ada"}}}},
    )
    assert sent["MessageId"]
    assert aws.client("ses").get_send_quota()["SentLast24Hours"] == 1
