"""The app in virtual time, for tests: the pytest plugin, and `Offline` for everything else.

    def test_order_reaches_the_kitchen(offline):
        response = offline.http.post("/webhooks/uber_eats", headers=..., json={...})
        assert response.status_code == 200
        offline.settle()             # every handler has run; a handler's exception is raised here
        offline.advance(minutes=15)  # schedules, retries and timeouts due by then have happened
        assert "order-1" in str(offline.trace("order-1"))

    with Offline("my-project", stage="dev") as offline:  # the same, without pytest
        ...

plugin        pytest's hooks and fixtures
offline, http the emulator with a project on it, as a test sees it
exploring     the console of an emulator in virtual time
runs, faults  what ran; and what is to go wrong on purpose
replies       what requests and invocations return
presence      what of the process belongs to the emulator whose code runs: clock, folder, variables
project_code  the project's modules, of which several loadings can take turns
clients       boto3 clients that belong to one emulator
conflicts     what else holds the process's clock or answers boto3
report        the story that goes into the report of a failed test
"""

import sys

from chalice_offline.testing.conflicts import ConflictError
from chalice_offline.testing.http import OfflineHttp
from chalice_offline.testing.offline import NotSettledError, Offline

__all__ = ["ConflictError", "NotSettledError", "Offline", "OfflineHttp"]

# pytest is no dependency of ours. Where it is at work it looks for hooks and fixtures here.
if sys.modules.get("_pytest") is not None:
    from chalice_offline.testing.plugin import (
        make_offline,
        offline,
        offline_session,
        pytest_addoption,
        pytest_configure,
        pytest_make_collect_report,
        pytest_runtest_makereport,
        pytest_runtest_protocol,
    )

    __all__ += [
        "make_offline",
        "offline",
        "offline_session",
        "pytest_addoption",
        "pytest_configure",
        "pytest_make_collect_report",
        "pytest_runtest_makereport",
        "pytest_runtest_protocol",
    ]
