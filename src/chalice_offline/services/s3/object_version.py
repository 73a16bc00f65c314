"""One version of an object, or a delete marker: what is known of it, and how it is kept."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, fields
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from chalice_offline.core.json_text import compact_encoder

if TYPE_CHECKING:
    from collections.abc import Callable

NULL_VERSION = "null"
STANDARD = "STANDARD"


@dataclass(slots=True)
class ObjectVersion:
    """A version of an object.

    `sequence` orders the versions of a key. `settings` are the request members that come back as
    they were given (ContentType, CacheControl, …), `encryption` likewise. `checksums` are base64
    texts by algorithm. `parts` are [number, size, checksums] of an object that was uploaded in
    parts, by the upload `upload_id`. `null_sequence` is set on a key's newest version: where its
    version "null" is, if that is an older one; 0 when there is none. `inline` is the content of a
    small object, `body` says
    where a larger one is kept.
    """

    key: str
    sequence: int = 0
    version_id: str = NULL_VERSION
    modified_ms: int = 0
    is_marker: bool = False
    size: int = 0
    etag: str = ""
    settings: dict[str, Any] = field(default_factory=dict)
    metadata: dict[str, str] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)
    checksums: dict[str, str] = field(default_factory=dict)
    checksum_type: str = ""
    storage_class: str = STANDARD
    encryption: dict[str, Any] = field(default_factory=dict)
    owner: str = ""
    acl: list[dict[str, Any]] = field(default_factory=list)
    lock: dict[str, Any] = field(default_factory=dict)
    parts: list[list[Any]] = field(default_factory=list)
    restored_until_ms: int = 0
    upload_id: str = ""
    null_sequence: int = 0
    body: dict[str, Any] = field(default_factory=dict)
    inline: bytes = b""

    @property
    def quoted_etag(self) -> str:
        """The ETag as replies spell it."""
        return f'"{self.etag}"'

    @property
    def modified(self) -> int:
        """The instant of the write in seconds, as S3 tells and compares it."""
        return self.modified_ms // 1000

    def encode(self) -> bytes:
        """Return the version as it is kept: one line of JSON, then the content if it is small."""
        values = zip(_KEPT, _values_of(self), _DEFAULTS, strict=True)
        record = {name: value for name, value, default in values if value != default}
        return b"%b\n%b" % (_ENCODE(record).encode("utf-8", "surrogatepass"), self.inline)


def decode(key: bytes, value: bytes) -> ObjectVersion:
    """Return the version kept under `key`, which is the object's own."""
    text, _, inline = value.partition(b"\n")
    record, _ = _DECODE(text.decode("utf-8", "surrogatepass"))
    return ObjectVersion(key.decode("utf-8", "surrogatepass"), inline=inline, **record)


_ENCODE = compact_encoder()
_DECODE = json.JSONDecoder().raw_decode
_KEPT = tuple(each.name for each in fields(ObjectVersion) if each.name not in ("key", "inline"))
_values_of: Callable[[ObjectVersion], tuple[Any, ...]] = attrgetter(*_KEPT)
_DEFAULTS = _values_of(ObjectVersion(""))
