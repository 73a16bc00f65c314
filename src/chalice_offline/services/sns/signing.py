r"""Signatures on what SNS sends, and the certificate that verifies them.

Developer guide, "Verifying the signatures of Amazon SNS messages": each signed member as
"name\nvalue\n", in a fixed order; RSA PKCS #1 v1.5 with SHA-1 (SignatureVersion 1) or SHA-256
(version 2); the certificate is served at SigningCertURL.
"""

from __future__ import annotations

import base64
import datetime as dt
from functools import cache
from typing import TYPE_CHECKING

from chalice_offline.services.sns import signing_key

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

_NOTIFICATION_MEMBERS = ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type")
_CONFIRMATION_MEMBERS = (
    "Message",
    "MessageId",
    "SubscribeURL",
    "Timestamp",
    "Token",
    "TopicArn",
    "Type",
)
_VALID_FROM = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)
_VALID_UNTIL = dt.datetime(2120, 1, 1, tzinfo=dt.UTC)
_SERIAL_NUMBER = 1


def sign(members: Mapping[str, str | None], version: str) -> str:
    """Return the base64 signature over a message's members, by SignatureVersion "1" or "2"."""
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import padding

    algorithm = hashes.SHA256() if version == "2" else hashes.SHA1()  # noqa: S303 - AWS's format
    signature = _private_key().sign(string_to_sign(members), padding.PKCS1v15(), algorithm)
    return base64.b64encode(signature).decode()


def string_to_sign(members: Mapping[str, str | None]) -> bytes:
    """Return the bytes that are signed: the members that count, in AWS's order."""
    notification = members["Type"] == "Notification"
    names = _NOTIFICATION_MEMBERS if notification else _CONFIRMATION_MEMBERS
    signed = ((name, members.get(name)) for name in names)
    return "".join(f"{name}\n{value}\n" for name, value in signed if value is not None).encode()


@cache
def certificate_pem() -> bytes:
    """Return the self-signed certificate of the signing key."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.x509.oid import NameOID

    key = _private_key()
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "sns.amazonaws.com")])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(_SERIAL_NUMBER)
        .not_valid_before(_VALID_FROM)
        .not_valid_after(_VALID_UNTIL)
        .sign(key, hashes.SHA256())
    )
    return certificate.public_bytes(serialization.Encoding.PEM)


@cache
def _private_key() -> RSAPrivateKey:
    """Return the signing key; cryptography is imported when the first message is signed."""
    from cryptography.hazmat.primitives.asymmetric import rsa

    prime_1, prime_2 = signing_key.PRIME_1, signing_key.PRIME_2
    exponent = signing_key.PUBLIC_EXPONENT
    private = pow(exponent, -1, (prime_1 - 1) * (prime_2 - 1))
    return rsa.RSAPrivateNumbers(
        p=prime_1,
        q=prime_2,
        d=private,
        dmp1=rsa.rsa_crt_dmp1(private, prime_1),
        dmq1=rsa.rsa_crt_dmq1(private, prime_2),
        iqmp=rsa.rsa_crt_iqmp(prime_1, prime_2),
        public_numbers=rsa.RSAPublicNumbers(exponent, prime_1 * prime_2),
    ).private_key()
