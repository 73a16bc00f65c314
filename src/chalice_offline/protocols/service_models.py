"""botocore's service models, each read from disk at most once and only when first asked for."""

from __future__ import annotations

from functools import cache
from typing import Any

from botocore.exceptions import DataNotFoundError
from botocore.loaders import Loader
from botocore.model import ServiceModel

from chalice_offline.core.errors import AwsError
from chalice_offline.protocols import sqs_query

LOADER = Loader()


@cache
def load_service(service: str) -> Any:
    """Return botocore's ServiceModel for a botocore service name.

    Raises AwsError("UnknownService") when this botocore does not know the service.
    """
    return ServiceModel(_description(service), service)


@cache
def model_for(service: str, protocol: str) -> Any:
    """Return the service's model with the names that `protocol` gives to its shapes."""
    if service == "sqs" and protocol == "query":
        return ServiceModel(sqs_query.query_description(_description(service)), service)
    if service == "sqs":
        return ServiceModel(sqs_query.json_description(_description(service)), service)
    return load_service(service)


@cache
def operation_names(service: str) -> tuple[str, ...]:
    """Return the names of all operations of a service, as its model lists them."""
    return tuple(load_service(service).operation_names)


@cache
def service_names() -> frozenset[str]:
    """Return the names of all services that this botocore knows; reads a folder listing once."""
    return frozenset(LOADER.list_available_services("service-2"))


@cache
def has_operation(service: str, operation: str) -> bool:
    """Tell whether the service's model knows the operation."""
    return operation in _description(service)["operations"]


def _description(service: str) -> dict[str, Any]:
    # Not Loader.load_service_model: that lists the folders of all services first (about 20 ms).
    try:
        version = LOADER.determine_latest_version(service, "service-2")
        description: dict[str, Any] = LOADER.load_data(f"{service}/{version}/service-2")
    except DataNotFoundError as error:
        raise AwsError(
            "UnknownService", f"The service '{service}' is not known to botocore.", status=501
        ) from error
    return description
