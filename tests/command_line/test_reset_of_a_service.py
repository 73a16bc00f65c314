"""`reset SERVICE` and LocalStack's door for it, against a session in real time."""

from __future__ import annotations

import json
import threading
import urllib.error
import urllib.request
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.config import Config

from chalice_offline.live_session import AppSession, AwsSession
from tests.command_line.conftest import Shop, wait_until, write_project

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

KEYS = {"aws_access_key_id": "test", "aws_secret_access_key": "test", "region_name": "us-east-1"}


def fill(shop: Shop) -> None:
    """Put something everywhere."""
    shop.client("dynamodb").put_item(TableName="dishes", Item={"id": {"S": "soup"}})
    shop.client("s3").put_object(Bucket="menus", Key="large", Body=b"x" * 2_000_000)
    shop.client("sqs").create_queue(QueueName="extra")
    shop.says("send", "queue", "letters", "hello")
    shop.client("secretsmanager").create_secret(Name="key", SecretString="abc")
    shop.ended_runs("import_menu")


def held(shop: Shop) -> dict[str, int]:
    """Return how much there is of each service."""
    objects = shop.client("s3").list_objects_v2(Bucket="menus").get("Contents", [])
    return {
        "dynamodb": len(shop.client("dynamodb").scan(TableName="dishes")["Items"]),
        "s3": len(objects),
        "sqs": len(shop.json("queues")) + len(shop.json("queues", "letters")),
        "secretsmanager": len(shop.client("secretsmanager").list_secrets()["SecretList"]),
    }


FULL = {"dynamodb": 1, "s3": 1, "sqs": 5, "secretsmanager": 1}
EMPTY = {"dynamodb": 0, "s3": 0, "sqs": 3, "secretsmanager": 0}


def post(url: str) -> int:
    """Return the status of a POST without a body."""
    try:
        with urllib.request.urlopen(url, data=b"", timeout=30) as reply:
            return int(reply.status)
    except urllib.error.HTTPError as error:
        error.close()
        return error.code


def answers(shop: Shop) -> bool:
    """Whether a message reaches its function, which succeeds with it."""
    shop.says("send", "queue", "orders", '{"dish": "soup"}')

    def ended() -> bool:
        [orders] = [one for one in shop.json("queues") if one["name"] == "orders"]
        return orders["visible"] + orders["in_flight"] == 0

    wait_until(ended, "the function that the queue has")
    return bool(shop.json("runs", "--function", "cook")[0]["outcome"] == "ok")


@pytest.mark.parametrize("service", sorted(FULL))
def test_one_service_begins_anew_and_the_others_stay(shop: Shop, service: str) -> None:
    """By the command and by LocalStack's door; code, runs and journal are as before."""
    for reset in (
        lambda: shop.says("reset", service),
        lambda: post(f"{shop.url}/_localstack/state/{service}/reset"),
    ):
        fill(shop)
        assert held(shop) == FULL
        runs = len(shop.json("runs"))
        assert reset() in (f"{service} begun anew\n", 200)
        assert held(shop) == FULL | {service: EMPTY[service]}
        assert len(shop.json("runs")) >= runs
        assert answers(shop)
        shop.says("reset")


def test_the_command_answers_in_json_and_shows_how_it_is_used(shop: Shop) -> None:
    """Both as all commands do."""
    assert shop.json("reset", "sqs") == {"reset": "sqs"}
    told = shop.run("reset", "--help").stdout
    assert "chalice-offline reset dynamodb" in told
    assert "[SERVICE]" in told


@pytest.mark.parametrize("name", ["sqss", "nope", "cloudformation-own", "execute-api"])
def test_an_unknown_service_is_one_sentence(shop: Shop, name: str) -> None:
    """With the nearest names, exit code 2, and nothing has changed."""
    fill(shop)
    told = shop.refused("reset", name)
    assert f"there is no service {name} here." in told
    assert told.endswith("Nothing was changed.")
    assert ("Did you mean sqs" in told) == (name == "sqss")
    assert post(f"{shop.url}/_localstack/state/{name}/reset") == 404
    assert held(shop) == FULL


def test_a_file_that_is_broken_meanwhile_is_told_before_anything_is_gone(shop: Shop) -> None:
    """Of the project's resources: they could not be made again."""
    fill(shop)
    (shop.directory / ".chalice" / "resources.json").write_text("{")
    told = shop.refused("reset", "sqs")
    assert "resources.json" in told
    assert told.endswith("Nothing was changed.")
    assert post(f"{shop.url}/_localstack/state/sqs/reset") == 409
    assert held(shop) == FULL


def test_a_reset_is_kept_in_the_file(tmp_path: Path) -> None:
    """With --data: neither table, stream nor object comes back, and no file of one is left."""
    write_project(tmp_path)
    data = tmp_path / "kept.state"
    objects = tmp_path / "kept.state-objects"

    def session() -> Shop:
        started = AppSession(tmp_path, "dev", port=0, aws_port=0, data=data)
        started.start()
        return Shop(tmp_path, started)

    shop = session()
    try:
        fill(shop)
        shop.client("kinesis").put_record(StreamName="steps", Data=b"x", PartitionKey="a")
        assert [one for one in objects.rglob("*") if one.is_file()]
        for service in ("dynamodb", "s3"):
            shop.says("reset", service)
        assert [one for one in objects.rglob("*") if one.is_file()] == []
    finally:
        shop.session.stop()
    shop = session()
    try:
        assert held(shop)["dynamodb"] == held(shop)["s3"] == 0
        kinesis = shop.client("kinesis")
        place = {"ShardId": "shardId-000000000000", "ShardIteratorType": "TRIM_HORIZON"}
        iterator = kinesis.get_shard_iterator(StreamName="steps", **place)["ShardIterator"]
        assert len(kinesis.get_records(ShardIterator=iterator)["Records"]) == 1
        assert answers(shop)
    finally:
        shop.session.stop()


def test_nobody_sees_the_project_without_its_queue(shop: Shop) -> None:
    """Reset again and again while four clients send: each call finds the queue, before or after."""
    over = threading.Event()
    sent, failures = [0], []

    def client() -> None:
        sqs = boto3.client(
            "sqs", endpoint_url=shop.url, config=Config(retries={"total_max_attempts": 1}), **KEYS
        )
        url = sqs.get_queue_url(QueueName="orders")["QueueUrl"]
        while not over.is_set():
            try:
                sqs.send_message(QueueUrl=url, MessageBody='{"dish": "soup"}')
                sqs.receive_message(QueueUrl=url.replace("orders", "waiting"))
                sent[0] += 1
            except Exception as error:  # noqa: BLE001 - whatever it is, it fails the test
                failures.append(error)

    clients = [threading.Thread(target=client) for _ in range(4)]
    for one in clients:
        one.start()
    try:
        for _ in range(5):
            before = sent[0]
            wait_until(lambda before=before: failures or sent[0] > before + 20, "more messages")
            for service in ("sqs", "lambda", "events"):
                assert post(f"{shop.url}/_localstack/state/{service}/reset") == 200
    finally:
        over.set()
        for one in clients:
            one.join()
    assert failures == []
    shop.says("reset", "sqs")
    assert shop.json("queues", "orders") == []
    assert answers(shop)


def test_several_resets_at_the_same_time_take_turns(shop: Shop) -> None:
    """Of one service, of others and of all: each is answered, and everything works afterwards."""
    fill(shop)
    answered: list[int] = []

    def ask(name: str) -> None:
        answered.append(post(f"{shop.url}/_localstack/state/{name}reset"))

    names = ("sqs/", "dynamodb/", "lambda/", "sqs/", "s3/", "")
    askers = [threading.Thread(target=ask, args=(name,)) for name in names]
    for one in askers:
        one.start()
    for one in askers:
        one.join()
    assert set(answered) <= {200, 503}  # whoever asked the emulator that a whole reset has ended
    assert 200 in answered
    shop.says("reset", "sqs")
    assert answers(shop)


RESETS = """
import urllib.request
import boto3
from chalice import Chalice

app = Chalice(app_name="shop")
app.experimental_feature_flags.update(["WEBSOCKETS"])
app.websocket_api.session = boto3.session.Session()

@app.route("/reset/{service}")
def reset(service):
    with open("url") as file:
        url = f"{file.read()}/_localstack/state/{service}/reset"
    with urllib.request.urlopen(url, data=b"", timeout=20) as reply:
        status = reply.status
    sqs = boto3.client("sqs")
    url = sqs.get_queue_url(QueueName="orders")["QueueUrl"]
    sqs.send_message(QueueUrl=url, MessageBody="after")
    return {"status": status}

@app.on_sqs_message(queue="orders", name="cook")
def cook(event):
    pass

@app.on_ws_message()
def echo(event):
    app.websocket_api.send(event.connection_id, event.body)

@app.on_ws_disconnect()
def gone(event):
    pass
"""


@pytest.fixture
def resetting(tmp_path: Path) -> Iterator[Shop]:
    """A session of an app that resets services by itself, and has websockets."""
    write_project(tmp_path, RESETS)
    session = AppSession(tmp_path, "dev", port=0, aws_port=0)
    (tmp_path / "url").write_text(session.aws.aws_server.url)
    session.start()
    try:
        yield Shop(tmp_path, session)
    finally:
        session.stop()


@pytest.mark.parametrize("service", ["sqs", "lambda", "apigateway", "apigatewayv2"])
def test_a_handler_may_reset_what_it_runs_with(resetting: Shop, service: str) -> None:
    """It goes on, and its caller is answered; what it sends afterwards arrives."""
    url = f"{resetting.session.http_server.url}/reset/{service}"
    for count in (1, 2):
        with urllib.request.urlopen(url, timeout=30) as reply:
            assert json.load(reply) == {"status": 200}
        assert len(resetting.ended_runs("cook", count)) == count


def test_clients_of_websockets_are_told_and_their_handler_is_not(resetting: Shop) -> None:
    """Who connects again reaches the same API: code may know its address."""
    from websockets.exceptions import ConnectionClosed
    from websockets.sync.client import connect

    address = resetting.session.http_server.url.replace("http", "ws", 1)
    for _ in range(2):
        with connect(address) as client:
            client.send("hello")
            assert client.recv(timeout=20) == "hello"
            resetting.says("reset", "apigatewayv2")
            with pytest.raises(ConnectionClosed) as closed:
                client.recv(timeout=20)
            assert closed.value.rcvd is not None
            assert closed.value.rcvd.code == 1001
    kinds = {run["function"] for run in resetting.json("runs")}
    assert "websocket_disconnect" not in kinds
    assert len(resetting.ended_runs("", 2)) == 2


def test_an_endpoint_without_an_app_is_reset_as_well() -> None:
    """What clients made is all there was."""
    session = AwsSession(port=0)
    session.start()
    try:
        url = session.aws_server.url
        sqs: Any = boto3.client("sqs", endpoint_url=url, **KEYS)
        sqs.create_queue(QueueName="q")
        assert post(f"{url}/_localstack/state/sqs/reset") == 200
        assert "QueueUrls" not in sqs.list_queues()
        sqs.create_queue(QueueName="q")
        with urllib.request.urlopen(f"{url}/_localstack/health", timeout=10) as reply:
            assert json.load(reply)["services"]["sqs"] == "running"
    finally:
        session.stop()
