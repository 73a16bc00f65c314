"""What a FunctionName stands for: account, region, name, and which version or alias of it.

Forms (AWS Lambda API reference, FunctionName): name, account:function:name,
arn:aws:lambda:region:account:function:name, each with or without a qualifier.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from chalice_offline.core.arn import make_arn
from chalice_offline.services.lambda_.errors import (
    function_not_found,
    invalid_parameter,
    resource_not_found,
)
from chalice_offline.services.lambda_.function import LATEST

if TYPE_CHECKING:
    from chalice_offline.core.context import CallContext
    from chalice_offline.core.errors import AwsError
    from chalice_offline.core.kernel import Request


# API reference, CreateAlias: a name that is no number.
_ALIAS_NAME = re.compile(r"(?!^[0-9]+$)[a-zA-Z0-9-_]+")


@dataclass(frozen=True, slots=True)
class Reference:
    """A function, perhaps with a qualifier; "" when none was given."""

    account_id: str
    region: str
    name: str
    qualifier: str = ""

    @property
    def key(self) -> tuple[str, str, str]:
        """Account, region and name."""
        return self.account_id, self.region, self.name

    @property
    def function_arn(self) -> str:
        """The function's ARN, unqualified."""
        return make_arn("lambda", self.region, self.account_id, f"function:{self.name}")

    @property
    def arn(self) -> str:
        """The ARN, with the qualifier if there is one."""
        return f"{self.function_arn}:{self.qualifier}" if self.qualifier else self.function_arn

    @property
    def kept_under(self) -> str:
        """The qualifier under which settings of a version or alias are kept."""
        return self.qualifier or LATEST

    def with_qualifier(self) -> Reference:
        """Return the same with $LATEST in full, as Invoke names it in errors (recorded)."""
        if self.qualifier:
            return self
        return Reference(self.account_id, self.region, self.name, LATEST)

    def not_found(self) -> AwsError:
        """Return the error that it is not there."""
        return function_not_found(self.arn)

    def not_set_for(self) -> AwsError:
        """Return the error of operations that set something for a version or alias (recorded)."""
        if self.qualifier and _ALIAS_NAME.fullmatch(self.qualifier):
            return resource_not_found(f"Cannot find alias arn: {self.arn}")
        return self.not_found()


def reference_of(name: str, context: CallContext, qualifier: str = "") -> Reference:
    """Return what a function's name and a request's Qualifier stand for.

    Raises ResourceNotFoundException for another region than the request's, and
    InvalidParameterValueException when the name has another qualifier (both recorded).
    """
    is_services = bool(context.principal)
    return _reference(context.account_id, context.region, name, qualifier, is_services)


@lru_cache(maxsize=1024)
def _reference(
    account_id: str, own_region: str, name: str, qualifier: str, is_services: bool
) -> Reference:
    region, parts = own_region, name.split(":")
    if "function" in parts:
        position = parts.index("function")
        account_id = parts[position - 1] if position else account_id
        region = parts[position - 2] if position > 1 and parts[0] == "arn" else region
        parts = parts[position + 1 :] or ["function"]  # an incomplete ARN (recorded)
    if region != own_region and not is_services:
        raise resource_not_found(
            f"Functions from '{region}' are not reachable in this region ('{own_region}')"
        )
    own = parts[1] if len(parts) > 1 else ""
    if own and qualifier and own != qualifier:
        raise invalid_parameter(
            "The derived qualifier from the function name does not match the specified qualifier."
        )
    return Reference(account_id, region, parts[0] if parts else "", qualifier or own)


def reference_in(request: Request, context: CallContext) -> Reference:
    """Return what FunctionName and Qualifier of a request stand for."""
    return reference_of(request["FunctionName"], context, request.get("Qualifier", ""))
