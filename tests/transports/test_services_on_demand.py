"""Services are imported and made when somebody first asks for them, by a call or for a page."""

from __future__ import annotations

import subprocess
import sys
import threading

import boto3

from chalice_offline.composition import compose
from chalice_offline.core.http import Headers, HttpRequest, HttpResponse
from chalice_offline.drivers.virtual import VirtualDriver
from chalice_offline.services.common.page_paths import SNS_CERTIFICATE, SQS_MESSAGES
from chalice_offline.transports.gateway import Gateway
from chalice_offline.transports.in_process import InProcessDoor

_ASKING = """
import sys
import boto3
from chalice_offline.composition import compose
from chalice_offline.drivers.virtual import VirtualDriver
from chalice_offline.transports.gateway import Gateway
from chalice_offline.transports.in_process import InProcessDoor

def imported():
    names = ("sqs", "sns", "events", "s3", "kinesis", "dynamodb", "stepfunctions", "apigateway")
    return [name for name in names if f"chalice_offline.services.{name}" in sys.modules]

door = InProcessDoor(Gateway(compose(VirtualDriver())))
door.open()
before = imported()
keys = {"aws_access_key_id": "a", "aws_secret_access_key": "b"}
boto3.client("sqs", region_name="us-east-1", **keys).list_queues()
door.close()
print(before, imported())
"""


_SESSION = """
import sys
import chalice_offline.live_session

prefix = "chalice_offline.services."
print(sorted({name.split(".")[2] for name in sys.modules if name.startswith(prefix)}))
"""


def _printed(script: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False
    )
    assert done.stderr == ""
    return done.stdout


def test_what_nobody_asks_for_is_not_imported() -> None:
    """An emulator whose only client wants queues has imported queues."""
    assert _printed(_ASKING) == "[] ['sqs']\n"


def test_a_session_is_ready_without_what_nobody_has_asked_for() -> None:
    """No part of such a service is imported, which would import all of it."""
    assert (
        _printed(_SESSION)
        == "['cloudformation', 'common', 'delegated', 'execute_api', 'lambda_']\n"
    )


def _page(path: str) -> HttpResponse:
    emulator = compose(VirtualDriver())
    reply = Gateway(emulator).handle(HttpRequest("GET", f"http://127.0.0.1:4566{path}", Headers()))
    assert isinstance(reply, HttpResponse)
    return reply


def test_a_page_is_there_before_its_service() -> None:
    """As if the service had been there: the certificate, and what SQS says of no queue."""
    assert b"BEGIN CERTIFICATE" in _page(SNS_CERTIFICATE).body
    for path in (SQS_MESSAGES, f"{SQS_MESSAGES}/us-east-1/000000000000/none"):
        reply = _page(path)
        assert reply.status == 400
        assert b"QueueUrl" in reply.body or b"NonExistentQueue" in reply.body


def test_many_who_ask_first_at_once_find_one_service() -> None:
    """What each of them made is there for all."""
    door = InProcessDoor(Gateway(compose(VirtualDriver())))
    session = boto3.session.Session(aws_access_key_id="a", aws_secret_access_key="b")
    sqs = session.client("sqs", region_name="us-east-1")
    everybody = threading.Barrier(8)
    urls: list[str] = []

    def make(number: int) -> None:
        everybody.wait()
        urls.append(sqs.create_queue(QueueName=f"q{number}")["QueueUrl"])

    threads = [threading.Thread(target=make, args=(number,)) for number in range(8)]
    door.open()
    try:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        found = sqs.list_queues()["QueueUrls"]
    finally:
        door.close()
    assert found == sorted(urls)
    assert len(found) == 8
