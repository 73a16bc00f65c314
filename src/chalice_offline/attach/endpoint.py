"""Where AWS is: LocalStack or another engine at a URL, or AWS itself."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from botocore.exceptions import ClientError
from botocore.parsers import ResponseParserError

from chalice_offline.attach.errors import EndpointError
from chalice_offline.attach.failures import sentence
from chalice_offline.chalice_app.region import region_in, region_of
from chalice_offline.core.errors import ProjectError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chalice_offline.attach.patience import Patience

AWS = "aws"
_URL = "AWS_ENDPOINT_URL"
# What decides where the SDK sends a call and with whose credentials. The command line has the
# last word on both, so config.json's values (which fit another place) are taken out.
_DECIDED_HERE = (
    _URL,
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_PROFILE",
    "AWS_REGION",
    "AWS_DEFAULT_REGION",
)
_PLACEHOLDERS = {
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
    # botocore would otherwise ask the EC2 metadata service where it runs.
    "AWS_EC2_METADATA_DISABLED": "true",
}
CONNECT_TIMEOUT_SECONDS = 3
READ_TIMEOUT_SECONDS = 20
CONNECTIONS = 50


@dataclass(frozen=True)
class Endpoint:
    """An AWS endpoint. `url` is "" for AWS; `service_urls` are those of single services."""

    url: str
    region: str
    #: The shell's AWS settings that functions must see, too (real AWS only): profile, keys.
    shell: dict[str, str] = field(default_factory=dict)
    #: AWS_ENDPOINT_URL_DYNAMODB=… by variable name.
    service_urls: dict[str, str] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False, compare=False)
    _clients: dict[str, Any] = field(default_factory=dict, repr=False, compare=False)

    @property
    def is_aws(self) -> bool:
        """Whether calls go to AWS itself, with the user's own credentials."""
        return not self.url

    @property
    def name(self) -> str:
        """The endpoint's name in sentences."""
        return self.url or f"AWS ({self.region})"

    def client(self, service: str) -> Any:
        """Return a boto3 client, the same each time; threads may share it.

        It retries nothing: `Patience` does, and says so.
        """
        with self._lock:  # making clients is not thread-safe, using them is
            if service not in self._clients:
                self._clients[service] = self._make_client(service)
            return self._clients[service]

    def _make_client(self, service: str) -> Any:
        from botocore.config import Config

        options: dict[str, Any] = {
            "connect_timeout": CONNECT_TIMEOUT_SECONDS,
            "read_timeout": READ_TIMEOUT_SECONDS,
            "retries": {"total_max_attempts": 1},
            "max_pool_connections": CONNECTIONS,
        }
        session = self._session
        if self.is_aws:
            return session.client(service, region_name=self.region, config=Config(**options))
        return session.client(
            service,
            region_name=self.region,
            endpoint_url=self.service_urls.get(_variable(service), self.url),
            aws_access_key_id=_PLACEHOLDERS["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=_PLACEHOLDERS["AWS_SECRET_ACCESS_KEY"],
            # A bucket's name in front of an engine's host would need DNS.
            config=Config(**options, s3={"addressing_style": "path"}),
        )

    @cached_property
    def _session(self) -> Any:
        import boto3

        return boto3.session.Session()

    def variables(self, configured: Mapping[str, str]) -> dict[str, str]:
        """Return a function's variables: config.json's, and the SDK's settings for this place."""
        kept = {
            name: value
            for name, value in configured.items()
            if name not in _DECIDED_HERE and not name.startswith(f"{_URL}_")
        }
        where = {"AWS_REGION": self.region, "AWS_DEFAULT_REGION": self.region}
        if self.is_aws:
            return kept | self.shell | where
        return kept | _PLACEHOLDERS | where | {_URL: self.url} | self.service_urls

    def account(self, patience: Patience) -> str:
        """Return the account's id, which also shows that somebody answers and lets us in.

        Raises EndpointError.
        """
        doing = "sts:GetCallerIdentity"
        try:
            reply = patience.call(doing, self.client("sts").get_caller_identity)
        except ClientError as error:
            raise EndpointError(sentence(error, self.name, doing)) from error
        except EndpointError as error:
            if isinstance(error.__cause__, ResponseParserError):
                raise EndpointError(f"what listens at {self.name} is no AWS endpoint") from error
            raise
        except KeyError as error:  # botocore's, for XML that is something else: a web page, say
            raise EndpointError(f"what listens at {self.name} is no AWS endpoint") from error
        if not reply.get("Account"):
            raise EndpointError(f"what listens at {self.name} is no AWS endpoint")
        return str(reply["Account"])


def endpoint_of(
    text: str,
    environ: Mapping[str, str],
    configured: Mapping[str, str],
    region: str | None = None,
) -> Endpoint:
    """Return the endpoint that `--endpoint text` means.

    `environ` is the shell's environment, `configured` what config.json sets for the stage,
    `region` the one that was asked for. Raises ProjectError for what is neither "aws" nor a URL.
    """
    if text == AWS:
        return _real_aws(environ, region)
    if not _is_url(text):
        raise ProjectError(
            f'--endpoint {text}: give a URL (http://127.0.0.1:4566) or the word "{AWS}"'
        )
    region = region_of(region, environ, configured)
    urls = {name: url for name, url in environ.items() if name.startswith(f"{_URL}_") and url}
    return Endpoint(text.rstrip("/"), region, {}, urls)


def _is_url(text: str) -> bool:
    try:
        parts = urlsplit(text)
        # Reading the port checks it.
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:  # "http://[::1", "http://host:70000"
        return False


def _real_aws(environ: Mapping[str, str], told: str | None) -> Endpoint:
    elsewhere = [name for name in environ if name.startswith(_URL) and environ[name]]
    if elsewhere:
        raise ProjectError(
            f"--endpoint {AWS} means AWS itself, but {elsewhere[0]} is set to "
            f"{environ[elsewhere[0]]}; unset it first"
        )
    import boto3

    region = told or region_in(environ) or boto3.session.Session().region_name
    if not region:
        raise ProjectError(
            f"--endpoint {AWS}: no region is set; set AWS_REGION or one in ~/.aws/config"
        )
    shell = {name: value for name, value in environ.items() if name.startswith("AWS_")}
    return Endpoint("", region, shell)


def _variable(service: str) -> str:
    """Return the variable that names one service's endpoint: its id in capitals.

    Source: AWS SDKs and tools reference guide, "Service-specific endpoints".
    """
    ids = {"events": "EVENTBRIDGE", "dynamodbstreams": "DYNAMODB_STREAMS"}
    return f"{_URL}_{ids.get(service, service.upper())}"
