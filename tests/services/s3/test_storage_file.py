"""What one process wrote, the next one reads."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chalice_offline.composition import compose
from chalice_offline.core.context import Caller
from chalice_offline.drivers.virtual import VirtualDriver
from chalice_offline.storage import SqliteStorage

if TYPE_CHECKING:
    from pathlib import Path

PLACE = {"Bucket": "kept", "Key": "ü/k"}
LARGE = b"0123456789" * 20_000


class Process:
    """An emulator over a file, called as services call each other."""

    def __init__(self, file: Path) -> None:
        self._storage = SqliteStorage(file)
        self._emulator = compose(VirtualDriver(), storage=self._storage)

    def call(self, operation: str, **request: Any) -> Any:
        return self._emulator.call("s3", operation, request, Caller())

    def content(self, **request: Any) -> bytes:
        body = self.call("GetObject", **request)["Body"]
        return body if isinstance(body, bytes) else body.read()

    def stop(self) -> None:
        self._storage.close()


def test_objects_survive(tmp_path: Path) -> None:
    """Contents of every size, versions, tags, settings and half an upload."""
    first = Process(tmp_path / "state.db")
    first.call("CreateBucket", Bucket="kept")
    first.call("PutBucketVersioning", Bucket="kept", VersioningConfiguration={"Status": "Enabled"})
    old = first.call("PutObject", **PLACE, Body=LARGE, Tagging="a=1")["VersionId"]
    first.call("PutObject", **PLACE, Body=b"x" * 10_000)
    first.call("PutObject", Bucket="kept", Key="small", Body=b"1", Metadata={"M": "v"})
    upload = first.call("CreateMultipartUpload", Bucket="kept", Key="parts")["UploadId"]
    part = {"Bucket": "kept", "Key": "parts", "UploadId": upload}
    etag = first.call("UploadPart", **part, PartNumber=1, Body=b"part")["ETag"]
    first.stop()

    second = Process(tmp_path / "state.db")
    assert second.content(**PLACE) == b"x" * 10_000
    assert second.content(**PLACE, VersionId=old) == LARGE
    tags = second.call("GetObjectTagging", **PLACE, VersionId=old)["TagSet"]
    assert tags == [{"Key": "a", "Value": "1"}]
    assert second.call("HeadObject", Bucket="kept", Key="small")["Metadata"] == {"m": "v"}
    second.call(
        "CompleteMultipartUpload",
        **part,
        MultipartUpload={"Parts": [{"PartNumber": 1, "ETag": etag}]},
    )
    assert second.content(Bucket="kept", Key="parts") == b"part"
    # Its clock starts where the first one's did: the order of versions is kept all the same.
    newest = second.call("PutObject", **PLACE, Body=b"newest")["VersionId"]
    listed = second.call("ListObjectVersions", Bucket="kept", Prefix="ü")["Versions"]
    assert listed[0]["VersionId"] == newest
    assert listed[2]["VersionId"] == old
    second.stop()


def test_contents_go_with_their_objects(tmp_path: Path) -> None:
    """Overwritten and deleted contents leave no file behind."""
    process = Process(tmp_path / "state.db")
    process.call("CreateBucket", Bucket="kept")
    for _ in range(3):
        process.call("PutObject", **PLACE, Body=LARGE)
    files = [path for path in (tmp_path / "state.db-objects").iterdir() if path.is_file()]
    assert len(files) == 1
    process.call("CopyObject", Bucket="kept", Key="copy", CopySource="kept/ü/k")
    process.call("DeleteObject", **PLACE)
    assert process.content(Bucket="kept", Key="copy") == LARGE
    process.call("DeleteObject", Bucket="kept", Key="copy")
    process.call("DeleteBucket", Bucket="kept")
    files = [path for path in (tmp_path / "state.db-objects").iterdir() if path.is_file()]
    assert files == []
    process.stop()
