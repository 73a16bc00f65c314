"""Versions stay as they were published, and aliases say which of them runs."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from .conftest import ROLE, zipped

if TYPE_CHECKING:
    from .conftest import Uploads


class Versions:
    """One uploaded function that says which of its packages it is."""

    def __init__(self, uploads: Uploads) -> None:
        self.uploads = uploads
        self.aws = uploads.aws
        self.lambda_ = uploads.lambda_

    def create(self, says: str = "first", **settings: Any) -> Any:
        return self.uploads.create(package=self.code(says), **settings)

    @staticmethod
    def code(says: str) -> bytes:
        return zipped(
            handler=(
                "import os\n"
                "def handler(event, context):\n"
                f"    return [{says!r}, context.function_version, context.invoked_function_arn,\n"
                "            os.environ['AWS_LAMBDA_FUNCTION_VERSION']]\n"
            )
        )

    def change(self, says: str) -> None:
        self.lambda_.update_function_code(FunctionName="work", ZipFile=self.code(says))

    def publish(self, **request: Any) -> str:
        return str(self.lambda_.publish_version(FunctionName="work", **request)["Version"])

    def invoke(self, qualifier: str = "", **request: Any) -> Any:
        asked = {"Qualifier": qualifier} if qualifier else {}
        reply = self.lambda_.invoke(FunctionName="work", **asked, **request)
        return reply["ExecutedVersion"], json.loads(reply["Payload"].read())

    def refused(self, operation: str, **request: Any) -> tuple[str, str]:
        return self.uploads.refused(getattr(self.lambda_, operation), **request)


@pytest.fixture
def versions(uploads: Uploads) -> Versions:
    return Versions(uploads)


ARN = "arn:aws:lambda:us-east-1:000000000000:function:work"


def test_a_version_stays_as_it_was_published(versions: Versions) -> None:
    """Code and variables of a version do not change with the function."""
    versions.create("first", Environment={"Variables": {"STAGE": "one"}})
    number = versions.publish(Description="the first")
    versions.change("second")
    versions.lambda_.update_function_configuration(
        FunctionName="work", Environment={"Variables": {"STAGE": "two"}}
    )
    assert versions.invoke() == ("$LATEST", ["second", "$LATEST", ARN, "$LATEST"])
    assert versions.invoke(number) == ("1", ["first", "1", f"{ARN}:1", "1"])
    described = versions.lambda_.get_function_configuration(FunctionName="work", Qualifier=number)
    assert described["Environment"]["Variables"] == {"STAGE": "one"}
    assert (described["Description"], described["FunctionArn"]) == ("the first", f"{ARN}:1")


def test_publishing_again_without_a_change_gives_the_same_version(versions: Versions) -> None:
    """A new number is given only to something new, and never twice."""
    versions.create()
    assert (versions.publish(), versions.publish()) == ("1", "1")
    versions.change("second")
    assert versions.publish() == "2"
    versions.lambda_.delete_function(FunctionName="work", Qualifier="2")
    versions.change("third")
    assert versions.publish() == "3"
    listed = versions.lambda_.list_versions_by_function(FunctionName="work")["Versions"]
    assert [one["Version"] for one in listed] == ["$LATEST", "1", "3"]
    assert "State" not in listed[0]


def test_a_function_is_published_as_it_is_created_and_changed(versions: Versions) -> None:
    """Publish=True makes a version of what the same call has made."""
    assert versions.create("first", Publish=True)["Version"] == "1"
    changed = versions.lambda_.update_function_code(
        FunctionName="work", ZipFile=versions.code("second"), Publish=True
    )
    assert changed["Version"] == "2"
    assert [versions.invoke(number)[1][0] for number in ("1", "2")] == ["first", "second"]


def test_publishing_something_else_than_was_looked_at_is_refused(versions: Versions) -> None:
    """CodeSha256 and RevisionId guard against a change in between."""
    versions.create()
    code, message = versions.refused("publish_version", FunctionName="work", CodeSha256="another")
    assert code == "InvalidParameterValueException"
    assert message.startswith("CodeSHA256 (another) is different from current CodeSHA256")
    code, _ = versions.refused("publish_version", FunctionName="work", RevisionId="another")
    assert code == "PreconditionFailedException"
    assert versions.publish() == "1"


def test_an_alias_moves_from_version_to_version(versions: Versions) -> None:
    """Who invokes the alias is told its ARN, and gets the version it stands for."""
    versions.create("first")
    versions.publish()
    versions.change("second")
    versions.publish()
    versions.lambda_.create_alias(FunctionName="work", Name="live", FunctionVersion="1")
    assert versions.invoke("live") == ("1", ["first", "1", f"{ARN}:live", "1"])
    versions.lambda_.update_alias(FunctionName="work", Name="live", FunctionVersion="2")
    assert versions.invoke("live")[0] == "2"
    configuration = versions.lambda_.get_function_configuration(FunctionName=f"{ARN}:live")
    assert (configuration["FunctionArn"], configuration["Version"]) == (f"{ARN}:live", "2")


def test_an_alias_sends_a_share_of_its_runs_elsewhere(versions: Versions) -> None:
    """Weights are kept over many runs, and the draw comes from the seed."""
    versions.create("first")
    versions.publish()
    versions.change("second")
    versions.publish()
    versions.lambda_.create_alias(
        FunctionName="work",
        Name="live",
        FunctionVersion="1",
        RoutingConfig={"AdditionalVersionWeights": {"2": 0.25}},
    )
    ran = Counter(versions.invoke("live")[0] for _ in range(200))
    assert 30 <= ran["2"] <= 70
    assert ran["1"] + ran["2"] == 200


@pytest.mark.parametrize(
    ("request_", "code", "message"),
    [
        ({"FunctionVersion": "9"}, "ResourceNotFoundException", f"Function not found: {ARN}:9"),
        (
            {"RoutingConfig": {"AdditionalVersionWeights": {"1": 0.5}}},
            "InvalidParameterValueException",
            (
                "Invalid function version 1. Function version 1 is already included in routing "
                "configuration."
            ),
        ),
        (
            {
                "FunctionVersion": "$LATEST",
                "RoutingConfig": {"AdditionalVersionWeights": {"1": 0.5}},
            },
            "InvalidParameterValueException",
            "$LATEST is not supported for an alias pointing to more than 1 version",
        ),
    ],
)
def test_an_alias_that_cannot_be_is_refused(
    versions: Versions, request_: dict[str, Any], code: str, message: str
) -> None:
    """The texts are AWS's, and nothing is made."""
    versions.create()
    versions.publish()
    asked = {"FunctionName": "work", "Name": "live", "FunctionVersion": "1", **request_}
    assert versions.refused("create_alias", **asked) == (code, message)
    assert versions.lambda_.list_aliases(FunctionName="work")["Aliases"] == []


def test_a_version_with_an_alias_is_not_deleted(versions: Versions) -> None:
    """Only when no alias stands for it any more."""
    versions.create()
    versions.publish()
    versions.lambda_.create_alias(FunctionName="work", Name="live", FunctionVersion="1")
    code, message = versions.refused("delete_function", FunctionName="work", Qualifier="1")
    assert (code, f"{ARN}:live" in message) == ("ResourceConflictException", True)
    versions.lambda_.delete_alias(FunctionName="work", Name="live")
    versions.lambda_.delete_function(FunctionName="work", Qualifier="1")
    code, message = versions.refused("invoke", FunctionName="work", Qualifier="1")
    assert message == f"Function not found: {ARN}:1"


def test_asynchronous_runs_of_an_alias_have_settings_of_their_own(versions: Versions) -> None:
    """Retries and destinations are looked up under the alias that was invoked."""
    versions.create("first", Publish=True)
    versions.lambda_.create_alias(FunctionName="work", Name="live", FunctionVersion="1")
    sqs = versions.aws.client("sqs")
    url = sqs.create_queue(QueueName="done")["QueueUrl"]
    versions.lambda_.put_function_event_invoke_config(
        FunctionName="work",
        Qualifier="live",
        DestinationConfig={"OnSuccess": {"Destination": "arn:aws:sqs:us-east-1:000000000000:done"}},
    )
    for asked in ({}, {"Qualifier": "live"}):
        versions.lambda_.invoke(FunctionName="work", InvocationType="Event", **asked)
    versions.aws.settle()
    messages = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10)["Messages"]
    [record] = [json.loads(message["Body"]) for message in messages]
    assert record["requestContext"]["functionArn"] == f"{ARN}:live"
    assert record["responseContext"]["executedVersion"] == "1"


def test_a_mapping_feeds_an_alias(versions: Versions) -> None:
    """The mapping names the alias, and the version it stands for runs."""
    versions.create("first", Publish=True)
    versions.lambda_.create_alias(FunctionName="work", Name="live", FunctionVersion="1")
    sqs = versions.aws.client("sqs")
    url = sqs.create_queue(QueueName="jobs")["QueueUrl"]
    mapping = versions.lambda_.create_event_source_mapping(
        EventSourceArn="arn:aws:sqs:us-east-1:000000000000:jobs", FunctionName=f"{ARN}:live"
    )
    assert mapping["FunctionArn"] == f"{ARN}:live"
    versions.aws.advance(seconds=1)
    sqs.send_message(QueueUrl=url, MessageBody="one")
    versions.aws.settle()
    left = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    assert left["ApproximateNumberOfMessages"] == "0"
    runs = [one for one in versions.aws.emulator.journal.entries() if one.kind == "run"]
    assert len(runs) == 1


def test_permissions_of_an_alias_are_its_own(versions: Versions) -> None:
    """The policy of the function does not tell what an alias allows."""
    versions.create(Publish=True)
    versions.lambda_.create_alias(FunctionName="work", Name="live", FunctionVersion="1")
    added = versions.lambda_.add_permission(
        FunctionName="work",
        Qualifier="live",
        StatementId="sns",
        Action="lambda:InvokeFunction",
        Principal="sns.amazonaws.com",
    )
    assert json.loads(added["Statement"])["Resource"] == f"{ARN}:live"
    code, _ = versions.refused("get_policy", FunctionName="work")
    assert code == "ResourceNotFoundException"


# ---- layers --------------------------------------------------------------------------------------


def test_modules_of_layers_can_be_imported(versions: Versions) -> None:
    """A function finds what its layers bring; its own modules come first, later layers next."""
    layers = []
    for name, files in (
        ("base", {"python___shared": "NAME = 'base'", "python___only_base": "NAME = 'base'"}),
        ("over", {"python___shared": "NAME = 'over'"}),
    ):
        layer = versions.lambda_.publish_layer_version(
            LayerName=name, Content={"ZipFile": zipped(**files)}, CompatibleRuntimes=["python3.12"]
        )
        layers.append(layer["LayerVersionArn"])
    code = zipped(
        handler=(
            "import shared, only_base\n"
            "def handler(event, context):\n"
            "    return [shared.NAME, only_base.NAME]\n"
        )
    )
    made = versions.uploads.create(package=code, Layers=layers)
    assert [layer["Arn"] for layer in made["Layers"]] == layers
    assert versions.invoke()[1] == ["over", "base"]


def test_a_deleted_layer_is_kept_by_those_who_use_it(versions: Versions) -> None:
    """The function goes on; others cannot begin to use the version, whose number stays used."""
    content = {"ZipFile": zipped(python___shared="NAME = 'layer'")}
    layer = versions.lambda_.publish_layer_version(LayerName="base", Content=content)
    arn = layer["LayerVersionArn"]
    code = zipped(handler="import shared\ndef handler(event, context):\n    return shared.NAME\n")
    request = {
        "Runtime": "python3.12",
        "Role": ROLE,
        "Handler": "handler.handler",
        "Code": {"ZipFile": code},
        "Layers": [arn],
    }
    versions.lambda_.create_function(FunctionName="work", **request)
    versions.lambda_.delete_layer_version(LayerName="base", VersionNumber=1)
    assert versions.invoke()[1] == "layer"
    assert versions.refused("create_function", FunctionName="other", **request) == (
        "InvalidParameterValueException",
        f"Layer version {arn} does not exist.",
    )
    again = versions.lambda_.publish_layer_version(LayerName="base", Content=content)
    assert again["Version"] == 2


def test_two_versions_of_a_layer_do_not_go_together(versions: Versions) -> None:
    """The function is not made."""
    arns = [
        versions.lambda_.publish_layer_version(
            LayerName="base", Content={"ZipFile": zipped(python___shared=f"N = {number}")}
        )["LayerVersionArn"]
        for number in (1, 2)
    ]
    with pytest.raises(ClientError, match="Two different versions of the same layer"):
        versions.create(Layers=arns)
    assert versions.lambda_.list_functions()["Functions"] == []
