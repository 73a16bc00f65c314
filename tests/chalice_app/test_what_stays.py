"""Nothing of an emulator stays when it has ended: hundreds of them come after each other."""

from __future__ import annotations

import gc
import importlib
import sys
import time
import weakref
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from moto import mock_aws
from moto.core.common_models import BaseModel

from chalice_offline.testing import Offline

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

PROJECT = """
import boto3

@app.on_sqs_message(queue="work")
def works(event):
    boto3.client("sns").create_topic(Name="done")
"""


def _offline(directory: Path) -> Offline:
    return Offline(directory, stage="dev", region="us-east-1")


def _of_moto() -> int:
    """Count the objects of moto's that live; asking their types alone, for some are proxies."""
    gc.collect()
    return sum(issubclass(type(one), BaseModel) for one in gc.get_objects())


def _puts_records(offline: Offline) -> None:
    """Have moto's Firehose, which calls S3, put a record into a bucket."""
    offline.client("s3").create_bucket(Bucket="records")
    role = "arn:aws:iam::123456789012:role/any"
    offline.client("firehose").create_delivery_stream(
        DeliveryStreamName="stream",
        ExtendedS3DestinationConfiguration={
            "RoleARN": role,
            "BucketARN": "arn:aws:s3:::records",
        },
    )
    offline.client("firehose").put_record(DeliveryStreamName="stream", Record={"Data": b"one"})


def _starts_a_machine(offline: Offline) -> None:
    offline.client("ec2").run_instances(ImageId="ami-12c6146b", MinCount=1, MaxCount=1)


def _makes_a_role(offline: Offline) -> None:
    iam = offline.client("iam")
    iam.create_role(RoleName="one", AssumeRolePolicyDocument="{}")
    policy = "arn:aws:iam::aws:policy/AmazonSQSFullAccess"
    iam.attach_role_policy(RoleName="one", PolicyArn=policy)


@pytest.mark.parametrize(
    "ask_moto", [_puts_records, _starts_a_machine, _makes_a_role], ids=lambda ask: ask.__name__[1:]
)
def test_an_emulator_goes_with_all_that_moto_held_for_it(
    projects: Any, ask_moto: Callable[[Offline], None]
) -> None:
    """Its journal, its handlers' runs, and moto's roles, policies and machines."""
    directory = projects.write(PROJECT)

    def session() -> weakref.ref[Any]:
        with _offline(directory) as offline:
            url = offline.client("sqs").get_queue_url(QueueName="work")["QueueUrl"]
            offline.client("sqs").send_message(QueueUrl=url, MessageBody="1")
            offline.settle()
            ask_moto(offline)
            return weakref.ref(offline.emulator)

    session()  # modules of moto's have objects of their own
    before = _of_moto()
    emulator = session()
    assert _of_moto() == before
    assert emulator() is None


@pytest.fixture
def slept(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Seconds that were really slept: a module `patient` waits, and no test has to."""
    seconds: list[float] = []
    monkeypatch.setattr(time, "sleep", seconds.append)
    return seconds


@pytest.fixture
def patient(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], Any]]:
    """Import a module of the library that waits."""
    library = tmp_path / "library"
    library.mkdir()
    (library / "patient.py").write_text(
        "import time\n"
        "def wait(seconds, sleep=time.sleep):\n    sleep(seconds)\n"
        "def nap(seconds):\n    time.sleep(seconds)\n"
    )
    monkeypatch.syspath_prepend(library)
    yield lambda: importlib.import_module("patient")
    sys.modules.pop("patient", None)


def test_a_module_imported_meanwhile_holds_no_clock(
    projects: Any, patient: Callable[[], Any], slept: list[float]
) -> None:
    """`sleep=time.sleep`, evaluated in one session, means the next one's time, and then ours."""
    directory = projects.write(PROJECT)
    with _offline(directory) as first:
        wait = patient().wait
        emulator = weakref.ref(first.emulator)
        start = first.now
        wait(20)
        assert first.now - start == timedelta(seconds=20)
    del first
    gc.collect()
    assert emulator() is None
    with _offline(directory) as second:
        start = second.now
        wait(30)
        assert second.now - start == timedelta(seconds=30)
    assert slept == []
    wait(40)
    assert slept == [40]


def test_sleep_put_back_after_the_session_is_the_real_one(
    projects: Any,
    tmp_path: Path,
    patient: Callable[[], Any],
    slept: list[float],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """By a test that had replaced it meanwhile, and gives it back when the emulator is gone.

    The next one's time passes again where somebody sleeps.
    """
    nap = patient().nap
    with monkeypatch.context() as patch, _offline(projects.write(PROJECT)) as offline:
        start = offline.now
        patch.setattr(time, "sleep", lambda _seconds: None)
        nap(20)
        assert offline.now == start
    nap(30)
    assert slept == [30]
    monkeypatch.setattr(time, "sleep", slept.append)  # as `slept` does at its end: the real one
    with _offline(tmp_path) as later:
        start = later.now
        nap(40)
        assert later.now - start == timedelta(seconds=40)
    assert slept == [30]


def test_moto_is_whole_again_for_who_uses_it_afterwards(projects: Any) -> None:
    """`mock_aws` finds the list of its objects by which it clears up, and its own settings."""
    from moto.s3.models import FakeKey

    with _offline(projects.write(PROJECT)) as offline:
        _makes_a_role(offline)
    with mock_aws():
        s3 = boto3.client("s3", region_name="us-east-1")
        s3.create_bucket(Bucket="own")
        s3.put_object(Bucket="own", Key="a", Body=b"1")
        assert [key.name for key in FakeKey.instances_tracked] == ["a"]
        iam = boto3.client("iam", region_name="us-east-1")
        assert iam.list_policies(Scope="AWS")["Policies"] == []


def test_a_services_model_is_read_once_for_all_clients(projects: Any) -> None:
    """It is megabytes, and takes longer to read than a test runs."""
    with _offline(projects.write(PROJECT)) as offline:
        models = [
            offline.client("sqs", region).meta.service_model.metadata
            for region in ("us-east-1", "eu-west-1")
        ]
    assert models[0] is models[1]
