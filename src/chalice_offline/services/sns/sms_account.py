"""What an account has set for text messages."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(slots=True)
class SmsAccount:
    """What an account has set for SMS in one region.

    `sandbox` holds the sandbox's phone numbers and whether each is verified.
    """

    attributes: dict[str, str] = field(default_factory=lambda: {"MonthlySpendLimit": "1"})
    opted_out: dict[str, None] = field(default_factory=dict)
    sandbox: dict[str, bool] = field(default_factory=dict)
