"""Task: what its Resource names is done, with timeouts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chalice_offline.services.stepfunctions.language import jsonata, templates
from chalice_offline.services.stepfunctions.language.resources import api_call, is_activity
from chalice_offline.services.stepfunctions.tasks.activity_task import perform_activity
from chalice_offline.services.stepfunctions.tasks.api_task import perform_api_call
from chalice_offline.services.stepfunctions.tasks.function_task import perform_function
from chalice_offline.services.stepfunctions.tasks.gateway_task import perform_gateway
from chalice_offline.services.stepfunctions.tasks.http_task import perform_http

if TYPE_CHECKING:
    from chalice_offline.services.stepfunctions.execution.state_run import StateRun


_OWN_WAYS = {"apigateway": perform_gateway, "http": perform_http}


def perform_task(run: StateRun) -> None:
    """Do what the resource names."""
    resource = run.definition["Resource"]
    if is_activity(resource):
        perform_activity(run, resource, credentials(run))
        return
    call = api_call(resource)
    if call is None:
        perform_function(run, resource, credentials(run))
        return
    perform = _OWN_WAYS.get(call.service, perform_api_call) if not call.is_sdk else perform_api_call
    perform(run, call, credentials(run))


def credentials(run: StateRun) -> dict[str, Any]:
    """Return the role a task is done as, as events show it."""
    given = run.definition.get("Credentials")
    if given is None:
        return {}
    if run.is_jsonata:
        filled = jsonata.fill(given, run.sources, "Credentials")
    else:
        filled = templates.fill(given, run.sources)
    role = filled.get("RoleArn") if isinstance(filled, dict) else None
    return {"taskCredentials": {"roleArn": role}} if role else {}
