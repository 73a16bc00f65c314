"""A JSON API over journal and state, served beside the AWS endpoint under /_chalice_offline/.

/functions        what each function did: runs, errors, retries, durations
/trace?text=...   the story of whatever mentions the text, as a drawn tree
/journal?after=N  the journal entries after number N, at most 1,000

Secrets and personal data are masked (`trace.masking`).
"""

from __future__ import annotations

import itertools
import json
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

from chalice_offline.core.http import Headers, HttpResponse
from chalice_offline.core.journal import readable
from chalice_offline.trace import Trace, mask

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from chalice_offline.core.http import HttpRequest
    from chalice_offline.emulator import Emulator
    from chalice_offline.services.lambda_ import LambdaState

    Page = Callable[[HttpRequest], HttpResponse]

PREFIX = "/_chalice_offline"
ENTRIES_PER_PAGE = 1_000


def console_pages(emulator: Emulator, lambda_: LambdaState) -> dict[str, Page]:
    """Return the pages by path, for the gateway to serve."""

    def functions(_request: HttpRequest) -> HttpResponse:
        with emulator.lock:
            content = [
                {
                    "name": function.settings.name,
                    "invocations": function.metrics.invocations,
                    "errors": function.metrics.errors,
                    "retries": function.metrics.retries,
                    "duration_ms": {
                        f"p{percent}": percentile(function.metrics.durations_ms, percent)
                        for percent in (50, 95, 99)
                    },
                }
                for function in lambda_.all_functions()
            ]
        return _json(content)

    def trace(request: HttpRequest) -> HttpResponse:
        text = _parameter(request, "text")
        if not text:
            return _json({"error": "say what to look for: ?text=an-order-id"}, status=400)
        with emulator.lock:
            drawn = str(Trace(emulator.journal, text))
        return HttpResponse(200, _headers("text/plain; charset=utf-8"), f"{drawn}\n".encode())

    def journal(request: HttpRequest) -> HttpResponse:
        after = _parameter(request, "after") or "0"
        if not after.isdigit():
            return _json({"error": f"after={after} is not an entry number"}, status=400)
        with emulator.lock:
            newer = (e for e in emulator.journal.entries() if e.number > int(after))
            # Written out within the lock: a request's dict belongs to its service.
            page = [
                json.dumps(mask(e.as_dict()), default=readable, sort_keys=True)
                for e in itertools.islice(newer, ENTRIES_PER_PAGE)
            ]
        return HttpResponse(200, _headers("application/json"), f"[{','.join(page)}]".encode())

    return {
        f"{PREFIX}/functions": functions,
        f"{PREFIX}/trace": trace,
        f"{PREFIX}/journal": journal,
    }


def percentile(values: Sequence[int], percent: int) -> int | None:
    """Return the value that `percent` % of the values do not exceed (nearest rank), or None."""
    if not values:
        return None
    ordered = sorted(values)
    rank = max(1, -(-len(ordered) * percent // 100))
    return ordered[rank - 1]


def _parameter(request: HttpRequest, name: str) -> str:
    return parse_qs(request.query).get(name, [""])[0]


def _json(content: object, *, status: int = 200) -> HttpResponse:
    return HttpResponse(status, _headers("application/json"), json.dumps(content).encode())


def _headers(content_type: str) -> Headers:
    """Return the fields of every page: for this origin alone, in no frame, kept by nobody."""
    return Headers(
        [
            ("content-type", content_type),
            ("cache-control", "no-store"),
            ("content-security-policy", "default-src 'self'; frame-ancestors 'none'"),
            ("cross-origin-resource-policy", "same-origin"),
            ("referrer-policy", "same-origin"),
            ("x-content-type-options", "nosniff"),
            ("x-frame-options", "DENY"),
        ]
    )
