"""Buckets: what is in them, a look at an object, and putting one."""

from __future__ import annotations

import base64
import binascii
import codecs
from typing import TYPE_CHECKING, Any

from chalice_offline.console.doors import Asked, Door, Refusal
from chalice_offline.core.names import nearest
from chalice_offline.trace import mask

if TYPE_CHECKING:
    from chalice_offline.console.session import Session

OBJECTS_PER_PAGE = 200
SHOWN_BYTES = 64 * 1024


class Buckets:
    """The buckets of this account."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def doors(self) -> list[Door]:
        """Return what can be asked."""
        return [
            Door("GET", "buckets", self.all),
            Door("GET", "buckets/{name}/objects", self.objects),
            Door("GET", "buckets/{name}/objects/{key*}", self.object),
            # Browsers walk up where a path says "..": such a key comes as a parameter.
            Door("GET", "buckets/{name}/object", self.object),
            Door("POST", "buckets/{name}/put", self.put),
            Door("POST", "buckets/{name}/delete", self.delete),
        ]

    def all(self, _asked: Asked) -> dict[str, Any]:
        """Answer every bucket, with who is told of its objects."""
        return {"buckets": [{"name": n, "notifies": self.notifies(n)} for n in self.names()]}

    def names(self) -> list[str]:
        """Return the names of all buckets."""
        found = self._session.read("s3", "ListBuckets")
        return [bucket["Name"] for bucket in found.get("Buckets") or []]

    def notifies(self, bucket: str) -> list[dict[str, Any]]:
        """Return who is told of which events of a bucket."""
        found = self._session.read("s3", "GetBucketNotificationConfiguration", Bucket=bucket)
        told = [
            {
                "arn": one[key],
                "events": one["Events"],
                "filter": one.get("Filter", {}).get("Key", {}).get("FilterRules", []),
            }
            for members, key in (
                ("LambdaFunctionConfigurations", "LambdaFunctionArn"),
                ("QueueConfigurations", "QueueArn"),
                ("TopicConfigurations", "TopicArn"),
            )
            for one in found.get(members) or []
        ]
        if "EventBridgeConfiguration" in found:
            told.append({"arn": "eventbridge", "events": ["*"], "filter": []})
        return told

    def objects(self, asked: Asked) -> dict[str, Any]:
        """Answer objects of a bucket by key: `prefix`, `after` a key."""
        request: dict[str, Any] = {
            "Bucket": self._find(asked.name("name")),
            "Prefix": asked.query.get("prefix", ""),
            "MaxKeys": asked.count("limit", OBJECTS_PER_PAGE, 1_000),
        }
        if asked.query.get("after"):
            request["StartAfter"] = asked.query["after"]
        page = self._session.read("s3", "ListObjectsV2", **request)
        return {
            "objects": [
                {"key": one["Key"], "size": one["Size"], "modified": str(one["LastModified"])}
                for one in page.get("Contents") or []
            ],
            "more": bool(page.get("IsTruncated")),
        }

    def object(self, asked: Asked) -> dict[str, Any]:
        """Answer the beginning of an object as text, masked."""
        bucket = self._find(asked.name("name"))
        key = asked.query.get("key", "") or asked.names.get("key", "")
        if not key:
            raise Refusal("?key= is empty; an object has one.")
        found = self._session.read("s3", "GetObject", Bucket=bucket, Key=key)
        body = _beginning(found.get("Body", b""))
        size = found.get("ContentLength", len(body))
        try:
            # The last character may be cut in the middle.
            decoded = codecs.getincrementaldecoder("utf-8")().decode(body, len(body) == size)
            text: str | None = mask(decoded)
        except UnicodeDecodeError:
            text = None
        return {
            "key": key,
            "size": size,
            "content_type": found.get("ContentType"),
            "metadata": mask(found.get("Metadata", {})),
            "text": text,
            "shown_bytes": len(body),
        }

    def put(self, asked: Asked) -> Any:
        """Put an object: `key`, and `text` or `base64`."""
        body: Any = asked.text("text", "").encode()
        if "base64" in asked.body:
            try:
                body = base64.b64decode(asked.text("base64"), validate=True)
            except (binascii.Error, ValueError) as error:
                raise Refusal(f'"base64" is no base64: {error}.') from error
        request: dict[str, Any] = {
            "Bucket": self._find(asked.name("name")),
            "Key": _key(asked),
            "Body": body,
            "ContentType": asked.text("content_type", "application/octet-stream"),
        }
        reply = self._session.done("s3", "PutObject", request, asked.origin)
        return {"etag": reply.get("ETag")} if isinstance(reply, dict) else reply

    def delete(self, asked: Asked) -> Any:
        """Delete the object of a `key`."""
        request = {"Bucket": self._find(asked.name("name")), "Key": asked.text("key")}
        self._session.done("s3", "DeleteObject", request, asked.origin)
        return {"deleted": request["Key"]}

    def _find(self, name: str) -> str:
        names = self.names()
        if name not in names:
            raise Refusal(f"There is no bucket {name[:80]}.{nearest(name, names)}", 404)
        return name


def _key(asked: Asked) -> str:
    key = asked.text("key")
    if not key:
        raise Refusal('"key" is empty; an object needs one.')
    return key


def _beginning(body: Any) -> bytes:
    if hasattr(body, "read"):
        body = body.read()
    return bytes(body[:SHOWN_BYTES])
