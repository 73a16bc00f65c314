"""Versions of a function: how one is made of what the function is now, and unmade."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalice_offline.services.lambda_.errors import conflict

if TYPE_CHECKING:
    from chalice_offline.core.context import CallContext
    from chalice_offline.services.lambda_.function import Function, Version
    from chalice_offline.services.lambda_.state import LambdaState


def publish(
    lambda_: LambdaState, function: Function, context: CallContext, description: str = ""
) -> Version:
    """Publish what a function is now, unless that is what was published last."""
    content = _content(function.latest)
    if function.published and content == function.published_content:
        return next(reversed(function.published.values()))
    function.last_number += 1
    number = str(function.last_number)
    version = function.latest.published_as(number, lambda_.kernel.ids.uuid(), context.now_ms)
    if description and version.upload is not None:
        version.upload.described["Description"] = description
    function.published[number] = version
    function.published_content = content
    if function.upload is not None:
        function.upload.revision = lambda_.kernel.ids.uuid()  # it changes as well (recorded)
    return version


def delete_version(function: Function, number: str) -> None:
    """Delete a published version, if it is there; refused while an alias stands for it."""
    users = [
        f"{function.arn}:{alias.name}"
        for alias in function.aliases.values()
        if number == alias.version or number in alias.weights
    ]
    if users:
        raise conflict(f"Version {function.arn}:{number} is referenced by {', '.join(users)}")
    function.published.pop(number, None)


def _content(version: Version) -> tuple[object, ...]:
    upload = version.upload
    code = (
        ()
        if upload is None
        else (
            upload.package,
            upload.runtime,
            upload.role,
            tuple(layer.arn for layer in upload.layers),
            repr(sorted(upload.described.items())),
        )
    )
    return (version.settings, version.dead_letter_arn, *code)
