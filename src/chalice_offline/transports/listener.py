"""The listening socket: where it may listen, and what happens when file descriptors run out."""

from __future__ import annotations

import asyncio
import errno
import ipaddress
import logging
import socket
from typing import TYPE_CHECKING, Any

from chalice_offline.core.errors import ProjectError

if TYPE_CHECKING:
    from collections.abc import Callable

    from chalice_offline.transports.browser_policy import Access

_log = logging.getLogger(__name__)

BACKLOG = 512
_EXHAUSTED = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM})


class Listener(socket.socket):
    """A listening socket that asyncio accepts from.

    When descriptors run out, asyncio pauses for a second, but until Python 3.13 only after it has
    tried (and logged) once for every connection that may queue: this says "none left" instead.
    """

    exhausted: Callable[[], None] | None = None
    _pausing = False

    def accept(self) -> tuple[socket.socket, Any]:
        """Accept a connection."""
        if self._pausing:
            raise BlockingIOError
        try:
            return super().accept()
        except OSError as error:
            if error.errno in _EXHAUSTED:
                self._pausing = True
                asyncio.get_running_loop().call_soon(self._go_on)
                if self.exhausted is not None:
                    self.exhausted()
            raise

    def _go_on(self) -> None:
        self._pausing = False


class PortTakenError(ProjectError):
    """Somebody listens there already."""


_TRIED_NEXT = 50


def listen(host: str, port: int | None, usual: int, access: Access) -> Listener:
    """Return a socket that listens on `port`; without one on the usual port, or on a free one.

    Raises ProjectError when it cannot, or may not.
    """
    if port is not None:
        return _bound(host, port, access)
    try:
        return _bound(host, usual, access)
    except PortTakenError:
        return _bound(host, 0, access)


def _bound(host: str, port: int, access: Access) -> Listener:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # Named as TCP, or asyncio leaves Nagle's algorithm on and each reply waits 40 ms for an ACK.
    listener = Listener(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        # Nobody can connect before listen(): what the name means is known by now.
        _require_loopback(host, listener.getsockname()[0], access)
        listener.listen(BACKLOG)
    except (OSError, OverflowError) as error:
        listener.close()
        taken = isinstance(error, OSError) and error.errno == errno.EADDRINUSE
        raise (PortTakenError if taken else ProjectError)(
            f"cannot listen on {host}:{port}: {getattr(error, 'strerror', None) or error}; "
            f"{_advice(host, port) if taken else 'choose another port'}"
        ) from error
    except ProjectError:
        listener.close()
        raise
    return listener


def _require_loopback(host: str, address: str, access: Access) -> None:
    if ipaddress.ip_address(address.partition("%")[0]).is_loopback:
        return
    if not access.beyond_loopback:
        raise ProjectError(
            f"--host {host or repr(host)} would let other machines in: everybody on the network "
            "could run code here; say --listen-beyond-loopback if you mean it"
        )
    if address in access.warned_of:
        return  # by the other door of this session
    access.warned_of.add(address)
    _log.warning(
        "LISTENING BEYOND LOOPBACK on %s: everybody who can reach this machine can read and change "
        "all that is emulated, and run code here as you, without a password.",
        address,
    )


def _advice(host: str, port: int) -> str:
    """Say which port is free in place of one that is taken."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    for other in range(port + 1, min(port + _TRIED_NEXT, 65_536)):
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, other))
            except OSError:
                continue
            return f"choose another port ({other} is free) or stop what listens there"
    return "choose another port or stop what listens there"
