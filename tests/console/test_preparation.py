"""What answers the console is imported beside the first requests, and beside a project's code."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

_CONSOLE = """
import sys
from chalice_offline.composition import compose
from chalice_offline.console.api import Console
from chalice_offline.console.session import Session
from chalice_offline.drivers.virtual import VirtualDriver
from chalice_offline.services.lambda_ import LambdaState

emulator = compose(VirtualDriver())
console = Console(Session(emulator, emulator.registry.state("lambda", LambdaState)))
"""

_PARTS_FIRST = """
def heard(event, of):
    if event == "import" and of[0].startswith("chalice_offline.services."):
        package = ".".join(of[0].split(".")[:3])
        if of[0] != package and package not in sys.modules:
            print(of[0])

sys.addaudithook(heard)
console.prepare()
print("chalice_offline.services.sqs.inspection" in sys.modules)
"""

_ELSEWHERE = """
before = set(sys.modules)
for name in emulator.registry.names():
    emulator.registry.get(name)
console.prepare()
new = sorted(sys.modules.keys() - before)
print([name for name in new if not name.startswith("chalice_offline.")], len(new) > 100)
"""

_SESSION = """
import sys, threading
from pathlib import Path
from chalice_offline.live_session import AppSession

session = AppSession(Path(sys.argv[1]), "dev", port=0, aws_port=0)
session.start()
for thread in threading.enumerate():
    if thread.name == "console":
        thread.join()
print("chalice_offline.console.families" in sys.modules)
session.stop()
"""


def _printed(script: str, *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", script, *arguments], capture_output=True, text=True, check=False
    )
    assert done.stderr == ""
    return done.stdout


def test_a_service_is_imported_before_any_part_of_it() -> None:
    """A part first, while another thread makes the service: both imports would fail."""
    assert _printed(_CONSOLE + _PARTS_FIRST) == "True\n"


def test_what_is_imported_later_is_the_emulators_own() -> None:
    """All else is there before a project's folder is on the path: it may have an html.py."""
    assert _printed(_CONSOLE + _ELSEWHERE) == "[] True\n"


def test_a_projects_session_prepares_its_console(tmp_path: Path) -> None:
    """The first look at the page does not wait for imports."""
    (tmp_path / ".chalice").mkdir()
    (tmp_path / ".chalice/config.json").write_text('{"version": "2.0", "app_name": "shop"}')
    (tmp_path / "app.py").write_text(
        "from chalice import Chalice\napp = Chalice(app_name='shop')\n"
    )
    assert _printed(_SESSION, str(tmp_path)) == "True\n"
