"""Puts an emulator together: which services it has, and what hears of delegated writes."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from chalice_offline.services.lambda_ import Lambda

if TYPE_CHECKING:
    from chalice_offline.emulator import Emulator


def _load(module: str, name: str) -> Any:  # TEMPORARY while services are being written
    try:
        return getattr(importlib.import_module(module), name)
    except (ImportError, AttributeError):
        return None


def add_services(emulator: Emulator) -> Lambda:
    """Fit every service; return Lambda, with which functions are registered."""
    registry = emulator.registry
    for module, name in (("sqs", "Sqs"), ("sns", "Sns"), ("events", "Events"), ("scheduler", "Scheduler")):
        made = _load(f"chalice_offline.services.{module}", name)
        if made:
            registry.add(made(emulator))
    lambda_ = Lambda(emulator)
    registry.add(lambda_)
    s3_class = _load("chalice_offline.services.s3", "S3")
    if s3_class:
        s3 = s3_class(emulator)
        registry.add(s3, rest_delegated=True)
        emulator.observers["s3"] = s3.observe
    for streaming in ("kinesis", "dynamodb"):
        emulator.observers[streaming] = lambda_.observe
    return lambda_
