"""Items of a distributed Map read from S3: JSON, JSON lines, CSV, inventories, listings."""

from __future__ import annotations

import csv
import gzip
import json
from typing import TYPE_CHECKING, Any

from chalice_offline.core.errors import AwsError
from chalice_offline.core.storage import Blob
from chalice_offline.protocols.java_text import hash_map_order
from chalice_offline.services.stepfunctions.execution.json_stream import (
    NotAnArray,
    items_of_array,
)
from chalice_offline.services.stepfunctions.execution.object_stream import (
    lines_of_object,
    text_of_object,
)
from chalice_offline.services.stepfunctions.language import jsonata, templates
from chalice_offline.services.stepfunctions.language.failures import ITEM_READER, StateFailure
from chalice_offline.services.stepfunctions.language.json_text import NotJson, parse

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from chalice_offline.services.stepfunctions.execution.state_run import StateRun

_DELIMITERS = {"COMMA": ",", "PIPE": "|", "SEMICOLON": ";", "SPACE": " ", "TAB": "\t"}


def read_items(run: StateRun) -> Iterator[Any]:
    """Return the items of ItemReader, one by one; StateFailure when they cannot be read."""
    reader = run.definition["ItemReader"]
    config = reader.get("ReaderConfig", {})
    request = _request(run, reader)
    if reader["Resource"].rsplit(":", 1)[-1] == "listObjectsV2":
        return _listing(run, request)
    kind = config.get("InputType", "JSON")
    body = _object(run, request)
    if kind == "CSV":
        return _rows(body, config)
    if kind == "JSONL":
        return (_line(line) for line in lines_of_object(body) if line.strip())
    if kind == "MANIFEST":
        return _inventory(run, _whole(body))
    if isinstance(body, Blob) and "ItemsPointer" not in config:
        return _long_list(body)
    return iter(_json_list(_whole(body), config.get("ItemsPointer", "")))


def failed(cause: str) -> StateFailure:
    """The reader cannot go on."""
    return StateFailure(ITEM_READER, cause)


def _request(run: StateRun, reader: Mapping[str, Any]) -> dict[str, Any]:
    if run.is_jsonata:
        filled = jsonata.fill(reader.get("Arguments", {}), run.sources, "ItemReader/Arguments")
    else:
        data = run.sources.with_data(run.input)
        filled = templates.fill(reader.get("Parameters", {}), data)
    request: dict[str, Any] = filled
    return request


def _call(run: StateRun, operation: str, request: Mapping[str, Any]) -> Any:
    try:
        return run.frame.deliver("s3", operation, dict(request), (run.flow.cause,))
    except AwsError as error:
        raise failed(f"{error.message}") from error


def _object(run: StateRun, request: Mapping[str, Any]) -> bytes | Blob:
    body: bytes | Blob = _call(run, "GetObject", request)["Body"]
    if str(request.get("Key", "")).endswith(".gz"):
        return gzip.decompress(_whole(body))
    return body


def _whole(body: bytes | Blob) -> bytes:
    return body.read() if isinstance(body, Blob) else body


def _listing(run: StateRun, request: dict[str, Any]) -> Iterator[Any]:
    token: str | None = None
    while True:
        asked = {**request, **({"ContinuationToken": token} if token else {})}
        page = _call(run, "ListObjectsV2", asked)
        for found in page.get("Contents", ()):
            yield {
                "Etag": found["ETag"],
                "LastModified": _epoch_seconds(found["LastModified"]),
                "Key": found["Key"],
                "Size": found["Size"],
                "StorageClass": found.get("StorageClass", "STANDARD"),
            }
        token = page.get("NextContinuationToken")
        if not token:
            return


def _epoch_seconds(value: Any) -> Any:
    return int(value.timestamp()) if hasattr(value, "timestamp") else value


def _long_list(body: Blob) -> Iterator[Any]:
    try:
        yield from items_of_array(text_of_object(body, "utf-8-sig"))
    except NotAnArray as error:
        raise failed(str(error)) from error


def _json_list(body: bytes, pointer: str) -> list[Any]:
    value = _line(body)
    for name in pointer.split("/")[1:]:  # RFC 6901, as ItemsPointer takes it
        key = name.replace("~1", "/").replace("~0", "~")
        value = value.get(key) if isinstance(value, dict) else None
    if not isinstance(value, list):
        raise failed("Attempting to map over non-iterable node.")
    return value


def _line(content: bytes) -> Any:
    try:
        return parse(content.decode("utf-8-sig"))
    except (NotJson, UnicodeDecodeError) as error:
        raise failed(f"The item is no JSON: {error}") from error


def _rows(body: bytes | Blob, config: Mapping[str, Any]) -> Iterator[Any]:
    delimiter = _DELIMITERS.get(config.get("CSVDelimiter", "COMMA"), ",")
    lines = csv.reader(text_of_object(body, "utf-8-sig"), delimiter=delimiter)
    if config.get("CSVHeaderLocation") == "GIVEN":
        headers = list(config.get("CSVHeaders", ()))
    else:
        headers = next(lines, [])
    if len(set(headers)) != len(headers):
        raise failed("CSV headers cannot contain duplicates.")
    return (_row(headers, cells) for cells in lines if cells)


def _row(headers: list[str], cells: list[str]) -> dict[str, str]:
    """Cells without a header are left out, headers without a cell are empty (recorded on AWS).

    The members are in the order of Java's HashMap, as AWS has them.
    """
    filled = cells + [""] * (len(headers) - len(cells))
    row = dict(zip(headers, filled, strict=False))
    return {name: row[name] for name in hash_map_order(headers)}


def _inventory(run: StateRun, manifest: bytes) -> Iterator[Any]:
    described = json.loads(manifest)
    headers = [name.strip() for name in described["fileSchema"].split(",")]
    bucket = described["destinationBucket"].rsplit(":", 1)[-1]
    for part in described["files"]:
        content = _object(run, {"Bucket": bucket, "Key": part["key"]})
        lines = csv.reader(text_of_object(content, "utf-8"))
        for cells in lines:
            yield _row(headers, cells)
