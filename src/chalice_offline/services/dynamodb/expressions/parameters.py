"""Which of the parameters for expressions may be given together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chalice_offline.services.dynamodb.errors import validation
from chalice_offline.services.dynamodb.expressions.placeholders import Placeholders

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


def placeholders_of(
    request: Mapping[str, Any], expressions: Sequence[str], legacy: Sequence[str] = ()
) -> Placeholders:
    """Return the request's ExpressionAttributeNames and -Values, checked."""
    check_parameters(request, expressions, legacy)
    return placeholders_within(request)


def placeholders_within(request: Mapping[str, Any]) -> Placeholders:
    """Return the placeholders of a request whose parameters may be given together."""
    return Placeholders(
        request.get("ExpressionAttributeNames"), request.get("ExpressionAttributeValues")
    )


def check_parameters(
    request: Mapping[str, Any], expressions: Sequence[str], legacy: Sequence[str] = ()
) -> None:
    """Refuse parameters that do not go together; AWS does so before it looks into any.

    `expressions` and `legacy` are the parameters that the operation has, in AWS's order of
    naming them. Raises AwsError("ValidationException") when both sorts are given, or names and
    values without anything that could use them.
    """
    given = [parameter for parameter in expressions if request.get(parameter) is not None]
    old = [parameter for parameter in legacy if request.get(parameter) is not None]
    if "KeyConditions" in old and "KeyConditionExpression" not in given:
        old.remove("KeyConditions")  # the one legacy parameter that expressions may go with
    if given and old:
        raise validation(
            "Can not use both expression and non-expression parameters in the same request: "
            f"Non-expression parameters: {{{', '.join(old)}}} "
            f"Expression parameters: {{{', '.join(given)}}}"
        )
    names = request.get("ExpressionAttributeNames")
    values = request.get("ExpressionAttributeValues")
    if names is not None and not given:
        raise validation("ExpressionAttributeNames can only be specified when using expressions")
    users = [parameter for parameter in expressions if parameter != "ProjectionExpression"]
    if values is not None and users and not any(parameter in given for parameter in users):
        verb = "are" if len(users) > 1 else "is"
        raise validation(
            "ExpressionAttributeValues can only be specified when using expressions: "
            f"{' and '.join(users)} {verb} null"
        )
