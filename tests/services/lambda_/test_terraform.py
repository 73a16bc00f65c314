"""Terraform's calls for Lambda, in its order: each read returns what was set, and a delete is seen.

Which calls the AWS provider makes was read in its source (hashicorp/terraform-provider-aws,
internal/service/lambda, 2026).
"""

from __future__ import annotations

import base64
import hashlib
import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.services.terraform import Terraform

from .conftest import ECHO, ROLE, zipped

if TYPE_CHECKING:
    from .conftest import Uploads

PACKAGE = zipped(handler=ECHO)


class LambdaTerraform(Terraform):
    """The provider with its functions."""

    def __init__(self, uploads: Uploads) -> None:
        super().__init__(uploads.lambda_, "ResourceNotFoundException")
        self.aws, self.lambda_ = uploads.aws, uploads.lambda_

    def function(self, **settings: Any) -> dict[str, Any]:
        """Create a function and wait until it is active."""
        wanted = {
            "FunctionName": "work",
            "Role": ROLE,
            "Runtime": "python3.12",
            "Handler": "handler.handler",
            "Code": {"ZipFile": PACKAGE},
            "PackageType": "Zip",
        }
        self.lambda_.create_function(**(wanted | settings))
        self.lambda_.get_waiter("function_active_v2").wait(FunctionName="work")
        return dict(self.read("get_function", FunctionName="work"))


@pytest.fixture
def terraform(uploads: Uploads) -> LambdaTerraform:
    return LambdaTerraform(uploads)


def test_aws_lambda_function(terraform: LambdaTerraform) -> None:
    """Create, read, update code and configuration, publish, delete."""
    lambda_ = terraform.lambda_
    found = terraform.function(
        MemorySize=256,
        Timeout=9,
        Description="first",
        Environment={"Variables": {"LEVEL": "1"}},
        Tags={"team": "shop"},
        Architectures=["arm64"],
        EphemeralStorage={"Size": 1024},
        TracingConfig={"Mode": "Active"},
        LoggingConfig={"LogFormat": "JSON", "ApplicationLogLevel": "DEBUG"},
        DeadLetterConfig={"TargetArn": "arn:aws:sqs:us-east-1:000000000000:dead"},
        Publish=True,
    )
    settings = found["Configuration"]
    assert settings["MemorySize"] == 256
    assert settings["Environment"] == {"Variables": {"LEVEL": "1"}}
    assert settings["EphemeralStorage"] == {"Size": 1024}
    assert settings["TracingConfig"] == {"Mode": "Active"}
    assert settings["LoggingConfig"] == {
        "LogFormat": "JSON",
        "ApplicationLogLevel": "DEBUG",
        "SystemLogLevel": "INFO",
        "LogGroup": "/aws/lambda/work",
    }
    assert settings["DeadLetterConfig"]["TargetArn"].endswith(":dead")
    assert found["Tags"] == {"team": "shop"}
    assert "Concurrency" not in found
    signing = terraform.read("get_function_code_signing_config", FunctionName="work")
    assert "CodeSigningConfigArn" not in signing
    versions = terraform.read("list_versions_by_function", FunctionName="work", MaxItems=10000)
    assert [one["Version"] for one in versions["Versions"]] == ["$LATEST", "1"]
    assert versions["Versions"][-1]["FunctionArn"] == f"{settings['FunctionArn']}:1"

    lambda_.update_function_configuration(
        FunctionName="work",
        Description="second",
        Environment={"Variables": {}},
        DeadLetterConfig={"TargetArn": ""},
        VpcConfig={"SubnetIds": [], "SecurityGroupIds": [], "Ipv6AllowedForDualStack": False},
        FileSystemConfigs=[],
    )
    lambda_.get_waiter("function_updated_v2").wait(FunctionName="work")
    package = zipped(handler=ECHO, more="")
    lambda_.update_function_code(FunctionName="work", ZipFile=package, Architectures=["x86_64"])
    lambda_.get_waiter("function_updated_v2").wait(FunctionName="work")
    lambda_.put_function_concurrency(FunctionName="work", ReservedConcurrentExecutions=3)
    assert lambda_.publish_version(FunctionName="work")["Version"] == "2"
    lambda_.get_waiter("function_updated_v2").wait(FunctionName="work", Qualifier="2")

    found = terraform.read("get_function", FunctionName="work")
    settings = found["Configuration"]
    digest = base64.b64encode(hashlib.sha256(package).digest()).decode()
    assert (settings["Description"], settings["CodeSha256"]) == ("second", digest)
    assert settings["Architectures"] == ["x86_64"]
    assert "DeadLetterConfig" not in settings
    assert not settings.get("VpcConfig", {}).get("SubnetIds")
    assert found["Concurrency"] == {"ReservedConcurrentExecutions": 3}
    lambda_.delete_function_concurrency(FunctionName="work")
    lambda_.tag_resource(Resource=settings["FunctionArn"], Tags={"team": "kitchen"})
    lambda_.untag_resource(Resource=settings["FunctionArn"], TagKeys=["other"])
    tags = terraform.read("list_tags", Resource=settings["FunctionArn"])
    assert tags == {"Tags": {"team": "kitchen"}}
    lambda_.delete_function(FunctionName="work")
    terraform.is_gone("get_function", FunctionName="work")


def test_aws_lambda_permission(terraform: LambdaTerraform) -> None:
    """AddPermission, then GetPolicy until the statement is there; removed, it is not."""
    terraform.function()
    lambda_ = terraform.lambda_
    lambda_.add_permission(
        FunctionName="work",
        StatementId="api",
        Action="lambda:InvokeFunction",
        Principal="apigateway.amazonaws.com",
        SourceArn="arn:aws:execute-api:us-east-1:000000000000:x/*",
        SourceAccount="000000000000",
    )
    lambda_.add_permission(
        FunctionName="work",
        StatementId="other",
        Action="lambda:InvokeFunction",
        Principal="*",
        InvokedViaFunctionUrl=True,
    )
    policy = json.loads(terraform.read("get_policy", FunctionName="work")["Policy"])
    statement = next(one for one in policy["Statement"] if one["Sid"] == "api")
    assert statement["Principal"] == {"Service": "apigateway.amazonaws.com"}
    assert statement["Condition"] == {
        "StringEquals": {"AWS:SourceAccount": "000000000000"},
        "ArnLike": {"AWS:SourceArn": "arn:aws:execute-api:us-east-1:000000000000:x/*"},
    }
    other = next(one for one in policy["Statement"] if one["Sid"] == "other")
    assert other["Condition"] == {"Bool": {"lambda:InvokedViaFunctionUrl": "true"}}
    for statement_id in ("api", "other"):
        lambda_.remove_permission(FunctionName="work", StatementId=statement_id)
    terraform.is_gone("get_policy", FunctionName="work")


def test_aws_lambda_alias_url_and_provisioned_concurrency(terraform: LambdaTerraform) -> None:
    """An alias with weights, its URL and the containers that wait for it."""
    terraform.function(Publish=True)
    lambda_ = terraform.lambda_
    lambda_.create_alias(FunctionName="work", Name="live", FunctionVersion="1", Description="d")
    alias = terraform.read("get_alias", FunctionName="work", Name="live")
    assert (alias["FunctionVersion"], alias["Description"]) == ("1", "d")
    assert "RoutingConfig" not in alias

    cors = {"AllowOrigins": ["*"], "AllowMethods": ["GET"], "MaxAge": 60}
    lambda_.create_function_url_config(
        FunctionName="work", Qualifier="live", AuthType="NONE", InvokeMode="BUFFERED", Cors=cors
    )
    url = terraform.read("get_function_url_config", FunctionName="work", Qualifier="live")
    assert (url["AuthType"], url["Cors"], url["InvokeMode"]) == ("NONE", cors, "BUFFERED")
    assert url["FunctionArn"].endswith(":work:live")
    lambda_.update_function_url_config(
        FunctionName="work", Qualifier="live", AuthType="AWS_IAM", Cors={}
    )
    changed = terraform.read("get_function_url_config", FunctionName="work", Qualifier="live")
    assert (changed["AuthType"], changed.get("Cors")) == ("AWS_IAM", None)
    assert changed["FunctionUrl"] == url["FunctionUrl"]

    place = {"FunctionName": "work", "Qualifier": "live"}
    lambda_.put_provisioned_concurrency_config(ProvisionedConcurrentExecutions=2, **place)
    provided = terraform.read("get_provisioned_concurrency_config", **place)
    assert provided["Status"] == "READY"
    assert provided["RequestedProvisionedConcurrentExecutions"] == 2
    lambda_.delete_provisioned_concurrency_config(**place)
    lambda_.delete_function_url_config(**place)
    terraform.is_gone("get_function_url_config", **place)
    lambda_.delete_alias(FunctionName="work", Name="live")
    terraform.is_gone("get_alias", FunctionName="work", Name="live")


def test_aws_lambda_layer_version(terraform: LambdaTerraform) -> None:
    """Published, read back, used by a function, deleted."""
    lambda_ = terraform.lambda_
    made = lambda_.publish_layer_version(
        LayerName="tools",
        Description="d",
        LicenseInfo="MIT",
        Content={"ZipFile": zipped(python___tools="")},
        CompatibleRuntimes=["python3.12"],
    )
    found = terraform.read("get_layer_version", LayerName="tools", VersionNumber=1)
    assert (found["Description"], found["LicenseInfo"]) == ("d", "MIT")
    assert found["CompatibleRuntimes"] == ["python3.12"]
    assert found["Content"]["CodeSha256"] == made["Content"]["CodeSha256"]
    function = terraform.function(Layers=[made["LayerVersionArn"]])
    assert [one["Arn"] for one in function["Configuration"]["Layers"]] == [made["LayerVersionArn"]]
    lambda_.delete_layer_version(LayerName="tools", VersionNumber=1)
    terraform.is_gone("get_layer_version", LayerName="tools", VersionNumber=1)


def test_aws_lambda_event_source_mapping(terraform: LambdaTerraform) -> None:
    """Created, waited for until Enabled, updated, deleted until it is gone."""
    sqs = terraform.aws.client("sqs")
    sqs.create_queue(QueueName="jobs")
    terraform.function()
    lambda_ = terraform.lambda_
    uuid = lambda_.create_event_source_mapping(
        EventSourceArn="arn:aws:sqs:us-east-1:000000000000:jobs",
        FunctionName="work",
        BatchSize=5,
        Enabled=True,
        FunctionResponseTypes=["ReportBatchItemFailures"],
        FilterCriteria={"Filters": [{"Pattern": '{"body":{"a":[1]}}'}]},
        ScalingConfig={"MaximumConcurrency": 4},
    )["UUID"]
    terraform.aws.advance(seconds=1)
    found = terraform.read("get_event_source_mapping", UUID=uuid)
    assert found["State"] == "Enabled"
    assert found["BatchSize"] == 5
    assert found["ScalingConfig"] == {"MaximumConcurrency": 4}
    assert found["FilterCriteria"] == {"Filters": [{"Pattern": '{"body":{"a":[1]}}'}]}
    assert found["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    lambda_.update_event_source_mapping(UUID=uuid, BatchSize=7, FunctionName="work")
    terraform.aws.advance(seconds=1)
    assert terraform.read("get_event_source_mapping", UUID=uuid)["BatchSize"] == 7
    arn = found["EventSourceMappingArn"]
    assert terraform.read("list_tags", Resource=arn) == {"Tags": {}}
    lambda_.delete_event_source_mapping(UUID=uuid)
    terraform.aws.advance(seconds=1)
    terraform.is_gone("get_event_source_mapping", UUID=uuid)


def test_aws_lambda_function_event_invoke_config(terraform: LambdaTerraform) -> None:
    """Put, read, put again (the provider never updates), deleted."""
    terraform.function()
    lambda_ = terraform.lambda_
    target = {"OnFailure": {"Destination": "arn:aws:sqs:us-east-1:000000000000:dead"}}
    lambda_.put_function_event_invoke_config(
        FunctionName="work",
        MaximumRetryAttempts=0,
        MaximumEventAgeInSeconds=60,
        DestinationConfig=target | {"OnSuccess": {}},
    )
    found = terraform.read("get_function_event_invoke_config", FunctionName="work")
    assert (found["MaximumRetryAttempts"], found["MaximumEventAgeInSeconds"]) == (0, 60)
    assert found["DestinationConfig"]["OnFailure"] == target["OnFailure"]
    lambda_.put_function_event_invoke_config(FunctionName="work", MaximumRetryAttempts=1)
    found = terraform.read("get_function_event_invoke_config", FunctionName="work")
    assert found["MaximumRetryAttempts"] == 1
    assert "MaximumEventAgeInSeconds" not in found
    lambda_.delete_function_event_invoke_config(FunctionName="work")
    terraform.is_gone("get_function_event_invoke_config", FunctionName="work")
