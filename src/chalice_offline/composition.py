"""Puts an emulator together: the list of its services.

Services are imported and made when somebody first asks for them: nobody uses all, and to import
them takes longer than most test runs. What storage already holds may be of any of them and may
have something to do by itself: then all are made at once.
"""

from __future__ import annotations

# What services take of Python's library and nobody before them: imported with the first of them,
# it could be a module of the project's, whose folder is then first on `sys.path`.
import array  # noqa: F401
import csv  # noqa: F401
import html  # noqa: F401
import zoneinfo  # noqa: F401
from functools import partial
from typing import TYPE_CHECKING

from chalice_offline.core.context import DEFAULT_ACCOUNT_ID, DEFAULT_REGION
from chalice_offline.core.errors import ProjectError
from chalice_offline.emulator import DEFAULT_SEED, Emulator
from chalice_offline.services import cloudformation, execute_api, lambda_
from chalice_offline.services.common.page_paths import SNS_CERTIFICATE, SQS_MESSAGES
from chalice_offline.services.common.served_apis import ServedApis

if TYPE_CHECKING:
    from chalice_offline.core.driver import Driver
    from chalice_offline.core.journal import Journal
    from chalice_offline.core.kernel import Kernel, Service
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
    holds_something = storage is not None and bool(storage.names())
    emulator = Emulator(
        driver, seed=seed, journal=journal, storage=storage, account_id=account_id, region=region
    )
    _fit_front_doors(emulator)
    emulator.add_later(["sqs"], partial(_sqs, emulator), pages=[SQS_MESSAGES, f"{SQS_MESSAGES}/"])
    emulator.add_later(["sns"], partial(_sns, emulator), pages=[SNS_CERTIFICATE])
    emulator.add_later(["events"], partial(_events, emulator))
    emulator.add_later(["scheduler"], partial(_scheduler, emulator))
    emulator.add_later(["s3"], partial(_s3, emulator))
    emulator.add_later(["kinesis"], partial(_kinesis, emulator))
    emulator.add_later(["dynamodb", "dynamodbstreams"], partial(_dynamodb, emulator))
    emulator.add_later(["stepfunctions"], partial(_stepfunctions, emulator))
    try:
        for one in cloudformation.services(emulator):
            emulator.add(one)
        if holds_something:
            for name in emulator.registry.names():
                emulator.registry.get(name)
    except (ValueError, LookupError, TypeError) as error:
        if not holds_something:
            raise
        raise ProjectError(
            f"{storage} is damaged: what a service keeps there cannot be read ({error}); its "
            "tables, objects and streams were left as they are"
        ) from error
    return emulator


def compose_routes(driver: Driver, *, account_id: str, region: str) -> Emulator:
    """Return an emulator of API Gateway and Lambda: routes here, and all else elsewhere."""
    emulator = Emulator(driver, account_id=account_id, region=region)
    _fit_front_doors(emulator)
    return emulator


def _fit_front_doors(emulator: Emulator) -> None:
    """Fit Lambda, and what leads requests of an app's clients to it."""
    apis = ServedApis()
    emulator.add(lambda_.service(emulator))
    emulator.add(execute_api.service(apis))
    emulator.add_later(["apigateway"], partial(_apigateway, emulator, apis))
    emulator.add_later(["apigatewayv2"], partial(_apigatewayv2, emulator, apis))


def _apigateway(kernel: Kernel, apis: ServedApis) -> list[Service]:
    from chalice_offline.services import apigateway

    return [apigateway.service(kernel, apis)]


def _apigatewayv2(kernel: Kernel, apis: ServedApis) -> list[Service]:
    from chalice_offline.services import apigatewayv2

    return [apigatewayv2.service(kernel, apis)]


def _dynamodb(kernel: Kernel) -> list[Service]:
    from chalice_offline.services import dynamodb

    tables = dynamodb.service(kernel)
    return [tables, dynamodb.streams_service(tables)]


def _events(kernel: Kernel) -> list[Service]:
    from chalice_offline.services import events

    return [events.service(kernel)]


def _kinesis(kernel: Kernel) -> list[Service]:
    from chalice_offline.services import kinesis

    return [kinesis.service(kernel)]


def _s3(kernel: Kernel) -> list[Service]:
    from chalice_offline.services import s3

    return [s3.service(kernel)]


def _scheduler(kernel: Kernel) -> list[Service]:
    from chalice_offline.services import scheduler

    return [scheduler.service(kernel)]


def _sns(kernel: Kernel) -> list[Service]:
    from chalice_offline.services import sns

    return [sns.service(kernel)]


def _sqs(kernel: Kernel) -> list[Service]:
    from chalice_offline.services import sqs

    return [sqs.service(kernel)]


def _stepfunctions(kernel: Kernel) -> list[Service]:
    from chalice_offline.services import stepfunctions

    return [stepfunctions.service(kernel)]
