"""A function: its settings, its code if that was uploaded, and its present state."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from chalice_offline.core.arn import make_arn
from chalice_offline.core.run import UploadedCode
from chalice_offline.services.lambda_ import limits
from chalice_offline.services.lambda_.function_states import FunctionLife
from chalice_offline.services.lambda_.logs import FunctionLogs, stream_name
from chalice_offline.services.lambda_.metrics import FunctionMetrics

if TYPE_CHECKING:
    from chalice_offline.services.lambda_.account import AccountConcurrency


@dataclass(frozen=True, slots=True)
class FunctionSettings:
    """What a function is registered with; times in seconds, memory in MB."""

    name: str
    account_id: str
    region: str
    handler: str = "app.handler"
    timeout_seconds: int = 3
    memory_mb: int = 128
    variables: dict[str, str] = field(default_factory=dict)
    reserved_concurrency: int | None = None
    tags: dict[str, str] = field(default_factory=dict)

    @property
    def arn(self) -> str:
        """The function's unqualified ARN."""
        return make_arn("lambda", self.region, self.account_id, f"function:{self.name}")


@dataclass(slots=True)
class InvokeConfig:
    """How asynchronous invocations of a function are retried and where their results go."""

    maximum_retries: int = limits.MAXIMUM_RETRIES_DEFAULT
    maximum_age_seconds: int = limits.MAXIMUM_EVENT_AGE_SECONDS_DEFAULT
    destinations: dict[str, str] = field(default_factory=dict)  # "OnSuccess"/"OnFailure" -> ARN
    modified_ms: int = 0


@dataclass(slots=True)
class Upload:
    """What only an uploaded function has. `described` holds what is stored and told again."""

    package: bytes
    runtime: str
    role: str
    revision: str
    has_variables: bool = False
    described: dict[str, Any] = field(default_factory=dict)

    @property
    def is_runnable(self) -> bool:
        """Whether this emulator can run it: Python, of whatever version."""
        return self.runtime.startswith("python")

    def code(self, settings: FunctionSettings) -> UploadedCode:
        """Return what a run needs to know to run it."""
        return UploadedCode(
            revision=self.revision,
            package=self.package,
            runtime=self.runtime,
            handler=settings.handler,
            variables=settings.variables,
        )


@dataclass(slots=True)
class Function:
    """A function and its present state."""

    settings: FunctionSettings
    modified_ms: int
    concurrency: AccountConcurrency
    tags: dict[str, str]
    logs: FunctionLogs
    stops_loops: bool = True
    dead_letter_arn: str = ""
    invoke_config: InvokeConfig | None = None
    permissions: dict[str, dict[str, Any]] = field(default_factory=dict)
    metrics: FunctionMetrics = field(default_factory=FunctionMetrics)
    upload: Upload | None = None  # None: it is the project's own
    life: FunctionLife = field(default_factory=FunctionLife)

    @property
    def arn(self) -> str:
        """The function's unqualified ARN."""
        return self.settings.arn

    @property
    def log_group(self) -> str:
        """The log group its output goes to."""
        default = f"/aws/lambda/{self.settings.name}"
        logging = self.upload.described.get("LoggingConfig", {}) if self.upload else {}
        return str(logging.get("LogGroup", default))

    @property
    def log_stream(self) -> str:
        """The log stream of its container, of which a changed function gets another."""
        container = revision_of(f"{self.arn}{self.modified_ms}").replace("-", "")
        return stream_name(container, self.modified_ms)

    @property
    def reserved_concurrency(self) -> int | None:
        """What it has reserved, if anything."""
        return self.concurrency.reserved(self.settings.name)


def revision_of(content: str) -> str:
    """Return an id that changes with the content."""
    digest = hashlib.md5(content.encode(), usedforsecurity=False).hexdigest()
    return f"{digest[:8]}-{digest[8:12]}-{digest[12:16]}-{digest[16:20]}-{digest[20:]}"
