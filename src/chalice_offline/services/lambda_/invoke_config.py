"""How asynchronous invocations of a function, or of one of its versions or aliases, go on."""

from __future__ import annotations

from dataclasses import dataclass, field

from chalice_offline.services.lambda_ import limits


@dataclass(slots=True)
class InvokeConfig:
    """How they are retried, and where their results go."""

    retries: int | None = None  # None: the default, of which nothing is told
    age_seconds: int | None = None
    destinations: dict[str, str] = field(default_factory=dict)  # "OnSuccess"/"OnFailure" -> ARN
    modified_ms: int = 0

    @property
    def maximum_retries(self) -> int:
        """How often an event is tried again."""
        return limits.MAXIMUM_RETRIES_DEFAULT if self.retries is None else self.retries

    @property
    def maximum_age_seconds(self) -> int:
        """How old an event may become."""
        default = limits.MAXIMUM_EVENT_AGE_SECONDS_DEFAULT
        return default if self.age_seconds is None else self.age_seconds
