"""Signatures in links and forms, versions 2 and 4.

Whose secret is known: the access key "test", which every client of an emulator uses, and the keys
of twelve digits that name an account, all with the secret "test". A signature made with such a key
is verified. Any other access key is taken for the caller it says to be, its signature for good:
real credentials, and those that IAM here gave out, are not known to us. Expiry and the form
of a link are judged for every key.

Signatures in header fields are not judged, nor their dates. The endpoint takes any credentials, so
a wrong secret there is no mistake of the program; the emulator's time may be another one than its
client's; and a proxy may change what was signed. A link leaves the program that signed it, so what
it allows, and how long, is worth a test.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from base64 import b64encode
from calendar import timegm
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote, urlsplit

from chalice_offline.core.errors import AwsError
from chalice_offline.core.numerals import whole_number
from chalice_offline.protocols.rest_routing import bucket_in_host
from chalice_offline.services.s3.errors import access_denied
from chalice_offline.services.s3.http_dates import iso_seconds

if TYPE_CHECKING:
    from chalice_offline.core.http import HttpRequest

ALGORITHM = "AWS4-HMAC-SHA256"
LONGEST_VALIDITY_SECONDS = 604_800
_SECRET = "test"  # noqa: S105 - the well-known secret of emulators
_ACCOUNT_KEY = re.compile(r"\d{12}")
_SCOPE_PARTS = 5
_AMZ_DATE = re.compile(r"\d{8}T\d{6}Z")
_SKEW_MS = 15 * 60 * 1000
# What version 2 signs of the query string (developer guide, "Signing and authenticating REST
# requests").
_SUBRESOURCES = frozenset(
    {
        "acl", "cors", "delete", "lifecycle", "location", "logging", "notification", "partNumber",
        "policy", "requestPayment", "response-cache-control", "response-content-disposition",
        "response-content-encoding", "response-content-language", "response-content-type",
        "response-expires", "restore", "tagging", "torrent", "uploadId", "uploads", "versionId",
        "versioning", "versions", "website",
    }
)  # fmt: skip


def secret_of(access_key: str) -> str | None:
    """Return the secret of an access key, None for one that is not known here."""
    return _SECRET if access_key == _SECRET or _ACCOUNT_KEY.fullmatch(access_key) else None


def check_link_v4(request: HttpRequest, query: list[tuple[str, str]], now_ms: int) -> None:
    """Judge a link signed with version 4; raises AwsError."""
    given = {name: value for name, value in query if name.startswith("X-Amz-")}
    names = ("Algorithm", "Credential", "Signature", "Date", "SignedHeaders", "Expires")
    if any(f"X-Amz-{name}" not in given for name in names):
        raise _bad_parameters(
            "Query-string authentication version 4 requires the X-Amz-Algorithm, "
            "X-Amz-Credential, X-Amz-Signature, X-Amz-Date, X-Amz-SignedHeaders, and "
            "X-Amz-Expires parameters."
        )
    if given["X-Amz-Algorithm"] != ALGORITHM:
        raise _bad_parameters('X-Amz-Algorithm only supports "AWS4-HMAC-SHA256 and AWS4-ECDSA"')
    credential = given["X-Amz-Credential"].split("/")
    if len(credential) != _SCOPE_PARTS:
        raise _bad_parameters(
            "Error parsing the X-Amz-Credential parameter; the Credential is mal-formed; expecting "
            '"<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request".'
        )
    _check_validity(given, now_ms)
    secret = secret_of(credential[0])
    if secret is None:
        return
    signed = given["X-Amz-SignedHeaders"].split(";")
    _check_signed_headers(request, signed)
    payload = request.headers.get("x-amz-content-sha256") or "UNSIGNED-PAYLOAD"
    canonical = _canonical_request(request, query, signed, payload)
    to_sign = "\n".join(
        (
            ALGORITHM,
            given["X-Amz-Date"],
            "/".join(credential[1:]),
            hashlib.sha256(canonical.encode()).hexdigest(),
        )
    )
    expected = sign_v4(secret, credential[1:], to_sign)
    if not hmac.compare_digest(expected, given["X-Amz-Signature"]):
        raise mismatch(credential[0], to_sign, given["X-Amz-Signature"], canonical)


def check_link_v2(request: HttpRequest, query: list[tuple[str, str]], now_ms: int) -> None:
    """Judge a link signed with version 2; raises AwsError."""
    given = dict(query)
    if "Signature" not in given or "Expires" not in given:
        raise access_denied(
            "Query-string authentication requires the Signature, Expires and AWSAccessKeyId "
            "parameters"
        )
    seconds = whole_number(given["Expires"])
    if seconds is None:
        raise access_denied("Invalid date (should be seconds since epoch): " + given["Expires"])
    expires_ms = seconds * 1000
    if now_ms >= expires_ms:
        raise _expired(expires_ms, now_ms)
    access_key = given["AWSAccessKeyId"]
    secret = secret_of(access_key)
    if secret is None:
        return
    to_sign = _string_to_sign_v2(request, query, given["Expires"])
    expected = sign_v2(secret, to_sign)
    if not hmac.compare_digest(expected, given["Signature"]):
        raise mismatch(access_key, to_sign, given["Signature"], "")


def sign_v4(secret: str, scope: list[str], to_sign: str) -> str:
    """Return the signature of a text under a scope of date, region, service and terminator."""
    key = f"AWS4{secret}".encode()
    for part in scope:
        key = hmac.digest(key, part.encode(), "sha256")
    return hmac.digest(key, to_sign.encode(), "sha256").hex()


def sign_v2(secret: str, to_sign: str) -> str:
    """Return the signature of a text in version 2."""
    return b64encode(hmac.digest(secret.encode(), to_sign.encode(), "sha1")).decode()


def mismatch(access_key: str, to_sign: str, given: str, canonical: str) -> AwsError:
    """Return the error for a signature that is not the one the request asks for."""
    fields = {
        "AWSAccessKeyId": access_key,
        "StringToSign": to_sign,
        "SignatureProvided": given,
        "StringToSignBytes": " ".join(f"{byte:02X}" for byte in to_sign.encode()),
    }
    if canonical:
        fields["CanonicalRequest"] = canonical
        fields["CanonicalRequestBytes"] = " ".join(f"{byte:02X}" for byte in canonical.encode())
    return AwsError(
        "SignatureDoesNotMatch",
        "The request signature we calculated does not match the signature you provided. Check "
        "your key and signing method.",
        status=403,
        fields=fields,
    )


def _check_validity(given: dict[str, str], now_ms: int) -> None:
    try:
        seconds = int(given["X-Amz-Expires"])
    except ValueError:
        raise _bad_parameters("X-Amz-Expires should be a number") from None
    if seconds < 0:
        raise _bad_parameters("X-Amz-Expires must be non-negative")
    if seconds > LONGEST_VALIDITY_SECONDS:
        raise _bad_parameters("X-Amz-Expires must be less than a week (in seconds) that is 604800")
    try:
        if not _AMZ_DATE.fullmatch(given["X-Amz-Date"]):
            raise ValueError(given["X-Amz-Date"])
        signed_ms = _ms_of_amz_date(given["X-Amz-Date"])
    except ValueError:  # the form, or a month 13
        raise _bad_parameters(
            "X-Amz-Date must be in the ISO8601 Long Format \"yyyyMMdd'T'HHmmss'Z'\""
        ) from None
    expires_ms = signed_ms + seconds * 1000
    if now_ms >= expires_ms:
        raise _expired(expires_ms, now_ms, str(seconds))
    if signed_ms > now_ms + _SKEW_MS:
        raise access_denied("Request is not valid yet")


def _expired(expires_ms: int, now_ms: int, seconds: str = "") -> AwsError:
    fields = {"X-Amz-Expires": seconds} if seconds else {}
    error = access_denied("Request has expired")
    error.fields = {
        **fields,
        "Expires": iso_seconds(expires_ms),
        "ServerTime": iso_seconds(now_ms),
    }
    return error


def _ms_of_amz_date(text: str) -> int:
    # By position: reading a format takes longer than all the rest of a request's check.
    year, month, day = int(text[:4]), int(text[4:6]), int(text[6:8])
    hour, minute, second = int(text[9:11]), int(text[11:13]), int(text[13:15])
    return timegm(datetime(year, month, day, hour, minute, second, tzinfo=UTC).timetuple()) * 1000


def _check_signed_headers(request: HttpRequest, signed: list[str]) -> None:
    """Refuse x-amz-… header fields that nobody signed."""
    unsigned = [
        name
        for name in request.headers
        if name.startswith("x-amz-") and name not in signed and name != "x-amz-content-sha256"
    ]
    if unsigned:
        error = access_denied("There were headers present in the request which were not signed")
        error.fields = {"HeadersNotSigned": ", ".join(unsigned)}
        raise error


def _canonical_request(
    request: HttpRequest, query: list[tuple[str, str]], signed: list[str], payload: str
) -> str:
    pairs = sorted(
        (quote(name, safe="-_.~"), quote(value, safe="-_.~"))
        for name, value in query
        if name != "X-Amz-Signature"
    )
    path = quote(unquote(urlsplit(request.url).path, errors="surrogateescape") or "/", safe="/-_.~",
                 errors="surrogateescape")  # fmt: skip
    fields = "".join(
        f"{name}:{' '.join((request.headers.get(name) or _implied(request, name)).split())}\n"
        for name in signed
    )
    return "\n".join(
        (
            request.method,
            path,
            "&".join(f"{name}={value}" for name, value in pairs),
            fields,
            ";".join(signed),
            payload,
        )
    )


def _implied(request: HttpRequest, name: str) -> str:
    """Return a field that botocore's prepared requests do not carry: it is added on the wire."""
    return urlsplit(request.url).netloc if name == "host" else ""


def _string_to_sign_v2(request: HttpRequest, query: list[tuple[str, str]], expires: str) -> str:
    headers = request.headers
    fields = [*headers.items(), *((name.lower(), value) for name, value in query)]
    amz = sorted((name, value.strip()) for name, value in fields if name.startswith("x-amz-"))
    sub = sorted((name, value) for name, value in query if name in _SUBRESOURCES)
    resource = _resource_v2(request)
    if sub:
        resource += "?" + "&".join(f"{name}={value}" if value else name for name, value in sub)
    return "\n".join(
        (
            request.method,
            headers.get("content-md5") or "",
            headers.get("content-type") or "",
            expires,
            *(f"{name}:{value}" for name, value in amz),
            resource,
        )
    )


def _resource_v2(request: HttpRequest) -> str:
    bucket = bucket_in_host(request.host)
    path = urlsplit(request.url).path or "/"
    return f"/{bucket}{path}" if bucket else path


def _bad_parameters(text: str) -> AwsError:
    return AwsError("AuthorizationQueryParametersError", text)
