"""What attaching makes, adopts, refuses and takes away again."""

from __future__ import annotations

import json
from typing import Any

import pytest

from chalice_offline.attach.errors import EndpointError
from chalice_offline.core.errors import ProjectError

from .conftest import wait_until

TAG = "chalice-offline:attached"
NOTE_NEWS = """
@app.on_sns_message(topic='news', name='on')
def on(event):
    app.seen.append(event.message)
"""
ALL_KINDS = """
@app.on_sns_message(topic='news')
def told(event):
    pass

@app.on_s3_event(bucket='files')
def filed(event):
    pass

@app.on_cw_event({'source': ['till']})
def paid(event):
    pass

@app.schedule(Rate(1, unit=Rate.HOURS))
def swept(event):
    pass

@app.on_sqs_message(queue='orders')
def ordered(event):
    pass
"""


def topic(attached: Any, name: str = "news") -> str:
    return str(attached.client("sns").create_topic(Name=name)["TopicArn"])


def someone_elses_things(attached: Any) -> None:
    """Create a topic, bucket, rule and queues that others use, bound to each other."""
    sqs, sns = attached.client("sqs"), attached.client("sns")
    attached.queue("orders")
    theirs = attached.queue("theirs")
    arn = sqs.get_queue_attributes(QueueUrl=theirs, AttributeNames=["QueueArn"])["Attributes"]
    sns.subscribe(TopicArn=topic(attached), Protocol="sqs", Endpoint=arn["QueueArn"])
    events = attached.client("events")
    events.put_rule(Name="theirs", EventPattern='{"source": ["till"]}')
    events.put_targets(Rule="theirs", Targets=[{"Id": "1", "Arn": arn["QueueArn"]}])
    s3 = attached.client("s3")
    s3.create_bucket(Bucket="files")
    configuration = {
        "QueueConfigurations": [
            {
                "Id": "theirs",
                "QueueArn": arn["QueueArn"],
                "Events": ["s3:ObjectRemoved:*"],
            }
        ],
        "EventBridgeConfiguration": {},
    }
    s3.put_bucket_notification_configuration(
        Bucket="files", NotificationConfiguration=configuration
    )


def everything(attached: Any) -> dict[str, Any]:
    """Return all queues, subscriptions, rules with targets, and the bucket's notifications."""
    events = attached.client("events")
    notifications = attached.client("s3").get_bucket_notification_configuration(Bucket="files")
    notifications.pop("ResponseMetadata")
    subscriptions = attached.client("sns").list_subscriptions()["Subscriptions"]
    return {
        "queues": attached.queues(),
        "subscriptions": sorted(one["Endpoint"] for one in subscriptions),
        "rules": {
            rule["Name"]: events.list_targets_by_rule(Rule=rule["Name"])["Targets"]
            for rule in events.list_rules()["Rules"]
        },
        "notifications": notifications,
    }


def test_stop_takes_away_what_was_made_and_nothing_else(attached: Any) -> None:
    """After the end everything is as it was before; in between every source has a queue."""
    someone_elses_things(attached)
    before = everything(attached)
    session = attached.start(ALL_KINDS)
    during = everything(attached)
    own = {f"shop-dev-{name}-offline" for name in ("told", "filed", "paid", "swept")}
    assert set(during["queues"]) - set(before["queues"]) == own
    assert len(during["notifications"]["QueueConfigurations"]) == 2
    session.stop()
    assert everything(attached) == before


def test_detach_takes_away_what_a_killed_run_left(attached: Any) -> None:
    """--detach needs no running session: tags say what was made, by whom, for which source."""
    someone_elses_things(attached)
    before = everything(attached)
    attached.kill(attached.start(ALL_KINDS))
    assert everything(attached) != before
    assert attached.detach() == 4
    assert everything(attached) == before


def test_detach_leaves_other_projects_alone(attached: Any) -> None:
    """Another label's queue of the same form stays."""
    attached.queue("shop-dev-two-x-offline", {TAG: "shop-dev-two"})
    assert attached.detach() == 0
    assert attached.queues() == ["shop-dev-two-x-offline"]


def test_second_run_adopts_what_a_killed_one_left(attached: Any) -> None:
    """What came while nobody ran is handled by the next run, through the same queue."""
    arn = topic(attached)
    attached.kill(attached.start(NOTE_NEWS))
    attached.client("sns").publish(TopicArn=arn, Message="meanwhile")
    session = attached.start()
    assert attached.wait_for_seen(session) == ["meanwhile"]
    assert any("adopted" in line for line in attached.told)
    assert len(attached.client("sns").list_subscriptions()["Subscriptions"]) == 1


def test_adopted_queue_follows_its_handler_to_another_source(attached: Any) -> None:
    """A handler that listens elsewhere since the kill is unhooked from where it listened."""
    topic(attached)
    arn = topic(attached, "views")
    attached.kill(attached.start(NOTE_NEWS))
    session = attached.start(NOTE_NEWS.replace("news", "views"))
    subscriptions = attached.client("sns").list_subscriptions()["Subscriptions"]
    assert [one["TopicArn"] for one in subscriptions] == [arn]
    attached.client("sns").publish(TopicArn=arn, Message="new")
    assert attached.wait_for_seen(session) == ["new"]


def test_queue_of_the_same_name_without_our_tag_is_refused(attached: Any) -> None:
    """A name that somebody else uses is not taken over, and nothing stays behind."""
    topic(attached)
    attached.queue("shop-dev-on-offline")
    with pytest.raises(ProjectError, match="a queue shop-dev-on-offline is there, but not from"):
        attached.start(NOTE_NEWS)
    assert attached.client("sns").list_subscriptions()["Subscriptions"] == []
    assert attached.queues() == ["shop-dev-on-offline"]


def test_rule_of_the_same_name_without_our_tag_is_refused(attached: Any) -> None:
    """The same for rules."""
    pattern = '{"source": ["theirs"]}'
    attached.client("events").put_rule(Name="shop-dev-on-offline", EventPattern=pattern)
    with pytest.raises(ProjectError, match="a rule shop-dev-on-offline is there, but not from"):
        attached.start("@app.on_cw_event({'source': ['x']})\ndef on(event):\n    pass\n")
    assert attached.queues() == []
    rule = attached.client("events").describe_rule(Name="shop-dev-on-offline")
    assert rule["EventPattern"] == pattern


def test_failed_start_takes_away_what_it_had_made(attached: Any) -> None:
    """When the second handler cannot be attached, the first one's queue goes, too."""
    topic(attached)
    code = NOTE_NEWS + "@app.on_sns_message(topic='gone')\ndef other(event):\n    pass\n"
    with pytest.raises(ProjectError, match="handler other: there is no topic gone"):
        attached.start(code)
    assert attached.queues() == []


@pytest.mark.parametrize(
    ("decorator", "what"),
    [
        ("on_sqs_message(queue='gone')", "queue gone"),
        ("on_sns_message(topic='gone')", "topic gone"),
        ("on_s3_event(bucket='gone')", "bucket gone"),
    ],
)
def test_missing_source_is_named_with_its_handler(attached: Any, decorator: str, what: str) -> None:
    """Sources belong to the user: what is not there is said, not created."""
    with pytest.raises(ProjectError, match=f"handler on: there is no {what} at http"):
        attached.start(f"@app.{decorator}\ndef on(event):\n    pass\n")


def test_queue_that_is_too_quick_for_its_function_is_refused(attached: Any) -> None:
    """Lambda refuses a visibility timeout below the function's; so does this, in its words."""
    attached.queue("orders", VisibilityTimeout="4")
    with pytest.raises(
        ProjectError, match="timeout: 4 seconds is less than Function timeout: 5 seconds"
    ):
        attached.start("@app.on_sqs_message(queue='orders')\ndef on(event):\n    pass\n")


def test_overlapping_notification_is_refused_in_s3s_words(attached: Any) -> None:
    """A bucket that already notifies about the same objects cannot be attached to."""
    someone_elses_things(attached)
    code = "@app.on_s3_event(bucket='files', events=['s3:ObjectRemoved:*'])\n"
    with pytest.raises(ProjectError, match="handler on, bucket files: Configuration"):
        attached.start(code + "def on(event):\n    pass\n")
    assert "shop-dev-on-offline" not in attached.queues()


def test_stream_handlers_are_not_attached_and_said_so(attached: Any) -> None:
    """A stream cannot deliver into a queue; the others run all the same."""
    attached.queue("orders")
    code = """
@app.on_kinesis_record(stream='clicks')
def clicked(event):
    pass

@app.on_sqs_message(queue='orders')
def ordered(event):
    pass
"""
    session = attached.start(code)
    assert [one.attachment.handler for one in session.attached] == ["ordered"]
    (line,) = session.plan.unattached
    assert line.startswith("clicked is not attached: a stream cannot")


def test_preparing_changes_nothing_and_tells_what_would(attached: Any) -> None:
    """Before asking, nothing is made; the plan lists every creation."""
    someone_elses_things(attached)
    before = everything(attached)
    attached.write(ALL_KINDS)
    session = attached.prepare()
    described = "\n".join(session.plan.describe())
    assert everything(attached) == before
    assert "create  queue shop-dev-told-offline" in described
    assert "subscription of shop-dev-told-offline to topic news" in described
    assert "rule shop-dev-swept-offline on the default event bus" in described
    assert "notification of bucket files" in described
    assert "read    queue orders" in described


def test_policy_lets_in_exactly_the_source(attached: Any) -> None:
    """Each queue takes messages from its own topic, rule or bucket only."""
    someone_elses_things(attached)
    session = attached.start(ALL_KINDS)
    sources = {}
    for one in session.attached:
        if one.own_queue is None:
            continue
        names = ["Policy"]
        reply = attached.client("sqs").get_queue_attributes(
            QueueUrl=one.queue_url, AttributeNames=names
        )
        (statement,) = json.loads(reply["Attributes"]["Policy"])["Statement"]
        assert statement["Action"] == "sqs:SendMessage"
        assert statement["Resource"] == one.queue_arn
        sources[one.attachment.handler] = (
            statement["Principal"]["Service"],
            statement["Condition"]["ArnEquals"]["aws:SourceArn"].rpartition(":")[2],
        )
    assert sources == {
        "told": ("sns.amazonaws.com", "news"),
        "filed": ("s3.amazonaws.com", "files"),
        "paid": ("events.amazonaws.com", "rule/shop-dev-paid-offline"),
        "swept": ("events.amazonaws.com", "rule/shop-dev-swept-offline"),
    }


def test_reload_attaches_what_is_new_and_detaches_what_is_gone(attached: Any) -> None:
    """Changed code runs, a new handler listens, a gone one leaves nothing behind."""
    arn = topic(attached)
    url = attached.queue("orders")
    session = attached.start(NOTE_NEWS)
    attached.write(
        "@app.on_sqs_message(queue='orders')\ndef ordered(event):\n    app.seen.append('order')\n"
    )
    session.reload()
    attached.send(url, "x")
    assert attached.wait_for_seen(session) == ["order"]
    assert attached.queues() == ["orders"]
    assert attached.client("sns").list_subscriptions_by_topic(TopicArn=arn)["Subscriptions"] == []


def test_reload_of_broken_code_keeps_the_code_before(attached: Any) -> None:
    """A syntax error is told; what ran goes on."""
    arn = topic(attached)
    session = attached.start(NOTE_NEWS)
    attached.write("def broken(:\n")
    with pytest.raises(ProjectError):
        session.reload()
    attached.client("sns").publish(TopicArn=arn, Message="still")
    assert attached.wait_for_seen(session) == ["still"]


def test_nobody_there_is_one_sentence(attached: Any) -> None:
    """A port on which nobody listens: the endpoint's name, and why."""
    attached.write("")
    attached.stop_aws()
    with pytest.raises(EndpointError, match=r"http://127.0.0.1:\d+ does not answer .*refused"):
        attached.prepare()


def test_what_is_no_aws_endpoint_is_one_sentence(attached: Any) -> None:
    """A web server that is not AWS is called that."""
    from chalice_offline.attach.endpoint import endpoint_of

    attached.queue("orders")
    session = attached.start("@app.route('/')\ndef index():\n    return {}\n")
    attached.endpoint = endpoint_of(session.http_server.url, {}, {})
    with pytest.raises(EndpointError, match=r"failed at|is no AWS endpoint|does not offer"):
        attached.prepare()


def test_stop_keeps_a_queue_that_still_holds_messages(attached: Any) -> None:
    """What no handler has finished is not thrown away: the next run, or --detach, decides."""
    arn = topic(attached)
    code = NOTE_NEWS + "    raise RuntimeError('not today')\n"
    session = attached.start(code)
    attached.client("sns").publish(TopicArn=arn, Message="important")
    attached.wait_for_seen(session)
    wait_until(lambda: session.counts()["on"].failures, "the failure")
    session.stop()
    assert attached.queues() == ["shop-dev-on-offline"]
    assert any("it holds 1 messages" in line for line in attached.told)
    assert attached.client("sns").list_subscriptions()["Subscriptions"] == []
    assert attached.detach() == 1
    assert attached.queues() == []
    assert any("1 messages discarded" in line for line in attached.told)
