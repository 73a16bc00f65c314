"""ResultWriter: what the executions of a distributed Map gave, as files in S3."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chalice_offline.core.errors import AwsError
from chalice_offline.services.stepfunctions.execution.results import ResultFile
from chalice_offline.services.stepfunctions.language import jsonata, templates
from chalice_offline.services.stepfunctions.language.failures import RESULT_WRITER, StateFailure
from chalice_offline.services.stepfunctions.language.json_text import compact

if TYPE_CHECKING:
    from chalice_offline.core.storage import Blob
    from chalice_offline.services.stepfunctions.execution.children import Child
    from chalice_offline.services.stepfunctions.execution.result_format import ResultFormat
    from chalice_offline.services.stepfunctions.execution.state_run import StateRun
    from chalice_offline.services.stepfunctions.map_run import MapRun


class ResultWriter:
    """Collects the results of a map run, in files if they are long; writes them at its end."""

    def __init__(self, run: StateRun, result_format: ResultFormat) -> None:
        self._run = run
        self._format = result_format
        self._results = {status: self._new_file() for status in ("SUCCEEDED", "FAILED")}
        filled: Any
        writer = run.definition["ResultWriter"]
        if run.is_jsonata:
            filled = jsonata.fill(writer.get("Arguments", {}), run.sources, "ResultWriter")
        else:
            sources = run.sources.with_data(run.input)
            filled = templates.fill(writer.get("Parameters", {}), sources)
        self._bucket = filled.get("Bucket", "")
        self._prefix = filled.get("Prefix", "")

    def add(self, status: str, child: Child) -> None:
        """Keep what one execution gave."""
        for text in self._format.texts(child):
            self._results[status].add(text)

    def forget_failures(self) -> None:
        """The map run is redriven: what has failed is tried again."""
        self._results["FAILED"].discard()
        self._results["FAILED"] = self._new_file()

    def _new_file(self) -> ResultFile:
        return ResultFile(self._run.kernel.storage.blobs, has_lines=self._format.has_lines)

    def write(self, map_run: MapRun) -> dict[str, Any]:
        """Write the files; return what the state's result is then."""
        folder = f"{self._prefix}/{map_run.arn.rsplit(':', 1)[-1]}".lstrip("/")
        files: dict[str, list[dict[str, Any]]] = {"FAILED": [], "PENDING": [], "SUCCEEDED": []}
        for status, results in self._results.items():
            if results.count:
                key = f"{folder}/{status}_0.{self._format.suffix}"
                self._put(key, results.finish())
                files[status].append({"Key": key, "Size": results.size})
                map_run.results_written += results.count
        key = f"{folder}/manifest.json"
        manifest = {
            "DestinationBucket": self._bucket,
            "MapRunArn": map_run.arn,
            "ResultFiles": files,
        }
        self._put(key, compact(manifest).encode())
        details = {"Bucket": self._bucket, "Key": key}
        return {"MapRunArn": map_run.arn, "ResultWriterDetails": details}

    def _put(self, key: str, body: bytes | Blob) -> None:
        request = {
            "Bucket": self._bucket,
            "Key": key,
            "Body": body,
            "ContentType": "application/json",
        }
        try:
            self._run.frame.deliver("s3", "PutObject", request, (self._run.flow.cause,))
        except AwsError as error:
            raise StateFailure(RESULT_WRITER, error.message) from error
