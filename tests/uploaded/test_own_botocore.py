"""A package that brings botocore along, as one with boto3 among its requirements does."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path

import botocore

from chalice_offline.testing import Offline

APP = "from chalice import Chalice\napp = Chalice(app_name='orders')\n"
HANDLER = """
import botocore.session

def handler(event, context):
    sqs = botocore.session.get_session().create_client(
        "sqs", region_name="us-east-1", endpoint_url=event["endpoint"]
    )
    made = sqs.create_queue(QueueName=event["queue"])["QueueUrl"]
    return [botocore.__name__, made.rpartition("/")[2]]
"""
_DATA = ("endpoints.json", "partitions.json", "sdk-default-configuration.json", "_retry.json")


def _package() -> bytes:
    """The handler with botocore's code, and as much of its data as SQS takes."""
    folder = Path(botocore.__file__).parent
    data = [folder / "data" / name for name in _DATA]
    data += (folder / "data" / "sqs").rglob("*.json*")
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("handler.py", HANDLER)
        for path in [*folder.rglob("*.py"), *folder.glob("*.pem"), *filter(Path.exists, data)]:
            archive.write(path, f"botocore/{path.relative_to(folder)}")
    return content.getvalue()


def test_calls_of_a_copy_of_botocore_stay_here_and_belong_to_their_run(tmp_path: Path) -> None:
    """Whatever address its clients are made for: Chalice names AWS's own for WebSockets."""
    (tmp_path / ".chalice").mkdir()
    (tmp_path / ".chalice" / "config.json").write_text('{"version": "2.0", "app_name": "orders"}')
    (tmp_path / "app.py").write_text(APP)
    with Offline(tmp_path) as offline:
        lambda_ = offline.client("lambda")
        lambda_.create_function(
            FunctionName="works",
            Role="arn:aws:iam::000000000000:role/works",
            Runtime="python3.12",
            Handler="handler.handler",
            Timeout=60,
            Code={"ZipFile": _package()},
        )
        event = {"queue": "made", "endpoint": "https://sqs.us-east-1.amazonaws.com"}
        reply = lambda_.invoke(FunctionName="works", Payload=json.dumps(event))
        name, queue = json.loads(reply["Payload"].read())
        assert name.startswith("uploaded_"), "the function's own copy"
        assert queue == "made"
        assert offline.client("sqs").get_queue_url(QueueName="made")
        journal = offline.emulator.journal
        call = next(one for one in journal.entries() if one.subject == "sqs.CreateQueue")
        causes = [journal.find(number) for number in call.causes]
        assert [(cause.kind, cause.subject) for cause in causes if cause] == [("run", "works")]
