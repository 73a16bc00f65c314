"""Which port to listen on: the one asked for, else the usual one, else one that is free."""

from __future__ import annotations

import socket

ANY_FREE = 0


def port_to_bind(host: str, asked: int | None, usual: int) -> int:
    """Return the port to bind; ANY_FREE when none was asked for and the usual one is taken.

    A port that was asked for is returned as it is: binding it fails in words when it is taken.
    """
    if asked is not None:
        return asked
    return usual if can_bind(host, usual) else ANY_FREE


def can_bind(host: str, port: int) -> bool:
    """Whether nobody listens on a port."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
            probe.listen(1)
        except OSError:
            return False
    return True
