"""Settings that Chalice has no words for, offline and after a deploy."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from typing import Any

import pytest
from click.testing import CliRunner

from chalice_offline.chalice_app.project import unload_project
from chalice_offline.cli import main
from chalice_offline.core.errors import ProjectError

ACCOUNT = "000000000000"
CODE = "SEEN = []\n"


def beyond(stage: dict[str, Any] | None = None, **functions: Any) -> dict[str, Any]:
    """A config.json that gives each function its settings."""
    config = {
        "lambda_functions": {name: {"beyond_chalice": one} for name, one in functions.items()}
    }
    if stage is not None:
        config["stages"] = {"dev": {"lambda_functions": stage}}
    return config


def test_only_the_failed_messages_of_a_batch_come_back(run: Any, projects: Any) -> None:
    """A handler that reports failures keeps the rest of its batch from being handled again."""
    offline = run(
        CODE
        + """
@app.on_sqs_message("jobs", batch_size=10)
def work(event):
    SEEN.append(sorted(record.body for record in event))
    failed = [record.to_dict()["messageId"] for record in event if record.body == "bad"]
    return {"batchItemFailures": [{"itemIdentifier": one} for one in failed]}
""",
        config=beyond(
            work={"EventSourceMapping": {"FunctionResponseTypes": ["ReportBatchItemFailures"]}}
        ),
    )
    sqs = offline.client("sqs")
    url = sqs.get_queue_url(QueueName="jobs")["QueueUrl"]
    entries = [{"Id": body, "MessageBody": body} for body in ("good", "bad")]
    sqs.send_message_batch(QueueUrl=url, Entries=entries)
    offline.advance(minutes=7)
    assert projects.seen()[:2] == [["bad", "good"], ["bad"]]


def test_a_mapping_hears_only_what_its_filter_lets_through(run: Any, projects: Any) -> None:
    """Other messages are deleted without a run, as on AWS."""
    pattern = json.dumps({"body": {"kind": ["order"]}})
    filters = {"FilterCriteria": {"Filters": [{"Pattern": pattern}]}}
    offline = run(
        CODE
        + """
@app.on_sqs_message("jobs")
def work(event):
    SEEN.extend(record.body for record in event)
""",
        config=beyond(work={"EventSourceMapping": filters}),
    )
    sqs = offline.client("sqs")
    url = sqs.get_queue_url(QueueName="jobs")["QueueUrl"]
    for kind in ("order", "other"):
        sqs.send_message(QueueUrl=url, MessageBody=json.dumps({"kind": kind}))
    offline.settle()
    assert projects.seen() == ['{"kind": "order"}']


def test_a_handler_hears_another_bus(run: Any, projects: Any) -> None:
    """Events of the default bus are not for it."""
    offline = run(
        CODE
        + """
@app.on_cw_event({"source": ["shop"]})
def heard(event):
    SEEN.append(event.detail["on"])
""",
        config=beyond(heard={"Rule": {"EventBusName": "orders"}}),
        resources={
            "Resources": {"B": {"Type": "AWS::Events::EventBus", "Properties": {"Name": "orders"}}}
        },
    )
    events = offline.client("events")
    for bus in ("default", "orders"):
        entry = {"Source": "shop", "DetailType": "any", "Detail": json.dumps({"on": bus})}
        events.put_events(Entries=[entry | {"EventBusName": bus}])
    offline.settle()
    assert projects.seen() == ["orders"]


def test_a_subscription_has_a_filter(run: Any, projects: Any) -> None:
    """A policy over the message's body, written as JSON in config.json."""
    offline = run(
        CODE
        + """
@app.on_sns_message("news")
def heard(event):
    SEEN.append(event.message)
""",
        config=beyond(
            heard={
                "Subscription": {
                    "FilterPolicy": {"kind": ["order"]},
                    "FilterPolicyScope": "MessageBody",
                }
            }
        ),
    )
    sns = offline.client("sns")
    for kind in ("order", "other"):
        message = json.dumps({"kind": kind})
        sns.publish(TopicArn=f"arn:aws:sns:us-east-1:{ACCOUNT}:news", Message=message)
    offline.settle()
    assert projects.seen() == ['{"kind": "order"}']


def test_a_bucket_is_heard_under_several_prefixes(run: Any, projects: Any) -> None:
    """Each filter is a part of the bucket's notifications."""
    offline = run(
        CODE
        + """
@app.on_s3_event("files")
def heard(event):
    SEEN.append(event.key)
""",
        config=beyond(
            heard={"Notification": [{"Prefix": "menus/"}, {"Prefix": "money/", "Suffix": ".csv"}]}
        ),
    )
    for key in ("menus/1", "money/1.csv", "money/1.txt", "other/1"):
        offline.client("s3").put_object(Bucket="files", Key=key)
    offline.settle()
    assert projects.seen() == ["menus/1", "money/1.csv"]


def test_failed_events_go_where_config_json_says(run: Any) -> None:
    """No retry, a record to the destination and the event to the dead-letter queue."""
    queue = {"Type": "AWS::SQS::Queue"}
    offline = run(
        """
@app.lambda_function()
def work(event, context):
    raise RuntimeError("no")
""",
        config=beyond(
            work={
                "EventInvokeConfig": {
                    "MaximumRetryAttempts": 0,
                    "DestinationConfig": {"OnFailure": {"Destination": "sqs:lost"}},
                },
                "DeadLetterConfig": {"TargetArn": "sqs:dead"},
            }
        ),
        resources={
            "Resources": {
                "Lost": queue | {"Properties": {"QueueName": "lost"}},
                "Dead": queue | {"Properties": {"QueueName": "dead"}},
            }
        },
    )
    invoked = {"FunctionName": "demo-dev-work", "InvocationType": "Event", "Payload": b'{"n": 1}'}
    offline.client("lambda").invoke(**invoked)
    offline.settle(raise_errors=False)
    sqs = offline.client("sqs")
    bodies = [
        json.loads(
            sqs.receive_message(QueueUrl=sqs.get_queue_url(QueueName=name)["QueueUrl"])["Messages"][
                0
            ]["Body"]
        )
        for name in ("lost", "dead")
    ]
    assert bodies[0]["requestContext"]["condition"] == "RetriesExhausted"
    assert bodies[0]["requestContext"]["approximateInvokeCount"] == 1
    assert bodies[1] == {"n": 1}


def test_a_reload_changes_the_settings_and_takes_them_back(run: Any, projects: Any) -> None:
    """What config.json no longer says is as it was without it."""
    code = CODE + '@app.on_sqs_message("jobs")\ndef work(event):\n    pass\n'
    offline = run(
        code,
        config=beyond(
            work={"EventSourceMapping": {"FunctionResponseTypes": ["ReportBatchItemFailures"]}}
        ),
    )
    lambda_ = offline.client("lambda")
    [before] = lambda_.list_event_source_mappings()["EventSourceMappings"]
    projects.reload(offline, code)
    offline.advance(seconds=1)
    [after] = lambda_.list_event_source_mappings()["EventSourceMappings"]
    assert before["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert (after["UUID"], after["FunctionResponseTypes"]) == (before["UUID"], [])


def test_a_stage_has_settings_of_its_own(run: Any) -> None:
    """They go over what stands beside the stages, part by part."""
    offline = run(
        '@app.on_sqs_message("jobs")\ndef work(event):\n    pass\n',
        config=beyond(
            work={"EventSourceMapping": {"BatchSize": 3}},
            stage={"work": {"beyond_chalice": {"EventSourceMapping": {"BatchSize": 7}}}},
        ),
    )
    [mapping] = offline.client("lambda").list_event_source_mappings()["EventSourceMappings"]
    assert mapping["BatchSize"] == 7


@pytest.mark.parametrize(
    ("settings", "problem"),
    [
        ("yes", '"beyond_chalice" of work must be an object'),
        ({"Mapping": {}}, "work has no setting 'Mapping'; there are EventSourceMapping,"),
        ({"Rule": {}}, "Rule is for handlers of on_cw_event and schedule, and work is none"),
        ({"EventSourceMapping": {"BatchSiez": 1}}, 'Unknown parameter in input: "BatchSiez"'),
        ({"EventSourceMapping": {"UUID": "x"}}, "has UUID, which the decorator or the name gives"),
        ({"EventSourceMapping": []}, "EventSourceMapping must be an object"),
        ({"DeadLetterConfig": {}}, 'DeadLetterConfig must be an object with one "TargetArn"'),
    ],
)
def test_settings_that_cannot_be_name_file_line_and_function(
    run: Any, projects: Any, settings: Any, problem: str
) -> None:
    """One sentence, before anything is made."""
    code = '@app.on_sqs_message("jobs")\ndef work(event):\n    pass\n'
    with pytest.raises(ProjectError, match=rf"config\.json, line 1: .*{re.escape(problem)}"):
        run(code, config=beyond(work=settings))


# ---- after a deploy ------------------------------------------------------------------------------

DEPLOYED = """
@app.on_sqs_message("jobs")
def work(event):
    pass

@app.on_sns_message("news")
def told(event):
    pass

@app.on_s3_event("files")
def filed(event):
    pass

@app.on_cw_event({"source": ["shop"]})
def heard(event):
    pass

@app.lambda_function()
def alone(event, context):
    pass
"""
ORDERS = {"Type": "AWS::Events::EventBus", "Properties": {"Name": "orders"}}
DEAD = {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "dead"}}
SETTINGS = beyond(
    work={"EventSourceMapping": {"FunctionResponseTypes": ["ReportBatchItemFailures"]}},
    told={
        "Subscription": {"FilterPolicy": {"kind": ["order"]}, "FilterPolicyScope": "MessageBody"}
    },
    filed={"Notification": [{"Prefix": "a/"}, {"Prefix": "b/"}]},
    heard={"Rule": {"EventBusName": "orders"}},
    alone={"DeadLetterConfig": {"TargetArn": "sqs:dead"}},
)


def after_deploy(projects: Any, *arguments: str) -> tuple[int, list[str]]:
    unload_project(projects.directory)  # the command is a process of its own
    done = CliRunner().invoke(
        main, ["after-deploy", "--project-dir", str(projects.directory), *arguments]
    )
    return done.exit_code, done.output.splitlines()


def test_the_command_gives_a_deployed_app_its_settings(run: Any, projects: Any) -> None:
    """Each is set with AWS's own calls; repeated, only the rule is put again."""
    offline = run(DEPLOYED, resources={"Resources": {"Orders": ORDERS, "Dead": DEAD}})
    projects.write(DEPLOYED, config=SETTINGS)
    status, lines = after_deploy(projects, "--dry-run")
    assert (status, all(line.startswith("would change ") for line in lines)) == (0, True)
    status, said = after_deploy(projects)
    assert (status, len(said)) == (0, len(lines))
    offline.advance(seconds=1)

    [mapping] = offline.client("lambda").list_event_source_mappings()["EventSourceMappings"]
    assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    sns = offline.client("sns")
    [subscription] = sns.list_subscriptions()["Subscriptions"]
    attributes = sns.get_subscription_attributes(SubscriptionArn=subscription["SubscriptionArn"])
    assert json.loads(attributes["Attributes"]["FilterPolicy"]) == {"kind": ["order"]}
    notifications = offline.client("s3").get_bucket_notification_configuration(Bucket="files")
    assert len(notifications["LambdaFunctionConfigurations"]) == 2
    events = offline.client("events")
    assert events.describe_rule(Name="demo-dev-heard-event")["State"] == "DISABLED"
    [rule] = events.list_rules(EventBusName="orders")["Rules"]
    assert json.loads(rule["EventPattern"]) == {"source": ["shop"]}
    alone = offline.client("lambda").get_function_configuration(FunctionName="demo-dev-alone")
    assert alone["DeadLetterConfig"]["TargetArn"].endswith(":dead")

    _, again = after_deploy(projects)
    assert {line.split(":")[0] for line in again} == {"changes heard"}

    assert after_deploy(projects, "--remove")[0] == 0
    assert events.list_rules(EventBusName="orders")["Rules"] == []
    assert after_deploy(projects, "--remove") == (0, ["nothing to remove"])


def test_the_command_says_what_is_not_deployed(run: Any, projects: Any) -> None:
    """One sentence with the handler's name, and the status of what cannot be."""
    run(DEPLOYED, resources={"Resources": {"Orders": ORDERS, "Dead": DEAD}})
    more = DEPLOYED + '@app.on_sqs_message("others")\ndef late(event):\n    pass\n'
    projects.write(more, config=beyond(late={"EventSourceMapping": {"BatchSize": 3}}))
    status, [line] = after_deploy(projects)
    assert status == 2
    assert "handler late: demo-dev-late has no event source mapping" in line


@pytest.mark.parametrize(
    ("variables", "arguments", "sentence"),
    [
        ({}, [], "no region is set; export AWS_DEFAULT_REGION"),
        ({"AWS_DEFAULT_REGION": "us-east-1"}, [], "there are no AWS credentials"),
        ({"AWS_DEFAULT_REGION": "us-east-1"}, ["--profile", "nobody"], "no profile nobody"),
        (
            {
                "AWS_DEFAULT_REGION": "us-east-1",
                "AWS_ACCESS_KEY_ID": "k",
                "AWS_SECRET_ACCESS_KEY": "s",
                "AWS_ENDPOINT_URL": "http://127.0.0.1:1",
            },
            [],
            "is AWS_ENDPOINT_URL what you mean?",
        ),
        ({}, ["--stage", "nope"], "nope"),
    ],
)
def test_the_command_says_in_a_sentence_what_it_has_not_got(
    projects: Any, variables: dict[str, str], arguments: list[str], sentence: str
) -> None:
    """Exit code 2, one line, in a process of its own: no region, no credentials, nobody there."""
    projects.write(DEPLOYED, config=SETTINGS)
    clean = {name: text for name, text in os.environ.items() if not name.startswith("AWS_")}
    nowhere = {
        "AWS_CONFIG_FILE": "/nope",
        "AWS_SHARED_CREDENTIALS_FILE": "/nope",
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_MAX_ATTEMPTS": "1",
    }
    done = subprocess.run(
        [sys.executable, "-m", "chalice_offline", "after-deploy", *arguments],
        cwd=projects.directory,
        env=clean | nowhere | variables,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (2, "")
    (line,) = done.stderr.splitlines()
    assert line.startswith("chalice-offline: ")
    assert sentence in line
