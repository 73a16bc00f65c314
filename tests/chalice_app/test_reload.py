"""A reload is an update: changed is what changed, gone is what is gone, or nothing happens."""

from __future__ import annotations

import json
import logging
from typing import Any

import pytest
from botocore.exceptions import ClientError

from chalice_offline.core.errors import ProjectError

from .template_parts import TABLE, attributes, queue, queues, resources

WORK = """
SEEN = []

@app.on_sqs_message("jobs", batch_size={batch_size})
def work(event):
    SEEN.append([{version}, [record.body for record in event]])
"""
ONE, TWO = (WORK.format(batch_size=1, version=number) for number in (1, 2))


def functions(offline: Any) -> list[str]:
    listed = offline.client("lambda").list_functions()["Functions"]
    return sorted(function["FunctionName"] for function in listed)


def state_of(offline: Any) -> Any:
    """Everything a reload may touch, as AWS's own calls tell it."""
    lambda_, sns, events = (offline.client(name) for name in ("lambda", "sns", "events"))
    mappings = lambda_.list_event_source_mappings()["EventSourceMappings"]
    return json.dumps(
        [
            {name: attributes(offline, name) for name in queues(offline)},
            functions(offline),
            [
                lambda_.get_function(FunctionName=name).get("Concurrency")
                for name in functions(offline)
            ],
            [(m["UUID"], m["EventSourceArn"], m["BatchSize"]) for m in mappings],
            sns.list_topics()["Topics"],
            sns.list_subscriptions()["Subscriptions"],
            [
                (rule["Name"], rule.get("EventPattern"), rule.get("ScheduleExpression"))
                for rule in events.list_rules()["Rules"]
            ],
            [bucket["Name"] for bucket in offline.client("s3").list_buckets()["Buckets"]],
            offline.client("dynamodb").list_tables()["TableNames"],
        ],
        default=str,
    )


def test_queue_is_changed_in_place_and_keeps_its_messages(run: Any, projects: Any) -> None:
    """SetQueueAttributes and tags; an attribute that is named no more has its default again."""
    before = queue(DelaySeconds=7, Tags=[{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}])
    offline = run("\n", resources=resources(Jobs=before))
    sqs = offline.client("sqs")
    url = sqs.get_queue_url(QueueName="jobs")["QueueUrl"]
    sqs.send_message(QueueUrl=url, MessageBody="kept")
    after = queue(VisibilityTimeout=99, Tags=[{"Key": "b", "Value": "3"}])
    projects.reload(offline, "\n", resources=resources(Jobs=after))
    found = attributes(offline)
    assert (found["VisibilityTimeout"], found["DelaySeconds"]) == ("99", "0")
    assert sqs.list_queue_tags(QueueUrl=url)["Tags"] == {"b": "3"}
    offline.advance(seconds=10)
    assert sqs.receive_message(QueueUrl=url)["Messages"][0]["Body"] == "kept"


def test_what_is_new_is_made_and_what_is_gone_is_deleted(run: Any, projects: Any) -> None:
    """As CloudFormation does, in the order that references ask for; Retain keeps."""
    dead = {"Fn::GetAtt": ["Dead", "Arn"]}
    kept = {"DeletionPolicy": "Retain", "Type": "AWS::SQS::Queue"}
    kept["Properties"] = {"QueueName": "kept"}  # type: ignore[assignment]
    template = resources(Old=queue("old"), Kept=kept, News=("SNS::Topic", {"TopicName": "news"}))
    offline = run("\n", resources=template)
    assert queues(offline) == ["kept", "old"]
    redrive = {"deadLetterTargetArn": dead, "maxReceiveCount": 2}
    template = resources(New=queue("new", RedrivePolicy=redrive), Dead=queue("dead"))
    projects.reload(offline, "\n", resources=template)
    assert queues(offline) == ["dead", "kept", "new"]
    assert json.loads(attributes(offline, "new")["RedrivePolicy"])["maxReceiveCount"] in (2, "2")
    assert offline.client("sns").list_topics()["Topics"] == []


def test_another_name_is_a_replacement(run: Any, projects: Any) -> None:
    """The new one is made, whoever refers to it follows, the old one is deleted."""

    def template(name: str) -> dict[str, Any]:
        arn = {"Fn::GetAtt": ["Jobs", "Arn"]}
        subscription = {"TopicArn": {"Ref": "News"}, "Protocol": "sqs", "Endpoint": arn}
        return resources(
            Jobs=queue(name),
            News=("SNS::Topic", {"TopicName": "news"}),
            Subscription=("SNS::Subscription", subscription),
        )

    offline = run("\n", resources=template("first"))
    projects.reload(offline, "\n", resources=template("second"))
    assert queues(offline) == ["second"]
    (subscription,) = offline.client("sns").list_subscriptions()["Subscriptions"]
    assert subscription["Endpoint"].endswith(":second")


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        (
            ("DynamoDB::Table", TABLE),
            (
                "DynamoDB::Table",
                TABLE
                | {
                    "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
                    "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
                },
            ),
            (
                "resource Thing (AWS::DynamoDB::Table): CloudFormation cannot update a "
                "stack when a "
                "custom-named resource requires replacing. Rename orders and update "
                "the stack again."
            ),
        ),
        (
            queue(),
            queue(FifoQueue=True),
            (
                "resource Thing (AWS::SQS::Queue): CloudFormation cannot update a stack when a "
                "custom-named resource requires replacing. Rename jobs and update the stack again."
            ),
        ),
        (
            queue(),
            ("SNS::Topic", {"TopicName": "jobs"}),
            (
                "Update of resource type is not permitted. The new template modifies "
                "resource type of "
                "the following resources: [Thing]"
            ),
        ),
        (queue(), queue(VisibilityTimeout=-1), "resource Thing (AWS::SQS::Queue): "),
        (queue(), queue(DelaySecond=5), "Unknown Attribute DelaySecond"),
    ],
)
def test_what_cannot_be_changed_is_one_sentence_and_nothing_is_half_done(
    run: Any, projects: Any, before: Any, after: Any, words: str
) -> None:
    """Not what stands before it in the template, nor after it, nor the code."""

    def template(thing: Any, delay: int) -> dict[str, Any]:
        return resources(
            Before=queue("before", DelaySeconds=delay), Thing=thing, After=queue(f"after-{delay}")
        )

    code = "\n@app.lambda_function()\ndef version(event, context):\n    return {}\n"
    offline = run(code.format(1), resources=template(before, 1))
    was = state_of(offline)
    with pytest.raises(ProjectError) as caught:
        projects.reload(offline, code.format(2), resources=template(after, 2))
    text = str(caught.value)
    assert words in text
    assert "resources.json, line " in text
    assert "\n" not in text
    assert state_of(offline) == was
    assert offline.invoke("version").payload == 1
    projects.reload(offline, code.format(3), resources=template(before, 3))
    assert queues(offline)[0] == "after-3"
    assert offline.invoke("version").payload == 3


def test_failure_of_a_binding_takes_the_stack_back_too(run: Any, projects: Any) -> None:
    """The template's own changes were fine; they go with the handler that was not."""
    offline = run(ONE, resources=resources(Jobs=queue(Tags=[{"Key": "a", "Value": "b"}])))
    was = state_of(offline)
    broken = TWO + '\n@app.schedule("every now and then")\ndef tick(event):\n    pass\n'
    template = resources(Jobs=queue(DelaySeconds=9), More=queue("more"))
    with pytest.raises(ProjectError, match="handler tick: "):
        projects.reload(offline, broken, resources=template)
    assert state_of(offline) == was
    sqs = offline.client("sqs")
    url = sqs.get_queue_url(QueueName="jobs")["QueueUrl"]
    sqs.send_message(QueueUrl=url, MessageBody="m")
    offline.settle()
    assert projects.seen() == [[1, ["m"]]]


ALL = """
SEEN = []

@app.on_sqs_message("jobs")
def a_queue(event):
    pass

@app.on_sns_message("news")
def a_topic(event):
    pass

@app.on_s3_event("files")
def a_bucket(event):
    pass

@app.schedule("rate(1 hour)")
def a_schedule(event):
    pass

@app.on_kinesis_record("clicks")
def a_stream(event):
    pass

@app.lambda_function()
def plain(event, context):
    return "here"
"""
LEFT = '\n@app.route("/")\ndef index():\n    return {}\n'


def test_removed_handlers_are_gone_with_all_they_had(run: Any, projects: Any) -> None:
    """Functions, mappings, subscriptions, rules, notifications; what they listened to stays."""
    offline = run(ALL)
    projects.reload(offline, LEFT)
    assert functions(offline) == ["demo-dev"]
    lambda_ = offline.client("lambda")
    for name in ("plain", "a_queue", "a_schedule"):
        with pytest.raises(ClientError, match="ResourceNotFoundException"):
            lambda_.invoke(FunctionName=f"demo-dev-{name}", Payload=b"{}")
    assert lambda_.list_event_source_mappings()["EventSourceMappings"] == []
    assert offline.client("sns").list_subscriptions()["Subscriptions"] == []
    assert offline.client("events").list_rules()["Rules"] == []
    notifications = offline.client("s3").get_bucket_notification_configuration(Bucket="files")
    assert "LambdaFunctionConfigurations" not in notifications
    assert queues(offline) == ["jobs"]
    projects.reload(offline, ALL)
    assert offline.invoke("plain").payload == "here"
    assert len(lambda_.list_event_source_mappings()["EventSourceMappings"]) == 2
    offline.settle()


def test_settings_of_functions_are_changed(run: Any, projects: Any) -> None:
    """Timeout, memory, environment, reserved concurrency and tags, there and back again."""
    code = (
        "\n@app.lambda_function()\ndef plain(event, context):\n"
        '    return [os.environ.get("A"), context.memory_limit_in_mb,'
        ' os.environ["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"]]\n'
    )
    settings = {
        "lambda_timeout": 7,
        "lambda_memory_size": 256,
        "environment_variables": {"A": "b"},
        "reserved_concurrency": 5,
        "tags": {"team": "till"},
    }
    of_dev = {"stages": {"dev": {"lambda_functions": {"plain": settings}}}}
    offline = run(code)
    lambda_ = offline.client("lambda")

    def seen() -> list[Any]:
        found = lambda_.get_function(FunctionName="demo-dev-plain")
        configuration = found["Configuration"]
        return [
            configuration["Timeout"],
            configuration["MemorySize"],
            found.get("Concurrency", {}).get("ReservedConcurrentExecutions"),
            found.get("Tags", {}).get("team"),
            *offline.invoke("plain").payload,
        ]

    plain = seen()
    projects.reload(offline, code, config=of_dev)
    assert seen() == [7, 256, 5, "till", "b", "256", "256"]
    projects.reload(offline, code, config={})
    assert seen() == plain


def test_reserved_concurrency_that_lambda_refuses_changes_nothing(run: Any, projects: Any) -> None:
    """At least 100 must be left for the others (Lambda developer guide)."""
    code = "\n@app.lambda_function()\ndef plain(event, context):\n    return 1\n"
    offline = run(code)
    was = state_of(offline)
    settings = {"plain": {"reserved_concurrency": 950}}
    with pytest.raises(ProjectError, match="function demo-dev-plain: "):
        projects.reload(offline, code + "# changed", config={"lambda_functions": settings})
    assert state_of(offline) == was


def test_binding_is_changed_in_place(run: Any, projects: Any) -> None:
    """The mapping stays the same one with other settings; a rule gets its new expression."""
    tick = '\n@app.schedule("rate({})")\ndef tick(event):\n    SEEN.append("tick")\n'
    offline = run(WORK.format(batch_size=1, version=1) + tick.format("1 hour"))
    lambda_ = offline.client("lambda")
    (before,) = lambda_.list_event_source_mappings()["EventSourceMappings"]
    projects.reload(offline, WORK.format(batch_size=10, version=2) + tick.format("10 minutes"))
    (after,) = lambda_.list_event_source_mappings()["EventSourceMappings"]
    assert (after["UUID"], after["BatchSize"]) == (before["UUID"], 10)
    sqs = offline.client("sqs")
    url = sqs.get_queue_url(QueueName="jobs")["QueueUrl"]
    sqs.send_message_batch(
        QueueUrl=url, Entries=[{"Id": str(n), "MessageBody": str(n)} for n in range(3)]
    )
    offline.settle()
    assert [version for version, _ in projects.seen()] == [2] * len(projects.seen())
    assert sum(len(bodies) for _, bodies in projects.seen()) == 3
    projects.seen().clear()
    offline.advance(minutes=31)
    assert projects.seen().count("tick") == 3


def test_queue_that_was_made_for_a_handler_is_taken_over_by_the_template(
    run: Any, projects: Any
) -> None:
    """Following the warning's advice changes the queue, and keeps what it holds."""
    offline = run(WORK.format(batch_size=1, version=1))
    declared = resources(Jobs=queue(VisibilityTimeout=500))
    projects.reload(offline, WORK.format(batch_size=1, version=2), resources=declared)
    assert attributes(offline)["VisibilityTimeout"] == "500"


def test_queue_that_is_declared_no_more_stays_for_its_handler(
    run: Any, projects: Any, caplog: pytest.LogCaptureFixture
) -> None:
    """A handler that names it would be made a queue anyway; the messages stay in this one."""
    offline = run(ONE, resources=resources(Jobs=queue(DelaySeconds=5), Other=queue("other")))
    projects.reload(offline, TWO, resources=resources(Other=queue("other")))
    assert queues(offline) == ["jobs", "other"]
    assert "queue jobs is declared no more: kept for handler work" in caplog.text
    assert attributes(offline)["DelaySeconds"] == "5"


def test_longer_timeout_raises_the_queue_made_for_it(run: Any, projects: Any) -> None:
    """Six times the function's timeout, as AWS advises; a declared queue's is the user's."""
    offline = run(ONE)
    assert attributes(offline)["VisibilityTimeout"] == "360"
    projects.reload(offline, ONE + "#", config={"lambda_timeout": 100})
    assert attributes(offline)["VisibilityTimeout"] == "600"


def test_longer_timeout_than_a_declared_queue_allows_is_refused(run: Any, projects: Any) -> None:
    """In Lambda's words, and the function keeps its timeout."""
    template = resources(Jobs=queue(VisibilityTimeout=60))
    offline = run(ONE, resources=template)
    with pytest.raises(ProjectError, match="Queue visibility timeout: 60 seconds is less than"):
        projects.reload(offline, TWO, resources=template, config={"lambda_timeout": 100})
    found = offline.client("lambda").get_function_configuration(FunctionName="demo-dev-work")
    assert found["Timeout"] == 60


def test_queue_that_somebody_made_is_not_taken_for_the_stacks(run: Any, projects: Any) -> None:
    """CloudFormation refuses a name that is taken; and a step back must not delete it."""
    offline = run("\n", resources=resources(Other=queue("other")))
    offline.client("sqs").create_queue(QueueName="mine")
    template = resources(Other=queue("other"), Mine=("SQS::Queue", {"QueueName": "mine"}))
    with pytest.raises(ProjectError, match=r"resource Mine .*identifier .mine. already exists"):
        projects.reload(offline, "\n#", resources=template)
    assert queues(offline) == ["mine", "other"]


def test_bucket_that_holds_something_stays(
    run: Any, projects: Any, caplog: pytest.LogCaptureFixture
) -> None:
    """CloudFormation leaves it, too, and goes on."""
    bucket = ("S3::Bucket", {"BucketName": "files"})
    offline = run("\n", resources=resources(Files=bucket, Jobs=queue()))
    offline.client("s3").put_object(Bucket="files", Key="k", Body=b"x")
    with caplog.at_level(logging.WARNING):
        projects.reload(offline, "\n#", resources=resources(Other=queue("other")))
    assert "deleting Files (AWS::S3::Bucket): " in caplog.text
    assert queues(offline) == ["other"]
    assert offline.client("s3").get_object(Bucket="files", Key="k")["Body"].read() == b"x"


def test_file_that_is_gone_deletes_nothing(
    run: Any, projects: Any, caplog: pytest.LogCaptureFixture
) -> None:
    """Editors replace files; a template that says nothing is another thing."""
    offline = run("\n", resources=resources(Jobs=queue()))
    (projects.directory / ".chalice" / "resources.json").unlink()
    projects.reload(offline, "\n#")
    assert queues(offline) == ["jobs"]
    assert "resources.json is gone" in caplog.text
