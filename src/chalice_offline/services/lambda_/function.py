"""A function and its versions: settings, code if that was uploaded, and present state."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from chalice_offline.core.arn import make_arn
from chalice_offline.core.run import UploadedCode
from chalice_offline.services.lambda_.errors import function_not_found
from chalice_offline.services.lambda_.function_states import FunctionLife
from chalice_offline.services.lambda_.logs import FunctionLogs, stream_name
from chalice_offline.services.lambda_.metrics import FunctionMetrics

if TYPE_CHECKING:
    from chalice_offline.core.ids import Ids
    from chalice_offline.services.lambda_.account import AccountConcurrency
    from chalice_offline.services.lambda_.alias import Alias
    from chalice_offline.services.lambda_.invoke_config import InvokeConfig
    from chalice_offline.services.lambda_.layers.layer import LayerVersion
    from chalice_offline.services.lambda_.next_try import NextTry
    from chalice_offline.services.lambda_.provisioned_concurrency import ProvisionedConcurrency
    from chalice_offline.services.lambda_.resource_policy import ResourcePolicy
    from chalice_offline.services.lambda_.urls.function_url import FunctionUrl

LATEST = "$LATEST"


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
    #: The function's unqualified ARN.
    arn: str = field(init=False, compare=False)

    def __post_init__(self) -> None:
        arn = make_arn("lambda", self.region, self.account_id, f"function:{self.name}")
        object.__setattr__(self, "arn", arn)


@dataclass(slots=True)
class Upload:
    """What only an uploaded function has. `described` holds what is stored and told again."""

    package: bytes
    runtime: str
    role: str
    revision: str
    has_variables: bool = False
    layers: tuple[LayerVersion, ...] = ()
    described: dict[str, Any] = field(default_factory=dict)

    @property
    def is_runnable(self) -> bool:
        """Whether this emulator can run it: Python, of whatever version."""
        return self.runtime.startswith("python")

    def code(self, settings: FunctionSettings, *, provisioned: bool = False) -> UploadedCode:
        """Return what a run needs to know to run it; provisioned containers are others."""
        initialization = "provisioned-concurrency" if provisioned else "on-demand"
        return UploadedCode(
            revision=f"{self.revision}:{initialization}",
            initialization=initialization,
            package=self.package,
            runtime=self.runtime,
            handler=settings.handler,
            variables=settings.variables,
            layers=tuple(layer.package for layer in self.layers),
        )


@dataclass(slots=True)
class Version:
    """What of a function can be run: $LATEST, or what was published under a number."""

    number: str
    settings: FunctionSettings
    modified_ms: int
    upload: Upload | None = None  # None: it is the project's own
    dead_letter_arn: str = ""
    life: FunctionLife = field(default_factory=FunctionLife)

    @property
    def is_latest(self) -> bool:
        """Whether it is the one that can be changed."""
        return self.number == LATEST

    @property
    def arn(self) -> str:
        """The version's ARN, with its number."""
        return f"{self.settings.arn}:{self.number}"

    @property
    def revision(self) -> str:
        """The RevisionId, which changes with every change."""
        if self.upload is not None:
            return self.upload.revision
        return revision_of(f"{self.arn}{self.modified_ms}")

    @property
    def log_group(self) -> str:
        """The log group its output goes to."""
        default = f"/aws/lambda/{self.settings.name}"
        logging = self.upload.described.get("LoggingConfig", {}) if self.upload else {}
        return str(logging.get("LogGroup", default))

    @property
    def log_stream(self) -> str:
        """The log stream of its container, of which a changed function gets another."""
        return _stream_of(self.arn, self.number, self.modified_ms)

    def published_as(self, number: str, revision: str, now_ms: int) -> Version:
        """Return what this is now, as a version that does not change any more."""
        upload = self.upload
        if upload is not None:
            upload = replace(upload, revision=revision, described=dict(upload.described))
        return Version(number, self.settings, now_ms, upload, self.dead_letter_arn)


@dataclass(slots=True)
class Function:
    """A function: its present state, what was published of it, and what all of that shares.

    What can be set per version or alias (permissions, how asynchronous invocations go on …) is
    kept by qualifier; "$LATEST" is that of the function itself.
    """

    latest: Version
    concurrency: AccountConcurrency
    tags: dict[str, str]
    logs: FunctionLogs
    stops_loops: bool = True
    published: dict[str, Version] = field(default_factory=dict)  # oldest first
    published_content: tuple[object, ...] = ()  # what $LATEST was when it was published last
    last_number: int = 0
    aliases: dict[str, Alias] = field(default_factory=dict)
    invoke_configs: dict[str, InvokeConfig] = field(default_factory=dict)
    permissions: dict[str, ResourcePolicy] = field(default_factory=dict)
    provisioned: dict[str, ProvisionedConcurrency] = field(default_factory=dict)
    urls: dict[str, FunctionUrl] = field(default_factory=dict)
    signing_config_arn: str = ""
    metrics: FunctionMetrics = field(default_factory=FunctionMetrics)
    #: Lambda was reset: what still runs of it has no consequences.
    was_reset: bool = False
    #: What follows failed runs of asynchronous events and of streams' records, by request id.
    next_tries: dict[str, NextTry] = field(default_factory=dict)

    @property
    def settings(self) -> FunctionSettings:
        """The settings of $LATEST; its name, account and region are those of all versions."""
        return self.latest.settings

    @property
    def name(self) -> str:
        """The function's name."""
        return self.latest.settings.name

    @property
    def arn(self) -> str:
        """The function's unqualified ARN."""
        return self.latest.settings.arn

    @property
    def upload(self) -> Upload | None:
        """The code of $LATEST; None for a function of the project."""
        return self.latest.upload

    @property
    def reserved_concurrency(self) -> int | None:
        """What it has reserved, if anything."""
        return self.concurrency.reserved(self.name)

    @property
    def provided(self) -> int:
        """How much concurrency is provided for its versions and aliases."""
        if not self.provisioned:  # as nearly always, and each run asks
            return 0
        return sum(config.requested for config in self.provisioned.values())

    def is_provided_for(self, number: str) -> bool:
        """Whether containers wait for a version, or for an alias that stands for it."""
        if not self.provisioned:
            return False
        aliases = [alias.name for alias in self.aliases.values() if alias.version == number]
        configs = [self.provisioned.get(qualifier) for qualifier in (number, *aliases)]
        return any(config is not None and config.is_ready for config in configs)

    def version(self, qualifier: str = LATEST) -> Version | None:
        """Return the version that a number or an alias stands for; None when there is none."""
        if qualifier in ("", LATEST):
            return self.latest
        alias = self.aliases.get(qualifier)
        return self.published.get(alias.version if alias else qualifier) or (
            self.latest if alias and alias.version == LATEST else None
        )

    def version_to_run(self, qualifier: str, ids: Ids) -> Version:
        """Return the version for one run; an alias may send some runs to another one.

        Raises ResourceNotFoundException when it is not there (any more).
        """
        alias = self.aliases.get(qualifier)
        found = self.version(alias.version_for(ids) if alias else qualifier)
        if found is None:
            raise function_not_found(f"{self.arn}:{qualifier}")
        return found

    def versions(self) -> list[Version]:
        """Return $LATEST and what was published, oldest first."""
        return [self.latest, *self.published.values()]


def revision_of(content: str) -> str:
    """Return an id that changes with the content."""
    digest = hashlib.md5(content.encode(), usedforsecurity=False).hexdigest()
    return f"{digest[:8]}-{digest[8:12]}-{digest[12:16]}-{digest[16:20]}-{digest[20:]}"


@lru_cache(maxsize=1024)
def _stream_of(arn: str, number: str, modified_ms: int) -> str:
    container = revision_of(f"{arn}{modified_ms}").replace("-", "")
    return stream_name(container, number, modified_ms)
