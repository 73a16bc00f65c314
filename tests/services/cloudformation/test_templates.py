"""What a template may say, and in which words it is refused."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

VALUES = """
AWSTemplateFormatVersion: 2010-09-09
Parameters:
  Stage: {Type: String, Default: dev, AllowedValues: [dev, prod]}
  Names: {Type: CommaDelimitedList, Default: "a, b,c"}
Mappings: {Sizes: {dev: {Size: small}, prod: {Size: large}}}
Conditions:
  IsProd: !Equals [!Ref Stage, prod]
  IsDev: !Not [!Condition IsProd]
Resources:
  Queue: {Type: AWS::SQS::Queue, Properties: {QueueName: !Sub "jobs-${Stage}"}}
  Prod: {Type: AWS::SQS::Queue, Condition: IsProd}
Outputs:
  Sub: {Value: !Sub ["${A}-${Stage}-${!Kept}-${Queue.QueueName}", {A: x}]}
  Join: {Value: !Join ["|", !Ref Names]}
  Select: {Value: !Select [1, !Ref Names]}
  Split: {Value: !Select [0, !Split ["-", "left-right"]]}
  Map: {Value: !FindInMap [Sizes, !Ref Stage, Size]}
  If: {Value: !If [IsProd, big, !Ref "AWS::Region"]}
  Base64: {Value: {"Fn::Base64": hello}}
  Cidr: {Value: !Select [1, !Cidr ["10.0.0.0/16", 2, 8]]}
  Account: {Value: !Ref "AWS::AccountId"}
  OnlyProd: {Condition: IsProd, Value: never}
"""


def test_functions_give_what_aws_gives(stacks: Any) -> None:
    """In YAML's short forms; what a condition leaves out is not there."""
    assert stacks.create("shop", VALUES) == "CREATE_COMPLETE"
    assert stacks.outputs("shop") == {
        "Sub": "x-dev-${Kept}-jobs-dev",
        "Join": "a|b|c",
        "Select": "b",
        "Split": "left",
        "Map": "small",
        "If": "us-east-1",
        "Base64": "aGVsbG8=",
        "Cidr": "10.0.1.0/24",
        "Account": "000000000000",
    }
    assert stacks.queues() == ["jobs-dev"]


def of_queue(**properties: Any) -> dict[str, Any]:
    return {"Resources": {"Q": {"Type": "AWS::SQS::Queue", "Properties": properties}}}


@pytest.mark.parametrize(
    ("template", "words"),
    [
        ("{}", "Template format error: At least one Resources member must be defined."),
        ("{", "Template format error: JSON not well-formed."),
        ("- a\n- b", "Template format error: unsupported structure."),
        ("A: &x {b: 1}\nC: *x", "YAML aliases are not allowed"),
        ("Resources: {A: 1}\nResources: {B: 1}", r"YAML not well-formed. \(line 2, column 1\)"),
        ("? [a, b]\n: c", "YAML not well-formed"),
        ("Resources: !!python/object/apply:os.system ['true']", "YAML not well-formed"),
        ("a: " + "[" * 5000, "nested too deeply"),
        ('{"Resources": {"A": {"Properties": {}}}}', "must contain a Type member"),
        (of_queue(QueueName={"Ref": "Nope"}), r"Unresolved resource dependencies \[Nope\]"),
        (
            of_queue(QueueName={"Fn::Select": [9, ["a"]]}),
            "Fn::Select requires a list argument with two elements: an integer index and a list",
        ),
        (
            of_queue(QueueName={"Fn::Select": [9, {"Fn::Split": ["-", "a-b"]}]}),
            "Fn::Select cannot select nonexistent value at index 9",
        ),
        (of_queue(QueueName={"Fn::Join": "a"}), "every Fn::Join object requires two parameters"),
        (of_queue(QueueName={"Fn::Rain": "a"}), "Fn::Rain is not supported"),
    ],
)
def test_template_that_is_none_is_refused_before_anything_is_made(
    stacks: Any, template: Any, words: str
) -> None:
    """In CloudFormation's words, and no stack is left behind."""
    with pytest.raises(ClientError) as caught:
        stacks.create("shop", template)
    assert caught.value.response["Error"]["Code"] == "ValidationError"
    assert caught.match(words)
    assert stacks.client.describe_stacks()["Stacks"] == []


def test_long_templates_come_out_of_s3(stacks: Any) -> None:
    """A body has 51,200 bytes at most; a longer one comes out of S3."""
    body = of_queue(QueueName="jobs") | {"Description": "x" * 52_000}
    with pytest.raises(ClientError, match="length less than or equal to 51200"):
        stacks.create("shop", body)
    s3 = stacks.aws.client("s3")
    s3.create_bucket(Bucket="templates")
    s3.put_object(Bucket="templates", Key="a/t.json", Body=json.dumps(body).encode())
    stacks.client.create_stack(
        StackName="shop", TemplateURL="https://templates.s3.us-east-1.amazonaws.com/a/t.json"
    )
    assert stacks.queues() == ["jobs"]


@pytest.mark.parametrize(
    ("declared", "given", "words"),
    [
        ({"Type": "String"}, None, r"Parameters: \[P\] must have values"),
        ({"Type": "Number"}, "x", "Parameter 'P' must be a number."),
        ({"Type": "String", "AllowedValues": ["a"]}, "b", "must be one of AllowedValues"),
        ({"Type": "String", "AllowedPattern": "[a-z]+"}, "1", r"must match pattern \[a-z\]\+"),
        ({"Type": "String", "MinLength": 3}, "ab", "must contain at least 3 characters"),
        ({"Type": "Fog"}, "x", "Unrecognized parameter type: Fog"),
    ],
)
def test_parameters_are_judged(
    stacks: Any, declared: dict[str, Any], given: str | None, words: str
) -> None:
    """Before anything is made."""
    template = of_queue(QueueName="jobs") | {"Parameters": {"P": declared}}
    parameters = [] if given is None else [{"ParameterKey": "P", "ParameterValue": given}]
    with pytest.raises(ClientError, match=words):
        stacks.create("shop", template, Parameters=parameters)
    assert stacks.queues() == []


def test_hidden_parameters_are_not_shown(stacks: Any) -> None:
    """NoEcho."""
    template = of_queue(QueueName="jobs") | {
        "Parameters": {"P": {"Type": "String", "NoEcho": True}}
    }
    stacks.create("shop", template, Parameters=[{"ParameterKey": "P", "ParameterValue": "secret"}])
    (shown,) = stacks.client.describe_stacks(StackName="shop")["Stacks"][0]["Parameters"]
    assert shown["ParameterValue"] == "****"


def test_values_of_ssm_and_secrets_manager_are_read(stacks: Any) -> None:
    """As a parameter's type, and as dynamic references, which stay references in what is kept."""
    stacks.aws.client("ssm").put_parameter(Name="/name", Value="jobs", Type="String")
    secrets = stacks.aws.client("secretsmanager")
    secrets.create_secret(Name="s", SecretString='{"delay": "7"}')
    template = of_queue(
        QueueName={"Ref": "P"}, DelaySeconds="{{resolve:secretsmanager:s:SecretString:delay}}"
    )
    template["Parameters"] = {"P": {"Type": "AWS::SSM::Parameter::Value<String>"}}
    given = [{"ParameterKey": "P", "ParameterValue": "/name"}]
    assert stacks.create("shop", template, Parameters=given) == "CREATE_COMPLETE"
    sqs = stacks.aws.client("sqs")
    url = sqs.get_queue_url(QueueName="jobs")["QueueUrl"]
    found = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["DelaySeconds"])
    assert found["Attributes"]["DelaySeconds"] == "7"
    events = stacks.client.describe_stack_events(StackName="shop")["StackEvents"]
    of_it = [e["ResourceProperties"] for e in events if e["LogicalResourceId"] == "Q"]
    assert of_it
    assert all("{{resolve" in properties for properties in of_it)


def test_roles_ask_for_capabilities(stacks: Any) -> None:
    """CAPABILITY_IAM, or CAPABILITY_NAMED_IAM for one with a name of its own."""
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "lambda.amazonaws.com"},
        "Action": "sts:AssumeRole",
    }
    document = {"Version": "2012-10-17", "Statement": [statement]}
    role = {"AssumeRolePolicyDocument": document, "RoleName": "r"}
    template = {"Resources": {"R": {"Type": "AWS::IAM::Role", "Properties": role}}}
    with pytest.raises(ClientError, match=r"Requires capabilities : \[CAPABILITY_NAMED_IAM\]"):
        stacks.create("shop", template, Capabilities=["CAPABILITY_IAM"])
    status = stacks.create("shop", template, Capabilities=["CAPABILITY_NAMED_IAM"])
    assert status == "CREATE_COMPLETE"
    assert stacks.aws.client("iam").get_role(RoleName="r")["Role"]["RoleName"] == "r"
    stacks.client.delete_stack(StackName="shop")
    assert stacks.aws.client("iam").list_roles()["Roles"] == []


def test_template_is_told_as_it_came(stacks: Any) -> None:
    """GetTemplate, and a summary of what it declares."""
    stacks.create("shop", VALUES)
    assert stacks.client.get_template(StackName="shop")["TemplateBody"] == VALUES
    summary = stacks.client.get_template_summary(StackName="shop")
    assert [one["ParameterKey"] for one in summary["Parameters"]] == ["Stage", "Names"]
    assert summary["ResourceTypes"] == ["AWS::SQS::Queue"]
    validated = stacks.client.validate_template(TemplateBody=VALUES)
    assert validated["Parameters"][0]["DefaultValue"] == "dev"


def test_loops_are_unrolled(stacks: Any) -> None:
    """Fn::ForEach of AWS::LanguageExtensions, which asks for a capability."""
    body = {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": {"Fn::Sub": "jobs-${N}"}}}
    template = {
        "Transform": "AWS::LanguageExtensions",
        "Resources": {"Fn::ForEach::Queues": ["N", ["a", "b"], {"Queue${N}": body}]},
    }
    with pytest.raises(ClientError, match=r"Requires capabilities : \[CAPABILITY_AUTO_EXPAND\]"):
        stacks.create("shop", template)
    stacks.create("shop", template, Capabilities=["CAPABILITY_AUTO_EXPAND"])
    assert stacks.queues() == ["jobs-a", "jobs-b"]


@pytest.mark.parametrize("stored", [False, True])
def test_transforms_are_told_the_values_that_an_update_keeps(stacks: Any, *, stored: bool) -> None:
    """UsePreviousValue: not the default; a list of a parameter in SSM is a list, too."""
    body = {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": {"Fn::Sub": "q-${N}"}}}
    kind, given = "CommaDelimitedList", "a, b"
    if stored:
        stacks.aws.client("ssm").put_parameter(Name="/names", Value=given, Type="StringList")
        kind, given = f"AWS::SSM::Parameter::Value<{kind}>", "/names"

    def template(**more: Any) -> dict[str, Any]:
        each = ["N", {"Ref": "Names"}, {"Queue${N}": body}]
        return {
            "Transform": "AWS::LanguageExtensions",
            "Parameters": {"Names": {"Type": kind, "Default": "/other" if stored else "c"}},
            "Resources": {"Fn::ForEach::Queues": each, **more},
        }

    may = {"Capabilities": ["CAPABILITY_AUTO_EXPAND"]}
    names = {"ParameterKey": "Names", "ParameterValue": given}
    assert stacks.create("shop", template(), Parameters=[names], **may) == "CREATE_COMPLETE"
    assert stacks.queues() == ["q-a", "q-b"]
    kept = {"ParameterKey": "Names", "UsePreviousValue": True}
    more = {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "more"}}
    updated = stacks.update("shop", template(More=more), Parameters=[kept], **may)
    assert updated == "UPDATE_COMPLETE"
    assert stacks.queues() == ["more", "q-a", "q-b"]
