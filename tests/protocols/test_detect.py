"""Which service and operation a request is for."""

from __future__ import annotations

import subprocess
import sys

import pytest

from chalice_offline.core.errors import AwsError
from chalice_offline.core.http import Headers, HttpRequest
from chalice_offline.protocols import Target, detect

FORM = "application/x-www-form-urlencoded; charset=utf-8"


def request(method="POST", url="http://127.0.0.1:4566/", body=b"", signed_for="", **headers):
    """Return a request; `signed_for` is `region/service` of its credential scope."""
    fields = Headers((name.replace("_", "-"), value) for name, value in headers.items())
    if signed_for:
        fields["authorization"] = (
            f"AWS4-HMAC-SHA256 Credential=AKID/20260131/{signed_for}/aws4_request, Signature=0"
        )
    return HttpRequest(method, url, fields, body)


@pytest.mark.parametrize(
    ("scope", "header", "service", "operation"),
    [
        ("sqs", "AmazonSQS.SendMessage", "sqs", "SendMessage"),
        ("events", "AWSEvents.PutEvents", "events", "PutEvents"),
        ("dynamodb", "DynamoDB_20120810.GetItem", "dynamodb", "GetItem"),
        ("dynamodb", "DynamoDBStreams_20120810.GetRecords", "dynamodbstreams", "GetRecords"),
        ("states", "AWSStepFunctions.StartExecution", "stepfunctions", "StartExecution"),
        ("ssm", "AmazonSSM.GetParameter", "ssm", "GetParameter"),
        ("", "AmazonSQS.SendMessage", "sqs", "SendMessage"),
    ],
)
def test_target_header_names_service_and_operation(scope, header, service, operation):
    """X-Amz-Target decides, also between services that sign with one name."""
    target = detect(request(signed_for=scope and f"eu-west-1/{scope}", x_amz_target=header))
    assert (target.service, target.operation, target.protocol) == (service, operation, "json")


def test_credential_scope_gives_access_key_and_region():
    """Who calls, and for which region, is read from the signature."""
    target = detect(request(signed_for="ap-south-1/sqs", x_amz_target="AmazonSQS.ListQueues"))
    assert target == Target("sqs", "ListQueues", "json", "AKID", "ap-south-1")


@pytest.mark.parametrize(
    ("scope", "body", "service", "operation"),
    [
        ("sns", b"Action=Publish&Version=2010-03-31", "sns", "Publish"),
        ("sqs", b"Action=SendMessage&Version=2012-11-05", "sqs", "SendMessage"),
        ("sts", b"Action=GetCallerIdentity&Version=2011-06-15", "sts", "GetCallerIdentity"),
        (
            "elasticloadbalancing",
            b"Action=CreateTargetGroup&Version=2015-12-01",
            "elbv2",
            "CreateTargetGroup",
        ),
        ("monitoring", b"Action=PutMetricData&Version=2010-08-01", "cloudwatch", "PutMetricData"),
        ("sns", b"Action=Nonsense&Version=2010-03-31", "sns", "Nonsense"),
        ("", b"Version=2010-03-31&Action=TagResource", "sns", "TagResource"),
        ("", b"Action=SendMessage&MessageBody=x", "sqs", "SendMessage"),
        ("", b"Action=AssumeRole&Version=2011-06-15", "sts", "AssumeRole"),
    ],
)
def test_action_in_form_names_the_operation(scope, body, service, operation):
    """Query requests are known by Action and, unsigned, by Version."""
    target = detect(
        request(body=body, signed_for=scope and f"eu-west-1/{scope}", content_type=FORM)
    )
    assert (target.service, target.operation, target.protocol) == (service, operation, "query")


@pytest.mark.parametrize(
    ("url", "service", "operation"),
    [
        (
            "http://127.0.0.1:4566/000000000000/q?Action=SendMessage&MessageBody=x",
            "sqs",
            "SendMessage",
        ),
        (
            "http://127.0.0.1:4566/?Action=ConfirmSubscription&TopicArn=t&Token=1",
            "sns",
            "ConfirmSubscription",
        ),
    ],
)
def test_action_in_query_string_needs_no_signature(url, service, operation):
    """Links that AWS hands out (SubscribeURL) are plain GET requests."""
    target = detect(request("GET", url))
    assert (target.service, target.operation, target.protocol) == (service, operation, "query")


@pytest.mark.parametrize(
    ("host", "service", "region"),
    [
        ("sqs.eu-west-1.amazonaws.com", "sqs", "eu-west-1"),
        ("eu-west-1.queue.amazonaws.com", "sqs", "eu-west-1"),
        ("queue.amazonaws.com", "sqs", "us-east-1"),
        ("sqs.us-gov-west-1.localhost.localstack.cloud:4566", "sqs", "us-gov-west-1"),
        ("email.us-west-2.amazonaws.com", "ses", "us-west-2"),
    ],
)
def test_host_names_service_and_region(host, service, region):
    """An unsigned request is judged by the host it was sent to."""
    target = detect(request("GET", f"http://{host}/?Action=ListQueues&Version=2012-11-05"))
    assert (target.service, target.region) == (service, region)


@pytest.mark.parametrize(
    ("method", "url", "operation"),
    [
        ("PUT", "http://s3.localhost.localstack.cloud:4566/b/a/key", "PutObject"),
        ("PUT", "http://b.s3.localhost.localstack.cloud:4566/a/key", "PutObject"),
        ("PUT", "http://b.s3.eu-west-1.amazonaws.com/k?partNumber=1&uploadId=u", "UploadPart"),
        ("GET", "http://127.0.0.1:4566/b?list-type=2&prefix=x", "ListObjectsV2"),
        ("GET", "http://127.0.0.1:4566/b", "ListObjects"),
        ("GET", "http://127.0.0.1:4566/", "ListBuckets"),
        ("PUT", "http://127.0.0.1:4566/b?notification", "PutBucketNotificationConfiguration"),
        ("POST", "http://127.0.0.1:4566/b/k?uploads", "CreateMultipartUpload"),
        ("POST", "http://127.0.0.1:4566/b?delete", "DeleteObjects"),
        ("HEAD", "http://127.0.0.1:4566/b/k", "HeadObject"),
    ],
)
def test_other_paths_are_buckets_and_keys(method, url, operation):
    """What nothing else claims is S3, by path or by virtual host."""
    target = detect(request(method, url))
    assert (target.service, target.operation, target.protocol) == ("s3", operation, "rest-xml")


def test_presigned_url_carries_key_and_region():
    """A presigned S3 URL has its credential in the query string."""
    target = detect(
        request(
            "GET",
            "http://127.0.0.1:4566/b/k?X-Amz-Algorithm=AWS4-HMAC-SHA256"
            "&X-Amz-Credential=AKID%2F20260131%2Feu-north-1%2Fs3%2Faws4_request&X-Amz-Signature=0",
        )
    )
    assert target == Target("s3", "GetObject", "rest-xml", "AKID", "eu-north-1")


def test_lambda_path_needs_no_signature():
    """The dated paths of Lambda's API belong to Lambda."""
    url = "http://127.0.0.1:4566/2015-03-31/functions/arn%3Aaws%3Alambda%3Af/invocations"
    assert detect(request(url=url)) == Target("lambda", "Invoke", "rest-json")


def test_delegated_rest_service_has_no_operation():
    """Services served elsewhere are named without their operation."""
    target = detect(request("GET", "http://127.0.0.1:4566/v1/apis", signed_for="x/appsync"))
    assert (target.service, target.operation) == ("appsync", None)


@pytest.mark.parametrize(
    ("url", "scope", "service"),
    [
        ("http://127.0.0.1:4566/v2/email/identities", "ses", "sesv2"),
        ("http://127.0.0.1:4566/v2/apis", "apigateway", "apigatewayv2"),
        ("http://127.0.0.1:4566/v20180820/tags/x", "s3", "s3control"),
    ],
)
def test_services_with_one_signing_name_are_told_apart_by_path(url, scope, service):
    """The second API under one signing name has its own path."""
    assert detect(request("GET", url, signed_for=f"eu-west-1/{scope}")).service == service


def test_cbor_service_is_read_from_its_path():
    """New SDKs call CloudWatch by the RPC protocol."""
    url = "http://127.0.0.1:4566/service/GraniteServiceVersion20100801/operation/PutMetricData"
    by_rpc = {"smithy_protocol": "rpc-v2-cbor"}
    target = detect(request(url=url, signed_for="eu-west-1/monitoring", **by_rpc))
    assert (target.service, target.operation) == ("cloudwatch", "PutMetricData")


@pytest.mark.parametrize(
    ("bad", "code"),
    [
        ({"x_amz_target": "NoSuchService.DoIt"}, "UnknownOperationException"),
        ({"signed_for": "eu-west-1/nosuchservice"}, "UnknownService"),
        ({"body": b"Action=NoSuchAction", "content_type": FORM}, "InvalidAction"),
    ],
)
def test_unknown_names_are_refused(bad, code):
    """A name that no model knows is an AWS error, not S3."""
    with pytest.raises(AwsError) as refused:
        detect(request(**bad))
    assert refused.value.code == code


@pytest.mark.parametrize(
    ("bad", "service", "operation"),
    [
        ({"url": "http://127.0.0.1/1/q?Action=SendMessage"}, "sqs", "SendMessage"),
        ({"url": "http://127.0.0.1/?Action=Publish&Version=2010-03-31"}, "sns", "Publish"),
        ({"x_amz_target": "AmazonSQS.ListQueues"}, "sqs", "ListQueues"),
        ({"url": "http://sqs.eu-north-1.amazonaws.com/?Action=ListQueues"}, "sqs", "ListQueues"),
        ({"url": "http://127.0.0.1/2015-03-31/functions/f/invocations"}, "lambda", "Invoke"),
        ({"method": "PUT", "url": "http://s3.eu-north-1.amazonaws.com/b/k"}, "s3", "PutObject"),
    ],
)
def test_unknown_signing_name_leaves_the_rest_to_decide(bad, service, operation):
    """Clients sign as "sqs_query"; who calls and for which region still counts."""
    target = detect(request(signed_for="us-west-1/sqs_query", **bad))
    assert (target.service, target.operation) == (service, operation)
    assert (target.access_key, target.region) == ("AKID", "us-west-1")


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:4566/000000000000/orders",
        "http://127.0.0.1:4566/000000000000/orders.fifo/",
        "http://127.0.0.1:4566/queue/eu-west-1/000000000000/orders",
        "http://sqs.eu-west-1.localhost.localstack.cloud:4566/",
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_opened_queue_url_is_sqs_without_an_operation(method, url):
    """A QueueUrl in a browser is no bucket."""
    target = detect(request(method, url))
    assert (target.service, target.operation, target.protocol) == ("sqs", None, "query")


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("PUT", "/000000000000/orders"),
        ("GET", "/000000000000/orders/deeper"),
        ("GET", "/00000000000/orders"),
        ("GET", "/000000000000/photo.jpg"),
        ("GET", "/000000000000/orders?AWSAccessKeyId=AKID&Signature=0&Expires=1"),
    ],
)
def test_other_paths_of_an_account_number_are_s3s(method, path):
    """A bucket may be named with twelve digits."""
    assert detect(request(method, f"http://127.0.0.1:4566{path}")).service == "s3"


def test_import_loads_no_client_library():
    """The wire formats need botocore's models and nothing that talks to a network."""
    code = (
        "import sys, chalice_offline.protocols;"
        "print([m for m in ('boto3','moto','requests','botocore.client','botocore.session')"
        " if m in sys.modules])"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"
