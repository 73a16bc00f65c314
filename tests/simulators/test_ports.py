"""Where `make run` listens: asked for, usual, or free."""

from __future__ import annotations

import contextlib
import socket

import pytest

from simulators import run
from simulators.playground import AWS_PORT, Playground, Ports, StartError


def taken() -> socket.socket:
    return socket.create_server(("127.0.0.1", 0))


def port_of(listener: socket.socket) -> int:
    return int(listener.getsockname()[1])


def test_port_that_was_asked_for_and_is_taken_is_one_sentence(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Exit code 2, and nothing was started."""
    with taken() as listener:
        port = port_of(listener)
        assert run.main(["--port", str(port)]) == 2
    line = f"port {port}, where the app would listen, is taken by another program\n"
    assert capsys.readouterr().err == line


@pytest.mark.parametrize("port", ["70000", "-1", "x", "٣"])
def test_what_is_no_port_is_refused(port: str, capsys: pytest.CaptureFixture[str]) -> None:
    """argparse's own exit, with the number."""
    with pytest.raises(SystemExit) as caught:
        run.main(["--vendors-port", port])
    assert caught.value.code == 2
    assert "from 0 to 65535" in capsys.readouterr().err


def test_usual_port_that_is_taken_gives_way_to_a_free_one() -> None:
    """Nobody asked for it, so another will do."""
    with contextlib.suppress(OSError), socket.create_server(("127.0.0.1", AWS_PORT)):
        chosen = Ports().chosen()
        assert chosen.aws not in (None, 0, AWS_PORT)


def test_one_that_is_asked_for_is_kept() -> None:
    """Also by name of each."""
    with taken() as one:
        port = port_of(one)
    assert Ports(vendors=port).chosen().vendors == port
    with taken() as one, pytest.raises(StartError, match="where the vendors would listen"):
        Ports(vendors=port_of(one)).chosen()


def test_app_is_told_where_the_others_listen() -> None:
    """What config.json says of the usual ports is said anew for the ports that are used."""
    playground = Playground(ports=Ports(18_000, 14_566, 19_001))
    moved = playground._moved_addresses()  # what the app's process is started with
    assert moved["SQUARE_BASE_URL"] == "http://127.0.0.1:19001/square"
    assert moved["SQUARE_NOTIFICATION_URL"] == "http://127.0.0.1:18000/webhooks/pos/square"
    assert moved["AWS_ENDPOINT_URL"] == "http://127.0.0.1:14566"
    usual = Playground(ports=Ports(8000, 4566, 9001))
    assert usual._moved_addresses() == {}
