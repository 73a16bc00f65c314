"""What is wrong with an expression, before it is known which parameter it was given in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalice_offline.services.dynamodb.errors import validation

if TYPE_CHECKING:
    from chalice_offline.core.errors import AwsError


class ExpressionError(Exception):
    """The expression cannot be used; the text is AWS's, without "Invalid …Expression: "."""

    def as_aws_error(self, parameter: str) -> AwsError:
        """Return AWS's error for an expression in this request parameter."""
        return validation(f"Invalid {parameter}: {self}")


def wrong_operand_type(operator: str, kind: str) -> ExpressionError:
    """Return the error for a value whose type the operator or function does not take."""
    return ExpressionError(
        "Incorrect operand type for operator or function; "
        f"operator or function: {operator}, operand type: {kind}"
    )
