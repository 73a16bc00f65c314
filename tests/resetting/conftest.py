"""A project that has something of every service, in virtual time."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from chalice_offline.testing import Offline

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

APP = """
import json
import time
import boto3
from chalice import Chalice, Rate

app = Chalice(app_name="shop")
app.experimental_feature_flags.update(["WEBSOCKETS"])
app.websocket_api.session = boto3.session.Session()

@app.route("/orders/{number}")
def order(number):
    return {"order": number}

@app.on_sqs_message(queue="orders", name="cook", batch_size=1)
def cook(event):
    for record in event:
        if record.body == "slow":
            time.sleep(20)
        if record.body == "fugu":
            raise ValueError("no licence")

@app.on_sqs_message(queue="late", name="gather", batch_size=10,
                    maximum_batching_window_in_seconds=60)
def gather(event):
    pass

@app.on_sqs_message(queue="undeclared", name="undeclared")
def undeclared(event):
    pass

@app.on_sns_message(topic="news", name="read_news")
def read_news(event):
    pass

@app.on_s3_event(bucket="menus", name="import_menu")
def import_menu(event):
    pass

@app.on_cw_event({"source": ["shop"]}, name="on_shop")
def on_shop(event):
    pass

@app.schedule(Rate(1, unit=Rate.HOURS), name="hourly")
def hourly(event):
    pass

@app.on_kinesis_record(stream="steps", name="walk", starting_position="LATEST")
def walk(event):
    for record in event:
        if record.data == b"slow":
            time.sleep(20)

@app.on_dynamodb_record(
    stream_arn="arn:aws:dynamodb:us-east-1:000000000000:table/dishes/stream/x", name="taste")
def taste(event):
    for record in event:
        if record.keys["id"]["S"] == "slow":
            time.sleep(20)

@app.on_ws_message()
def message(event):
    app.websocket_api.send(event.connection_id, event.body)

@app.lambda_function(name="fails")
def fails(event, context):
    if event.get("slow"):
        time.sleep(20)
    if not event.get("ok"):
        raise KeyError("always")
    return event
"""
WAITS = {
    "StartAt": "Wait",
    "States": {"Wait": {"Type": "Wait", "Seconds": 60, "End": True}},
}
ROLE = "arn:aws:iam::000000000000:role/any"
TEMPLATE: dict[str, Any] = {
    "Resources": {
        "Letters": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "letters"}},
        "Orders": {
            "Type": "AWS::SQS::Queue",
            "Properties": {
                "QueueName": "orders",
                "VisibilityTimeout": 180,
                "RedrivePolicy": {
                    "deadLetterTargetArn": {"Fn::GetAtt": ["Letters", "Arn"]},
                    "maxReceiveCount": 2,
                },
            },
        },
        "Late": {
            "Type": "AWS::SQS::Queue",
            "Properties": {"QueueName": "late", "VisibilityTimeout": 400},
        },
        "Nameless": {"Type": "AWS::SQS::Queue"},
        "News": {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": "news"}},
        "Copies": {
            "Type": "AWS::SNS::Subscription",
            "Properties": {
                "TopicArn": {"Ref": "News"},
                "Protocol": "sqs",
                "Endpoint": {"Fn::GetAtt": ["Nameless", "Arn"]},
            },
        },
        "Bus": {"Type": "AWS::Events::EventBus", "Properties": {"Name": "kitchen"}},
        "Menus": {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": "menus"}},
        "Steps": {"Type": "AWS::Kinesis::Stream", "Properties": {"Name": "steps", "ShardCount": 1}},
        "Dishes": {
            "Type": "AWS::DynamoDB::Table",
            "Properties": {
                "TableName": "dishes",
                "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
                "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
                "BillingMode": "PAY_PER_REQUEST",
                "StreamSpecification": {"StreamViewType": "NEW_IMAGE"},
            },
        },
        "Tick": {
            "Type": "AWS::Scheduler::Schedule",
            "Properties": {
                "Name": "tick",
                "ScheduleExpression": "rate(1 day)",
                "FlexibleTimeWindow": {"Mode": "OFF"},
                "Target": {"Arn": {"Fn::GetAtt": ["Letters", "Arn"]}, "RoleArn": ROLE},
            },
        },
        "Machine": {
            "Type": "AWS::StepFunctions::StateMachine",
            "Properties": {
                "StateMachineName": "waits",
                "RoleArn": ROLE,
                "DefinitionString": json.dumps(WAITS),
            },
        },
        "Group": {"Type": "AWS::Logs::LogGroup", "Properties": {"LogGroupName": "/own"}},
        "Setting": {
            "Type": "AWS::SSM::Parameter",
            "Properties": {"Name": "/setting", "Type": "String", "Value": "one"},
        },
        "Secret": {
            "Type": "AWS::SecretsManager::Secret",
            "Properties": {"Name": "key", "SecretString": "abc"},
        },
        "Role": {
            "Type": "AWS::IAM::Role",
            "Properties": {
                "RoleName": "own",
                "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": []},
            },
        },
        "OwnApi": {"Type": "AWS::ApiGateway::RestApi", "Properties": {"Name": "own"}},
    }
}


def write_shop(directory: Path) -> None:
    """Write the project."""
    chalice = directory / ".chalice"
    chalice.mkdir(exist_ok=True)
    config = {"version": "2.0", "app_name": "shop", "stages": {"dev": {"lambda_timeout": 30}}}
    (chalice / "config.json").write_text(json.dumps(config))
    (chalice / "resources.json").write_text(json.dumps(TEMPLATE))
    (directory / "app.py").write_text(APP)


@pytest.fixture
def offline(tmp_path: Path) -> Iterator[Offline]:
    """The project on an emulator in virtual time."""
    write_shop(tmp_path)
    with Offline(tmp_path, stage="dev") as offline:
        yield offline
