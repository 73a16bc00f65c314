"""PostObject: an upload by an HTML form, which no operation of the model describes.

API reference, "POST Object". `${filename}` in the key stands for the file's name.
"""

from __future__ import annotations

import hmac
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

from chalice_offline.core.errors import AwsError
from chalice_offline.core.http import Headers, HttpRequest, HttpResponse
from chalice_offline.protocols.rest_routing import path_parts
from chalice_offline.protocols.s3_ids import host_id_of, s3_request_id
from chalice_offline.protocols.xml_body import escape
from chalice_offline.services.s3 import announcements
from chalice_offline.services.s3.access import check_access
from chalice_offline.services.s3.checksums import MEMBERS
from chalice_offline.services.s3.contents import Content, length_of
from chalice_offline.services.s3.errors import (
    access_denied,
    invalid_argument,
    no_such_bucket,
    precondition_failed,
)
from chalice_offline.services.s3.form_data import FormUpload, read_form
from chalice_offline.services.s3.form_policy import FormPolicy
from chalice_offline.services.s3.kms_keys import check_named_key
from chalice_offline.services.s3.new_objects import described, store
from chalice_offline.services.s3.payload import read_payload
from chalice_offline.services.s3.signatures import mismatch, secret_of, sign_v2, sign_v4
from chalice_offline.services.s3.tag_documents import header_of_document

if TYPE_CHECKING:
    from chalice_offline.core.context import CallContext
    from chalice_offline.core.kernel import Request, Result
    from chalice_offline.services.s3.bucket import Bucket
    from chalice_offline.services.s3.object_version import ObjectVersion
    from chalice_offline.services.s3.state import S3State

_FILENAME = "${filename}"
# Form fields by the member of PutObject they stand for.
_MEMBERS = {
    "acl": "ACL",
    "cache-control": "CacheControl",
    "content-type": "ContentType",
    "content-disposition": "ContentDisposition",
    "content-encoding": "ContentEncoding",
    "x-amz-storage-class": "StorageClass",
    "x-amz-website-redirect-location": "WebsiteRedirectLocation",
    "x-amz-server-side-encryption": "ServerSideEncryption",
    "x-amz-server-side-encryption-aws-kms-key-id": "SSEKMSKeyId",
    "x-amz-server-side-encryption-customer-algorithm": "SSECustomerAlgorithm",
    "x-amz-server-side-encryption-customer-key": "SSECustomerKey",
    "x-amz-server-side-encryption-customer-key-md5": "SSECustomerKeyMD5",
    "x-amz-checksum-algorithm": "ChecksumAlgorithm",
    "content-md5": "ContentMD5",
    **{f"x-amz-checksum-{name.lower()}": member for name, member in MEMBERS.items()},
}
_METADATA = "x-amz-meta-"
_ACCOUNT_DIGITS = 12
_FIELDS_V4 = ("X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Date", "X-Amz-Signature")
_FIELDS_V2 = ("AWSAccessKeyId", "Signature")
_STATUSES = {"200": 200, "201": 201, "204": 204}


def post_object(s3: S3State, context: CallContext, request: Request) -> Result:
    """Store the file of a form, if its policy and signature allow it."""
    http: HttpRequest = request["Request"]
    parts = path_parts("s3", http)
    bucket = s3.buckets.get(parts[0] if parts else "")
    if bucket is None:
        raise no_such_bucket(parts[0] if parts else "")
    if not (http.headers.get("content-type") or "").startswith("multipart/form-data"):
        raise precondition_failed("Bucket POST must be of the enclosure-type multipart/form-data")
    form = read_form(http)
    content = _checked_file(form)
    _fill_in_the_name(form)
    _check_signature(s3, context, bucket, form.fields, content)
    asked = _as_put(bucket, form, content)
    # No header field of the form's own request is about the object.
    inner = context._replace(http=None)
    made = described(inner, bucket, asked)
    check_named_key(s3, inner, bucket, asked)
    if form.fields.get("expires"):
        made["settings"]["Expires"] = form.fields["expires"]
    payload = read_payload(inner, asked)
    version = store(s3, inner, bucket, asked, made, payload, whole=False)
    announcements.created(s3, inner, bucket, version, "Post", "POST Object")
    return {"Response": _reply(context, bucket, form.fields, version)}


def _fill_in_the_name(form: FormUpload) -> None:
    """Put the file's name where fields ask for it: of a path what follows the last slash.

    API reference, "Creating an HTML Form": in all fields, and before the policy is checked. What
    was signed is no text for people.
    """
    name = re.split(r"[/\\]", form.filename or "")[-1]
    for field, text in form.fields.items():
        if field not in ("policy", "signature", "x-amz-signature"):
            form.fields[field] = text.replace(_FILENAME, name)


def _checked_file(form: FormUpload) -> Content:
    if form.content is None:
        raise invalid_argument("POST requires exactly one file upload per request.", "file", "0")
    if "key" not in form.fields:
        raise invalid_argument(
            "Bucket POST must contain a field named 'key'.  If it is specified, please check the "
            "order of the fields.",
            "key",
            "",
        )
    if not form.fields["key"]:
        raise AwsError("UserKeyMustBeSpecified", "User key must have a length greater than 0.")
    return form.content


def _check_signature(
    s3: S3State, context: CallContext, bucket: Bucket, fields: dict[str, str], content: Content
) -> None:
    """Judge who signed the policy, and what the policy says."""
    size = length_of(content)
    policy = fields.get("policy")
    access_key, verified = _signer(fields, policy)
    account: str | None = None
    if policy is not None and access_key:
        is_account = len(access_key) == _ACCOUNT_DIGITS and access_key.isdigit()
        account = access_key if is_account else context.account_id
    check_access(s3, context, bucket, account, "PostObject", {"Key": fields["key"]})
    if policy is not None:
        if not verified:
            given = fields.get("x-amz-signature") or fields.get("signature", "")
            raise mismatch(access_key, policy, given, "")
        FormPolicy(policy).check(fields, bucket.name, size, context.now_ms)


def _signer(fields: dict[str, str], policy: str | None) -> tuple[str, bool]:
    """Return the access key of a form, and whether the signature is right as far as we know."""
    if policy is None:
        return "", True
    if any(name.lower() in fields for name in _FIELDS_V4):
        _require(fields, _FIELDS_V4)
        access_key, *scope = fields["x-amz-credential"].split("/")
        secret = secret_of(access_key)
        return access_key, secret is None or hmac.compare_digest(
            sign_v4(secret, scope, policy), fields["x-amz-signature"]
        )
    if not any(name.lower() in fields for name in _FIELDS_V2):
        raise access_denied()
    _require(fields, _FIELDS_V2)
    access_key = fields["awsaccesskeyid"]
    secret = secret_of(access_key)
    return access_key, secret is None or hmac.compare_digest(
        sign_v2(secret, policy), fields["signature"]
    )


def _require(fields: dict[str, str], names: tuple[str, ...]) -> None:
    for name in names:
        if name.lower() not in fields:
            raise invalid_argument(
                f"Bucket POST must contain a field named '{name}'.  If it is specified, please "
                "check the order of the fields.",
                name,
                "",
            )


def _as_put(bucket: Bucket, form: FormUpload, content: Content) -> dict[str, Any]:
    """Return a form as a request of PutObject."""
    fields = form.fields
    asked: dict[str, Any] = {
        "Bucket": bucket.name,
        "Key": fields["key"],
        "Body": content,
    }
    for name, member in _MEMBERS.items():
        if fields.get(name):
            asked[member] = fields[name]
    metadata = {
        name.removeprefix(_METADATA): value
        for name, value in fields.items()
        if name.startswith(_METADATA)
    }
    if metadata:
        asked["Metadata"] = metadata
    if "tagging" in fields:
        asked["Tagging"] = header_of_document(fields["tagging"])
    return asked


def _reply(
    context: CallContext, bucket: Bucket, fields: dict[str, str], version: ObjectVersion
) -> HttpResponse:
    location = f"{context.endpoint}/{bucket.name}/{quote(version.key)}"
    headers = Headers(
        [
            ("x-amz-request-id", s3_request_id(context.request_id)),
            ("x-amz-id-2", host_id_of(context.request_id)),
            ("server", "AmazonS3"),
            ("etag", version.quoted_etag),
            ("location", location),
        ]
    )
    for algorithm, text in version.checksums.items():
        headers[f"x-amz-checksum-{algorithm.lower()}"] = text
        headers["x-amz-checksum-type"] = version.checksum_type
    if bucket.versioning == "Enabled":
        headers["x-amz-version-id"] = version.version_id
    redirect = fields.get("success_action_redirect") or fields.get("redirect")
    if redirect and redirect.startswith(("http://", "https://")):
        told = urlencode({"bucket": bucket.name, "key": version.key, "etag": version.quoted_etag})
        headers["location"] = f"{redirect}{'&' if '?' in redirect else '?'}{told}"
        return HttpResponse(303, headers)
    status = _STATUSES.get(fields.get("success_action_status", ""), 204)
    if status != 201:
        return HttpResponse(status, headers)
    headers["content-type"] = "application/xml"
    document = (
        '<?xml version="1.0" encoding="UTF-8"?>\n<PostResponse>'
        f"<Location>{escape(location)}</Location><Bucket>{bucket.name}</Bucket>"
        f"<Key>{escape(version.key)}</Key><ETag>{escape(version.quoted_etag)}</ETag>"
        "</PostResponse>"
    )
    return HttpResponse(201, headers, document.encode())
