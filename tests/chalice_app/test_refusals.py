"""What cannot work stops the start with one sentence that says where and why."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest

from chalice_offline.core.errors import ProjectError

SQS = """
@app.on_sqs_message({source})
def work(event):
    pass
"""


def queue(name: str = "jobs", **properties: Any) -> dict[str, Any]:
    described = {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": name, **properties}}
    return {"Resources": {"Jobs": described}}


@pytest.mark.parametrize(
    ("code", "resources", "words"),
    [
        (
            SQS.format(source='"jobs.fifo", maximum_batching_window_in_seconds=5'),
            None,
            "Batching window is not supported for FIFO",
        ),
        (
            SQS.format(source='"jobs", batch_size=100'),
            None,
            "Maximum batch window in seconds must be greater than 0",
        ),
        (
            SQS.format(source='queue_arn="arn:aws:sns:us-east-1:000000000000:jobs"'),
            None,
            "'arn:aws:sns:us-east-1:000000000000:jobs' is not the ARN of a resource of sqs",
        ),
        (SQS.format(source='queue_arn="arn:jobs"'), None, "'arn:jobs' is not an ARN"),
        (
            SQS.format(source='"jobs", maximum_concurrency=1'),
            None,
            "MaximumConcurrency",
        ),
        (
            SQS.format(source='"jobs"'),
            queue(VisibilityTimeout=30),
            "Queue visibility timeout: 30 seconds is less than Function timeout: 60 seconds",
        ),
        (
            (
                '@app.on_sns_message("arn:aws:sqs:us-east-1:000000000000:t")\n'
                "def work(event):\n    pass\n"
            ),
            None,
            "is not the ARN of a resource of sns",
        ),
        (
            '@app.on_cw_event({"source": "shop"})\ndef work(event):\n    pass\n',
            None,
            "Event pattern is not valid",
        ),
        (
            '@app.on_cw_event({"source": [{"nope": 1}]})\ndef work(event):\n    pass\n',
            None,
            "Event pattern is not valid",
        ),
        (
            '@app.schedule("every minute")\ndef work(event):\n    pass\n',
            None,
            "ScheduleExpression is not valid",
        ),
        (
            '@app.schedule("rate(1 minutes)")\ndef work(event):\n    pass\n',
            None,
            "ScheduleExpression is not valid",
        ),
        (
            (
                '@app.on_dynamodb_record("arn:aws:dynamodb:us-east-1:000000000000:table/things")\n'
                "def work(event):\n    pass\n"
            ),
            None,
            "is not the ARN of a stream",
        ),
    ],
)
def test_binding_that_cannot_work_names_its_handler(
    run: Any, code: str, resources: dict[str, Any] | None, words: str
) -> None:
    """The sentence begins with the handler and says what AWS would say."""
    with pytest.raises(ProjectError) as caught:
        run(code, resources=resources)
    text = str(caught.value)
    assert text.startswith("handler work: ")
    assert words in text
    assert "\n" not in text


def test_overlapping_s3_filters_name_their_handlers(run: Any) -> None:
    """Two handlers for the same keys and events cannot both be notified."""
    with pytest.raises(ProjectError) as caught:
        run(
            """
@app.on_s3_event("files", prefix="in/")
def first(event):
    pass

@app.on_s3_event("files", prefix="in/menus/")
def second(event):
    pass
"""
        )
    text = str(caught.value)
    assert "handlers first, second: bucket files:" in text
    assert "overlap" in text


@pytest.mark.parametrize(
    ("config", "words"),
    [
        ("", "line 1"),
        ('{"version": "2.0",\n "app_name": "demo",\n "stages": {,}}', "line 3"),
        ("[]", "a JSON object was expected"),
        ('{"version": "2.0"}', '"app_name" must be given'),
        ('{"version": "9.0", "app_name": "demo"}', "9.0"),
        ('{"version": "2.0", "app_name": "demo", "stages": []}', '"stages" must map names'),
        (
            '{"version": "2.0", "app_name": "demo", "stages": {"dev": {"lambda_timeout": 1000}}}',
            'line 1: "lambda_timeout" of dev is 1000; Lambda takes a whole number from 1 to 900',
        ),
        (
            (
                '{"version": "2.0", "app_name": "demo", "stages": {"dev": '
                '{"lambda_memory_size": "big"}}}'
            ),
            "\"lambda_memory_size\" of dev is 'big'",
        ),
        (
            '{"version": "2.0", "app_name": "demo", "environment_variables": {"A": 1}}',
            '"environment_variables" must map names to strings, and A is 1',
        ),
        (
            '{"version": "2.0", "app_name": "demo", "environment_variables": ["A"]}',
            '"environment_variables" must map names to strings',
        ),
        (
            '{"version": "2.0", "app_name": "demo", "stages": {"dev": {"lambda_functions": []}}}',
            '"lambda_functions" must map names to objects',
        ),
    ],
)
def test_malformed_config_is_one_sentence(run: Any, config: str, words: str) -> None:
    """File, and line or setting, and what was expected."""
    code = "\n@app.lambda_function()\ndef plain(event, context):\n    pass\n"
    with pytest.raises(ProjectError) as caught:
        run(code, config=config)
    text = str(caught.value)
    assert "config.json" in text
    assert words in text
    assert "\n" not in text


def test_missing_config_says_what_a_project_has(run: Any, projects: Any) -> None:
    """A folder that is no project is named."""
    from chalice_offline.chalice_app.project import load_for_stage

    with pytest.raises(ProjectError, match=r"there is no .*config\.json; a Chalice project has"):
        load_for_stage(projects.directory, "dev")


@pytest.mark.parametrize(
    ("resources", "words"),
    [
        ('{\n "Resources": {\n  "A": }\n}', "line 3"),
        ("{}", "Template format error: At least one Resources member must be defined."),
        (
            {"Resources": {"A": {"Properties": {}}}},
            "resource A: Template format error: [/Resources/A] Every Resources object must contain",
        ),
        (
            {
                "Resources": {
                    "A": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": {"Ref": "Nope"}}}
                }
            },
            (
                "resource A (AWS::SQS::Queue): Template format error: Unresolved "
                "resource dependencies "
                "[Nope] in the Resources block of the template"
            ),
        ),
        (
            {
                "Resources": {
                    "A": {"Type": "AWS::SQS::Queue", "Properties": {"DelaySeconds": {"Ref": "B"}}},
                    "B": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": {"Ref": "A"}}},
                }
            },
            "Circular dependency between resources: [A, B]",
        ),
        (queue(VisibilityTimeout="long"), "resource Jobs (AWS::SQS::Queue): "),
        (queue(DelaySecond=5), "Unknown Attribute DelaySecond"),
        (
            {"Resources": {"T": {"Type": "AWS::DynamoDB::Table", "Properties": {}}}},
            "resource T (AWS::DynamoDB::Table)",
        ),
        (
            {"Resources": {"R": {"Type": "AWS::Events::Rule", "Properties": {"Name": "r"}}}},
            "resource R (AWS::Events::Rule): ",
        ),
        (
            {"Resources": {"A": {"Type": "AWS::SQS::Queue", "Properties": []}}},
            "resource A (AWS::SQS::Queue)",
        ),
        (
            {"Transform": "Shout", "Resources": {"A": {"Type": "AWS::SQS::Queue"}}},
            "chalice-offline runs no macros for the resources that a session starts with",
        ),
    ],
)
def test_malformed_resources_are_one_sentence(run: Any, resources: Any, words: str) -> None:
    """File, resource and what is wrong with it."""
    with pytest.raises(ProjectError) as caught:
        run("\n", resources=resources)
    text = str(caught.value)
    assert "resources.json" in text
    assert words in text
    assert "\n" not in text


def test_resource_types_nobody_emulates_are_named(
    run: Any, caplog: pytest.LogCaptureFixture
) -> None:
    """A type that is not created offline gives a warning; all others do not."""
    resources = {
        "Resources": {
            "Domain": {"Type": "AWS::OpenSearchService::Domain", "Properties": {}},
            "Key": {"Type": "AWS::KMS::Key", "Properties": {}},
        }
    }
    run("\n", resources=resources)
    assert "AWS::OpenSearchService::Domain of Domain is not created offline" in caplog.text
    assert "AWS::KMS::Key" not in caplog.text


def test_resources_are_created_with_their_intrinsic_functions(run: Any) -> None:
    """Ref, GetAtt, Sub, Join and conditions resolve as CloudFormation does."""
    resources = {
        "Parameters": {"Stage": {"Type": "String"}, "Depth": {"Type": "Number", "Default": 3}},
        "Conditions": {"IsProd": {"Fn::Equals": [{"Ref": "Stage"}, "prod"]}},
        "Resources": {
            "Jobs": {
                "Type": "AWS::SQS::Queue",
                "Properties": {
                    "QueueName": {"Fn::Sub": "jobs-${Stage}"},
                    "VisibilityTimeout": 360,
                    "RedrivePolicy": {
                        "deadLetterTargetArn": {"Fn::GetAtt": ["Dead", "Arn"]},
                        "maxReceiveCount": {"Ref": "Depth"},
                    },
                },
            },
            "Dead": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "dead"}},
            "Extra": {
                "Type": "AWS::SQS::Queue",
                "Condition": "IsProd",
                "Properties": {"QueueName": "extra"},
            },
            "Url": {
                "Type": "AWS::SSM::Parameter",
                "Properties": {
                    "Name": "/jobs/url",
                    "Type": "String",
                    "Value": {"Fn::Join": ["|", ["url", {"Ref": "Jobs"}]]},
                },
            },
        },
    }
    offline = run("\n", resources=resources)
    sqs = offline.client("sqs")
    names = [url.rsplit("/", 1)[-1] for url in sqs.list_queues()["QueueUrls"]]
    assert sorted(names) == ["dead", "jobs-dev"]
    url = sqs.get_queue_url(QueueName="jobs-dev")["QueueUrl"]
    attributes = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    policy = json.loads(attributes["RedrivePolicy"])
    assert policy["deadLetterTargetArn"] == "arn:aws:sqs:us-east-1:000000000000:dead"
    assert int(policy["maxReceiveCount"]) == 3
    value = offline.client("ssm").get_parameter(Name="/jobs/url")["Parameter"]["Value"]
    assert value.startswith("url|http")
    assert value.endswith("/000000000000/jobs-dev")


_TARGET = {"Id": "1", "Arn": {"Fn::GetAtt": ["Q", "Arn"]}}
_TEMPLATE: dict[str, Any] = {
    "Parameters": {"P": {"Type": "String", "Default": "x"}},
    "Conditions": {"C": {"Fn::Equals": [{"Ref": "P"}, "x"]}},
    "Mappings": {"M": {"a": {"b": "c"}}},
    "Resources": {
        "Q": {
            "Type": "AWS::SQS::Queue",
            "Condition": "C",
            "Properties": {
                "QueueName": {"Fn::Sub": ["${A}", {"A": {"Fn::FindInMap": ["M", "a", "b"]}}]}
            },
        },
        "R": {
            "Type": "AWS::Events::Rule",
            "Properties": {"Name": "r", "EventPattern": {"source": ["x"]}, "Targets": [_TARGET]},
        },
    },
}
_SHAPES = (1, [], {"Ref": 1}, {"Fn::GetAtt": []})


def _places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    below = value.items() if isinstance(value, dict) else enumerate(value)
    inner = [place for key, item in below for place in _places_of(item, (*path, key))]
    return [path, *inner]


def _places_of(value: Any, path: tuple[Any, ...]) -> list[tuple[Any, ...]]:
    return _places(value, path) if isinstance(value, dict | list) else [path]


@pytest.mark.parametrize("shape", _SHAPES, ids=json.dumps)
def test_another_shape_anywhere_in_a_template_is_one_sentence(
    run: Any, projects: Any, shape: Any
) -> None:
    """It is provisioned as it stands, or refused with all taken back; it never breaks."""
    offline = run("\n", resources=_TEMPLATE)
    for path in _places(_TEMPLATE)[1:]:
        template = copy.deepcopy(_TEMPLATE)
        parent = template
        for key in path[:-1]:
            parent = parent[key]
        parent[path[-1]] = shape
        projects.write("\n", resources=template)
        try:
            offline.reload()
        except ProjectError as error:
            assert "\n" not in str(error)
            assert "resources.json" in str(error)
    projects.write("\n", resources=_TEMPLATE)
    offline.advance(seconds=61)  # a queue's name is free a minute after its deletion
    offline.reload()
    assert offline.client("sqs").get_queue_url(QueueName="c")
