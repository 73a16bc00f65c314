"""What Lambda holds: functions, and the mappings that feed them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalice_offline.services.lambda_.account import AccountConcurrency
from chalice_offline.services.lambda_.errors import function_not_found
from chalice_offline.services.lambda_.function import LATEST, Function, Version
from chalice_offline.services.lambda_.logs import FunctionLogs
from chalice_offline.services.lambda_.references import Reference, reference_of

if TYPE_CHECKING:
    from chalice_offline.core.context import CallContext
    from chalice_offline.core.kernel import Kernel
    from chalice_offline.services.lambda_.code_signing_config import CodeSigningConfig
    from chalice_offline.services.lambda_.event_source_mappings.mapping import (
        Mapping as EventSourceMapping,
    )
    from chalice_offline.services.lambda_.function import FunctionSettings
    from chalice_offline.services.lambda_.layers.layer import Layer, LayerVersion

_Key = tuple[str, str, str]


class LambdaState:
    """Functions by account, region and name, and the mappings that feed them."""

    def __init__(self, kernel: Kernel) -> None:
        self.kernel = kernel
        self.logs = FunctionLogs(kernel)
        self.mappings: dict[str, EventSourceMapping] = {}
        self.layers: dict[_Key, Layer] = {}
        self.signing_configs: dict[str, CodeSigningConfig] = {}  # by ARN
        self._functions: dict[_Key, Function] = {}
        self._concurrency: dict[tuple[str, str], AccountConcurrency] = {}

    def register(self, settings: FunctionSettings) -> None:
        """Make a function known, or give a known one new settings."""
        known = self.get(settings)
        if known is not None:
            known.latest.settings = settings
            known.latest.modified_ms = self.kernel.now_ms
            return
        concurrency = self.concurrency(settings.account_id, settings.region)
        concurrency.reserve(settings.name, settings.reserved_concurrency)
        self.add(
            Function(
                latest=Version(LATEST, settings, self.kernel.now_ms),
                concurrency=concurrency,
                tags=dict(settings.tags),
                logs=self.logs,
            )
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

    def function_or_none(self, reference: Reference) -> Function | None:
        """Return the function a reference names, whatever its qualifier."""
        return self._functions.get(reference.key)

    def by_name(self, name: str, account_id: str, region: str) -> Function | None:
        """Return the function of a plain name."""
        return self._functions.get((account_id, region, name))

    def by_arn(self, arn: str) -> Function | None:
        """Return the function of an unqualified ARN."""
        _, _, _, region, account_id, _, name = arn.split(":")
        return self._functions.get((account_id, region, name))

    def find_function(self, name: str, context: CallContext) -> Function:
        """Return a function by name, partial ARN or ARN, with or without a qualifier.

        Raises ResourceNotFoundException when there is none.
        """
        reference = reference_of(name, context)
        function = self.function_or_none(reference)
        if function is None:
            raise function_not_found(reference.function_arn)
        return function

    def find_version(self, reference: Reference) -> tuple[Function, Version]:
        """Return the function and the version that a reference names.

        Raises ResourceNotFoundException when there is none.
        """
        found = self.version_or_none(reference)
        if found is None:
            raise reference.not_found()
        return found

    def version_or_none(self, reference: Reference) -> tuple[Function, Version] | None:
        """Return the function and the version that a reference names, if it is there."""
        function = self.function_or_none(reference)
        version = function.version(reference.qualifier) if function else None
        return None if function is None or version is None else (function, version)

    def layer_version_or_none(
        self, account_id: str, region: str, name: str, number: int
    ) -> LayerVersion | None:
        """Return a version of a layer."""
        layer = self.layers.get((account_id, region, name))
        return layer.versions.get(number) if layer else None

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
