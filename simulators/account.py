"""What an AWS account holds, kind by kind: to see what a deployment leaves behind."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

# kind: service, operation that lists it, the list in its answer, and what names one of them
_KINDS: dict[str, tuple[str, str, str, str]] = {
    "function": ("lambda", "list_functions", "Functions", "FunctionName"),
    "layer": ("lambda", "list_layers", "Layers", "LayerName"),
    "event source mapping": (
        "lambda",
        "list_event_source_mappings",
        "EventSourceMappings",
        "FunctionArn",
    ),
    "role": ("iam", "list_roles", "Roles", "RoleName"),
    "REST API": ("apigateway", "get_rest_apis", "items", "name"),
    "custom domain": ("apigateway", "get_domain_names", "items", "domainName"),
    "usage plan": ("apigateway", "get_usage_plans", "items", "name"),
    "HTTP or WebSocket API": ("apigatewayv2", "get_apis", "Items", "Name"),
    "topic": ("sns", "list_topics", "Topics", "TopicArn"),
    "subscription": ("sns", "list_subscriptions", "Subscriptions", "SubscriptionArn"),
    "event bus": ("events", "list_event_buses", "EventBuses", "Name"),
    "schedule": ("scheduler", "list_schedules", "Schedules", "Name"),
    "state machine": ("stepfunctions", "list_state_machines", "stateMachines", "name"),
    "stream": ("kinesis", "list_streams", "StreamSummaries", "StreamName"),
    "bucket": ("s3", "list_buckets", "Buckets", "Name"),
    "log group": ("logs", "describe_log_groups", "logGroups", "logGroupName"),
    "alarm": ("cloudwatch", "describe_alarms", "MetricAlarms", "AlarmName"),
    "secret": ("secretsmanager", "list_secrets", "SecretList", "Name"),
    "parameter": ("ssm", "describe_parameters", "Parameters", "Name"),
    "stack": ("cloudformation", "describe_stacks", "Stacks", "StackName"),
}


def holdings(client: Callable[[str], Any]) -> set[str]:
    """Return everything in the account as "kind name"; `client` makes boto3 clients by service."""
    return {f"{kind} {name}" for kind, name in _all(client)}


def _all(client: Callable[[str], Any]) -> Iterator[tuple[str, str]]:
    for kind, (service, operation, listed, name) in _KINDS.items():
        for one in _listed(client(service), operation, listed):
            yield kind, str(one[name])
    for url in _listed(client("sqs"), "list_queues", "QueueUrls"):
        yield "queue", str(url).rpartition("/")[2]
    for table in _listed(client("dynamodb"), "list_tables", "TableNames"):
        yield "table", str(table)
    events = client("events")
    for bus in events.list_event_buses()["EventBuses"]:
        for rule in _listed(events, "list_rules", "Rules", EventBusName=bus["Name"]):
            yield f"rule on {bus['Name']}", str(rule["Name"])


def _listed(client: Any, operation: str, key: str, **parameters: str) -> Iterator[Any]:
    if not client.can_paginate(operation):
        yield from getattr(client, operation)(**parameters).get(key, [])
        return
    for page in client.get_paginator(operation).paginate(**parameters):
        yield from page.get(key, [])
