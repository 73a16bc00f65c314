"""What runs here: the session's own facts, and starting over."""

from __future__ import annotations

import platform
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chalice_offline.console.doors import Asked, Door, Refusal
from chalice_offline.core.errors import ProjectError
from chalice_offline.core.pending import Pending
from chalice_offline.resetting import NotRestored, UnknownService

if TYPE_CHECKING:
    from chalice_offline.console.buckets import Buckets
    from chalice_offline.console.queues import Queues
    from chalice_offline.console.session import Session
    from chalice_offline.console.tables import Tables

_KEYS_AT_ONCE = 1_000


class About:
    """The session itself."""

    def __init__(self, session: Session, queues: Queues, buckets: Buckets, tables: Tables) -> None:
        self._session = session
        self._queues = queues
        self._buckets = buckets
        self._tables = tables

    def doors(self) -> list[Door]:
        """Return what can be asked."""
        return [
            Door("GET", "session", self.facts),
            Door("POST", "reset", self.reset),
            Door("POST", "state/save", self.save),
            Door("POST", "state/load", self.load),
        ]

    def facts(self, _asked: Asked) -> dict[str, Any]:
        """Answer what runs here: versions, project, addresses, how much there is."""
        emulator = self._session.emulator
        with emulator.lock:
            return {
                "version": version("chalice-offline"),
                "python": platform.python_version(),
                "account_id": emulator.account_id,
                "region": emulator.region,
                "seed": emulator.seed,
                "virtual": self._session.time is not None,
                "now_ms": emulator.driver.clock.read().now_ms,
                "runs": emulator.runs.count,
                "functions": len(list(self._session.functions())),
                "faults": len(emulator.faults.all()),
                **self._session.about(),
            }

    def reset(self, asked: Asked) -> Any:
        """Begin anew, as if the session had just been started; in a test, empty what there is.

        A test's emulator cannot be exchanged under it: its queues, buckets and tables are emptied,
        faults switched off, runs and journal forgotten. What the project declares stays. Items and
        objects are deleted as by a client, so streams and notifications tell of it first. With
        "service", that one alone begins anew; the project's own resources are there again.
        """
        if asked.body.get("service"):
            return self._one_service(asked.text("service"))
        if self._session.begin_anew is not None:
            return self._anew(None)
        emptied = {
            "queues": self._empty_queues(asked),
            "objects": sum(self._empty_bucket(name) for name in self._buckets.names()),
            "items": sum(self._empty_table(name) for name in self._tables.names()),
        }
        emulator = self._session.emulator
        with emulator.lock:
            emulator.faults.clear()
            emulator.runs.clear()
            emulator.journal.clear()
        self._session.was_emptied()
        return {"emptied": emptied}

    def _one_service(self, name: str) -> Any:
        """Let one service begin anew, in a session and in a test."""
        done: Pending[dict[str, Any]] = Pending()

        def ended(pending: Pending[None]) -> None:
            try:
                pending.result()
            except UnknownService as error:
                done.fail(Refusal(f"{error} Nothing was changed.", 404))
            except ProjectError as error:
                done.fail(Refusal(f"{error}. Nothing was changed.", 409))
            except NotRestored as error:
                done.fail(Refusal(f"{error}.", 409))
            except BaseException as error:  # noqa: BLE001 - the door's boundary logs it
                done.fail(error)
            else:
                done.resolve({"reset": name})

        self._session.reset_service(name).then(ended)
        return done

    def load(self, asked: Asked) -> Any:
        """Begin anew with the tables, objects and streams of a saved `file`."""
        file = _file_of(asked)
        if self._session.begin_anew is None:
            raise Refusal("A test begins with what it makes itself; nothing is loaded there.", 409)
        return self._anew(file)

    def save(self, asked: Asked) -> dict[str, Any]:
        """Write tables, objects and streams to a `file` that `--data` opens."""
        file = _file_of(asked)
        try:
            with self._session.emulator.lock:
                self._session.emulator.storage.save_as(file)
        except ProjectError as error:
            raise Refusal(f"{error}.", 409) from error
        return {"saved": str(file)}

    # ---- within ----------------------------------------------------------------------------------

    def _anew(self, file: Path | None) -> Pending[dict[str, Any]]:
        assert self._session.begin_anew is not None
        done: Pending[dict[str, Any]] = Pending()

        def begun(pending: Pending[None]) -> None:
            try:
                pending.result()
            except ProjectError as error:
                done.fail(Refusal(f"{error}. Nothing was changed.", 409))
            except BaseException as error:  # noqa: BLE001 - the door's boundary logs it
                done.fail(error)
            else:
                done.resolve({"begun_anew": True, "loaded": str(file) if file else None})

        self._session.begin_anew(file).then(begun)
        return done

    def _empty_queues(self, asked: Asked) -> int:
        count = 0
        for queue in self._queues.all(asked)["queues"]:
            count += queue["visible"] + queue["in_flight"] + queue["delayed"]
            self._queues.empty(queue["arn"])
        return count

    def _empty_bucket(self, bucket: str) -> int:
        session = self._session
        count = 0
        while True:
            page = session.read("s3", "ListObjectVersions", Bucket=bucket, MaxKeys=_KEYS_AT_ONCE)
            found = [*(page.get("Versions") or []), *(page.get("DeleteMarkers") or [])]
            for one in found:
                request = {"Bucket": bucket, "Key": one["Key"]}
                if one.get("VersionId") not in (None, "null"):
                    request["VersionId"] = one["VersionId"]
                session.act("s3", "DeleteObject", request)
            count += len(found)
            if not found or not page.get("IsTruncated"):
                return count

    def _empty_table(self, name: str) -> int:
        session = self._session
        keys = self._tables.described(name)["keys"]
        count = 0
        while True:
            page = session.read("dynamodb", "Scan", TableName=name, Limit=_KEYS_AT_ONCE)
            for item in page["Items"]:
                key = {attribute: item[attribute] for attribute in keys}
                session.act("dynamodb", "DeleteItem", {"TableName": name, "Key": key})
            count += len(page["Items"])
            if not page.get("LastEvaluatedKey"):
                return count


def _file_of(asked: Asked) -> Path:
    file = Path(asked.text("file"))
    if not file.is_absolute():
        raise Refusal(f'"file" is {str(file)!r}; it must be a whole path, from the root on.')
    return file
