"""Which stream a table has, and a word when it gets one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalice_offline.core.arn import make_arn
from chalice_offline.core.errors import AwsError

if TYPE_CHECKING:
    from collections.abc import Callable

    from chalice_offline.chalice_app.listening import Call
    from chalice_offline.emulator import Emulator


class TableStreams:
    """The tables of one emulator."""

    def __init__(self, emulator: Emulator, call: Call) -> None:
        self._emulator = emulator
        self._call = call

    def stream_of(self, table: str, region: str) -> str:
        """Return the ARN of the stream that a table has now, or ""."""
        try:
            described = self._call("dynamodb", "DescribeTable", {"TableName": table}, region)
        except AwsError as error:
            if error.code == "ResourceNotFoundException":
                return ""
            raise
        found = described["Table"]
        is_enabled = found.get("StreamSpecification", {}).get("StreamEnabled")
        return str(found["LatestStreamArn"]) if is_enabled else ""

    def watch(self, table: str, region: str, told: Callable[[], None]) -> Callable[[], None]:
        """Call `told` soon after the table gets a stream; returns what ends that."""
        emulator = self._emulator
        topic = make_arn("dynamodb", region, emulator.account_id, f"table/{table}")

        def came() -> None:
            # The call that brought it is still being applied.
            emulator.at(emulator.now_ms, told)

        def unwatch() -> None:
            with emulator.lock:
                emulator.unwatch(topic, came)

        with emulator.lock:
            emulator.watch(topic, came)
        return unwatch
