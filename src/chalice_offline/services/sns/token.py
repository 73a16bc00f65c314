"""What an endpoint confirms its subscription with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from chalice_offline.services.sns.subscription import Subscription
    from chalice_offline.services.sns.topic import Topic


@dataclass(frozen=True, slots=True)
class Token:
    """What a token given to an endpoint stands for."""

    topic: Topic
    subscription: Subscription
    expires_ms: int
