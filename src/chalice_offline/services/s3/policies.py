"""Bucket policies: put, told, taken away."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalice_offline.services.s3.bucket_policy import POLICY, is_public
from chalice_offline.services.s3.bucket_settings import forget, keep, missing
from chalice_offline.services.s3.errors import access_denied
from chalice_offline.services.s3.policy_documents import check_policy, read_policy

if TYPE_CHECKING:
    from chalice_offline.core.context import CallContext
    from chalice_offline.core.kernel import Request, Result
    from chalice_offline.services.s3.bucket import Bucket
    from chalice_offline.services.s3.state import S3State


def put_bucket_policy(s3: S3State, context: CallContext, request: Request) -> Result:
    """Replace a bucket's policy."""
    bucket = s3.find_bucket(request)
    text = request.get("Policy", "")
    policy = read_policy(text)
    check_policy(policy, bucket, len(text.encode()))
    blocked = bucket.settings.get("public_access", {}).get("BlockPublicPolicy")
    if blocked and is_public(policy):
        raise access_denied(
            f"User: arn:aws:iam::{context.account_id}:root is not authorized to perform: "
            f's3:PutBucketPolicy on resource: "{bucket.arn}" because public policies are blocked '
            "by the BlockPublicPolicy block public access setting."
        )
    keep(s3, bucket, POLICY, text)
    return {"StatusCode": 204}


def get_bucket_policy(s3: S3State, _context: CallContext, request: Request) -> Result:
    """Tell a bucket's policy, as it was put."""
    return {"Policy": _policy_text(s3.find_bucket(request))}


def get_bucket_policy_status(s3: S3State, _context: CallContext, request: Request) -> Result:
    """Tell whether a bucket's policy lets everybody in."""
    policy = read_policy(_policy_text(s3.find_bucket(request)))
    return {"PolicyStatus": {"IsPublic": is_public(policy)}}


def delete_bucket_policy(s3: S3State, _context: CallContext, request: Request) -> Result:
    """Take a bucket's policy away."""
    forget(s3, s3.find_bucket(request), POLICY)
    return {}


def _policy_text(bucket: Bucket) -> str:
    text = bucket.settings.get(POLICY)
    if text is None:
        raise missing("NoSuchBucketPolicy", "The bucket policy does not exist", bucket)
    return str(text)
