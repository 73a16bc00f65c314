"""Which objects have an access control list other than the default one.

S3 tells of PutObjectAcl only when the list changes, and the storage knows only the list of now.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from chalice_offline.services.s3.observed import Observation

_Key = tuple[str, str, str]
_DEFAULT_CANNED = "private"


class Acls:
    """The last known grants of objects in buckets that notify; none known means the default."""

    def __init__(self) -> None:
        self._grants: dict[_Key, str] = {}

    def created(self, seen: Observation) -> None:
        """Note the list a new object starts with."""
        headers = seen.request.headers
        is_default = headers.get("x-amz-acl", _DEFAULT_CANNED) == _DEFAULT_CANNED and not any(
            name.startswith("x-amz-grant-") for name in headers
        )
        if is_default:
            self._grants.pop(_key(seen), None)
        else:
            self._grants[_key(seen)] = _grants(seen)

    def changed(self, seen: Observation) -> bool:
        """Whether the list set just now differs from the one before."""
        grants = _grants(seen)
        before = self._grants.get(_key(seen), _default(grants))
        self._grants[_key(seen)] = grants
        return grants != before

    def forget(self, bucket: str) -> None:
        """The bucket is gone."""
        for key in [key for key in self._grants if key[0] == bucket]:
            del self._grants[key]


def _key(seen: Observation) -> _Key:
    return seen.bucket, seen.key, seen.query.get("versionId", "")


def _grants(seen: Observation) -> str:
    request = {"Key": seen.key}
    if seen.query.get("versionId"):
        request["VersionId"] = seen.query["versionId"]
    reply = seen.ask("GetObjectAcl", request)
    return json.dumps({"Owner": reply.get("Owner"), "Grants": reply.get("Grants")}, sort_keys=True)


def _default(grants: str) -> str:
    """Return the list that gives the owner everything and nobody anything."""
    owner = json.loads(grants)["Owner"] or {}
    grantee = {"ID": owner.get("ID"), "Type": "CanonicalUser"}
    full = [{"Grantee": grantee, "Permission": "FULL_CONTROL"}]
    return json.dumps({"Owner": owner, "Grants": full}, sort_keys=True)
