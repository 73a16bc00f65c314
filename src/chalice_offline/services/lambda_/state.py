"""What Lambda holds: functions, and the mappings that feed them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalice_offline.core.arn import make_arn
from chalice_offline.services.lambda_.account import AccountConcurrency
from chalice_offline.services.lambda_.errors import function_not_found
from chalice_offline.services.lambda_.function import Function
from chalice_offline.services.lambda_.logs import FunctionLogs

if TYPE_CHECKING:
    from chalice_offline.core.context import CallContext
    from chalice_offline.core.kernel import Kernel
    from chalice_offline.services.lambda_.event_source_mappings.mapping import (
        Mapping as EventSourceMapping,
    )
    from chalice_offline.services.lambda_.function import FunctionSettings

_Key = tuple[str, str, str]


class LambdaState:
    """Functions by account, region and name, and the mappings that feed them."""

    def __init__(self, kernel: Kernel) -> None:
        self.kernel = kernel
        self.logs = FunctionLogs(kernel)
        self.mappings: dict[str, EventSourceMapping] = {}
        self._functions: dict[_Key, Function] = {}
        self._concurrency: dict[tuple[str, str], AccountConcurrency] = {}

    def register(self, settings: FunctionSettings) -> None:
        """Make a function known, or give a known one new settings."""
        key = (settings.account_id, settings.region, settings.name)
        known = self._functions.get(key)
        if known is not None:
            known.settings = settings
            known.modified_ms = self.kernel.now_ms
            return
        concurrency = self.concurrency(settings.account_id, settings.region)
        concurrency.reserve(settings.name, settings.reserved_concurrency)
        self._functions[key] = Function(
            settings=settings,
            modified_ms=self.kernel.now_ms,
            concurrency=concurrency,
            tags=dict(settings.tags),
            logs=self.logs,
        )

    def has(self, settings: FunctionSettings) -> bool:
        """Whether there is a function of that account, region and name."""
        return (settings.account_id, settings.region, settings.name) in self._functions

    def get(self, settings: FunctionSettings) -> Function | None:
        """Return the function of that account, region and name."""
        return self._functions.get((settings.account_id, settings.region, settings.name))

    def add(self, function: Function) -> None:
        """Take in a function that is new."""
        settings = function.settings
        self._functions[settings.account_id, settings.region, settings.name] = function

    def unregister(self, settings: FunctionSettings) -> None:
        """Forget a function the project no longer has, or that was deleted."""
        self._functions.pop((settings.account_id, settings.region, settings.name), None)
        self.concurrency(settings.account_id, settings.region).reserve(settings.name, None)

    def concurrency(self, account_id: str, region: str) -> AccountConcurrency:
        """Return what the functions of an account share in a region."""
        return self._concurrency.setdefault((account_id, region), AccountConcurrency())

    def find_function(self, reference: str, context: CallContext) -> Function:
        """Return a function by name, partial ARN or ARN, with or without a qualifier.

        Raises ResourceNotFoundException when there is none.
        """
        account_id, region, name = self.resolve(reference, context)
        try:
            return self._functions[account_id, region, name]
        except KeyError:
            arn = make_arn("lambda", region, account_id, f"function:{name}")
            raise function_not_found(arn) from None

    def resolve(self, reference: str, context: CallContext) -> tuple[str, str, str]:
        """Return account, region and name that a function reference stands for."""
        return _resolve(reference, context)

    def functions_of(self, context: CallContext) -> list[Function]:
        """Return the functions of the caller's account and region, by name."""
        return [
            function
            for (account_id, region, _), function in sorted(self._functions.items(), key=_by_key)
            if (account_id, region) == (context.account_id, context.region)
        ]

    def all_functions(self) -> list[Function]:
        """Return every function, in the order in which they were registered."""
        return list(self._functions.values())


def _by_key(item: tuple[_Key, Function]) -> _Key:
    return item[0]


def _resolve(reference: str, context: CallContext) -> _Key:
    """Return account, region and name of a function reference.

    Forms (AWS Lambda API reference, FunctionName): name, name:qualifier, account:function:name,
    arn:aws:lambda:region:account:function:name, each with or without a qualifier.
    """
    parts = reference.split(":")
    if "function" not in parts:
        return context.account_id, context.region, parts[0]
    position = parts.index("function")
    name = parts[position + 1] if position + 1 < len(parts) else ""
    account_id = parts[position - 1] if position else context.account_id
    region = parts[position - 2] if position > 1 and parts[0] == "arn" else context.region
    return account_id, region, name
