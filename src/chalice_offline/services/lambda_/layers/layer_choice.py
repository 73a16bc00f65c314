"""The layers a function is given: found by their ARNs, and refused as Lambda does (recorded)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalice_offline.core.arn import parse_arn
from chalice_offline.core.errors import AwsError
from chalice_offline.services.lambda_ import limits
from chalice_offline.services.lambda_.errors import invalid_parameter

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chalice_offline.core.context import CallContext
    from chalice_offline.services.lambda_.layers.layer import LayerVersion
    from chalice_offline.services.lambda_.state import LambdaState


def layers_of(
    lambda_: LambdaState, context: CallContext, arns: Sequence[str]
) -> tuple[LayerVersion, ...]:
    """Return the layer versions of these ARNs, in order; raises AwsError for what cannot be."""
    if len(arns) > limits.LAYERS_MAX:
        raise invalid_parameter(f"Cannot reference more than {limits.LAYERS_MAX} layers.")
    chosen: dict[str, LayerVersion] = {}
    for arn in arns:
        version = _layer_version(lambda_, context, arn)
        if version.layer_arn in chosen:
            raise invalid_parameter(
                "Two different versions of the same layer are not allowed to be referenced in the "
                f"same function. {chosen[version.layer_arn].arn} and {arn} are versions of the "
                "same layer."
            )
        chosen[version.layer_arn] = version
    return tuple(chosen.values())


def _layer_version(lambda_: LambdaState, context: CallContext, text: str) -> LayerVersion:
    arn = parse_arn(text)
    kind, _, rest = arn.resource.partition(":")
    name, _, number = rest.partition(":")
    if kind != "layer" or not number.isdigit():
        raise AwsError(
            "ValidationException",
            f"1 validation error detected: Value '[{text}]' at 'layers' failed to satisfy "
            "constraint: Member must satisfy constraint: [Member must have length less than or "
            "equal to 2048, Member must have length greater than or equal to 1, Member must "
            "satisfy regular expression pattern: "
            r"(arn:(aws[a-zA-Z-]*)?:lambda:(eusc-)?[a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\d{1}:"
            r"\d{12}:layer:[a-zA-Z0-9-_]+:[0-9]+)|"
            r"(arn:[a-zA-Z0-9-]+:lambda:::awslayer:[a-zA-Z0-9-_]+), Member must not be null]",
        )
    if arn.region != context.region:
        raise invalid_parameter(
            "Layers are not in the same region as the function. Layers are expected to be in "
            f"region {context.region}."
        )
    version = lambda_.layer_version_or_none(arn.account_id, arn.region, name, int(number))
    if version is None:
        raise invalid_parameter(f"Layer version {text} does not exist.")
    return version
