"""What the Lambda tests share: short ways to a queue, a function and what it was given."""

from __future__ import annotations

import io
import json
import zipfile
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from chalice_offline.chalice_app.runtime import Runtime
from chalice_offline.uploaded import UploadedFunctions

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ACCOUNT = "000000000000"


class Bench:
    """One emulator, its clients, and functions that remember what they were given."""

    def __init__(self, aws: Any) -> None:
        self.aws = aws
        self.lambda_ = aws.client("lambda")
        self.sqs = aws.client("sqs")
        self.started_at = aws.now

    def function(
        self, name: str = "work", handler: Callable[[Any], Any] | None = None, **settings: Any
    ) -> list[Any]:
        """Register a function; return the list its events are appended to."""
        events: list[Any] = []

        def remember(event: Any) -> Any:
            events.append(event)
            return handler(event) if handler else None

        self.aws.function(name, remember, **settings)
        return events

    def queue(self, name: str = "jobs", **attributes: str) -> str:
        """Create a queue and return its URL."""
        return str(self.sqs.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"])

    def arn(self, queue: str) -> str:
        return f"arn:aws:sqs:us-east-1:{ACCOUNT}:{queue}"

    def map(self, queue: str = "jobs", function: str = "work", **settings: Any) -> str:
        """Map a queue to a function, wait until that is done, and return the mapping's UUID."""
        made = self.lambda_.create_event_source_mapping(
            EventSourceArn=self.arn(queue), FunctionName=function, **settings
        )
        self.wait_for_mapping()
        return str(made["UUID"])

    def wait_for_mapping(self) -> None:
        """Let a change of a mapping take place; what happens from then on counts as elapsed."""
        self.aws.advance(seconds=0.5)
        self.started_at = self.aws.now

    def send(self, url: str, *bodies: str, **options: Any) -> None:
        for body in bodies:
            self.sqs.send_message(QueueUrl=url, MessageBody=body, **options)

    def messages(self, url: str) -> list[Any]:
        """Receive everything visible in a queue, bodies parsed where they are JSON."""
        reply = self.sqs.receive_message(
            QueueUrl=url,
            MaxNumberOfMessages=10,
            MessageAttributeNames=["All"],
            MessageSystemAttributeNames=["All"],
        )
        found = reply.get("Messages", [])
        for message in found:
            try:
                message["Body"] = json.loads(message["Body"])
            except ValueError:
                continue
        return list(found)

    def counts(self, url: str) -> tuple[int, int]:
        """Return how many messages are visible and how many in flight."""
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        found = self.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
        return int(found[names[0]]), int(found[names[1]])

    def elapsed(self) -> float:
        """Return the virtual seconds since the test began."""
        return float((self.aws.now - self.started_at).total_seconds())


@pytest.fixture
def bench(aws: Any) -> Bench:
    return Bench(aws)


def bodies(event: Any) -> list[str]:
    """Return the bodies of an SQS event's records."""
    return [record["body"] for record in event["Records"]]


ROLE = "arn:aws:iam::000000000000:role/anything"
ECHO = "def handler(event, context):\n    return event\n"


def zipped(**files: str) -> bytes:
    """A zip file of Python files; three underscores in a name stand for a slash."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name, text in files.items():
            archive.writestr(name.replace("___", "/") + ".py", text)
    return content.getvalue()


class Uploads:
    """A Lambda client whose uploaded functions are run."""

    def __init__(self, aws: Any) -> None:
        self.aws = aws
        self.lambda_ = aws.client("lambda")

    def create(self, name: str = "work", code: str = ECHO, **settings: Any) -> dict[str, Any]:
        package = settings.pop("package", None) or zipped(handler=code)
        wanted = {
            "Runtime": "python3.12",
            "Handler": "handler.handler",
            "Role": ROLE,
            "Code": {"ZipFile": package},
        }
        reply = self.lambda_.create_function(FunctionName=name, **(wanted | settings))
        return dict(reply)

    def invoke(self, name: str = "work", payload: Any = None, **options: Any) -> Any:
        reply = self.lambda_.invoke(
            FunctionName=name, Payload=json.dumps(payload).encode(), **options
        )
        return json.loads(reply["Payload"].read())

    def refused(self, call: Any, **request: Any) -> tuple[str, str]:
        with pytest.raises(ClientError) as caught:
            call(**request)
        error = caught.value.response["Error"]
        return error["Code"], error["Message"]

    def log_lines(self, name: str = "work") -> list[str]:
        logs = self.aws.client("logs")
        events = logs.filter_log_events(logGroupName=f"/aws/lambda/{name}")["events"]
        return [event["message"] for event in events]


@pytest.fixture
def uploads(aws: Any) -> Iterator[Uploads]:
    functions = UploadedFunctions()
    aws.driver.run_function = Runtime(aws.driver.clock, functions).run
    yield Uploads(aws)
    functions.close()
