"""PublishVersion, ListVersionsByFunction: what a function is now, under a number."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalice_offline.services.lambda_.description import configuration, listed
from chalice_offline.services.lambda_.errors import invalid_parameter, stale_revision
from chalice_offline.services.lambda_.packages import sha256_of
from chalice_offline.services.lambda_.pages import page_of
from chalice_offline.services.lambda_.publishing import publish

if TYPE_CHECKING:
    from chalice_offline.core.context import CallContext
    from chalice_offline.core.kernel import Request, Result
    from chalice_offline.services.lambda_.function import Version
    from chalice_offline.services.lambda_.state import LambdaState


def publish_version(lambda_: LambdaState, context: CallContext, request: Request) -> Result:
    """Publish what the function is now; the latest version again when nothing has changed."""
    function = lambda_.find_function(request["FunctionName"], context)
    upload = function.upload
    if request.get("RevisionId", function.latest.revision) != function.latest.revision:
        raise stale_revision("GetFunction/GetAlias")
    if upload is not None and request.get("CodeSha256"):
        present = sha256_of(upload.package)
        if request["CodeSha256"] != present:
            raise invalid_parameter(
                f"CodeSHA256 ({request['CodeSha256']}) is different from current CodeSHA256 in "
                f"$LATEST ({present}). Please try again with the CodeSHA256 in $LATEST."
            )
    version = publish(lambda_, function, context, request.get("Description", ""))
    return configuration(function, version)


def list_versions_by_function(
    lambda_: LambdaState, context: CallContext, request: Request
) -> Result:
    """List $LATEST and what was published, oldest first."""
    function = lambda_.find_function(request["FunctionName"], context)
    shown, more = page_of(function.versions(), _by_number, request)
    return {"Versions": [listed(function, version, version.arn) for version in shown]} | more


def _by_number(version: Version) -> str:
    return "" if version.is_latest else f"{int(version.number):09d}"
