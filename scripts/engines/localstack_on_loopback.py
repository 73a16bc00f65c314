"""Starts the LocalStack runtime on 127.0.0.1 only; run by LocalStack's own interpreter.

LocalStack 4.14 takes the port of GATEWAY_LISTEN but not the host: its Twisted server
listens on every interface for any IPv4 address. Every endpoint made here is given the
loopback interface instead. localstack-supervisor runs this file in place of its own
module when LOCALSTACK_SUPERVISOR_COMMAND names it.
"""

from __future__ import annotations

from functools import partial

from localstack.runtime.main import main
from twisted.internet import endpoints

endpoints.TCP4ServerEndpoint = partial(endpoints.TCP4ServerEndpoint, interface="127.0.0.1")

if __name__ == "__main__":
    main()
