"""What a function may be invoked with, to begin with: events of its own sources."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from chalice_offline.samples import KINDS
from chalice_offline.samples.patterns import example

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.console.conftest import Shop

CODE = """
from chalice import AuthResponse, Chalice, Rate

app = Chalice(app_name="shop")
app.experimental_feature_flags.update(["WEBSOCKETS"])

@app.authorizer(name="guard")
def guard(request):
    return AuthResponse(routes=["*"], principal_id="u")

@app.route("/dishes/{name}", methods=["GET", "PUT"], authorizer=guard)
def dish(name):
    return {"name": name, "body": app.current_request.json_body}

@app.on_sqs_message(queue="orders", name="cook")
def cook(event):
    return [record.body for record in event]

@app.on_sns_message(topic="news", name="read_news")
def read_news(event):
    return event.message

@app.on_s3_event(bucket="menus", prefix="lunch/", suffix=".json",
                 events=["s3:ObjectRemoved:*"], name="forget")
def forget(event):
    return event.key

@app.on_cw_event({"source": ["kitchen"], "detail": {"rice": [{"numeric": [">", 3]}]}}, name="rice")
def rice(event):
    return event.detail

@app.schedule(Rate(1, unit=Rate.HOURS), name="hourly")
def hourly(event):
    return event.resources

@app.on_kinesis_record(stream="steps", name="count")
def count(event):
    return [record.sequence_number for record in event]

@app.on_dynamodb_record(
    "arn:aws:dynamodb:us-east-1:000000000000:table/dishes/stream/x", name="changed")
def changed(event):
    return [record.keys for record in event]

@app.on_ws_message(name="talk")
def talk(event):
    return {}

@app.lambda_function(name="alone")
def alone(event, context):
    return event
"""


@pytest.fixture
def kitchen(begin_shop: Callable[[str], Shop]) -> Shop:
    """The project; its table has a stream."""
    shop = begin_shop(CODE)
    streamed = {"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"}
    update = {"TableName": "dishes", "StreamSpecification": streamed}
    shop.post("call", {"service": "dynamodb", "operation": "UpdateTable", "request": update})
    shop.post("time/settle")
    return shop


def own(shop: Shop, function: str) -> list[dict[str, Any]]:
    """Return the samples of a function's own sources."""
    found = shop.get(f"functions/{function}/samples")["samples"]
    kinds = [one["kind"] for one in found if one["source"]]
    assert {*kinds} | {one["kind"] for one in found if not one["source"]} == KINDS.keys()
    return [one for one in found if one["source"]]


def test_each_source_has_its_own_names(kitchen: Shop) -> None:
    """And a run of such an event is told to be of that source, as when it is delivered."""
    expected = {
        "cook": ("sqs", "queue orders", "orders"),
        "read_news": ("sns", "topic news", "news"),
        "forget": ("s3", "bucket menus", "menus/lunch/sample.json"),
        "hourly": ("schedule", "schedule shop-dev-hourly-event", "shop-dev-hourly-event"),
        "count": ("kinesis", "stream steps", "steps"),
        "changed": ("dynamodb", "table dishes", "dishes"),
        "rice": ("event", "rule shop-dev-rice-event on bus default", "kitchen: OrderPlaced"),
    }
    for function, (kind, source, told) in expected.items():
        (sample,) = own(kitchen, function) or [{"kind": function, "source": ""}]
        assert (sample["kind"], sample["source"]) == (kind, source)
        done = kitchen.post(f"functions/{function}/invoke", {"event": sample["event"]})
        assert done["error"] is None, function
        assert kitchen.get("runs?limit=1")["runs"][0]["source"] == told
    (changed,) = own(kitchen, "changed")
    assert changed["event"]["Records"][0]["dynamodb"]["Keys"] == {"id": {"S": "sample"}}
    assert "NewImage" not in changed["event"]["Records"][0]["dynamodb"]
    assert own(kitchen, "alone") == []


def test_a_rules_pattern_a_filter_and_a_notification_let_the_sample_pass(kitchen: Shop) -> None:
    """The event of a rule has what the rule asks for, a body what the mapping's filter does."""
    (sample,) = own(kitchen, "rice")
    assert sample["event"]["source"] == "kitchen"
    assert sample["event"]["detail"]["rice"] > 3
    (removed,) = own(kitchen, "forget")
    assert removed["event"]["Records"][0]["eventName"] == "ObjectRemoved:Delete"
    filters = {"Filters": [{"Pattern": '{"body": {"dish": ["soup"], "hot": [true]}}'}]}
    call(kitchen, "CreateEventSourceMapping", "FilterCriteria", filters)
    bodies = [json.loads(one["event"]["Records"][0]["body"]) for one in own(kitchen, "alone")]
    assert bodies == [{"dish": "soup", "hot": True}]


def test_a_route_is_a_request_for_each_of_its_methods(kitchen: Shop) -> None:
    """The app's own router takes it; the authorizer is asked with the same route."""
    found = {one["source"]: one["event"] for one in own(kitchen, "api_handler")}
    assert found.keys() == {"GET /dishes/{name}", "PUT /dishes/{name}"}
    for source, body in (("GET /dishes/{name}", None), ("PUT /dishes/{name}", {"dish": "soup"})):
        done = kitchen.post("functions/api_handler/invoke", {"event": found[source]})
        assert json.loads(done["payload"]["body"]) == {"name": "name", "body": body}
    asked = own(kitchen, "guard")[0]["event"]
    assert asked["methodArn"].endswith("/api/GET/dishes/{name}")
    (talk,) = own(kitchen, "talk")
    assert (talk["kind"], talk["event"]["requestContext"]["routeKey"]) == ("ws_message", "$default")


def test_a_schedules_input_is_what_it_sends(kitchen: Shop) -> None:
    """Masked, as everything that the console shows."""
    function = "arn:aws:lambda:us-east-1:000000000000:function:shop-dev-alone"
    target = {"Arn": function, "RoleArn": "arn:aws:iam::000000000000:role/r"}
    given = json.dumps({"run": "nightly", "password": "hunter2"})
    request = {
        "Name": "nightly",
        "ScheduleExpression": "rate(1 day)",
        "FlexibleTimeWindow": {"Mode": "OFF"},
        "Target": {**target, "Input": given},
    }
    asked = {"service": "scheduler", "operation": "CreateSchedule", "request": request}
    kitchen.post("call", asked)
    (sample,) = own(kitchen, "alone")
    assert sample["event"] == {"run": "nightly", "password": "***"}
    assert "hunter2" not in json.dumps(kitchen.get("schedules"))


def test_samples_of_a_function_that_is_not_there_are_refused(kitchen: Shop) -> None:
    """With the nearest name."""
    status, sentence = kitchen.refused("GET", "functions/cok/samples")
    assert status == 404
    assert "Did you mean cook" in sentence


@pytest.mark.parametrize(
    "pattern",
    [
        {"source": [{"prefix": "shop."}], "detail-type": [{"suffix": "ed"}]},
        {"source": [{"equals-ignore-case": "SHOP"}], "detail": {"a": {"b": ["c", "d"]}}},
        {"detail": {"n": [{"numeric": [">=", 1, "<", 2]}], "m": [{"numeric": ["<", 0]}]}},
        {"detail": {"ip": [{"cidr": "10.0.0.0/24"}], "name": [{"wildcard": "a*z"}]}},
        {"detail": {"order_id": [{"exists": False}], "is": [{"exists": True}]}},
        {"detail": {"no": [{"anything-but": ["x"]}], "null": [None], "yes": [True]}},
        {"$or": [{"source": ["one"]}, {"source": ["two"]}]},
        {"resources": [{"prefix": "order-9"}]},
    ],
)
def test_a_made_up_event_matches_its_pattern(shop: Shop, pattern: dict[str, Any]) -> None:
    """Asked of EventBridge itself."""
    samples = shop.get("functions/on_shop/samples")["samples"]
    event = example(pattern, samples[0]["event"])
    request = {"EventPattern": json.dumps(pattern), "Event": json.dumps(event)}
    asked = {"service": "events", "operation": "TestEventPattern", "request": request}
    assert shop.post("call", asked)["Result"] is True, event


def call(shop: Shop, operation: str, name: str, value: Any) -> None:
    """Have the function `alone` listen to a queue of its own."""
    queue = {"QueueName": "extra", "Attributes": {"VisibilityTimeout": "60"}}
    shop.post("call", {"service": "sqs", "operation": "CreateQueue", "request": queue})
    request = {
        "FunctionName": "shop-dev-alone",
        "EventSourceArn": "arn:aws:sqs:us-east-1:000000000000:extra",
        name: value,
    }
    shop.post("call", {"service": "lambda", "operation": operation, "request": request})
