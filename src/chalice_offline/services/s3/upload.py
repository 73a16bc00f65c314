"""A multipart upload and its parts."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(slots=True)
class Upload:
    """An upload under way. `template` holds what the object is going to be made with."""

    key: str
    upload_id: str
    initiated_ms: int
    account_id: str
    algorithm: str = ""
    checksum_type: str = ""
    template: dict[str, Any] = field(default_factory=dict)
    key_deleted: bool = False  # since the upload began

    def encode(self) -> bytes:
        """Return the upload as it is kept."""
        return json.dumps(asdict(self), separators=(",", ":")).encode()


@dataclass(slots=True)
class Part:
    """One part. `checksum` is the one the upload asked for, or S3's own."""

    number: int
    size: int
    etag: str
    modified_ms: int
    checksums: dict[str, str] = field(default_factory=dict)
    body: dict[str, Any] = field(default_factory=dict)
    inline: bytes = b""

    @property
    def quoted_etag(self) -> str:
        """The ETag as replies spell it."""
        return f'"{self.etag}"'

    def encode(self) -> bytes:
        """Return the part as it is kept: one line of JSON, then the content if it is small."""
        record = asdict(self)
        del record["inline"]
        return b"%b\n%b" % (json.dumps(record, separators=(",", ":")).encode(), self.inline)


def decode_upload(value: bytes) -> Upload:
    """Return an upload that was kept."""
    return Upload(**json.loads(value))


def decode_part(value: bytes) -> Part:
    """Return a part that was kept."""
    text, _, inline = value.partition(b"\n")
    return Part(**json.loads(text), inline=inline)
