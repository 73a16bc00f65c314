"""The pipeline's functions deployed on an engine that runs Lambda functions itself."""

from __future__ import annotations

import io
import json
import time
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import chalice

from benchmarks.workloads import BUCKET, QUEUE

if TYPE_CHECKING:
    from benchmarks.subjects import Subject

APP = Path(__file__).parent / "pipeline_app"
ROLE = "arn:aws:iam::000000000000:role/bench"
ACTIVE_SECONDS = 30


def deploy(subject: Subject) -> None:
    """Create the functions and connect each with its source, as `chalice deploy` would."""
    code = _package()
    functions = {name: _create(subject, name, code) for name in ("placed", "cook", "serve")}
    events, sqs = subject.client("events"), subject.client("sqs")
    events.put_rule(Name="placed", EventPattern=json.dumps({"source": ["bench"]}))
    events.put_targets(Rule="placed", Targets=[{"Id": "1", "Arn": functions["placed"]}])
    url = sqs.get_queue_url(QueueName=QUEUE)["QueueUrl"]
    attributes = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]
    subject.client("lambda").create_event_source_mapping(
        EventSourceArn=attributes["QueueArn"], FunctionName=functions["cook"], BatchSize=10
    )
    configuration = {"LambdaFunctionArn": functions["serve"], "Events": ["s3:ObjectCreated:*"]}
    subject.client("s3").put_bucket_notification_configuration(
        Bucket=BUCKET, NotificationConfiguration={"LambdaFunctionConfigurations": [configuration]}
    )


def _create(subject: Subject, name: str, code: bytes) -> str:
    client: Any = subject.client("lambda")
    client.create_function(
        FunctionName=name,
        Runtime="python3.11",
        Role=ROLE,
        Handler=f"app.{name}",
        Code={"ZipFile": code},
        Timeout=20,
        MemorySize=512,
        Environment={
            "Variables": {
                "AWS_ENDPOINT_URL": subject.engines[0].url,
                "AWS_ACCESS_KEY_ID": "test",
                "AWS_SECRET_ACCESS_KEY": "test",
            }
        },
    )
    finish = time.monotonic() + ACTIVE_SECONDS
    while True:
        configuration = client.get_function_configuration(FunctionName=name)
        if configuration.get("State", "Active") == "Active":
            return str(configuration["FunctionArn"])
        if time.monotonic() > finish:
            message = f"the function {name} stays {configuration['State']}"
            raise RuntimeError(message)
        time.sleep(0.1)


def _package() -> bytes:
    """Return the app with Chalice's runtime beside it; boto3 is the engine's, as on Lambda."""
    content = io.BytesIO()
    runtime = Path(chalice.__file__).parent
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as package:
        package.write(APP / "app.py", "app.py")
        for file in sorted(runtime.glob("*.py")):
            package.write(file, f"chalice/{file.name}")
    return content.getvalue()
