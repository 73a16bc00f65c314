"""Every resource type of a template, updated and updated back."""

from __future__ import annotations

import json
from typing import Any

from .template_parts import TABLE, attributes, queue, queues, resources


def test_everything_that_a_template_can_hold_is_updated(run: Any, projects: Any) -> None:
    """One update of each type, and one back; the second leaves what the first began with."""

    def template(number: int) -> dict[str, Any]:
        word = f"v{number}"
        stream = {"StreamViewType": "NEW_IMAGE"} if number == 1 else None
        table = dict(TABLE)
        if stream:
            table["StreamSpecification"] = stream
            table["TimeToLiveSpecification"] = {"Enabled": True, "AttributeName": "until"}
        else:
            table["GlobalSecondaryIndexes"] = [
                {
                    "IndexName": "by-id",
                    "KeySchema": table["KeySchema"],
                    "Projection": {"ProjectionType": "ALL"},
                }
            ]
        pattern = {"source": [word]}
        arn = {"Fn::GetAtt": ["Jobs", "Arn"]}
        allow = {
            "Effect": "Allow",
            "Principal": "*",
            "Action": "sqs:SendMessage",
            "Resource": "*",
            "Sid": word,
        }
        policy = {"Version": "2012-10-17", "Statement": [allow]}
        topic: dict[str, Any] = {"TopicName": "news", "DisplayName": word}
        if number == 1:
            topic["Subscription"] = [{"Protocol": "sqs", "Endpoint": arn}]
        return resources(
            Jobs=queue(DelaySeconds=number),
            JobsPolicy=(
                "SQS::QueuePolicy",
                {"Queues": [{"Ref": "Jobs"}], "PolicyDocument": policy},
            ),
            News=("SNS::Topic", topic),
            Filtered=(
                "SNS::Subscription",
                {
                    "TopicArn": {"Ref": "News"},
                    "Protocol": "https",
                    "Endpoint": "https://example.com/hook",
                    "FilterPolicy": {"kind": [word]},
                },
            ),
            Files=(
                "S3::Bucket",
                {
                    "BucketName": "files",
                    "NotificationConfiguration": {
                        "QueueConfigurations": [
                            {
                                "Event": "s3:ObjectCreated:*",
                                "Queue": arn,
                                "Filter": {
                                    "S3Key": {"Rules": [{"Name": "prefix", "Value": f"{word}/"}]}
                                },
                            }
                        ]
                    },
                },
            ),
            Orders=("DynamoDB::Table", table),
            Bus=("Events::EventBus", {"Name": "orders", "Description": word}),
            Rule=(
                "Events::Rule",
                {
                    "Name": "rule",
                    "EventBusName": {"Ref": "Bus"},
                    "EventPattern": pattern,
                    "Targets": [{"Id": word, "Arn": arn}],
                },
            ),
            Schedule=(
                "Scheduler::Schedule",
                {
                    "Name": "schedule",
                    "ScheduleExpression": f"rate({number} days)" if number > 1 else "rate(1 day)",
                    "FlexibleTimeWindow": {"Mode": "OFF"},
                    "Target": {"Arn": arn, "RoleArn": "arn:aws:iam::000000000000:role/r"},
                },
            ),
            Secret=("SecretsManager::Secret", {"Name": "secret", "SecretString": word}),
            Parameter=("SSM::Parameter", {"Name": "/p", "Type": "String", "Value": word}),
            Clicks=("Kinesis::Stream", {"Name": "clicks", "ShardCount": number}),
        )

    def seen() -> list[Any]:
        sns, events, dynamodb = (offline.client(n) for n in ("sns", "events", "dynamodb"))
        (topic,) = sns.list_topics()["Topics"]
        subscriptions = sns.list_subscriptions()["Subscriptions"]
        (hook,) = [s for s in subscriptions if s["Protocol"] == "https"]
        table = dynamodb.describe_table(TableName="orders")["Table"]
        rule = {"Rule": "rule", "EventBusName": "orders"}
        s3 = offline.client("s3").get_bucket_notification_configuration(Bucket="files")
        shards = offline.client("kinesis").list_shards(StreamName="clicks")["Shards"]
        return [
            attributes(offline)["DelaySeconds"],
            json.loads(attributes(offline)["Policy"])["Statement"][0]["Sid"],
            sns.get_topic_attributes(TopicArn=topic["TopicArn"])["Attributes"]["DisplayName"],
            sorted(s["Protocol"] for s in subscriptions),
            sns.get_subscription_attributes(SubscriptionArn=hook["SubscriptionArn"])["Attributes"][
                "FilterPolicy"
            ]
            if hook["SubscriptionArn"].startswith("arn:")
            else "",
            [c["Filter"]["Key"]["FilterRules"] for c in s3["QueueConfigurations"]],
            table.get("StreamSpecification", {}).get("StreamViewType"),
            [index["IndexName"] for index in table.get("GlobalSecondaryIndexes", [])],
            events.describe_event_bus(Name="orders").get("Description"),
            events.describe_rule(Name="rule", EventBusName="orders")["EventPattern"],
            [target["Id"] for target in events.list_targets_by_rule(**rule)["Targets"]],
            offline.client("scheduler").get_schedule(Name="schedule")["ScheduleExpression"],
            offline.client("secretsmanager").get_secret_value(SecretId="secret")["SecretString"],
            offline.client("ssm").get_parameter(Name="/p")["Parameter"]["Value"],
            len([s for s in shards if "EndingSequenceNumber" not in s["SequenceNumberRange"]]),
        ]

    offline = run("\n", resources=template(1))
    offline.settle(raise_errors=False)
    first = seen()
    projects.reload(offline, "\n#2", resources=template(2))
    offline.settle(raise_errors=False)
    second = seen()
    assert [a for a, b in zip(first, second, strict=True) if a == b] in ([], [""])
    projects.reload(offline, "\n#3", resources=template(1))
    offline.settle(raise_errors=False)
    assert seen() == first
    (projects.directory / ".chalice" / "resources.json").write_text('{"Resources": {}}')
    projects.reload(offline)
    assert queues(offline) == []
    assert offline.client("dynamodb").list_tables()["TableNames"] == []
    assert offline.client("s3").list_buckets()["Buckets"] == []
