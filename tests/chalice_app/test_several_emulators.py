"""Emulators of one process do not see each other; each has the process while its code runs."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import boto3
import pytest

from chalice_offline.core.errors import ProjectError
from chalice_offline.testing import Offline

CODE = """
import boto3
import time

sqs = boto3.client("sqs")
ssm = boto3.client("ssm")
TABLE = os.environ.get("TABLE")
SEEN = []

@app.route("/send", methods=["POST"])
def send():
    url = sqs.get_queue_url(QueueName="jobs")["QueueUrl"]
    sqs.send_message(QueueUrl=url, MessageBody=str(app.current_request.json_body["n"]))
    return {"table": TABLE, "region": os.environ["AWS_REGION"], "now": time.time()}

@app.on_sqs_message("jobs")
def work(event):
    import chalicelib.late
    for record in event:
        SEEN.append([TABLE, chalicelib.late.NAME, record.body, time.time(), os.getcwd()])
        ssm.put_parameter(Name="last", Value=record.body, Type="String", Overwrite=True)
"""
STAGES: dict[str, Any] = {
    "stages": {
        "dev": {"environment_variables": {"TABLE": "of-dev"}},
        "prod": {"environment_variables": {"TABLE": "of-prod"}},
    }
}
FILES = {"chalicelib/__init__.py": "", "chalicelib/late.py": "NAME = 'a'"}
START = datetime(2030, 5, 1, 12, tzinfo=UTC)


@pytest.fixture
def project(projects: Any) -> Path:
    written: Path = projects.write(CODE, config=STAGES, files=FILES)
    return written


def bodies(offline: Offline) -> str:
    return str(offline.client("ssm").get_parameter(Name="last")["Parameter"]["Value"])


def test_two_emulators_do_not_see_each_other(project: Path) -> None:
    """Queues, parameters, clock, stage, region and imported code: each has its own."""
    with (
        Offline(project, stage="dev", region="us-east-1") as dev,
        Offline(project, stage="prod", region="eu-west-1", start=START) as prod,
    ):
        from_dev = dev.http.post("/send", json={"n": 1}).json_body
        from_prod = prod.http.post("/send", json={"n": 2}).json_body
        prod.settle()
        dev.advance(hours=1)
        assert bodies(dev) == "1"
        assert bodies(prod) == "2"
        assert prod.now == START
        url = prod.client("sqs").get_queue_url(QueueName="jobs")["QueueUrl"]
        assert ".eu-west-1." in url or "eu-west-1" in prod.client("sqs").meta.region_name
        names = [f["FunctionArn"] for f in prod.client("lambda").list_functions()["Functions"]]
        assert all(":eu-west-1:" in name and "demo-prod" in name for name in names)
    assert (from_dev["table"], from_dev["region"]) == ("of-dev", "us-east-1")
    assert (from_prod["table"], from_prod["region"]) == ("of-prod", "eu-west-1")
    assert from_prod["now"] == START.timestamp()
    assert from_dev["now"] < from_prod["now"]


def test_process_is_of_the_emulator_entered_last(project: Path) -> None:
    """Outside of handlers, and until it leaves."""
    with Offline(project, region="us-east-1", start=START) as outer:
        with Offline(project, region="us-east-1", start=START + timedelta(days=1)) as inner:
            assert time.time() == inner.now.timestamp()
            boto3.client("sqs").create_queue(QueueName="of-inner")
            outer.advance(minutes=5)
            assert time.time() == inner.now.timestamp()
            assert outer.now == START + timedelta(minutes=5)
        assert time.time() == outer.now.timestamp()
        listed = boto3.client("sqs").list_queues()["QueueUrls"]
        assert [url.rsplit("/", 1)[1] for url in listed] == ["jobs"]


def test_two_projects_have_an_app_each(project: Path, tmp_path: Path) -> None:
    """Both call their modules `app` and `chalicelib.late`; imports at call time find the right."""
    other = tmp_path / "other"
    (other / ".chalice").mkdir(parents=True)
    (other / "chalicelib").mkdir()
    config = (project / ".chalice" / "config.json").read_text()
    (other / ".chalice" / "config.json").write_text(config)
    (other / "app.py").write_text((project / "app.py").read_text())
    (other / "chalicelib" / "__init__.py").touch()
    (other / "chalicelib" / "late.py").write_text("NAME = 'b'")
    with Offline(project, region="us-east-1") as a, Offline(other, region="us-east-1") as b:
        for number, offline in ((1, a), (2, b), (3, a)):
            offline.http.post("/send", json={"n": number})
        a.settle()
        b.settle()
        import app  # type: ignore[import-not-found,unused-ignore]

        assert [seen[1:3] for seen in app.SEEN] == [["b", "2"]]  # type: ignore[attr-defined]
        assert {seen[4] for seen in app.SEEN} == {str(other)}  # type: ignore[attr-defined]
        assert bodies(a) == "3"


def test_everything_is_as_before_when_the_last_one_leaves(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Clock, folder, variables, boto3, modules and the path."""
    from botocore.endpoint import Endpoint

    monkeypatch.setenv("AWS_PROFILE", "mine")
    monkeypatch.delenv("AWS_ACCESS_KEY_ID", raising=False)
    monkeypatch.setenv("TABLE", "of-the-shell")

    def state() -> list[Any]:
        modules = [name for name in sys.modules if name.split(".")[0] in ("app", "chalicelib")]
        return [
            dict(os.environ), Path.cwd(), list(sys.path), time.sleep, modules,
            Endpoint._send, boto3.DEFAULT_SESSION,
        ]  # fmt: skip

    before, began = state(), time.time()
    with Offline(project) as offline:
        assert "AWS_PROFILE" not in os.environ
        assert os.environ["TABLE"] == "of-dev"
        offline.http.post("/send", json={"n": 1})
        offline.settle()
    assert state() == before
    assert abs(time.time() - began) < 60


def test_what_handlers_runs_replace_is_given_back(project: Path) -> None:
    """Exits, threads, variables, output: Python's own again, and replaced anew by the next run."""
    for _ in range(2):
        with Offline(project) as offline:
            offline.client("sqs").send_message(
                QueueUrl=offline.client("sqs").get_queue_url(QueueName="jobs")["QueueUrl"],
                MessageBody="1",
            )
            offline.settle()
            assert os._exit.__module__ != "posix"
        environ: Any = os.environ
        assert type(environ._data) is dict
        assert threading.Thread.start.__module__ == "threading"
        assert ThreadPoolExecutor.submit.__module__ == "concurrent.futures.thread"
        assert (os._exit.__module__, os.kill.__module__) == ("posix", "posix")
        ours = [type(one).__module__.partition(".")[0] for one in logging.getLogger().handlers]
        assert "chalice_offline" not in [*ours, type(sys.stdout).__module__.partition(".")[0]]


def test_one_that_failed_to_start_leaves_nothing(project: Path) -> None:
    """Also when the project cannot be loaded."""
    (project / "app.py").write_text("1 / 0")
    before = dict(os.environ), Path.cwd(), list(sys.path), vars(time)["sleep"]
    with pytest.raises(ProjectError, match="ZeroDivisionError"):
        Offline(project).start()
    assert (dict(os.environ), Path.cwd(), list(sys.path), vars(time)["sleep"]) == before


def test_suspended_emulator_goes_on_where_it_was(project: Path) -> None:
    """Its own clients and routes work meanwhile; the process's clock is real again."""
    with Offline(project, region="us-east-1") as offline:
        offline.advance(days=3)
        offline.suspend()
        assert time.time() > offline.now.timestamp()
        assert offline.http.post("/send", json={"n": 9}).status_code == 200
        offline.settle()
        assert bodies(offline) == "9"
        offline.resume()
        assert time.time() == offline.now.timestamp()


def test_client_outlives_its_emulator_without_reaching_another(project: Path) -> None:
    """A client that was kept says that its emulator is gone."""
    with Offline(project) as offline:
        kept = offline.client("ses")
    with pytest.raises(Exception, match="has been stopped"):
        kept.list_identities()


def test_emulator_that_is_not_entered_says_so(project: Path) -> None:
    """One sentence in place of a hang or an empty answer."""
    with pytest.raises(RuntimeError, match="is not running"):
        Offline(project).settle()


@pytest.mark.parametrize(
    ("start", "instant"),
    [
        ("2030-05-01T12:00:00Z", START),
        ("2030-05-01T14:00:00+02:00", START),
        ("2030-05-01", START.replace(hour=0)),
        (datetime(2030, 5, 1, 12), START),  # noqa: DTZ001 - without an offset it is UTC
        (START, START),
    ],
)
def test_start_is_a_datetime_or_text(project: Path, start: Any, instant: datetime) -> None:
    """ISO 8601, UTC where it says nothing else."""
    assert Offline(project, start=start).now == instant


def test_unknown_stage_is_refused(project: Path) -> None:
    """With the stages there are."""
    with pytest.raises(ProjectError, match="no stage 'nosuch'; it has dev, prod"):
        Offline(project, stage="nosuch")


def test_region_follows_the_rule_of_the_command_line(
    projects: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Told, the shell's, config.json's, us-east-1; the shell's is not that of another emulator."""
    monkeypatch.delenv("AWS_REGION", raising=False)
    monkeypatch.delenv("AWS_DEFAULT_REGION", raising=False)
    plain = projects.write("\n")
    assert Offline(plain).emulator.region == "us-east-1"
    with Offline(plain, region="ap-south-1"):
        assert Offline(plain).emulator.region == "us-east-1"
    variables = {"AWS_DEFAULT_REGION": "eu-north-1"}
    projects.write("\n", config={"environment_variables": variables})
    assert Offline(plain).emulator.region == "eu-north-1"
    monkeypatch.setenv("AWS_REGION", "eu-west-2")
    assert Offline(plain).emulator.region == "eu-west-2"
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-3")
    assert Offline(plain).emulator.region == "eu-west-3"
    assert Offline(plain, region="sa-east-1").emulator.region == "sa-east-1"


def test_without_pytest_it_works_all_the_same(project: Path) -> None:
    """pytest is no dependency of the package, and what a test does not need is not imported."""
    script = (
        "import sys\n"
        "sys.modules['pytest'] = sys.modules['_pytest'] = None\n"
        "from chalice_offline.testing import Offline\n"
        "with Offline('.') as offline:\n"
        "    assert offline.http.post('/send', json={'n': 1}).status_code == 200\n"
        "    offline.settle()\n"
        # What only Chalice's command line needs takes longer to import than a test to run.
        "assert not {'chalice.cli', 'inquirer', 'uvicorn'} & sys.modules.keys()\n"
    )
    ended = subprocess.run(
        [sys.executable, "-c", script], cwd=project, capture_output=True, text=True, timeout=60
    )
    assert ended.returncode == 0, ended.stderr
