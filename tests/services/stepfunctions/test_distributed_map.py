"""Distributed Maps: items from S3, batches, tolerated failures, results in S3."""

from __future__ import annotations

import json
from typing import Any

import pytest

PROCESSOR = {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}


def _map(inner: dict[str, Any] | None = None, **fields: Any) -> dict[str, Any]:
    states = {"P": {"Type": "Pass", "End": True, **(inner or {})}}
    processor = {"ProcessorConfig": PROCESSOR, "StartAt": "P", "States": states}
    return {"Type": "Map", "ItemProcessor": processor, **fields}


def _reader(kind: str, key: str, **config: Any) -> dict[str, Any]:
    return {
        "Resource": "arn:aws:states:::s3:getObject",
        "ReaderConfig": {"InputType": kind, **config},
        "Parameters": {"Bucket": "rows", "Key": key},
    }


def test_items_are_read_from_csv_in_batches(workflows: Any, definition: Any) -> None:
    """Three rows in batches of two are two executions."""
    s3 = workflows.aws.client("s3")
    s3.create_bucket(Bucket="rows")
    s3.put_object(Bucket="rows", Key="rows.csv", Body=b"id,name\n1,a\n2,b\n3,c\n")
    reader = _reader("CSV", "rows.csv", CSVHeaderLocation="FIRST_ROW")
    state = _map(ItemReader=reader, ItemBatcher={"MaxItemsPerBatch": 2}, MaxConcurrency=1)
    found = workflows.run(definition(state))
    assert [len(batch["Items"]) for batch in found["output"]] == [2, 1]
    assert found["output"][0]["Items"][0] == {"id": "1", "name": "a"}
    (run,) = workflows.client.list_map_runs(executionArn=found["executionArn"])["mapRuns"]
    counts = workflows.client.describe_map_run(mapRunArn=run["mapRunArn"])
    assert counts["itemCounts"]["succeeded"] == 3
    assert counts["executionCounts"]["total"] == 2


def test_failures_beyond_what_is_tolerated_end_the_run(workflows: Any, definition: Any) -> None:
    """One failure is tolerated, the second ends the map run."""
    state = _map(ToleratedFailureCount=1, MaxConcurrency=1)
    state["ItemProcessor"]["States"] = {"P": {"Type": "Fail", "Error": "E"}}
    found = workflows.run(definition(state), [1, 2, 3])
    assert found["error"] == "States.ExceedToleratedFailureThreshold"
    assert workflows.run(definition(state), [1])["status"] == "SUCCEEDED"


def test_results_are_written_to_s3(workflows: Any, definition: Any) -> None:
    """The state's output names the manifest, which names the files."""
    s3 = workflows.aws.client("s3")
    s3.create_bucket(Bucket="rows")
    writer = {
        "Resource": "arn:aws:states:::s3:putObject",
        "Parameters": {"Bucket": "rows", "Prefix": "out"},
    }
    found = workflows.run(definition(_map(ResultWriter=writer)), ["x", "y"])
    key = found["output"]["ResultWriterDetails"]["Key"]
    manifest = json.loads(s3.get_object(Bucket="rows", Key=key)["Body"].read())
    (file,) = manifest["ResultFiles"]["SUCCEEDED"]
    results = json.loads(s3.get_object(Bucket="rows", Key=file["Key"])["Body"].read())
    assert sorted(one["Output"] for one in results) == ['"x"', '"y"']


@pytest.mark.parametrize("kind", ["CSV", "JSONL"])
def test_a_long_object_is_read_on_as_it_was(workflows: Any, definition: Any, kind: str) -> None:
    """It is replaced and deleted while the first batch is handled; the items are the old ones."""
    s3 = workflows.aws.client("s3")
    s3.create_bucket(Bucket="rows")
    lines = [json.dumps({"id": f"é{number:05}"}, ensure_ascii=False) for number in range(30_000)]
    body = "\r\n".join(lines if kind == "JSONL" else ["id", *(line[8:14] for line in lines)])
    s3.put_object(Bucket="rows", Key="rows", Body=body.encode())
    reader = _reader(kind, "rows", **({"CSVHeaderLocation": "FIRST_ROW"} if kind == "CSV" else {}))
    state = _map(ItemReader=reader, ItemBatcher={"MaxItemsPerBatch": 7_500}, MaxConcurrency=1)
    last = {"Type": "Pass", "Parameters": {"id.$": "$.Items[-1].id"}, "End": True}
    waiting = {"Type": "Wait", "Seconds": 60, "Next": "Last"}
    state["ItemProcessor"].update(StartAt="W", States={"W": waiting, "Last": last})
    arn = workflows.start(definition(state))
    workflows.aws.advance(seconds=30)
    s3.put_object(Bucket="rows", Key="rows", Body=b"id\nnew\n")
    s3.delete_object(Bucket="rows", Key="rows")
    workflows.aws.settle()
    found = workflows.describe(arn)
    assert found.get("output") == [{"id": f"é{n:05}"} for n in (7_499, 14_999, 22_499, 29_999)]


def test_executions_of_a_map_run_are_executions(workflows: Any, definition: Any) -> None:
    """They are listed by their Map Run, described and read event by event; one can be stopped."""
    arn = workflows.start(
        definition(_map({"Type": "Wait", "Seconds": 60}, ToleratedFailureCount=1)), ["a", "b"]
    )
    workflows.aws.advance(seconds=1)
    client = workflows.client
    (run,) = client.list_map_runs(executionArn=arn)["mapRuns"]
    listed = client.list_executions(mapRunArn=run["mapRunArn"])["executions"]
    assert [one["itemCount"] for one in listed] == [1, 1]
    child = listed[0]["executionArn"]
    described = workflows.describe(child)
    assert (described["status"], described["mapRunArn"]) == ("RUNNING", run["mapRunArn"])
    assert [kind for _, _, kind in workflows.history(child)] == [
        "ExecutionStarted",
        "WaitStateEntered",
    ]
    client.stop_execution(executionArn=child)
    workflows.aws.settle()
    assert workflows.describe(arn)["status"] == "SUCCEEDED"
    counts = client.describe_map_run(mapRunArn=run["mapRunArn"])["executionCounts"]
    assert (counts["aborted"], counts["succeeded"], counts["total"]) == (1, 1, 2)
    listed = client.list_executions(mapRunArn=run["mapRunArn"], statusFilter="ABORTED")
    assert [one["executionArn"] for one in listed["executions"]] == [child]


def test_a_result_that_is_too_long_fails_the_map(workflows: Any, definition: Any) -> None:
    """262,144 bytes in all is what a state may hand on; a ResultWriter is for more."""
    state = _map({"Result": "x" * 200_000})
    found = workflows.run(definition(state), [1, 2])
    assert found["error"] == "States.DataLimitExceeded"


def test_long_results_are_written_whole(workflows: Any, definition: Any) -> None:
    """300 kB of results, which no state could hand on, are one array in S3."""
    s3 = workflows.aws.client("s3")
    s3.create_bucket(Bucket="rows")
    writer = {
        "Resource": "arn:aws:states:::s3:putObject",
        "Parameters": {"Bucket": "rows", "Prefix": "out"},
    }
    state = _map({"Result": "é" * 1_500}, ResultWriter=writer)
    found = workflows.run(definition(state), list(range(100)))
    details = found["output"]["ResultWriterDetails"]
    manifest = json.loads(s3.get_object(Bucket="rows", Key=details["Key"])["Body"].read())
    (file,) = manifest["ResultFiles"]["SUCCEEDED"]
    body = s3.get_object(Bucket="rows", Key=file["Key"])["Body"].read()
    assert len(body) == file["Size"] > 300_000
    assert [json.loads(one["Output"]) for one in json.loads(body)] == ["é" * 1_500] * 100


def test_a_long_array_is_read_item_by_item(workflows: Any, definition: Any) -> None:
    """200 kB of JSON, values across the pieces it is read in; a broken end is an error."""
    s3 = workflows.aws.client("s3")
    s3.create_bucket(Bucket="rows")
    items = [{"n": number, "text": "é" * (number % 50)} for number in range(4_000)]
    body = json.dumps(items, indent=1, ensure_ascii=False).encode()
    s3.put_object(Bucket="rows", Key="rows.json", Body=body)
    s3.put_object(Bucket="rows", Key="broken.json", Body=body[:-1])
    state = _map(
        {"Parameters": {"n.$": "$.Items[-1].n"}},
        ItemReader=_reader("JSON", "rows.json"),
        ItemBatcher={"MaxItemsPerBatch": 1_000},
    )
    found = workflows.run(definition(state))
    assert [one["n"] for one in found["output"]] == [999, 1_999, 2_999, 3_999]
    state["ItemReader"] = _reader("JSON", "broken.json")
    assert workflows.run(definition(state))["error"] == "States.ItemReaderFailed"


def test_a_pointer_leads_to_the_items(workflows: Any, definition: Any) -> None:
    """ItemsPointer names an array inside of the file."""
    s3 = workflows.aws.client("s3")
    s3.create_bucket(Bucket="rows")
    content = json.dumps({"data": {"a/b": [1, 2]}})
    s3.put_object(Bucket="rows", Key="rows.json", Body=content.encode())
    reader = _reader("JSON", "rows.json", ItemsPointer="/data/a~1b")
    assert workflows.run(definition(_map(ItemReader=reader)))["output"] == [1, 2]


@pytest.mark.parametrize(
    ("config", "output"),
    [
        ({"Transformation": "FLATTEN"}, [1, 2, 3]),
        ({"Transformation": "COMPACT"}, [[1, 2], [], [3]]),
        ({"Transformation": "FLATTEN", "OutputType": "JSONL"}, "1\n2\n3"),
        ({"OutputType": "JSONL"}, "[1,2]\n[]\n[3]"),
    ],
)
def test_results_are_shown_as_the_writer_is_told(
    workflows: Any, definition: Any, config: dict[str, str], output: Any
) -> None:
    """Without a bucket they are the output of the state."""
    state = _map(ResultWriter={"WriterConfig": config})
    found = workflows.run(definition(state), [[1, 2], [], [3]])
    assert found["output"] == output


def test_a_failed_execution_is_shown_with_its_metadata(workflows: Any, definition: Any) -> None:
    """Whatever the transformation is."""
    state = _map(
        {"Type": "Fail", "Error": "Broken", "Cause": "why"},
        ToleratedFailurePercentage=100,
        ResultWriter={"WriterConfig": {"Transformation": "FLATTEN"}},
    )
    (shown,) = workflows.run(definition(state), ["x"])["output"]
    assert (shown["Status"], shown["Error"], shown["Cause"]) == ("FAILED", "Broken", "why")
    assert shown["Input"] == '"x"'


def test_results_are_written_as_lines(workflows: Any, definition: Any) -> None:
    """The flattened items of all executions, a line each."""
    s3 = workflows.aws.client("s3")
    s3.create_bucket(Bucket="rows")
    writer = {
        "Resource": "arn:aws:states:::s3:putObject",
        "Parameters": {"Bucket": "rows", "Prefix": "out"},
        "WriterConfig": {"Transformation": "FLATTEN", "OutputType": "JSONL"},
    }
    found = workflows.run(definition(_map(ResultWriter=writer)), [[1, {"a": 2}], ["é"]])
    key = found["output"]["ResultWriterDetails"]["Key"]
    manifest = json.loads(s3.get_object(Bucket="rows", Key=key)["Body"].read())
    (file,) = manifest["ResultFiles"]["SUCCEEDED"]
    body = s3.get_object(Bucket="rows", Key=file["Key"])["Body"].read()
    assert len(body) == file["Size"]
    assert sorted(body.decode().splitlines()) == sorted(["1", '{"a":2}', '"é"'])
