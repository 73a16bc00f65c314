"""What one process wrote, the next one reads."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from chalice_offline.composition import compose
from chalice_offline.core.context import Caller
from chalice_offline.core.errors import AwsError
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


def test_an_object_that_is_not_what_was_written_is_not_served(tmp_path: Path) -> None:
    """InternalError names the file; what else there is is served, and it can be put again."""
    first = Process(tmp_path / "state.db")
    first.call("CreateBucket", Bucket="kept")
    first.call("PutObject", **PLACE, Body=LARGE)
    first.call("PutObject", Bucket="kept", Key="other", Body=LARGE)
    first.stop()
    file = tmp_path / "state.db-objects" / "1"
    file.write_bytes(LARGE[::-1])

    second = Process(tmp_path / "state.db")
    for operation, asked in (
        ("GetObject", PLACE),
        ("GetObject", {**PLACE, "Range": "bytes=0-1"}),
        ("CopyObject", {"Bucket": "kept", "Key": "copy", "CopySource": "kept/ü/k"}),
    ):
        with pytest.raises(AwsError, match=f"{file} is damaged: it is not what was") as refused:
            second.call(operation, **asked)
        assert (refused.value.code, refused.value.status) == ("InternalError", 500)
    assert second.call("HeadObject", **PLACE)["ContentLength"] == len(LARGE)
    assert second.content(Bucket="kept", Key="other") == LARGE
    file.unlink()
    with pytest.raises(AwsError, match=f"{file} is missing"):
        second.call("GetObject", **PLACE)
    second.call("PutObject", **PLACE, Body=LARGE)
    assert second.content(**PLACE) == LARGE
    second.stop()
    Process(tmp_path / "state.db").stop()


def _files(folder: Path) -> int:
    return sum(path.is_file() for path in (folder / "state.db-objects").iterdir())


def test_parts_become_an_object_as_they_are(tmp_path: Path) -> None:
    """No file is written anew: those of the parts are the object's, those left out are gone."""
    process = Process(tmp_path / "state.db")
    process.call("CreateBucket", Bucket="kept")
    upload = process.call("CreateMultipartUpload", **PLACE)["UploadId"]
    contents = [b"a" * 5 * 1024 * 1024, b"b" * 5 * 1024 * 1024, b"left out" * 50_000, b"end"]
    parts = [
        {
            "PartNumber": number,
            "ETag": process.call(
                "UploadPart", **PLACE, UploadId=upload, PartNumber=number, Body=content
            )["ETag"],
        }
        for number, content in enumerate(contents, 1)
    ]
    del contents[2], parts[2]
    before = {path: path.stat().st_ino for path in (tmp_path / "state.db-objects").iterdir()}
    process.call(
        "CompleteMultipartUpload", **PLACE, UploadId=upload, MultipartUpload={"Parts": parts}
    )
    whole = b"".join(contents)
    assert process.content(**PLACE) == whole
    assert process.content(**PLACE, Range="bytes=5242878-5242881") == b"aabb"
    assert _files(tmp_path) == 3
    kept = (path for path in (tmp_path / "state.db-objects").iterdir() if path.is_file())
    assert sum(path.stat().st_ino in before.values() for path in kept) == 2

    # Copies, whole and in part, share the files, and none needs another one.
    process.call("CopyObject", Bucket="kept", Key="copy", CopySource="kept/ü/k")
    upload = process.call("CreateMultipartUpload", Bucket="kept", Key="range")["UploadId"]
    copied = process.call(
        "UploadPartCopy",
        Bucket="kept",
        Key="range",
        UploadId=upload,
        PartNumber=1,
        CopySource="kept/ü/k",
        CopySourceRange="bytes=5000000-5500000",
    )["CopyPartResult"]
    process.call(
        "CompleteMultipartUpload",
        Bucket="kept",
        Key="range",
        UploadId=upload,
        MultipartUpload={"Parts": [{"PartNumber": 1, "ETag": copied["ETag"]}]},
    )
    process.call("DeleteObject", **PLACE)
    process.stop()

    process = Process(tmp_path / "state.db")
    assert process.content(Bucket="kept", Key="copy") == whole
    assert process.content(Bucket="kept", Key="range") == whole[5_000_000:5_500_001]
    process.call("DeleteObject", Bucket="kept", Key="copy")
    process.call("DeleteObject", Bucket="kept", Key="range")
    assert _files(tmp_path) == 0
    process.stop()


def test_an_object_of_parts_is_read_to_its_end(tmp_path: Path) -> None:
    """Whoever began to read gets the version of then, although it is overwritten meanwhile."""
    process = Process(tmp_path / "state.db")
    process.call("CreateBucket", Bucket="kept")
    upload = process.call("CreateMultipartUpload", **PLACE)["UploadId"]
    parts = [
        process.call(
            "UploadPart", **PLACE, UploadId=upload, PartNumber=number, Body=b"x" * 6_000_000
        )
        for number in (1, 2)
    ]
    told = [{"PartNumber": n, "ETag": part["ETag"]} for n, part in enumerate(parts, 1)]
    process.call(
        "CompleteMultipartUpload", **PLACE, UploadId=upload, MultipartUpload={"Parts": told}
    )
    pieces = process.call("GetObject", **PLACE)["Body"].pieces()
    first = next(pieces)
    process.call("PutObject", **PLACE, Body=b"other")
    assert len(first) + sum(map(len, pieces)) == 12_000_000
    assert _files(tmp_path) == 0
    process.stop()
