"""Puts an emulator together: the list of its services."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalice_offline.core.context import DEFAULT_ACCOUNT_ID, DEFAULT_REGION
from chalice_offline.core.errors import ProjectError
from chalice_offline.emulator import DEFAULT_SEED, Emulator
from chalice_offline.services import (
    apigateway,
    apigatewayv2,
    cloudformation,
    dynamodb,
    events,
    execute_api,
    kinesis,
    lambda_,
    s3,
    scheduler,
    sns,
    sqs,
    stepfunctions,
)
from chalice_offline.services.common.served_apis import ServedApis

if TYPE_CHECKING:
    from chalice_offline.core.driver import Driver
    from chalice_offline.core.journal import Journal
    from chalice_offline.core.storage import Storage


def compose(
    driver: Driver,
    *,
    seed: int = DEFAULT_SEED,
    journal: Journal | None = None,
    storage: Storage | None = None,
    account_id: str = DEFAULT_ACCOUNT_ID,
    region: str = DEFAULT_REGION,
) -> Emulator:
    """Return an emulator with every service, whose time `driver` gives.

    Raises ProjectError when a service cannot read what it keeps in the storage.
    """
    emulator = Emulator(
        driver, seed=seed, journal=journal, storage=storage, account_id=account_id, region=region
    )
    apis = ServedApis()
    try:
        tables = dynamodb.service(emulator)
        made = [
            sqs.service(emulator),
            sns.service(emulator),
            events.service(emulator),
            scheduler.service(emulator),
            lambda_.service(emulator),
            s3.service(emulator),
            kinesis.service(emulator),
            stepfunctions.service(emulator),
            *cloudformation.services(emulator),
            tables,
            dynamodb.streams_service(tables),
            apigateway.service(emulator, apis),
            apigatewayv2.service(emulator, apis),
            execute_api.service(apis),
        ]
    except (ValueError, LookupError, TypeError) as error:
        if storage is None:
            raise
        raise ProjectError(
            f"{storage} is damaged: what a service keeps there cannot be read ({error}); its "
            "tables, objects and streams were left as they are"
        ) from error
    for one in made:
        emulator.add(one)
    return emulator


def compose_routes(driver: Driver, *, account_id: str, region: str) -> Emulator:
    """Return an emulator of API Gateway and Lambda: routes here, and all else elsewhere."""
    emulator = Emulator(driver, account_id=account_id, region=region)
    apis = ServedApis()
    for one in (
        lambda_.service(emulator),
        apigateway.service(emulator, apis),
        apigatewayv2.service(emulator, apis),
        execute_api.service(apis),
    ):
        emulator.add(one)
    return emulator
