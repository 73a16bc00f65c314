"""Every owned operation, both ways, against botocore's own client side."""

from __future__ import annotations

import pytest

from chalice_offline.protocols import Target, detect, operation_names, parse, serialize
from chalice_offline.protocols.service_models import model_for

S3_OPERATIONS = ("PutBucketNotificationConfiguration", "GetBucketNotificationConfiguration")
NOT_SERVED = {"InvokeWithResponseStream"}  # an event stream, not one reply


def owned_operations():
    """Yield (service, protocol, operation) for all operations served here."""
    for service, protocol in [
        ("sqs", "json"),
        ("sqs", "query"),
        ("sns", "query"),
        ("events", "json"),
        ("scheduler", "rest-json"),
        ("lambda", "rest-json"),
        ("s3", "rest-xml"),
    ]:
        names = S3_OPERATIONS if service == "s3" else operation_names(service)
        for operation in names:
            if operation not in NOT_SERVED:
                yield service, protocol, operation


@pytest.mark.parametrize(("service", "protocol", "operation"), list(owned_operations()))
def test_request_written_by_botocore_parses_to_its_parameters(
    service, protocol, operation, request_for, model_values
):
    """What a botocore client puts in is what the service gets out."""
    input_shape = model_for(service, protocol).operation_model(operation).input_shape
    for seed, fill in [(1, 0.0), (2, 0.5), (3, 1.0)]:
        params = model_values(seed, fill).value(input_shape) if input_shape else {}
        request = request_for(service, protocol, operation, params)
        target = detect(request)
        assert target == Target(service, operation, protocol, "AKIDEXAMPLE", "eu-west-1")
        assert parse(target, request) == params


@pytest.mark.parametrize(("service", "protocol", "operation"), list(owned_operations()))
def test_result_written_here_reads_the_same_in_botocore(
    service, protocol, operation, read_reply, model_values
):
    """What a service returns is what a botocore client gets."""
    output_shape = model_for(service, protocol).operation_model(operation).output_shape
    target = Target(service, operation, protocol)
    for seed, fill in [(4, 0.0), (5, 0.5), (6, 1.0)]:
        result = model_values(seed, fill).value(output_shape) if output_shape else {}
        response = serialize(target, result, "11111111-2222")
        assert read_reply(service, protocol, operation, response) == result
