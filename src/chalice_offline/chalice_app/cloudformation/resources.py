"""One function per CloudFormation resource type: properties in, AWS calls out.

Property names and what Ref and Fn::GetAtt return: AWS CloudFormation template reference.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from chalice_offline.chalice_app.cloudformation.generated_secret import generated_secret
from chalice_offline.core.arn import make_arn

Properties = dict[str, Any]
Call = Callable[[str, str, dict[str, Any]], dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Place:
    """Where resources are created, and how AWS is called there."""

    call: Call
    account_id: str
    region: str

    def arn(self, service: str, resource: str) -> str:
        """Return the ARN of a resource in this account and region."""
        return make_arn(service, self.region, self.account_id, resource)


@dataclass(frozen=True, slots=True)
class Resource:
    """A created resource: what `Ref` and `Fn::GetAtt` give."""

    reference: str
    attributes: dict[str, Any] = field(default_factory=dict)


def _text(value: Any) -> str:
    """Spell a property as the attribute string the API takes."""
    if isinstance(value, dict | list):
        return json.dumps(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def _only(properties: Properties, *names: str) -> Properties:
    return {name: properties[name] for name in names if name in properties}


def _tags(properties: Properties) -> dict[str, str]:
    return {tag["Key"]: tag["Value"] for tag in properties.get("Tags", [])}


# ---- SQS -----------------------------------------------------------------------------------------


def _queue(place: Place, name: str, properties: Properties) -> Resource:
    fifo = _text(properties.get("FifoQueue", False)) == "true"
    queue_name = properties.get("QueueName") or name + (".fifo" if fifo else "")
    attributes = {
        key: _text(value)
        for key, value in properties.items()
        if key not in ("QueueName", "Tags") and not (key == "FifoQueue" and not fifo)
    }
    request = {"QueueName": queue_name, "Attributes": attributes, "tags": _tags(properties)}
    url = place.call("sqs", "CreateQueue", request)["QueueUrl"]
    arn = place.arn("sqs", queue_name)
    return Resource(url, {"Arn": arn, "QueueName": queue_name, "QueueUrl": url})


def _queue_policy(place: Place, name: str, properties: Properties) -> Resource:
    for url in properties["Queues"]:
        attributes = {"Policy": json.dumps(properties["PolicyDocument"])}
        place.call("sqs", "SetQueueAttributes", {"QueueUrl": url, "Attributes": attributes})
    return Resource(name)


# ---- SNS -----------------------------------------------------------------------------------------


def _topic(place: Place, name: str, properties: Properties) -> Resource:
    fifo = _text(properties.get("FifoTopic", False)) == "true"
    topic_name = properties.get("TopicName") or name + (".fifo" if fifo else "")
    left_out = (
        "TopicName",
        "Subscription",
        "Tags",
        "DataProtectionPolicy",
        "DeliveryStatusLogging",
    )
    attributes = {
        key: _text(value)
        for key, value in properties.items()
        if key not in left_out and not (key == "FifoTopic" and not fifo)
    }
    request = {"Name": topic_name, "Attributes": attributes, "Tags": properties.get("Tags", [])}
    arn = place.call("sns", "CreateTopic", request)["TopicArn"]
    for subscription in properties.get("Subscription", []):
        place.call("sns", "Subscribe", {"TopicArn": arn, **subscription})
    return Resource(arn, {"TopicArn": arn, "TopicName": topic_name})


def _topic_policy(place: Place, name: str, properties: Properties) -> Resource:
    for arn in properties["Topics"]:
        policy = json.dumps(properties["PolicyDocument"])
        request = {"TopicArn": arn, "AttributeName": "Policy", "AttributeValue": policy}
        place.call("sns", "SetTopicAttributes", request)
    return Resource(name)


def _subscription(place: Place, _name: str, properties: Properties) -> Resource:
    attributes = {
        key: _text(value)
        for key, value in properties.items()
        if key not in ("TopicArn", "Protocol", "Endpoint", "Region")
    }
    request = _only(properties, "TopicArn", "Protocol", "Endpoint")
    request |= {"Attributes": attributes, "ReturnSubscriptionArn": True}
    arn = place.call("sns", "Subscribe", request)["SubscriptionArn"]
    return Resource(arn, {"Arn": arn})


# ---- S3 ------------------------------------------------------------------------------------------


def _bucket(place: Place, name: str, properties: Properties) -> Resource:
    bucket = properties.get("BucketName") or name.lower()
    request: dict[str, Any] = {"Bucket": bucket}
    if place.region != "us-east-1":  # S3 takes no location constraint there
        request["CreateBucketConfiguration"] = {"LocationConstraint": place.region}
    place.call("s3", "CreateBucket", request)
    if "VersioningConfiguration" in properties:
        versioning = {"Status": properties["VersioningConfiguration"]["Status"]}
        versioning_request = {"Bucket": bucket, "VersioningConfiguration": versioning}
        place.call("s3", "PutBucketVersioning", versioning_request)
    notifications = properties.get("NotificationConfiguration")
    if notifications:
        configuration = _notification_configuration(notifications)
        notification_request = {"Bucket": bucket, "NotificationConfiguration": configuration}
        place.call("s3", "PutBucketNotificationConfiguration", notification_request)
    domain = f"{bucket}.s3.amazonaws.com"
    attributes = {
        "Arn": f"arn:aws:s3:::{bucket}",
        "DomainName": domain,
        "RegionalDomainName": f"{bucket}.s3.{place.region}.amazonaws.com",
    }
    return Resource(bucket, attributes)


def _notification_configuration(wanted: Properties) -> Properties:
    """Turn CloudFormation's notification properties into the API's."""
    configuration: Properties = {}
    kinds = (
        ("QueueConfigurations", "Queue", "QueueConfigurations", "QueueArn"),
        ("TopicConfigurations", "Topic", "TopicConfigurations", "TopicArn"),
        ("LambdaConfigurations", "Function", "LambdaFunctionConfigurations", "LambdaFunctionArn"),
    )
    for theirs, target, ours, arn in kinds:
        for item in wanted.get(theirs, []):
            entry: Properties = {arn: item[target], "Events": [item["Event"]]}
            rules = item.get("Filter", {}).get("S3Key", {}).get("Rules", [])
            if rules:
                entry["Filter"] = {"Key": {"FilterRules": rules}}
            configuration.setdefault(ours, []).append(entry)
    event_bridge = wanted.get("EventBridgeConfiguration")
    if event_bridge is not None and _text(event_bridge.get("EventBridgeEnabled", True)) == "true":
        configuration["EventBridgeConfiguration"] = {}
    return configuration


def _bucket_policy(place: Place, name: str, properties: Properties) -> Resource:
    policy = json.dumps(properties["PolicyDocument"])
    place.call("s3", "PutBucketPolicy", {"Bucket": properties["Bucket"], "Policy": policy})
    return Resource(name)


# ---- DynamoDB, Kinesis -------------------------------------------------------------------------


def _table(place: Place, name: str, properties: Properties) -> Resource:
    table = properties.get("TableName") or name
    request = _only(
        properties,
        "KeySchema",
        "AttributeDefinitions",
        "BillingMode",
        "GlobalSecondaryIndexes",
        "LocalSecondaryIndexes",
        "ProvisionedThroughput",
        "Tags",
    )
    if "StreamSpecification" in properties:
        view = properties["StreamSpecification"]["StreamViewType"]
        request["StreamSpecification"] = {"StreamEnabled": True, "StreamViewType": view}
    described = place.call("dynamodb", "CreateTable", {"TableName": table, **request})
    time_to_live = properties.get("TimeToLiveSpecification")
    if time_to_live:
        specification = {"Enabled": True, "AttributeName": time_to_live["AttributeName"]}
        ttl_request = {"TableName": table, "TimeToLiveSpecification": specification}
        place.call("dynamodb", "UpdateTimeToLive", ttl_request)
    table_description = described["TableDescription"]
    attributes = {"Arn": place.arn("dynamodb", f"table/{table}")}
    if table_description.get("LatestStreamArn"):
        attributes["StreamArn"] = table_description["LatestStreamArn"]
    return Resource(table, attributes)


def _stream(place: Place, name: str, properties: Properties) -> Resource:
    stream = properties.get("Name") or name
    shards = int(properties.get("ShardCount", 1))
    place.call("kinesis", "CreateStream", {"StreamName": stream, "ShardCount": shards})
    return Resource(stream, {"Arn": place.arn("kinesis", f"stream/{stream}")})


# ---- EventBridge -------------------------------------------------------------------------------


def _event_bus(place: Place, name: str, properties: Properties) -> Resource:
    bus = properties.get("Name") or name
    request = {"Name": bus} | _only(properties, "Description", "DeadLetterConfig", "Tags")
    place.call("events", "CreateEventBus", request)
    if "Policy" in properties:
        policy = {"EventBusName": bus, "Policy": _text(properties["Policy"])}
        place.call("events", "PutPermission", policy)
    return Resource(bus, {"Arn": place.arn("events", f"event-bus/{bus}"), "Name": bus})


def _event_bus_policy(place: Place, name: str, properties: Properties) -> Resource:
    request = _only(properties, "EventBusName", "StatementId", "Action", "Principal", "Condition")
    if "Statement" in properties:
        statement = {"Sid": properties["StatementId"], **properties["Statement"]}
        document = {"Version": "2012-10-17", "Statement": [statement]}
        request = _only(properties, "EventBusName") | {"Policy": json.dumps(document)}
    place.call("events", "PutPermission", request)
    return Resource(name)


def _rule(place: Place, name: str, properties: Properties) -> Resource:
    rule = properties.get("Name") or name
    request = {"Name": rule} | _only(
        properties, "EventBusName", "ScheduleExpression", "State", "Description", "RoleArn"
    )
    if "EventPattern" in properties:
        request["EventPattern"] = _text(properties["EventPattern"])
    arn = place.call("events", "PutRule", request)["RuleArn"]
    targets = properties.get("Targets", [])
    if targets:
        put = {"Rule": rule, "Targets": targets} | _only(properties, "EventBusName")
        reply = place.call("events", "PutTargets", put)
        if reply.get("FailedEntryCount"):
            raise ValueError(reply["FailedEntries"])
    bus = properties.get("EventBusName", "default")
    reference = rule if bus == "default" else f"{bus}|{rule}"
    return Resource(reference, {"Arn": arn})


def _archive(place: Place, name: str, properties: Properties) -> Resource:
    archive = properties.get("ArchiveName") or name
    request = {"ArchiveName": archive, "EventSourceArn": properties["SourceArn"]}
    request |= _only(properties, "Description", "RetentionDays")
    if "EventPattern" in properties:
        request["EventPattern"] = _text(properties["EventPattern"])
    arn = place.call("events", "CreateArchive", request)["ArchiveArn"]
    return Resource(archive, {"Arn": arn, "ArchiveName": archive})


def _connection(place: Place, name: str, properties: Properties) -> Resource:
    connection = properties.get("Name") or name
    request = {"Name": connection}
    request |= _only(properties, "AuthorizationType", "AuthParameters", "Description")
    arn = place.call("events", "CreateConnection", request)["ConnectionArn"]
    return Resource(connection, {"Arn": arn})


def _api_destination(place: Place, name: str, properties: Properties) -> Resource:
    destination = properties.get("Name") or name
    request = {"Name": destination} | {
        key: value for key, value in properties.items() if key != "Name"
    }
    arn = place.call("events", "CreateApiDestination", request)["ApiDestinationArn"]
    return Resource(destination, {"Arn": arn})


def _schedule(place: Place, name: str, properties: Properties) -> Resource:
    schedule = properties.get("Name") or name
    request = {key: value for key, value in properties.items() if key != "Name"}
    arn = place.call("scheduler", "CreateSchedule", {"Name": schedule, **request})["ScheduleArn"]
    return Resource(schedule, {"Arn": arn})


def _schedule_group(place: Place, name: str, properties: Properties) -> Resource:
    group = properties.get("Name") or name
    request = {"Name": group} | _only(properties, "Tags")
    arn = place.call("scheduler", "CreateScheduleGroup", request)["ScheduleGroupArn"]
    return Resource(group, {"Arn": arn})


# ---- secrets, parameters and the rest ----------------------------------------------------------


def _secret(place: Place, name: str, properties: Properties) -> Resource:
    secret = properties.get("Name") or name
    value = properties.get("SecretString")
    if value is None and "GenerateSecretString" in properties:
        value = generated_secret(secret, properties["GenerateSecretString"])
    request = {"Name": secret} | _only(properties, "Description")
    if value is not None:
        request["SecretString"] = _text(value)
    arn = place.call("secretsmanager", "CreateSecret", request)["ARN"]
    return Resource(arn, {"Id": arn})


def _parameter(place: Place, name: str, properties: Properties) -> Resource:
    parameter = properties.get("Name") or name
    request = {"Name": parameter, "Type": properties["Type"], "Value": _text(properties["Value"])}
    place.call("ssm", "PutParameter", request)
    return Resource(parameter, {"Type": properties["Type"], "Value": properties["Value"]})


def _state_machine(place: Place, name: str, properties: Properties) -> Resource:
    machine = properties.get("StateMachineName") or name
    definition = properties.get("DefinitionString") or properties["Definition"]
    request = {"name": machine, "definition": _text(definition), "roleArn": properties["RoleArn"]}
    arn = place.call("stepfunctions", "CreateStateMachine", request)["stateMachineArn"]
    return Resource(arn, {"Arn": arn, "Name": machine})


CREATE: dict[str, Callable[[Place, str, Properties], Resource]] = {
    "AWS::SQS::Queue": _queue,
    "AWS::SQS::QueuePolicy": _queue_policy,
    "AWS::SNS::Topic": _topic,
    "AWS::SNS::TopicPolicy": _topic_policy,
    "AWS::SNS::Subscription": _subscription,
    "AWS::S3::Bucket": _bucket,
    "AWS::S3::BucketPolicy": _bucket_policy,
    "AWS::DynamoDB::Table": _table,
    "AWS::Kinesis::Stream": _stream,
    "AWS::Events::EventBus": _event_bus,
    "AWS::Events::EventBusPolicy": _event_bus_policy,
    "AWS::Events::Rule": _rule,
    "AWS::Events::Archive": _archive,
    "AWS::Events::Connection": _connection,
    "AWS::Events::ApiDestination": _api_destination,
    "AWS::Scheduler::Schedule": _schedule,
    "AWS::Scheduler::ScheduleGroup": _schedule_group,
    "AWS::SecretsManager::Secret": _secret,
    "AWS::SSM::Parameter": _parameter,
    "AWS::StepFunctions::StateMachine": _state_machine,
}

# Types that change nothing an offline handler could notice: permissions are not enforced here,
# alarms watch nothing, keys encrypt nothing.
INERT = frozenset(
    {
        "AWS::CloudWatch::Alarm",
        "AWS::CloudWatch::CompositeAlarm",
        "AWS::CloudWatch::Dashboard",
        "AWS::IAM::ManagedPolicy",
        "AWS::IAM::Policy",
        "AWS::IAM::Role",
        "AWS::KMS::Alias",
        "AWS::KMS::Key",
        "AWS::Lambda::Permission",
        "AWS::Logs::LogGroup",
        "AWS::Logs::MetricFilter",
    }
)
