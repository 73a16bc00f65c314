"""resources.json as a CloudFormation stack: valid, closed to strangers, encrypted, watched."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from chalicelib.domain.deadlines import DECIDE_MS
from tests.deploy.conftest import PROJECT

if TYPE_CHECKING:
    from collections.abc import Iterator

RESOURCES_FILE = PROJECT / ".chalice/resources.json"
LINT = "import sys; from cfnlint.runner import main; sys.exit(main())"
TEMPLATE_BYTES = 1_000_000
"""CloudFormation quotas: of a template in a bucket, which one above 51,200 bytes needs."""

DOORDASH_GIVES_UP_SECONDS = 180
POLICIES = ("AWS::SQS::QueuePolicy", "AWS::SNS::TopicPolicy", "AWS::S3::BucketPolicy")
Resource = dict[str, Any]


def of_type(template: dict[str, Any], *kinds: str) -> dict[str, Resource]:
    return {n: r["Properties"] for n, r in template["Resources"].items() if r["Type"] in kinds}


def target(value: Any) -> str:
    """Return the logical name that a Ref or Fn::GetAtt names."""
    return str(value["Ref"] if "Ref" in value else value["Fn::GetAtt"][0])


def statements(properties: Resource) -> Iterator[Resource]:
    """Yield a policy's statements as they are on AWS."""
    for statement in properties["PolicyDocument"]["Statement"]:
        if "Fn::If" in statement:
            condition, then, otherwise = statement["Fn::If"]
            assert condition == "OnAws"
            assert otherwise == {"Ref": "AWS::NoValue"}
            yield then
        else:
            yield statement


def protected(properties: Resource) -> set[str]:
    """Return the logical names of what a policy is attached to."""
    listed = properties.get("Queues") or properties.get("Topics") or [properties["Bucket"]]
    return {target(item) for item in listed}


def test_template_is_valid() -> None:
    """cfn-lint has nothing to say, warnings included."""
    done = subprocess.run(
        [sys.executable, "-c", LINT, str(RESOURCES_FILE)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, ""), done.stdout + done.stderr


def test_template_is_within_what_cloudformation_reads() -> None:
    """From a bucket; and of resources a stack has 500 at most."""
    assert RESOURCES_FILE.stat().st_size < TEMPLATE_BYTES
    assert len(json.loads(RESOURCES_FILE.read_text())["Resources"]) <= 500


def test_only_named_senders_are_let_in(template: dict[str, Any]) -> None:
    """Whoever is allowed anything is one AWS service, for one action, from one named source."""
    for name, properties in of_type(template, *POLICIES).items():
        for statement in statements(properties):
            if statement["Effect"] == "Deny":
                continue
            assert statement["Principal"].keys() == {"Service"}, name
            assert statement["Action"] in ("sqs:SendMessage", "sns:Publish"), name
            assert {target(statement["Resource"])} == protected(properties), name
            (source,) = (c["aws:SourceArn"] for c in statement["Condition"].values() if
                         "aws:SourceArn" in c)  # fmt: skip
            for one in source if isinstance(source, list) else [source]:
                # The account is in each of these ARNs, so aws:SourceAccount adds nothing.
                assert "${AWS::AccountId}:alarm:" in str(one) or target(one), name


def test_senders_are_those_that_send(template: dict[str, Any]) -> None:
    """A rule may send to its targets and dead letters, a topic to its subscribers; no other."""
    wanted: set[tuple[str, str]] = set()
    for name, rule in of_type(template, "AWS::Events::Rule").items():
        for one in rule["Targets"]:
            wanted |= {(name, target(one["Arn"])), (name, target(one["DeadLetterConfig"]["Arn"]))}
    for one in of_type(template, "AWS::SNS::Subscription").values():
        topic = target(one["TopicArn"])
        dead_letters = target(one["RedrivePolicy"]["deadLetterTargetArn"])
        wanted |= {(topic, target(one["Endpoint"])), (topic, dead_letters)}
    allowed = {
        (target(source), target(statement["Resource"]))
        for properties in of_type(template, *POLICIES).values()
        for statement in statements(properties)
        for sources in [statement["Condition"].get("ArnEquals", {}).get("aws:SourceArn", [])]
        for source in (sources if isinstance(sources, list) else [sources])
    }
    assert allowed == wanted


def test_plain_http_is_refused_on_aws(template: dict[str, Any]) -> None:
    """By every queue, topic and bucket. Local engines are reached over plain HTTP."""
    refusing: set[str] = set()
    for properties in of_type(template, *POLICIES).values():
        for statement in statements(properties):
            if statement["Sid"] == "TlsOnly":
                assert (statement["Effect"], statement["Principal"]) == ("Deny", "*")
                assert statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
                refusing |= protected(properties)
    kinds = ("AWS::SQS::Queue", "AWS::SNS::Topic", "AWS::S3::Bucket")
    assert refusing == set(of_type(template, *kinds))


def test_data_at_rest_is_encrypted_and_private(template: dict[str, Any]) -> None:
    """Queues with SQS's keys, the bucket with S3's; tables always are."""
    for name, queue in of_type(template, "AWS::SQS::Queue").items():
        assert queue["SqsManagedSseEnabled"] is True, name
    (bucket,) = of_type(template, "AWS::S3::Bucket").values()
    assert bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}
    assert bucket["OwnershipControls"]["Rules"] == [{"ObjectOwnership": "BucketOwnerEnforced"}]


def test_dead_letters_outlive_their_queue_and_come_from_it_alone(
    template: dict[str, Any],
) -> None:
    """A standard queue's dead letters keep their age: equal retention would lose them."""
    queues = of_type(template, "AWS::SQS::Queue")
    for queue in queues.values():
        if "RedrivePolicy" not in queue:
            continue
        dead_letters = queues[target(queue["RedrivePolicy"]["deadLetterTargetArn"])]
        assert dead_letters["MessageRetentionPeriod"] > queue.get("MessageRetentionPeriod", 345_600)
        allowed = dead_letters["RedriveAllowPolicy"]
        assert allowed["redrivePermission"] == "byQueue"
        (source,) = allowed["sourceQueueArns"]
        assert source["Fn::Sub"].split(":")[-1] == queue["QueueName"]


def alarms(template: dict[str, Any], metric: str) -> dict[str, Resource]:
    """Return the alarms on a metric by the logical name of their queue."""
    return {
        target(alarm["Dimensions"][0]["Value"]): alarm
        for alarm in of_type(template, "AWS::CloudWatch::Alarm").values()
        if alarm.get("MetricName") == metric
    }


def test_every_queue_is_watched(template: dict[str, Any]) -> None:
    """The first dead letter raises an alarm; so does work that waits for too long."""
    queues = of_type(template, "AWS::SQS::Queue")
    work = {name for name, queue in queues.items() if "RedrivePolicy" in queue}
    dead = alarms(template, "ApproximateNumberOfMessagesVisible")
    assert set(dead) == set(queues) - work
    assert all(alarm["Threshold"] == 0 for alarm in dead.values())
    assert set(alarms(template, "ApproximateAgeOfOldestMessage")) == work


def test_age_alarms_come_before_the_deadlines(template: dict[str, Any]) -> None:
    """The numbers follow from domain/deadlines.py and from the partners' terms."""
    age = {n: a["Threshold"] for n, a in alarms(template, "ApproximateAgeOfOldestMessage").items()}
    assert age["InboundOrders"] * 1000 < DECIDE_MS
    for queue in ("PosSquare", "PosToast", "PosClover"):
        assert age[queue] * 1000 == DECIDE_MS
    assert age["ChannelCallbacks"] < DOORDASH_GIVES_UP_SECONDS


def test_alarms_reach_somebody_and_say_what_to_do(template: dict[str, Any]) -> None:
    """Every alarm has an action, is listed, and names a section of a document that exists."""
    texts = {
        name: (PROJECT / f"docs/{name}.md").read_text(encoding="utf-8")
        for name in ("DEPLOY", "OPERATIONS")
    }
    headings = {
        (name, line.lstrip("# ").strip().lower())
        for name, text in texts.items()
        for line in text.splitlines()
        if line[:1] == "#"
    }
    for name, alarm in of_type(template, "AWS::CloudWatch::Alarm").items():
        assert alarm["AlarmActions"], name
        said = alarm["AlarmDescription"]
        found = re.search(r"docs/(\w+)\.md, (?:Runbook: )?([\w ]+)\.$", said)
        assert found, name
        assert (found[1], found[2].lower()) in headings, name


def test_every_function_has_a_log_group_that_ends(template: dict[str, Any], app: Any) -> None:
    """The functions may not make one themselves: it would be kept for ever."""
    prefix = "/aws/lambda/order-middleware-${Stage}"
    functions = (*app.event_sources, *app.pure_lambda_functions)
    wanted = {prefix} | {f"{prefix}-{function.name}" for function in functions}
    groups = of_type(template, "AWS::Logs::LogGroup").values()
    assert {group["LogGroupName"]["Fn::Sub"] for group in groups} == wanted
    assert all(group["RetentionInDays"] for group in groups)


def test_data_survives_the_stack(template: dict[str, Any]) -> None:
    """Orders, stores, menus and files stay when the stack goes, and can go back in time.

    A first deployment that fails leaves nothing behind: it would block the second.
    """
    for name, resource in template["Resources"].items():
        if resource["Type"] not in ("AWS::DynamoDB::Table", "AWS::S3::Bucket"):
            continue
        if name == "Limits":  # what is known about the last minutes
            continue
        assert resource["DeletionPolicy"] == "RetainExceptOnCreate", name
        assert resource["UpdateReplacePolicy"] == "Retain", name
        if resource["Type"] == "AWS::DynamoDB::Table":
            recovery = resource["Properties"]["PointInTimeRecoverySpecification"]
            assert recovery == {"PointInTimeRecoveryEnabled": True}, name


@pytest.mark.parametrize("stage", ["dev", "prod"])
def test_bucket_in_config_is_the_one_that_is_made(
    stage: str, template: dict[str, Any], config: dict[str, Any]
) -> None:
    """The name follows from stage and account; config.json has a placeholder for the account."""
    (bucket,) = of_type(template, "AWS::S3::Bucket").values()
    made = bucket["BucketName"]["Fn::If"][2]["Fn::If"]
    assert made[1] == "order-middleware-local"
    name = made[2]["Fn::Sub"].replace("${Stage}", stage).replace("${AWS::AccountId}", r"\d{12}")
    assert re.fullmatch(name, config["stages"][stage]["environment_variables"]["ORDERS_BUCKET"])


def test_outputs_tell_what_config_needs(template: dict[str, Any]) -> None:
    """Without looking anything up in the console."""
    assert template["Outputs"]["Bucket"]["Value"] == {"Ref": "Bucket"}
    urls = {o["Value"]["Ref"] for n, o in template["Outputs"].items() if n.endswith("QueueUrl")}
    queues = of_type(template, "AWS::SQS::Queue")
    assert urls == {name for name in queues if not name.endswith("DeadLetters")}
