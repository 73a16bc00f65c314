"""`reset` and `state load`: another emulator behind the same ports, or nothing has changed."""

from __future__ import annotations

import threading
import urllib.error
import urllib.request
from typing import TYPE_CHECKING, Any

import boto3
import pytest

from chalice_offline.live_session import AppSession, AwsSession
from tests.command_line.conftest import Shop, wait_until, write_project

if TYPE_CHECKING:
    from pathlib import Path


KEYS = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}


def items_of(shop: Shop) -> list[Any]:
    """Return the table's items."""
    found: list[Any] = shop.client("dynamodb").scan(TableName="dishes")["Items"]
    return found


def fill(shop: Shop) -> None:
    """Put something everywhere."""
    shop.client("dynamodb").put_item(TableName="dishes", Item={"id": {"S": "soup"}})
    shop.client("s3").put_object(Bucket="menus", Key="large", Body=b"x" * 200_000)
    shop.client("sqs").create_queue(QueueName="extra")
    shop.says("send", "queue", "letters", "hello")
    shop.client("secretsmanager").create_secret(Name="key", SecretString="abc")
    shop.ended_runs("import_menu")


def is_empty(shop: Shop) -> bool:
    """Whether nothing of that is left, and what the project declares is there."""
    names = {queue["name"] for queue in shop.json("queues")}
    return (
        items_of(shop) == []
        and "Contents" not in shop.client("s3").list_objects_v2(Bucket="menus")
        and names == {"orders", "letters", "waiting"}
        and shop.json("queues", "letters") == []
        and shop.client("secretsmanager").list_secrets()["SecretList"] == []
        and shop.json("runs") == []
    )


def answers(shop: Shop) -> bool:
    """Whether routes and handlers run."""
    url = f"{shop.session.http_server.url}/orders/7"
    with urllib.request.urlopen(url, timeout=10) as reply:
        assert reply.read() == b'{"order":"7"}'
    shop.says("send", "queue", "orders", '{"dish": "soup"}')
    return bool(shop.ended_runs("cook")[0]["outcome"] == "ok")


def test_reset_begins_anew_behind_the_same_ports(shop: Shop) -> None:
    """Nothing that came since the start is left, and everything of the project works."""
    fill(shop)
    url = shop.url
    assert shop.json("reset")["begun_anew"]
    assert is_empty(shop)
    assert shop.url == url
    assert answers(shop)
    shop.says("reset")
    assert is_empty(shop)


def test_reset_loads_the_code_anew(shop: Shop) -> None:
    """What the code kept in memory is gone, too."""
    code = shop.directory / "app.py"
    code.write_text(code.read_text().replace("return event", "return 'changed'"))
    shop.says("reset")
    assert shop.json("invoke", "echo", "--event", "{}")["payload"] == "changed"


def test_a_reset_that_cannot_be_changes_nothing(shop: Shop) -> None:
    """Code that cannot be loaded: one sentence, and what ran goes on running."""
    fill(shop)
    (shop.directory / "app.py").write_text("x = = 1")
    told = shop.refused("reset")
    assert "app.py, line 1: SyntaxError" in told
    assert told.endswith("Nothing was changed.")
    assert len(items_of(shop)) == 1
    assert answers(shop)


def test_state_is_saved_and_loaded(shop: Shop, tmp_path: Path) -> None:
    """Tables and objects come back, large ones too; queues begin empty; the file stays as it is."""
    fill(shop)
    file = tmp_path / "kept.state"
    shop.says("state", "save", str(file))
    before = file.read_bytes()
    shop.says("reset")
    for _ in range(2):
        assert shop.json("state", "load", str(file))["loaded"] == str(file)
        assert items_of(shop) == [{"id": {"S": "soup"}}]
        body = shop.client("s3").get_object(Bucket="menus", Key="large")["Body"].read()
        assert body == b"x" * 200_000
        assert shop.json("queues", "letters") == []
        assert answers(shop)
        shop.client("dynamodb").put_item(TableName="dishes", Item={"id": {"S": "rice"}})
        shop.client("s3").delete_object(Bucket="menus", Key="large")
    assert file.read_bytes() == before


def test_files_that_cannot_be_loaded_change_nothing(shop: Shop, tmp_path: Path) -> None:
    """Not there, none of ours, empty, damaged, or one of its objects gone."""
    fill(shop)
    text = tmp_path / "text"
    text.write_text("hello" * 200)
    assert "is not there" in shop.refused("state", "load", str(tmp_path / "nope"))
    assert "no file of chalice-offline" in shop.refused("state", "load", str(text))
    text.write_text("")
    assert "text is empty: nothing was saved in it." in shop.refused("state", "load", str(text))
    file = tmp_path / "kept.state"
    shop.says("state", "save", str(file))
    (large,) = (tmp_path / "kept.state-objects").iterdir()
    large.unlink()
    assert "is missing: its storage says" in shop.refused("state", "load", str(file))
    assert len(items_of(shop)) == 1
    assert not is_empty(shop)


def test_a_session_with_a_file_of_its_own_begins_anew_in_it(tmp_path: Path) -> None:
    """With --data, the file holds what was loaded, and nothing after a reset."""
    project = tmp_path / "project"
    project.mkdir()
    write_project(project)
    data, kept = tmp_path / "data", tmp_path / "kept.state"

    def session() -> AppSession:
        started = AppSession(project, "dev", port=0, aws_port=0, data=data)
        started.start()
        return started

    first = session()
    try:
        shop = Shop(project, first)
        fill(shop)
        shop.says("state", "save", str(kept))
        assert "is in use by another process" in shop.refused("state", "load", str(data))
        shop.says("reset")
        assert is_empty(shop)
        shop.says("state", "load", str(kept))
        assert answers(shop)
    finally:
        first.stop()
    second = session()
    try:
        assert items_of(Shop(project, second)) == [{"id": {"S": "soup"}}]
    finally:
        second.stop()


STUBBORN = """
import pathlib
import threading
import boto3
from chalice import Chalice

app = Chalice(app_name="shop")
here = pathlib.Path(__file__).parent

@app.lambda_function(name="stubborn")
def stubborn(event, context):
    try:
        while not (here / "go").exists():
            threading.Event().wait(0.01)
    finally:
        try:
            boto3.client("dynamodb").put_item(TableName="dishes", Item={"id": {"S": "late"}})
        finally:
            (here / "done").touch()
"""


def test_a_handler_of_before_writes_nothing_after(shop: Shop) -> None:
    """It is refused whatever it calls, instead of reaching the new emulator."""
    (shop.directory / "app.py").write_text(STUBBORN)
    shop.says("reset")
    shop.says("invoke", "stubborn", "--async")
    wait_until(lambda: shop.json("runs")[0]["started_ms"], "the handler's start")
    shop.says("reset")
    (shop.directory / "go").touch()
    wait_until((shop.directory / "done").exists, "the handler's end")
    assert items_of(shop) == []


SLOW_ROUTE = """
import pathlib
import threading
from chalice import Chalice

app = Chalice(app_name="shop")
here = pathlib.Path(__file__).parent

@app.route("/slow")
def slow():
    (here / "begun").touch()
    while True:
        threading.Event().wait(0.01)
"""


def test_who_waits_for_a_route_during_a_reset_is_told_to_come_again(shop: Shop) -> None:
    """503, which clients try again, and not 502, which says that the app failed."""
    (shop.directory / "app.py").write_text(SLOW_ROUTE)
    shop.says("reset")
    answered: list[int] = []

    def ask() -> None:
        try:
            urllib.request.urlopen(f"{shop.session.http_server.url}/slow", timeout=20)
        except urllib.error.HTTPError as error:
            answered.append(error.code)
            error.close()

    client = threading.Thread(target=ask)
    client.start()
    wait_until((shop.directory / "begun").exists, "the handler's start")
    shop.says("reset")
    client.join()
    assert answered == [503]


SOCKETS = """
from chalice import Chalice

app = Chalice(app_name="shop")
app.experimental_feature_flags.update(["WEBSOCKETS"])

@app.on_ws_connect()
def connect(event):
    pass

@app.on_ws_message()
def message(event):
    pass

@app.lambda_function(name="echo")
def echo(event, context):
    return event
"""


def test_clients_of_websockets_are_told_to_connect_anew(shop: Shop) -> None:
    """Nobody waits for ever at an API that is no more."""
    from websockets.exceptions import ConnectionClosed
    from websockets.sync.client import connect

    (shop.directory / "app.py").write_text(SOCKETS)
    shop.says("reset")
    address = shop.session.http_server.url.replace("http", "ws", 1)
    with connect(address) as client:
        shop.says("reset")
        with pytest.raises(ConnectionClosed) as closed:
            client.recv(timeout=20)
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 1001
    with connect(address) as client:
        client.send("hello")
        shop.ended_runs("message")


def test_the_aws_endpoint_alone_begins_anew() -> None:
    """Without a project, too; what waits is answered."""
    session = AwsSession(port=0)
    session.start()
    try:
        client = boto3.client("sqs", "us-east-1", endpoint_url=session.aws_server.url, **KEYS)
        client.create_queue(QueueName="extra")
        session.now.gateway.emulator.driver.wait(done := session.begin_anew())
        done.result()
        assert client.list_queues().get("QueueUrls", []) == []
    finally:
        session.stop()
