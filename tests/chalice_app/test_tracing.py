"""The X-Ray header: one trace from a request over buses, topics and buckets to the last function.

Sources: user guides of EventBridge ("Tracing Amazon EventBridge events"), SNS ("Active tracing"),
S3 and Lambda ("Using X-Ray"): each hands the header on.
"""

from __future__ import annotations

import json
from typing import Any

CODE = """
import boto3, json
SEEN = {}

def seen(name):
    SEEN[name] = os.environ["_X_AMZN_TRACE_ID"]

@app.route("/orders", methods=["POST"])
def order():
    seen("route")
    entry = {"Source": "shop", "DetailType": "placed", "Detail": "{}", "EventBusName": "first"}
    boto3.client("events").put_events(Entries=[entry])
    return {"header": app.current_request.headers["x-amzn-trace-id"]}

@app.on_cw_event({"source": ["shop"]})
def hears(event):
    seen("bus")
    boto3.client("sns").publish(TopicArn=os.environ["TOPIC"], Message="x")

@app.on_sns_message("news")
def reads(event):
    seen("topic")
    boto3.client("s3").put_object(Bucket="files", Key="a", Body=b"")

@app.on_s3_event("files", events=["s3:ObjectCreated:*"])
def finds(event):
    seen("bucket")

@app.lambda_function()
def told(event, context):
    return SEEN
"""
TOPIC = "arn:aws:sns:us-east-1:000000000000:news"
OWN = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1"


def _resources() -> dict[str, Any]:
    def named(kind: str, **properties: Any) -> dict[str, Any]:
        return {"Type": f"AWS::{kind}", "Properties": properties}

    bus = {"Fn::Sub": "arn:aws:events:${AWS::Region}:${AWS::AccountId}:event-bus/default"}
    queue = {"Fn::GetAtt": ["Log", "Arn"]}
    targets = [{"Id": "bus", "Arn": bus}, {"Id": "queue", "Arn": queue}]
    pattern = {"source": ["shop"]}
    return {
        "Resources": {
            "First": named("Events::EventBus", Name="first"),
            "Log": named("SQS::Queue", QueueName="log"),
            "On": named(
                "Events::Rule",
                EventBusName={"Ref": "First"},
                EventPattern=pattern,
                Targets=targets,
            ),
            "News": named("SNS::Topic", TopicName="news"),
            "Files": named("S3::Bucket", BucketName="files"),
        }
    }


def test_one_trace_goes_through_all_that_follows_from_a_request(run: Any) -> None:
    """Whoever began it: the header of the request, in every function and in the queue's message."""
    config = {"stages": {"dev": {"environment_variables": {"TOPIC": TOPIC}}}}
    offline = run(CODE, resources=_resources(), config=config)
    for header, root in (({}, ""), ({"X-Amzn-Trace-Id": OWN}, OWN.partition(";")[0])):
        reply = offline.http.post("/orders", headers=header)
        begun = json.loads(reply.body)["header"].partition(";")[0]
        assert begun.startswith("Root=1-")
        assert begun == (root or begun)
        offline.settle()
        seen = json.loads(
            offline.client("lambda").invoke(FunctionName="demo-dev-told")["Payload"].read()
        )
        assert {name: trace.partition(";")[0] for name, trace in seen.items()} == dict.fromkeys(
            ("route", "bus", "topic", "bucket"), begun
        )
        sqs = offline.client("sqs")
        url = sqs.get_queue_url(QueueName="log")["QueueUrl"]
        (message,) = sqs.receive_message(
            QueueUrl=url, MessageSystemAttributeNames=["AWSTraceHeader"]
        )["Messages"]
        assert message["Attributes"]["AWSTraceHeader"].partition(";")[0] == begun
        sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])


def test_an_event_may_have_a_header_of_its_own(run: Any) -> None:
    """PutEvents' TraceHeader goes before that of the call; without any, a run has its own trace."""
    config = {"stages": {"dev": {"environment_variables": {"TOPIC": TOPIC}}}}
    offline = run(CODE, resources=_resources(), config=config)
    entry = {"Source": "shop", "DetailType": "placed", "Detail": "{}"}
    events, lambda_ = offline.client("events"), offline.client("lambda")

    def told() -> dict[str, str]:
        offline.settle()
        reply = lambda_.invoke(FunctionName="demo-dev-told")
        found: dict[str, str] = json.loads(reply["Payload"].read())
        return found

    events.put_events(Entries=[entry])
    assert told()["bus"].endswith(";Sampled=0")
    events.put_events(Entries=[{**entry, "TraceHeader": OWN}])
    assert told()["bus"] == OWN
