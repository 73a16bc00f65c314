"""One uploaded function: its folder, its environment, and its handler once it is imported."""

from __future__ import annotations

import threading
import traceback
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from chalice_offline.chalice_app.environment import (
    FunctionEnvironment,
    every_function,
    lambda_variables,
    shell_variables,
)
from chalice_offline.chalice_app.runtime import HandlerNotLoaded
from chalice_offline.core.arn import parse_arn
from chalice_offline.uploaded.modules import FunctionModules

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from chalice_offline.core.run import FunctionRun, UploadedCode
    from chalice_offline.uploaded.folders import Folders
    from chalice_offline.uploaded.modules import OnImport


class UploadedFunction:
    """A function ready to run, as one warm container of Lambda."""

    def __init__(
        self,
        run: FunctionRun,
        code: UploadedCode,
        folders: Folders,
        package: str,
        *,
        endpoint_url: str,
        imported: OnImport,
    ) -> None:
        """Take over what was unpacked to `folders`; nothing is imported before the first run."""
        self.folders = folders
        self.modules = FunctionModules(folders.of_modules(), package, imported)
        self.environment = FunctionEnvironment(
            _variables(run, code, folders.task)
            | _endpoint_variables(endpoint_url)
            | dict(code.variables)
        )
        self._handler_string = code.handler
        self._runtime = code.runtime
        self._lock = threading.RLock()
        self._handler: Callable[[Any, Any], Any] | None = None

    @property
    def handler(self) -> Callable[[Any, Any], Any]:
        """The handler; its module is imported when it is first asked for.

        Raises HandlerNotLoaded with what Lambda's Python runtime would answer. As there, the next
        run tries again.
        """
        with self._lock:
            if self._handler is None:
                self._handler = self._load()
            return self._handler

    def stack(self, error: Exception) -> list[str]:
        """Return the frames of the handler's exception, as Lambda shows them."""
        return self._shown(_frames(error)[1:])  # the first frame is the runtime's

    def _load(self) -> Callable[[Any, Any], Any]:
        if not self._runtime.startswith("python"):
            message = f"chalice-offline runs Python functions only, not {self._runtime}."
            raise HandlerNotLoaded("Runtime.InvalidRuntime", message, ValueError(message))
        module_name, dot, name = self._handler_string.rpartition(".")
        if not dot:
            message = (
                f"Bad handler '{self._handler_string}': not enough values to unpack "
                "(expected 2, got 1)"
            )
            raise HandlerNotLoaded("Runtime.MalformedHandlerName", message, ValueError(message))
        module_name = module_name.replace("/", ".")
        try:
            module = self.modules.load(module_name)
        except ImportError as error:
            message = f"Unable to import module '{module_name}': {error}"
            raise self._not_loaded("Runtime.ImportModuleError", message, error) from error
        except SyntaxError as error:
            message = f"Syntax error in module '{module_name}': {error}"
            raise self._not_loaded("Runtime.UserCodeSyntaxError", message, error) from error
        except Exception as error:  # the module's own; reported to the invoker
            stack = self._shown(frame for frame in _frames(error) if self._is_own(frame))
            raise self._not_loaded(type(error).__name__, str(error), error, stack) from error
        handler: Callable[[Any, Any], Any] | None = getattr(module, name, None)
        if handler is None:
            message = f"Handler '{name}' missing on module '{module_name}'"
            raise HandlerNotLoaded("Runtime.HandlerNotFound", message, AttributeError(message))
        return handler

    def _not_loaded(
        self, error_type: str, message: str, error: Exception, stack: list[str] | None = None
    ) -> HandlerNotLoaded:
        return HandlerNotLoaded(error_type, self.modules.own_names(message), error, stack)

    def _is_own(self, frame: traceback.FrameSummary) -> bool:
        return frame.filename.startswith(str(self.folders.root))

    def _shown(self, frames: Iterable[traceback.FrameSummary]) -> list[str]:
        """Format frames with the paths that the function's files have on Lambda."""
        lines = traceback.format_list(list(frames))
        return [self.folders.as_on_lambda(line) for line in lines]


def _frames(error: Exception) -> list[traceback.FrameSummary]:
    return list(traceback.extract_tb(error.__traceback__))


def _variables(run: FunctionRun, code: UploadedCode, folder: Path) -> dict[str, str]:
    """Return the variables that Lambda sets, over the shell's.

    Source: AWS Lambda developer guide, "Defined runtime environment variables".
    """
    arn = parse_arn(run.function_arn)
    return (
        shell_variables()
        | lambda_variables(arn.region)
        | every_function()
        | {
            # Twelve digits as access key: calls of the handler are calls of the function's account.
            "AWS_ACCESS_KEY_ID": arn.account_id,
            "AWS_LAMBDA_FUNCTION_NAME": run.function_name,
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(run.memory_mb),
            "AWS_LAMBDA_FUNCTION_VERSION": run.version,
            "AWS_LAMBDA_INITIALIZATION_TYPE": code.initialization,
            "AWS_LAMBDA_LOG_GROUP_NAME": run.log.group,
            "AWS_LAMBDA_LOG_STREAM_NAME": run.log.stream,
            "AWS_EXECUTION_ENV": f"AWS_Lambda_{code.runtime}",
            "LAMBDA_TASK_ROOT": str(folder),
            "_HANDLER": code.handler,
        }
    )


def _endpoint_variables(endpoint_url: str) -> dict[str, str]:
    """Return where AWS is: for AWS's SDKs, and in the words of handlers written for LocalStack."""
    if not endpoint_url:
        return {}
    parts = urlsplit(endpoint_url)
    return {
        "AWS_ENDPOINT_URL": endpoint_url,
        "LOCALSTACK_HOSTNAME": parts.hostname or "",
        "EDGE_PORT": str(parts.port or ""),
    }
