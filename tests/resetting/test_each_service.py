"""A service is reset: what clients made of it is gone, what the project has is there, empty."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.resetting.conftest import ROLE, WAITS

if TYPE_CHECKING:
    from chalice_offline.testing import Offline

ACCOUNT = "000000000000"
NEWS = f"arn:aws:sns:us-east-1:{ACCOUNT}:news"
ORDERS = f"arn:aws:sqs:us-east-1:{ACCOUNT}:orders"
FAILS = f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:shop-dev-fails"
MACHINE = f"arn:aws:states:us-east-1:{ACCOUNT}:stateMachine:waits"
SCHEDULE = {
    "ScheduleExpression": "rate(1 day)",
    "FlexibleTimeWindow": {"Mode": "OFF"},
    "Target": {"Arn": ORDERS, "RoleArn": ROLE},
}
TABLE = {
    "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
    "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
    "BillingMode": "PAY_PER_REQUEST",
}
STACK = {"Resources": {"Q": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "stacked"}}}}
TRUST = json.dumps({"Version": "2012-10-17", "Statement": []})


def make(offline: Offline) -> None:
    """Make something of a client's own with each service, and fill what is the project's."""
    client = offline.client
    client("sqs").create_queue(QueueName="extra")
    client("sqs").send_message(QueueUrl=url(offline, "letters"), MessageBody="old")
    client("sns").create_topic(Name="extra")
    client("sns").subscribe(TopicArn=NEWS, Protocol="sqs", Endpoint=ORDERS)
    client("events").put_rule(Name="extra", ScheduleExpression="rate(1 day)")
    client("events").create_event_bus(Name="extra")
    client("s3").create_bucket(Bucket="extra")
    client("s3").put_object(Bucket="extra", Key="old", Body=b"x" * 2_000_000)
    client("dynamodb").create_table(TableName="extra", **TABLE)
    client("dynamodb").put_item(TableName="dishes", Item={"id": {"S": "old"}})
    client("kinesis").create_stream(StreamName="extra", ShardCount=1)
    client("kinesis").put_record(StreamName="steps", Data=b"old", PartitionKey="a")
    client("lambda").tag_resource(Resource=FAILS, Tags={"extra": "1"})
    client("scheduler").create_schedule(Name="extra", **SCHEDULE)
    client("apigateway").create_rest_api(name="extra")
    client("apigatewayv2").create_api(Name="extra", ProtocolType="HTTP")
    client("stepfunctions").create_state_machine(
        name="extra", definition=json.dumps(WAITS), roleArn=ROLE
    )
    client("cloudformation").create_stack(StackName="extra", TemplateBody=json.dumps(STACK))
    client("logs").create_log_group(logGroupName="extra")
    client("ssm").put_parameter(Name="/extra", Type="String", Value="1")
    client("secretsmanager").create_secret(Name="extra", SecretString="1")
    client("iam").create_role(RoleName="extra", AssumeRolePolicyDocument=TRUST)
    offline.settle()


def url(offline: Offline, name: str) -> str:
    """Return a queue's URL."""
    found: str = offline.client("sqs").get_queue_url(QueueName=name)["QueueUrl"]
    return found


def names(offline: Offline) -> dict[str, set[str]]:
    """Return what there is of each service, by the names that tell it from what came later."""
    client = offline.client
    found: dict[str, set[str]] = {
        "sqs": {one.rpartition("/")[2] for one in client("sqs").list_queues()["QueueUrls"]},
        "sns": {one["TopicArn"].rpartition(":")[2] for one in client("sns").list_topics()["Topics"]}
        | {
            one["Endpoint"].rpartition(":")[2]
            for one in client("sns").list_subscriptions()["Subscriptions"]
        },
        "events": {one["Name"] for one in client("events").list_rules()["Rules"]}
        | {one["Name"] for one in client("events").list_event_buses()["EventBuses"]},
        "s3": {one["Name"] for one in client("s3").list_buckets()["Buckets"]},
        "dynamodb": set(client("dynamodb").list_tables()["TableNames"])
        | {one["id"]["S"] for one in client("dynamodb").scan(TableName="dishes")["Items"]},
        "kinesis": set(client("kinesis").list_streams()["StreamNames"]),
        "lambda": {one["FunctionName"] for one in client("lambda").list_functions()["Functions"]}
        | set(client("lambda").list_tags(Resource=FAILS)["Tags"]),
        "scheduler": {one["Name"] for one in client("scheduler").list_schedules()["Schedules"]},
        "apigateway": {one["name"] for one in client("apigateway").get_rest_apis()["items"]},
        "apigatewayv2": {one["Name"] for one in client("apigatewayv2").get_apis()["Items"]},
        "stepfunctions": {
            one["name"] for one in client("stepfunctions").list_state_machines()["stateMachines"]
        },
        "cloudformation": {
            one["StackName"] for one in client("cloudformation").list_stacks()["StackSummaries"]
        },
        "logs": {
            one["logGroupName"]
            for one in client("logs").describe_log_groups()["logGroups"]
            if not one["logGroupName"].startswith("/aws/")
        },
        "ssm": {one["Name"] for one in client("ssm").describe_parameters()["Parameters"]},
        "secretsmanager": {
            one["Name"] for one in client("secretsmanager").list_secrets()["SecretList"]
        },
        "iam": {one["RoleName"] for one in client("iam").list_roles()["Roles"]},
    }
    nameless = next((one for one in found["sqs"] if "Nameless" in one), "")
    return {name: {n.replace(nameless, "Nameless") for n in one} for name, one in found.items()}


SERVICES = (
    "sqs", "sns", "events", "s3", "dynamodb", "kinesis", "lambda", "scheduler", "apigateway",
    "apigatewayv2", "stepfunctions", "cloudformation", "logs", "ssm", "secretsmanager", "iam",
)  # fmt: skip


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_holds_what_it_held_at_the_start_and_others_stay(
    offline: Offline, service: str
) -> None:
    """Twice in a row, too; whatever is asked of the project works as before."""
    before = names(offline)
    make(offline)
    filled = names(offline)
    assert filled[service] > before[service]
    for _ in range(2):
        offline.reset(service)
        assert names(offline) == filled | {service: before[service]}
    works(offline)
    offline.reset(service)
    works(offline)


def works(offline: Offline) -> None:
    """Ask everything of the project: each source brings one event to its function."""
    client, count = offline.client, len(offline.runs())
    client("sqs").send_message(QueueUrl=url(offline, "orders"), MessageBody="soup")
    client("sqs").send_message(QueueUrl=url(offline, "undeclared"), MessageBody="soup")
    client("sns").publish(TopicArn=NEWS, Message="m")
    client("s3").put_object(Bucket="menus", Key="k", Body=b"x")
    client("events").put_events(Entries=[{"Source": "shop", "DetailType": "t", "Detail": "{}"}])
    client("dynamodb").put_item(TableName="dishes", Item={"id": {"S": str(count)}})
    client("kinesis").put_record(StreamName="steps", Data=b"x", PartitionKey="a")
    offline.settle()
    ran = {(run.function, run.outcome) for run in offline.runs()[count:]}
    sources = ("cook", "undeclared", "read_news", "import_menu", "on_shop", "taste", "walk")
    assert {(name, "ok") for name in sources} <= ran
    assert {name for name, _ in ran} <= set(sources)
    assert offline.http.get("/orders/7").json_body == {"order": "7"}
    assert offline.invoke("fails", {"ok": 1}).payload == {"ok": 1}
    with offline.websocket() as socket:
        socket.send("hello")
        assert socket.receive() == "hello"
    count = len(offline.runs())
    offline.advance(hours=1)
    assert [run.function for run in offline.runs()[count:]] == ["hourly"]
    queues = client("sqs").list_queues()["QueueUrls"]
    [nameless] = [one for one in queues if "Nameless" in one]
    assert client("sqs").receive_message(QueueUrl=nameless)["Messages"]
    client("stepfunctions").start_execution(stateMachineArn=MACHINE)
    offline.advance(minutes=1)
    [latest, *_] = client("stepfunctions").list_executions(stateMachineArn=MACHINE)["executions"]
    assert latest["status"] == "SUCCEEDED"


@pytest.mark.parametrize("service", ["dynamodbstreams", "kms", "cognito-idp", "sesv2", "sts"])
def test_parts_of_a_service_and_what_was_never_asked_are_reset_as_well(
    offline: Offline, service: str
) -> None:
    """dynamodbstreams is DynamoDB; of others moto may not have been asked at all."""
    make(offline)
    offline.reset(service)
    expected: set[str] = {"dishes"} if service == "dynamodbstreams" else {"dishes", "extra", "old"}
    assert names(offline)["dynamodb"] == expected


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("sqss", "there is no service sqss here. Did you mean sqs"),
        ("execute-api", "there is no service execute-api here."),
        ("cloudformation-own", "Did you mean cloudformation"),
        ("", "there is no service  here. There are "),
    ],
)
def test_an_unknown_service_is_told_with_the_nearest(
    offline: Offline, name: str, said: str
) -> None:
    """And nothing has changed."""
    make(offline)
    before = names(offline)
    with pytest.raises(ValueError, match="there is no service") as refused:
        offline.reset(name)
    assert said in str(refused.value)
    assert names(offline) == before


def test_what_a_client_made_behaves_as_after_a_deletion(offline: Offline) -> None:
    """A stack still lists its queue, and a mapping listens when there is such a queue again."""
    make(offline)
    client = offline.client
    queue = client("sqs").create_queue(QueueName="mine", Attributes={"VisibilityTimeout": "180"})
    mapping = client("lambda").create_event_source_mapping(
        EventSourceArn=ORDERS.replace("orders", "mine"), FunctionName="shop-dev-undeclared"
    )
    offline.advance(minutes=5)
    offline.reset("sqs")
    described = client("cloudformation").describe_stack_resources(StackName="extra")
    assert [one["LogicalResourceId"] for one in described["StackResources"]] == ["Q"]
    found = client("lambda").get_event_source_mapping(UUID=mapping["UUID"])
    assert found["State"] == "Enabled"
    again = client("sqs").create_queue(QueueName="mine", Attributes={"VisibilityTimeout": "180"})
    assert again["QueueUrl"] == queue["QueueUrl"]
    count = len(offline.runs())
    client("sqs").send_message(QueueUrl=queue["QueueUrl"], MessageBody="soup")
    offline.settle()
    assert [run.function for run in offline.runs()[count:]] == ["undeclared"]


def test_the_stack_of_the_project_can_be_changed_after_a_reset(
    offline: Offline, tmp_path: Any
) -> None:
    """Of CloudFormation and of what is in it: the next version of the template is applied."""
    file = tmp_path / ".chalice" / "resources.json"
    for service in ("cloudformation", "sqs"):
        offline.reset(service)
        template = json.loads(file.read_text())
        name = f"after-{service}"
        template["Resources"][service.title()] = {
            "Type": "AWS::SQS::Queue",
            "Properties": {"QueueName": name},
        }
        file.write_text(json.dumps(template))
        offline.reload()
        assert url(offline, name)
    works(offline)


def test_resources_that_cannot_be_read_change_nothing(offline: Offline, tmp_path: Any) -> None:
    """What declares them is looked at first."""
    from chalice_offline.core.errors import ProjectError

    make(offline)
    before = names(offline)
    (tmp_path / ".chalice" / "resources.json").write_text("{")
    with pytest.raises(ProjectError, match=r"resources\.json"):
        offline.reset("sqs")
    assert names(offline) == before


def test_resources_that_cannot_be_made_again_are_told(offline: Offline, tmp_path: Any) -> None:
    """The service is reset all the same; once the template is right, another reset makes them."""
    from chalice_offline.resetting import NotRestored

    file = tmp_path / ".chalice" / "resources.json"
    right = file.read_text()
    make(offline)
    file.write_text(right.replace('"VisibilityTimeout": 180', '"VisibilityTimeout": -1'))
    with pytest.raises(NotRestored, match=r"sqs was reset .* could not be made again: .*Orders"):
        offline.reset("sqs")
    assert "extra" not in str(offline.client("sqs").list_queues())
    file.write_text(right)
    offline.reset("sqs")
    works(offline)
