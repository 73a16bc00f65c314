"""The last file descriptors: the server waits for one to come back, and says so once."""

from __future__ import annotations

import os
import resource
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from tests.transports.raw_http import exchange

LEFT_OPEN = 28
LOOKS = 20
HEALTH = "GET /_localstack/health HTTP/1.1\r\nHost: localhost\r\n\r\n"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def processor_seconds(process: subprocess.Popen[bytes]) -> float:
    fields = Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def comes_to_rest(process: subprocess.Popen[bytes], pause: threading.Event) -> bool:
    """Whether it stops using the processor; on a busy machine that may take a while."""
    for _ in range(LOOKS):
        before = processor_seconds(process)
        pause.wait(1)
        if processor_seconds(process) - before < 0.1:
            return True
    return False


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_without_descriptors_it_neither_spins_nor_floods_the_log(tmp_path: Path) -> None:
    """Sixty clients come and say nothing, a third fits; the next is answered all the same."""
    port, log = free_port(), tmp_path / "log"
    limit = (LEFT_OPEN, LEFT_OPEN)
    with (
        log.open("wb") as output,
        subprocess.Popen(
            [sys.executable, "-m", "chalice_offline", "aws", "--port", str(port)],
            stdout=output,
            stderr=output,
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, limit),
        ) as process,
    ):
        pause = threading.Event()
        try:
            while process.poll() is None:
                try:
                    exchange(port, HEALTH)
                    break
                except ConnectionRefusedError:
                    pause.wait(0.1)
            clients = [socket.create_connection(("127.0.0.1", port), 5) for _ in range(60)]
            assert comes_to_rest(process, pause)
            assert exchange(port, HEALTH)[0] == 200
            for client in clients:
                client.close()
            assert exchange(port, HEALTH)[0] == 200
        finally:
            process.send_signal(signal.SIGINT)
        assert process.wait(60) == 0
    text = log.read_text()
    assert text.count("no file descriptor is left") == 1
    assert "Traceback" not in text
