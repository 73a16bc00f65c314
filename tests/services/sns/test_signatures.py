"""Signatures of messages verify against the certificate that is served."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

import pytest
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding

from chalice_offline.core.http import Headers, HttpRequest

if TYPE_CHECKING:
    from .conftest import Cloud

NOTIFICATION = ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type")
CONFIRMATION = ("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type")


@pytest.mark.parametrize(("version", "algorithm"), [("1", hashes.SHA1()), ("2", hashes.SHA256())])
@pytest.mark.parametrize("subject", [None, "News"])
def test_notification_verifies(
    cloud: Cloud, version: str, algorithm: hashes.HashAlgorithm, subject: str | None
) -> None:
    """Version 1 is SHA-1, version 2 SHA-256; a subject is signed when there is one."""
    topic = cloud.topic(SignatureVersion=version)
    cloud.subscribe(topic)
    cloud.publish(topic, **({"Subject": subject} if subject else {}))
    [envelope] = cloud.envelopes()
    assert envelope["SignatureVersion"] == version
    _verify(cloud, envelope, NOTIFICATION, algorithm)
    with pytest.raises(InvalidSignature):
        _verify(cloud, envelope | {"Message": "forged"}, NOTIFICATION, algorithm)


def test_function_event_verifies_though_it_always_says_version_1(cloud: Cloud) -> None:
    """Recorded: a function is told version 1 even where the signature is of version 2."""
    topic = cloud.topic(SignatureVersion="2")
    cloud.subscribe(topic, "lambda", "arn:aws:lambda:us-east-1:000000000000:function:f")
    cloud.publish(topic, Subject="s")
    event = json.loads(cloud.lambda_.requests[0]["Payload"])["Records"][0]["Sns"]
    assert event["SignatureVersion"] == "1"
    _verify(cloud, event, NOTIFICATION, hashes.SHA256())


def test_confirmation_verifies(cloud: Cloud) -> None:
    """Confirmations sign their token and URL instead of a subject."""
    topic = cloud.topic()
    cloud.subscribe(topic, "http", "http://example.com/hook")
    cloud.settle()
    _verify(cloud, cloud.outside.documents()[0], CONFIRMATION, hashes.SHA1())


def test_certificate_url_leads_to_the_certificate(cloud: Cloud) -> None:
    """The URL in a message is the endpoint and the path the service names."""
    topic = cloud.topic()
    cloud.subscribe(topic)
    cloud.publish(topic)
    [envelope] = cloud.envelopes()
    [path] = cloud.service.pages
    assert envelope["SigningCertURL"] == f"http://127.0.0.1:4566{path}"
    assert path.rsplit("/", 1)[-1].startswith("SimpleNotificationService-")


def test_urls_of_in_process_calls_are_those_of_aws(cloud: Cloud) -> None:
    """Without an endpoint on this machine the URLs have AWS's own host."""
    topic = cloud.topic()
    for endpoint in ("https://sns.us-east-1.amazonaws.com", ""):
        cloud.call(
            "Subscribe",
            TopicArn=topic,
            Protocol="sqs",
            Endpoint=f"arn:aws:sqs:us-east-1:000000000000:q{len(endpoint)}",
            endpoint=endpoint,
        )
    cloud.call("Publish", TopicArn=topic, Message="x", endpoint="")
    for envelope in cloud.envelopes():
        assert envelope["UnsubscribeURL"].startswith("https://sns.us-east-1.amazonaws.com/?Action=")


def _verify(
    cloud: Cloud,
    document: dict[str, Any],
    names: tuple[str, ...],
    algorithm: hashes.HashAlgorithm,
) -> None:
    [page] = cloud.service.pages.values()
    answer = page(HttpRequest("GET", "http://127.0.0.1:4566/certificate", Headers()))
    certificate = x509.load_pem_x509_certificate(answer.body)
    signed = "".join(
        f"{name}\n{document[name]}\n" for name in names if document.get(name) is not None
    )
    signature = base64.b64decode(document["Signature"])
    certificate.public_key().verify(signature, signed.encode(), padding.PKCS1v15(), algorithm)
