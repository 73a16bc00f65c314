"""Who may use a door: programs, the person at this machine and their own pages; no other web page.

A browser lets any page send requests to loopback: forms, images, scripts, frames, plain fetches.
And a page's own host name can be made to resolve to 127.0.0.1 (DNS rebinding). What a page cannot
change are the header fields that the browser itself writes: Host, Origin, Referer, Sec-Fetch-Site
(Fetch standard, "forbidden request-header"; W3C, "Fetch Metadata Request Headers").

`RULES` is the whole policy: the first rule that fits refuses, else the request may come in. Nothing
here reads a socket or a clock. docs/SECURITY.md tells it to users.
"""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass, field
from enum import Enum
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import parse_qsl, urlsplit

from chalice_offline.protocols import is_app_host

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

CONSOLE_PATH = "/_chalice_offline"


@dataclass(frozen=True, slots=True)
class Access:
    """Whom a door lets in beside the programs and pages of this machine.

    `allowed_hosts` are further names under which it may be reached, and whose pages may use it;
    "*.name" stands for every name below. `beyond_loopback` says that other machines may connect,
    `warned_of` at which addresses, so that a session with two doors says it once.
    """

    allowed_hosts: tuple[str, ...] = ()
    beyond_loopback: bool = False
    warned_of: set[str] = field(default_factory=set, compare=False)


ONLY_THIS_MACHINE = Access()


class Area(Enum):
    """What a request asks for."""

    AWS = "the AWS endpoint"
    APP = "the app's routes"
    CONSOLE = "the console"


class Host(Enum):
    """Where the client believes it sends the request."""

    LOOPBACK = "localhost, 127.0.0.0/8, [::1]"
    BELOW_LOCALHOST = "*.localhost: this machine as well, a bucket's own name for example"
    LOCALSTACK = "*.localhost.localstack.cloud, which a public name server resolves to loopback"
    NAMED = "the address that is bound, or a name given with --allow-host"
    AWS = "AWS's own names: from the hosts file, or botocore's in this process"
    FOREIGN = "any other name"
    MALFORMED = "no host at all"


class Sender(Enum):
    """Who wrote the request, as far as its header fields tell."""

    PROGRAM = "no browser: curl, boto3, Terraform"
    PERSON = "the address bar, a bookmark, a link in another program"
    UNKNOWN_PAGE = "a browser that does not say: an old one, or a host without Sec-Fetch-*"
    SAME_ORIGIN = "a page of this very door"
    OWN_PAGE = "a page of another port or name of this machine: the user's front end"
    FOREIGN_PAGE = "any other page"


class Act(Enum):
    """What a request would do, where that matters."""

    READS_S3 = "gets from a bucket's own host name"
    CHANGES = "names an operation in its query that is no look-up"
    OTHER = "anything else"


class Facts(NamedTuple):
    """All that the rules ask about."""

    area: Area
    host: Host
    sender: Sender
    act: Act


class Refusal(NamedTuple):
    """Why a request may not come in: status, and one sentence that says what to do."""

    status: int
    text: str
    origin: str


@dataclass(frozen=True, slots=True)
class Rule:
    """Refuses when each part of the facts is among those named; an empty set stands for all."""

    text: str
    status: int = 403
    areas: frozenset[Area] = frozenset()
    hosts: frozenset[Host] = frozenset()
    senders: frozenset[Sender] = frozenset()
    acts: frozenset[Act] = frozenset()

    def fits(self, facts: Facts) -> bool:
        """Whether this rule refuses such a request."""
        return (
            (not self.areas or facts.area in self.areas)
            and (not self.hosts or facts.host in self.hosts)
            and (not self.senders or facts.sender in self.senders)
            and (not self.acts or facts.act in self.acts)
        )


_EVERY_BROWSER = frozenset(Sender) - {Sender.PROGRAM}
_THIS_MACHINE = frozenset({Host.LOOPBACK, Host.BELOW_LOCALHOST})

RULES: tuple[Rule, ...] = (
    Rule(
        "{host!r} is not a host name; send a Host header like localhost:4566.",
        status=400,
        hosts=frozenset({Host.MALFORMED}),
    ),
    Rule(
        "{host!r} is no name of this machine; use localhost or 127.0.0.1, or start with "
        "--allow-host {name}.",
        hosts=frozenset({Host.FOREIGN}),
    ),
    Rule(
        "{host!r} is answered to programs only; in a browser use localhost.",
        hosts=frozenset({Host.AWS}),
        senders=_EVERY_BROWSER,
    ),
    Rule(
        "Pages of {origin} may neither read nor change anything here; if it is yours, start with "
        "--allow-host {origin_name}.",
        senders=frozenset({Sender.FOREIGN_PAGE}),
    ),
    Rule(
        "The console is shown to its own pages only; open it in a tab of its own.",
        areas=frozenset({Area.CONSOLE}),
        senders=frozenset({Sender.OWN_PAGE}),
    ),
    Rule(
        "The console is not on {host!r}; open it on localhost.",
        areas=frozenset({Area.CONSOLE}),
        hosts=frozenset({Host.BELOW_LOCALHOST, Host.LOCALSTACK}),
        senders=_EVERY_BROWSER,
    ),
    Rule(
        "The console is not shown to a browser that does not say which page asks; open it on "
        "localhost, in a browser of 2023 or later.",
        areas=frozenset({Area.CONSOLE}),
        senders=frozenset({Sender.UNKNOWN_PAGE}),
    ),
    Rule(
        "A browser does not say which page asks {host!r}; use localhost instead.",
        hosts=frozenset({Host.LOCALSTACK}),
        senders=frozenset({Sender.UNKNOWN_PAGE}),
        acts=frozenset({Act.CHANGES, Act.OTHER}),
    ),
    Rule(
        "A link may not change anything; send this request with curl or awslocal.",
        areas=frozenset({Area.AWS}),
        senders=frozenset({Sender.PERSON, Sender.UNKNOWN_PAGE}),
        acts=frozenset({Act.CHANGES}),
    ),
)


class BrowserPolicy:
    """The rules, for one door: which host it is bound to and which further names are its own."""

    def __init__(self, bound_host: str = "", allowed_hosts: Iterable[str] = ()) -> None:
        """Make the policy; "*.name" among `allowed_hosts` stands for every name below `name`."""
        names = {_plain(name) for name in allowed_hosts}
        self._suffixes = tuple(name[1:] for name in names if name.startswith("*."))
        self._names = frozenset(names | {_plain(bound_host)}) - {"", "0.0.0.0", "::"}  # noqa: S104
        # Rebinding needs a name. An address in numbers is where the client really sent it.
        self._any_address = _is_everywhere(bound_host)

    def is_plain(self, headers: Mapping[str, str]) -> bool:
        """Whether it is a program's request to one of this door's names, which no rule refuses.

        This is on the way of every call.
        """
        return _is_program(headers) and self.host(headers.get("host") or "") not in _NOBODYS

    def refusal(
        self, method: str, path: str, query: str, headers: Mapping[str, str], area: Area
    ) -> Refusal | None:
        """Return why a request may not come in, or None. Header names are in lower case."""
        if self.is_plain(headers):
            return None
        host = headers.get("host", "")
        if area is Area.AWS:
            area = _area_of(path, host)
        sender, origin = self._sender(headers, host)
        kind = self.host(host)
        facts = Facts(area, kind, sender, _act(method, host, query))
        for rule in RULES:
            if rule.fits(facts):
                name = _name_of(host) or "NAME"
                text = rule.text.format(
                    host=host[:200],
                    name=name[:200],
                    origin=origin[:200],
                    origin_name=(_name_of_url(origin) or "NAME")[:200],
                )
                return Refusal(rule.status, text, f"{origin or host}"[:200])
        return None

    def host(self, host: str) -> Host:
        """Return what kind of host a Host header names; an absent one is a program's."""
        return _kind_of_host(host, self._names, self._suffixes, self._any_address)

    def _sender(self, headers: Mapping[str, str], host: str) -> tuple[Sender, str]:
        """Return who sends, and the origin when it is a page's."""
        origin, site = headers.get("origin"), headers.get("sec-fetch-site")
        if origin is not None:
            if site == "same-origin":  # a form of a page with Referrer-Policy: no-referrer
                return Sender.SAME_ORIGIN, origin
            return self._page(origin, host), origin or "an unknown origin"
        referer = headers.get("referer")
        if site == "same-origin":
            return Sender.SAME_ORIGIN, ""
        if site == "none":
            return Sender.PERSON, ""
        if site is not None:
            if site == "same-site" and self.host(host) in _THIS_MACHINE:
                return Sender.OWN_PAGE, referer or "another port"
            return self._page(referer or "", host), _origin_of(referer) or "another site"
        if referer:
            return self._page(referer, host), _origin_of(referer) or referer
        return (Sender.PROGRAM if _is_program(headers) else Sender.UNKNOWN_PAGE), ""

    def _page(self, url: str, host: str) -> Sender:
        """Return whose page `url` is; an opaque origin ("null") is anybody's."""
        try:
            parts = urlsplit(url)
            authority = parts.netloc
        except ValueError:
            return Sender.FOREIGN_PAGE
        if parts.scheme not in ("http", "https") or "@" in authority:
            return Sender.FOREIGN_PAGE
        if authority.lower() == host.lower() and self.host(host) is not Host.FOREIGN:
            return Sender.SAME_ORIGIN
        if self.host(authority) in (*_THIS_MACHINE, Host.NAMED):
            return Sender.OWN_PAGE
        return Sender.FOREIGN_PAGE


_BROWSERS_OWN = frozenset({"origin", "sec-fetch-site"})
_NOBODYS = frozenset({Host.FOREIGN, Host.MALFORMED})


def _is_program(headers: Mapping[str, str]) -> bool:
    """Whether nothing in a request tells of a browser: the sender is Sender.PROGRAM."""
    return (
        _BROWSERS_OWN.isdisjoint(headers)
        and not headers.get("referer")
        and not headers.get("user-agent", "").startswith("Mozilla/")
    )


def _act(method: str, host: str, query: str) -> Act:
    if "Action" in query or "%" in query:
        actions = [value for name, value in parse_qsl(query) if name == "Action"]
        if any(not action.startswith(_LOOK_UPS) for action in actions):
            return Act.CHANGES
    if method in ("GET", "HEAD") and _S3_HOST.search(host):
        return Act.READS_S3
    return Act.OTHER


# The last two are what a subscriber opens out of an e-mail; they carry a token, or an ARN with a
# random part.
_LOOK_UPS = ("Get", "List", "Describe", "ConfirmSubscription", "Unsubscribe")
_S3_HOST = re.compile(r"(?:^|\.)s3(?:-website)?[.-]", re.ASCII | re.IGNORECASE)
_PORT = re.compile(r"(?::\d{1,5})?", re.ASCII)
_NAME = re.compile(r"[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*\.?", re.ASCII)


_PUBLIC_NAMES = (
    (".localhost.localstack.cloud", Host.LOCALSTACK),
    (".amazonaws.com", Host.AWS),
    (".amazonaws.com.cn", Host.AWS),
    (".api.aws", Host.AWS),
    (".on.aws", Host.AWS),
)


@lru_cache(maxsize=256)
def _kind_of_host(
    host: str, names: frozenset[str], suffixes: tuple[str, ...], any_address: bool
) -> Host:
    if not host:  # HTTP/1.0 without a Host: every browser sends one
        return Host.LOOPBACK
    name = _name_of(host)
    if name is None:
        return Host.MALFORMED
    if name == "localhost":
        return Host.LOOPBACK
    if name.endswith(".localhost"):
        return Host.BELOW_LOCALHOST
    address = _address(name)
    if address is not None and _is_loopback(address):
        return Host.LOOPBACK
    if name in names or name.endswith(suffixes):
        return Host.NAMED
    if address is not None:
        return Host.NAMED if any_address and not address.is_unspecified else Host.FOREIGN
    dotted = f".{name}"
    return next((kind for suffix, kind in _PUBLIC_NAMES if dotted.endswith(suffix)), Host.FOREIGN)


def _name_of(host: str) -> str | None:
    """Return the name or address in "name:port", in lower case; None when it is none."""
    # Some clients put the scheme before it, which AWS lets pass (recorded with Kinesis in CBOR).
    host = host.removeprefix("http://").removeprefix("https://")
    if host.startswith("["):
        address, bracket, port = host[1:].partition("]")
        if not bracket or not _PORT.fullmatch(port) or _address(address) is None:
            return None
        return address.lower()
    name, colon, port = host.partition(":")
    if not _NAME.fullmatch(name) or not _PORT.fullmatch(colon + port):
        return None
    return name.lower().removesuffix(".")


def _name_of_url(url: str) -> str | None:
    try:
        return _name_of(urlsplit(url).netloc)
    except ValueError:
        return None


def _origin_of(url: str | None) -> str:
    """Return scheme and host of a Referer."""
    try:
        parts = urlsplit(url or "")
    except ValueError:
        return ""
    return f"{parts.scheme}://{parts.netloc}" if parts.netloc else ""


def _plain(name: str) -> str:
    return name.strip().lower().strip("[]").removesuffix(".")


def _address(name: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(name)
    except ValueError:
        return None


def _is_loopback(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    mapped = getattr(address, "ipv4_mapped", None)
    return bool((mapped or address).is_loopback)


def _is_everywhere(host: str) -> bool:
    address = _address(_plain(host))
    return not host or (address is not None and address.is_unspecified)


def _area_of(path: str, host: str) -> Area:
    """Return what a request to the AWS port asks for: it serves more than AWS's API."""
    if is_app_host(host):
        return Area.APP
    return Area.CONSOLE if _is_console(path) else Area.AWS


def _is_console(path: str) -> bool:
    return path == CONSOLE_PATH or path.startswith(f"{CONSOLE_PATH}/")
