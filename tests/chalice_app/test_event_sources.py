"""Every event decorator of Chalice 1.34, on apps that run unmodified."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pytest

ACCOUNT = "000000000000"
CODE = "SEEN = []\n"


def test_s3_events_with_prefix_and_suffix(run: Any, projects: Any) -> None:
    """Only keys with prefix and suffix reach the handler, decoded."""
    offline = run(
        CODE
        + """
@app.on_s3_event("menus", events=["s3:ObjectCreated:*"], prefix="in/", suffix=".csv")
def menu(event):
    SEEN.append((event.bucket, event.key))

@app.on_s3_event("menus", events=["s3:ObjectRemoved:*"], prefix="in/")
def gone(event):
    SEEN.append(("gone", event.key))
"""
    )
    s3 = offline.client("s3")
    for key in ("in/a b.csv", "in/a.txt", "out/a.csv"):
        s3.put_object(Bucket="menus", Key=key, Body=b"1")
    s3.delete_object(Bucket="menus", Key="in/a.txt")
    offline.settle()
    assert projects.seen() == [("menus", "in/a b.csv"), ("gone", "in/a.txt")]


def test_sns_topic_by_name_and_by_foreign_arn(
    run: Any, projects: Any, caplog: pytest.LogCaptureFixture
) -> None:
    """An ARN of another account and region binds to the local topic of that name, with a word."""
    offline = run(
        CODE
        + """
@app.on_sns_message("news")
def by_name(event):
    SEEN.append(("name", event.subject, event.message))

@app.on_sns_message("arn:aws:sns:eu-west-1:123456789012:alerts")
def by_arn(event):
    SEEN.append(("arn", event.message))
"""
    )
    sns = offline.client("sns")
    sns.publish(TopicArn=f"arn:aws:sns:us-east-1:{ACCOUNT}:news", Subject="s", Message="one")
    sns.publish(TopicArn=f"arn:aws:sns:us-east-1:{ACCOUNT}:alerts", Message="two")
    offline.settle()
    assert projects.seen() == [("name", "s", "one"), ("arn", "two")]
    local = f"arn:aws:sns:us-east-1:{ACCOUNT}:alerts"
    assert f"names arn:aws:sns:eu-west-1:123456789012:alerts: bound to the local {local}" in (
        caplog.text
    )


def test_sqs_queues_by_name_arn_and_fifo(run: Any, projects: Any) -> None:
    """Queues bind by name and by ARN; a FIFO queue keeps its order."""
    offline = run(
        CODE
        + """
@app.on_sqs_message(queue="plain", batch_size=10, maximum_batching_window_in_seconds=5)
def plain(event):
    SEEN.append(sorted(record.body for record in event))

@app.on_sqs_message(queue_arn="arn:aws:sqs:us-west-2:123456789012:by-arn", maximum_concurrency=2)
def by_arn(event):
    SEEN.append([record.body for record in event])

@app.on_sqs_message(queue="steps.fifo", batch_size=1)
def steps(event):
    SEEN.extend(record.body for record in event)
"""
    )
    sqs = offline.client("sqs")

    def send(queue: str, *bodies: str, **options: Any) -> None:
        url = sqs.get_queue_url(QueueName=queue)["QueueUrl"]
        for body in bodies:
            sqs.send_message(QueueUrl=url, MessageBody=body, **options)

    send("plain", "a", "b")
    send("by-arn", "c")
    send("steps.fifo", "1", "2", "3", MessageGroupId="g")
    offline.settle()
    seen = projects.seen()
    assert [step for step in seen if isinstance(step, str)] == ["1", "2", "3"]
    assert ["a", "b"] in seen
    assert ["c"] in seen


def test_cloudwatch_events_and_schedules(run: Any, projects: Any) -> None:
    """Patterns match on the default bus; Rate, Cron and text schedules fire on their second."""
    offline = run(
        CODE
        + """
from chalice import Cron, Rate

@app.on_cw_event({"source": ["shop"], "detail": {"total": [{"numeric": [">", 10]}]}})
def big(event):
    SEEN.append((event.detail_type, event.detail["total"], event.account))

@app.schedule(Rate(5, unit=Rate.MINUTES))
def often(event):
    SEEN.append(("rate", event.time))

@app.schedule(Cron(15, 0, "*", "*", "?", "*"))
def daily(event):
    SEEN.append(("cron", event.time))

@app.schedule("rate(1 hour)", description="hourly")
def hourly(event):
    SEEN.append(("text", event.time))
"""
    )
    events = offline.client("events")
    for total in (5, 20):
        entry = {"Source": "shop", "DetailType": "Sale", "Detail": json.dumps({"total": total})}
        events.put_events(Entries=[entry])
    offline.settle()
    assert projects.seen() == [("Sale", 20, ACCOUNT)]
    offline.advance(minutes=16)
    assert sorted(projects.seen()[1:]) == [
        ("cron", "2026-01-01T00:15:00Z"),
        ("rate", "2026-01-01T00:05:00Z"),
        ("rate", "2026-01-01T00:10:00Z"),
        ("rate", "2026-01-01T00:15:00Z"),
    ]
    offline.advance(minutes=44)
    assert ("text", "2026-01-01T01:00:00Z") in projects.seen()


def test_streams(run: Any, projects: Any) -> None:
    """Kinesis and DynamoDB handlers get records; a table's stream is found by the table's name."""
    offline = run(
        CODE
        + """
@app.on_kinesis_record("clicks", batch_size=10, starting_position="TRIM_HORIZON")
def clicks(event):
    SEEN.extend(record.data for record in event)

@app.on_dynamodb_record(
    "arn:aws:dynamodb:us-east-1:123456789012:table/things/stream/2020-01-01T00:00:00.000")
def things(event):
    SEEN.extend((record.event_name, record.keys, record.table_name) for record in event)
""",
        resources={"Resources": {"Things": {"Type": "AWS::DynamoDB::Table", "Properties": THINGS}}},
    )
    offline.client("kinesis").put_record(StreamName="clicks", Data=b"c", PartitionKey="k")
    offline.client("dynamodb").put_item(TableName="things", Item={"pk": {"S": "1"}})
    offline.settle()
    assert projects.seen() == [b"c", ("INSERT", {"pk": {"S": "1"}}, "things")]


THINGS: dict[str, Any] = {
    "TableName": "things",
    "BillingMode": "PAY_PER_REQUEST",
    "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
    "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
    "StreamSpecification": {"StreamViewType": "NEW_AND_OLD_IMAGES"},
}
OF_A_TABLE = (
    CODE
    + """
@app.on_dynamodb_record(
    "arn:aws:dynamodb:eu-west-1:123456789012:table/things/stream/2020-01-01T00:00:00.000",
    starting_position="TRIM_HORIZON")
def things(event):
    SEEN.extend(record.new_image["pk"]["S"] for record in event)
"""
)


def make_things(offline: Any) -> Any:
    """Make the table as its user does, with keys that nobody could guess."""
    dynamodb = offline.client("dynamodb", region="eu-west-1")
    stream = {"StreamEnabled": True, **THINGS["StreamSpecification"]}
    dynamodb.create_table(**THINGS | {"StreamSpecification": stream})
    return dynamodb


def put_thing(dynamodb: Any, key: str) -> None:
    dynamodb.put_item(TableName="things", Item={"pk": {"S": key}})


def test_table_that_nobody_declares_is_waited_for_in_its_own_region(
    run: Any, projects: Any, caplog: pytest.LogCaptureFixture
) -> None:
    """It is not invented: the user's own CreateTable works, and the handler listens from then."""
    offline = run(OF_A_TABLE)
    assert "handler things: there is no table things with a stream in eu-west-1" in caplog.text
    assert "bound there, in eu-west-1" in caplog.text
    assert offline.client("dynamodb").list_tables()["TableNames"] == []
    dynamodb = make_things(offline)
    offline.settle()
    put_thing(dynamodb, "1")
    offline.settle()
    assert projects.seen() == ["1"]


def test_table_that_gets_its_stream_later_is_listened_to(run: Any, projects: Any) -> None:
    """Also when the table was there first, without one."""
    offline = run(OF_A_TABLE)
    dynamodb = offline.client("dynamodb", region="eu-west-1")
    dynamodb.create_table(**{k: v for k, v in THINGS.items() if k != "StreamSpecification"})
    put_thing(dynamodb, "before")
    offline.settle()
    stream = {"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"}
    dynamodb.update_table(TableName="things", StreamSpecification=stream)
    offline.settle()
    put_thing(dynamodb, "after")
    offline.settle()
    assert projects.seen() == ["after"]


def test_table_that_was_made_anew_is_said_and_found_by_the_next_reload(
    run: Any, projects: Any, caplog: pytest.LogCaptureFixture
) -> None:
    """As on AWS the mapping reads the stream it was made for, until the app is deployed again."""
    offline = run(OF_A_TABLE)
    dynamodb = make_things(offline)
    offline.settle()
    dynamodb.delete_table(TableName="things")
    offline.advance(minutes=1)
    make_things(offline)
    offline.settle()
    assert "table things has a new stream; handler things still listens to the one before" in (
        caplog.text
    )
    put_thing(dynamodb, "2")
    offline.settle()
    assert projects.seen() == []
    projects.reload(offline)
    offline.settle()
    assert projects.seen() == ["2"]


def test_lambda_function_and_its_context(run: Any) -> None:
    """A plain function gets the event and a context like AWS's, under its configured timeout."""
    offline = run(
        """
@app.lambda_function(name="sums")
def add(event, context):
    return {
        "sum": event["a"] + event["b"],
        "name": context.function_name,
        "arn": context.invoked_function_arn,
        "memory": context.memory_limit_in_mb,
        "left": context.get_remaining_time_in_millis(),
        "group": context.log_group_name,
        "variable": os.environ["AWS_LAMBDA_FUNCTION_NAME"],
    }
""",
        config={
            "stages": {
                "dev": {
                    "lambda_functions": {"sums": {"lambda_timeout": 7, "lambda_memory_size": 512}}
                }
            }
        },
    )
    assert offline.invoke("sums", {"a": 1, "b": 2}).payload == {
        "sum": 3,
        "name": "demo-dev-sums",
        "arn": f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:demo-dev-sums",
        "memory": "512",
        "left": 7000,
        "group": "/aws/lambda/demo-dev-sums",
        "variable": "demo-dev-sums",
    }


def test_client_context_of_an_invocation(run: Any) -> None:
    """A client context is shown as Lambda's runtime shows it."""
    import base64

    offline = run(
        """
@app.lambda_function()
def who(event, context):
    return [context.client_context.custom, context.client_context.client.app_title]
"""
    )
    text = json.dumps({"custom": {"a": 1}, "client": {"app_title": "t"}})
    reply = offline.client("lambda").invoke(
        FunctionName="demo-dev-who", ClientContext=base64.b64encode(text.encode()).decode()
    )
    assert json.loads(reply["Payload"].read()) == [{"a": 1}, "t"]


def test_blueprints_with_name_prefix(run: Any, projects: Any) -> None:
    """A blueprint's routes and handlers carry its prefixes, its code lives in chalicelib."""
    offline = run(
        """
from chalicelib.orders import orders, SEEN
app.register_blueprint(orders, name_prefix="orders_", url_prefix="/orders")
""",
        files={
            "chalicelib/__init__.py": "",
            "chalicelib/orders.py": """
                from chalice import Blueprint
                orders = Blueprint(__name__)
                SEEN = []

                @orders.route("/{number}")
                def show(number):
                    return {"number": number, "method": orders.current_request.method}

                @orders.on_sqs_message("jobs")
                def work(event):
                    SEEN.append(orders.current_app.app_name)

                @orders.lambda_function()
                def plain(event, context):
                    return context.function_name
            """,
        },
    )
    assert offline.http.get("/orders/7").json_body == {"number": "7", "method": "GET"}
    assert offline.invoke("orders_plain").payload == "demo-dev-orders_plain"
    sqs = offline.client("sqs")
    url = sqs.get_queue_url(QueueName="jobs")["QueueUrl"]
    sqs.send_message(QueueUrl=url, MessageBody="x")
    offline.settle()
    assert projects.seen() == ["demo"]


def test_middleware_sees_the_events_it_asks_for(run: Any, projects: Any) -> None:
    """all, http, sqs, s3, sns, cloudwatch, scheduled and pure_lambda middleware run around them."""
    offline = run(
        CODE
        + """
@app.middleware("all")
def everything(event, get_response):
    SEEN.append("all")
    return get_response(event)

@app.middleware("http")
def web(event, get_response):
    SEEN.append("http")
    response = get_response(event)
    response.headers["x-seen"] = "yes"
    return response

@app.middleware("sqs")
def queue(event, get_response):
    SEEN.append("sqs")
    return get_response(event)

@app.middleware("pure_lambda")
def plain(event, get_response):
    SEEN.append("pure_lambda")
    return get_response(event)

@app.route("/")
def index():
    return {}

@app.on_sqs_message("jobs")
def work(event):
    SEEN.append("work")

@app.lambda_function()
def function(event, context):
    return 1
"""
    )
    assert offline.http.get("/").headers["x-seen"] == "yes"
    offline.invoke("function")
    sqs = offline.client("sqs")
    url = sqs.get_queue_url(QueueName="jobs")["QueueUrl"]
    sqs.send_message(QueueUrl=url, MessageBody="x")
    offline.settle()
    expected = ["all", "http", "all", "pure_lambda", "all", "sqs", "work"]
    assert projects.seen() == expected


def test_what_nobody_declares_is_created_with_a_warning(
    run: Any, caplog: pytest.LogCaptureFixture
) -> None:
    """The warning says that on AWS it must be there before."""
    run(
        """
@app.on_sqs_message("jobs")
def work(event):
    pass
"""
    )
    assert "queue jobs is declared nowhere: created for handler work" in caplog.text
