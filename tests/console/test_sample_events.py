"""What a function may be invoked with, to begin with: events of its own sources."""

from __future__ import annotations

import hashlib
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
    """Shown masked, as everything; invoked, and told whole to who shows it to nobody, as it is."""
    function = "arn:aws:lambda:us-east-1:000000000000:function:shop-dev-alone"
    target = {"Arn": function, "RoleArn": "arn:aws:iam::000000000000:role/r"}
    given = {"run": "nightly", "password": "hunter2"}
    request = {
        "Name": "nightly",
        "ScheduleExpression": "rate(1 day)",
        "FlexibleTimeWindow": {"Mode": "OFF"},
        "Target": {**target, "Input": json.dumps(given)},
    }
    asked = {"service": "scheduler", "operation": "CreateSchedule", "request": request}
    kitchen.post("call", asked)
    (sample,) = own(kitchen, "alone")
    assert sample["event"] == {"run": "nightly", "password": "***"}
    for door in ("schedules", "wiring"):
        assert "hunter2" not in json.dumps(kitchen.get(door))
    whole = kitchen.get("functions/alone/samples?whole=1")["samples"][0]
    assert whole["event"] == given
    edited = {"event": sample["event"] | {"run": "now"}, "sample": sample["source"]}
    kitchen.post("functions/alone/invoke", edited)
    assert last_event(kitchen) == given | {"run": "now"}


def test_each_target_of_a_rule_is_drawn_and_has_a_sample(kitchen: Shop) -> None:
    """With the input that is its own."""
    for place, function in enumerate(("alone", "cook")):
        arn = f"arn:aws:lambda:us-east-1:000000000000:function:shop-dev-{function}"
        target = {"Id": f"more-{place}", "Arn": arn, "Input": json.dumps({"is": function})}
        request = {"Rule": "shop-dev-hourly-event", "Targets": [target]}
        asked = {"service": "events", "operation": "PutTargets", "request": request}
        kitchen.post("call", asked)
    found = {one["kind"]: one["event"] for one in own(kitchen, "cook")}
    assert found["schedule"] == {"is": "cook"}
    assert [one["event"] for one in own(kitchen, "alone")] == [{"is": "alone"}]
    (scheduled,) = kitchen.get("schedules")["schedules"]
    assert [one["input"] for one in scheduled["targets"]] == [
        None, '{"is": "alone"}', '{"is": "cook"}',
    ]  # fmt: skip


def test_a_sample_carries_what_last_came_from_its_source(kitchen: Shop) -> None:
    """And went well; ids are the sample's own, and what is masked is put back."""
    before = body_of(kitchen, "cook")
    assert before == "hello"
    good = {"dish": "soup", "phone": "+49 151 23456789"}
    kitchen.post("queues/orders/send", {"body": json.dumps(good), "attributes": {"table": "4"}})
    kitchen.post("time/settle")
    (sample,) = own(kitchen, "cook")
    record = sample["event"]["Records"][0]
    assert json.loads(record["body"]) == {"dish": "soup", "phone": "***"}
    assert record["messageAttributes"]["table"]["stringValue"] == "4"
    assert record["messageId"] == "64d09913-191b-4adf-8202-861c62830869"
    invoked = {"event": sample["event"], "sample": sample["source"]}
    assert kitchen.post("functions/cook/invoke", invoked)["error"] is None
    assert json.loads(last_event(kitchen)["Records"][0]["body"]) == good


def test_what_came_from_each_kind_of_source_is_in_its_sample(kitchen: Shop) -> None:
    """Messages, events, objects, records, items, requests."""
    kitchen.post("topics/news/publish", {"message": "fresh fish"})
    kitchen.post("buses/default/put", {
        "source": "kitchen", "detail_type": "Cooked", "detail": {"rice": 7, "more": "peas"},
    })  # fmt: skip
    kitchen.post("streams/steps/put", {"data": "stirred", "key": "pot-1"})
    kitchen.post("tables/dishes/put", {"item": {"id": {"S": "soup"}}})
    kitchen.offline.http.put(
        "/dishes/stew?hot=1", json={"price": 8}, headers={"Authorization": "a"}
    )
    kitchen.post("time/settle")
    assert only(kitchen, "read_news")["Records"][0]["Sns"]["Message"] == "fresh fish"
    assert only(kitchen, "rice")["detail"] == {"rice": 7, "more": "peas"}
    stirred = only(kitchen, "count")["Records"][0]["kinesis"]
    assert (stirred["data"], stirred["partitionKey"]) == ("c3RpcnJlZA==", "pot-1")
    assert only(kitchen, "changed")["Records"][0]["dynamodb"]["Keys"] == {"id": {"S": "soup"}}
    put = next(one for one in own(kitchen, "api_handler") if one["source"].startswith("PUT"))
    assert put["event"]["pathParameters"] == {"name": "stew"}
    assert put["event"]["queryStringParameters"] == {"hot": "1"}
    assert json.loads(put["event"]["body"]) == {"price": 8}


def test_what_went_well_is_a_better_sample_than_what_failed(shop: Shop) -> None:
    """The latest that did; of nothing but failures the latest."""
    shop.order("fugu")
    assert json.loads(body_of(shop, "cook")) == {"dish": "fugu"}
    shop.order("soup")
    shop.order("fugu")
    assert json.loads(body_of(shop, "cook")) == {"dish": "soup"}


def test_what_waits_in_a_queue_is_its_sample(kitchen: Shop) -> None:
    """While its mapping is switched off, say."""
    call(kitchen, "CreateEventSourceMapping", "Enabled", False)
    kitchen.post("queues/extra/send", {"body": "waits", "attributes": {"kind": "x"}})
    kitchen.post("time/settle")
    record = only(kitchen, "alone")["Records"][0]
    assert record["body"] == "waits"
    assert record["md5OfBody"] == hashlib.md5(b"waits", usedforsecurity=False).hexdigest()
    assert record["messageAttributes"]["kind"]["dataType"] == "String"


@pytest.mark.parametrize("raw", ["false", "true"])
def test_a_queue_behind_a_topic_has_the_topics_envelope(kitchen: Shop, raw: str) -> None:
    """As the queue will have it: whole, or, raw, the message alone."""
    call(kitchen, "CreateEventSourceMapping", "BatchSize", 3)
    subscribe = {
        "TopicArn": "arn:aws:sns:us-east-1:000000000000:news",
        "Protocol": "sqs",
        "Endpoint": "arn:aws:sqs:us-east-1:000000000000:extra",
        "Attributes": {"RawMessageDelivery": raw},
    }
    kitchen.post("call", {"service": "sns", "operation": "Subscribe", "request": subscribe})
    made_up = body_of(kitchen, "alone")
    kitchen.post("topics/news/publish", {"message": "hello", "subject": "greeting"})
    kitchen.post("time/settle")
    came = last_event(kitchen, "alone")["Records"][0]["body"]
    if raw == "true":
        assert made_up == came == "hello"
    else:
        attributes = {"MessageAttributes"}  # the sample has some, the message had none
        assert json.loads(made_up).keys() - attributes == json.loads(came).keys() - attributes
        assert json.loads(made_up)["Message"] == "hello"


def test_a_queue_behind_a_rule_has_the_rules_event(kitchen: Shop) -> None:
    """Also when it holds the dead letters of that queue."""
    call(kitchen, "CreateEventSourceMapping", "BatchSize", 3)
    extra = "arn:aws:sqs:us-east-1:000000000000:extra"
    requests = [
        ("events", "PutRule", {"Name": "told", "EventPattern": '{"source": ["shop"]}'}),
        ("events", "PutTargets", {"Rule": "told", "Targets": [
            {"Id": "1", "Arn": "arn:aws:sqs:us-east-1:000000000000:first"}]}),
    ]  # fmt: skip
    policy = json.dumps({"deadLetterTargetArn": extra, "maxReceiveCount": 1})
    queue = {"QueueName": "first", "Attributes": {"RedrivePolicy": policy}}
    for service, operation, request in [("sqs", "CreateQueue", queue), *requests]:
        asked = {"service": service, "operation": operation, "request": request}
        kitchen.post("call", asked)
    assert json.loads(body_of(kitchen, "alone"))["source"] == "shop"


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


def only(shop: Shop, function: str) -> Any:
    """Return the event of a function's only sample."""
    (found,) = own(shop, function)
    return found["event"]


def body_of(shop: Shop, function: str) -> str:
    """Return the body of the message in a function's first sample."""
    body: str = own(shop, function)[0]["event"]["Records"][0]["body"]
    return body


def last_event(shop: Shop, function: str = "") -> Any:
    """Return what the latest run was given."""
    runs = shop.offline.emulator.runs.newest_first()
    run = next(one for one in runs if one.subject.endswith(function))
    return json.loads(run.detail["payload"])


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
