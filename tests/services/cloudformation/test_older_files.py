"""A stack that an older version made and kept in a file: it had no tags of CloudFormation's own."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from chalice_offline.composition import compose
from chalice_offline.core.context import Caller
from chalice_offline.core.errors import AwsError
from chalice_offline.drivers.virtual import VirtualDriver
from chalice_offline.storage import SqliteStorage

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

STACK = "cloudformation.amazonaws.com"
TEAM = [{"Key": "team", "Value": "a"}]


def template(**more: Any) -> str:
    bucket = {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": "menus", "Tags": TEAM} | more}
    bad = {"Type": "AWS::SQS::Queue", "DependsOn": "Bucket", "Properties": {"DelaySeconds": -1}}
    fails = {"Bad": bad} if "Fails" in bucket["Properties"] else {}
    bucket["Properties"].pop("Fails", None)
    return json.dumps({"Resources": {"Bucket": bucket} | fails})


class Process:
    """An emulator on a file."""

    def __init__(self, file: Path) -> None:
        self.storage = SqliteStorage(file)
        self.driver = VirtualDriver()
        self.emulator = compose(self.driver, storage=self.storage)

    def call(self, service: str, operation: str, principal: str = "", **request: Any) -> Any:
        reply = self.emulator.call(service, operation, request, Caller(principal=principal))
        self.driver.settle(60_000)
        return reply

    def update(self, **more: Any) -> str:
        """Update the stack; returns its status."""
        self.call("cloudformation", "UpdateStack", StackName="shop", TemplateBody=template(**more))
        (stack,) = self.call("cloudformation", "DescribeStacks", StackName="shop")["Stacks"]
        return str(stack["StackStatus"])

    def tags(self) -> list[str]:
        found = self.call("s3", "GetBucketTagging", Bucket="menus")["TagSet"]
        return sorted(tag["Key"] for tag in found)


@pytest.fixture
def process(tmp_path: Path) -> Iterator[Process]:
    """A process that opens what an older version has left."""
    file = tmp_path / "kept.db"
    older = Process(file)
    older.call("cloudformation", "CreateStack", StackName="shop", TemplateBody=template())
    tagging = {"TagSet": TEAM}
    older.call("s3", "PutBucketTagging", STACK, Bucket="menus", Tagging=tagging)
    kept = older.storage.collection("cloudformation/stacks")
    ((key, value),) = list(kept.items())
    content = json.loads(value)
    del content["resources"]["Bucket"]["added_tags"]
    kept.put(key, json.dumps(content).encode())
    older.storage.commit()
    older.storage.close()
    opened = Process(file)
    yield opened
    opened.storage.close()


def test_nothing_is_changed_for_the_sake_of_tags_alone(process: Process) -> None:
    """Nobody asked for a change: the same template is none."""
    with pytest.raises(AwsError, match="No updates are to be performed"):
        process.update()
    assert process.tags() == ["team"]


def test_a_change_brings_the_tags_along(process: Process) -> None:
    """What is changed anyway has the tags from then on."""
    assert process.update(VersioningConfiguration={"Status": "Enabled"}) == "UPDATE_COMPLETE"
    own = [f"aws:cloudformation:{name}" for name in ("logical-id", "stack-id", "stack-name")]
    assert process.tags() == [*own, "team"]


def test_a_change_that_fails_takes_them_off_again(process: Process) -> None:
    """The bucket is as it was, tags included."""
    changed = {"VersioningConfiguration": {"Status": "Enabled"}, "Fails": True}
    assert process.update(**changed) == "UPDATE_ROLLBACK_COMPLETE"
    assert process.tags() == ["team"]
