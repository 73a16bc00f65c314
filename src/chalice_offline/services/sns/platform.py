"""Applications on push platforms, and the devices that have them."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(slots=True, eq=False)
class PlatformApplication:
    """One application; `endpoints` has the ARNs of its endpoints by token."""

    arn: str
    platform: str
    name: str
    number: int
    attributes: dict[str, str]
    endpoints: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True, eq=False)
class PlatformEndpoint:
    """One app on one device."""

    arn: str
    application_arn: str
    number: int
    attributes: dict[str, str]
