"""The pytest plugin in a stranger's project: settings, imports in test modules, exceptions."""

from __future__ import annotations

import json
from typing import Any

import pytest

pytest_plugins = ["pytester"]

APP = """
import boto3
from chalice import Chalice
app = Chalice(app_name="shop")
sqs = boto3.client("sqs")

class OutOfPaper(Exception):
    pass

@app.route("/orders", methods=["POST"])
def order():
    url = sqs.get_queue_url(QueueName="jobs")["QueueUrl"]
    sqs.send_message(QueueUrl=url, MessageBody=app.current_request.json_body["id"])
    return {}

@app.on_sqs_message("jobs")
def work(event):
    raise OutOfPaper([record.body for record in event])

@app.lambda_function()
def stage(event, context):
    import os
    return os.environ.get("STAGE")
"""


@pytest.fixture
def project(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    for name in ("AWS_DEFAULT_REGION", "AWS_REGION", "AWS_ACCESS_KEY_ID"):
        monkeypatch.delenv(name, raising=False)
    stages: dict[str, Any] = {
        name: {"environment_variables": {"STAGE": name}} for name in ("dev", "local")
    }
    config = {"version": "2.0", "app_name": "shop", "stages": stages}
    chalice = pytester.mkdir(".chalice")
    (chalice / "config.json").write_text(json.dumps(config))
    pytester.makepyfile(app=APP)
    return pytester


def test_tests_import_the_app_and_see_its_exceptions(project: pytest.Pytester) -> None:
    """Test modules may import app.py at the top, and catch the very classes handlers raise."""
    project.makepyfile(
        test_orders="""
        import pytest
        from app import OutOfPaper

        def test_order(offline):
            headers = {"Content-Type": "application/json"}
            reply = offline.http.post("/orders", headers=headers, body=b'{"id": "order-7"}')
            assert reply.status_code == 200
            with pytest.raises(OutOfPaper, match="order-7"):
                offline.settle()

        def test_every_test_starts_empty(offline):
            offline.settle()
            assert len(offline.trace("order-7")) == 0
        """
    )
    result = project.runpytest_subprocess("-q")
    result.assert_outcomes(passed=2)


def test_unexpected_exception_fails_the_test_with_the_handlers_line(
    project: pytest.Pytester,
) -> None:
    """The report shows the line of the handler that raised."""
    project.makepyfile(
        test_orders="""
        def test_order(offline):
            headers = {"Content-Type": "application/json"}
            offline.http.post("/orders", headers=headers, body=b'{"id": "7"}')
            offline.settle()
        """
    )
    result = project.runpytest_subprocess("-q")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*raise OutOfPaper(*", "*OutOfPaper: *7*"])


def test_settings_choose_folder_and_stage(project: pytest.Pytester) -> None:
    """`chalice_project` and `chalice_stage` in pytest's configuration; "local" is the default."""
    code = """
        def test_stage(offline):
            assert offline.invoke("stage").payload == {!r}
    """
    project.makepyfile(test_stage=code.format("local"))
    project.runpytest_subprocess("-q").assert_outcomes(passed=1)
    inner = project.mkdir("service")
    for name in (".chalice", "app.py"):
        (project.path / name).rename(inner / name)
    project.makeini("[pytest]\nchalice_project = service\nchalice_stage = dev\n")
    project.makepyfile(test_stage=code.format("dev"))
    project.runpytest_subprocess("-q").assert_outcomes(passed=1)


def test_malformed_project_is_a_usage_error_in_one_sentence(project: pytest.Pytester) -> None:
    """pytest stops with the sentence, not with a traceback."""
    (project.path / ".chalice" / "config.json").write_text('{"version": "2.0",}')
    project.makepyfile(test_one="def test_one(): pass")
    result = project.runpytest_subprocess("-q")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["ERROR: *config.json, line 1, column *"])


def test_plugin_leaves_other_projects_alone(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where there is no Chalice project nothing is set, patched or imported."""
    monkeypatch.delenv("AWS_EC2_METADATA_DISABLED", raising=False)
    pytester.makepyfile(
        test_plain="""
        import os, sys, threading, time

        def test_plain():
            assert "botocore" not in sys.modules
            assert "moto" not in sys.modules
            assert "AWS_EC2_METADATA_DISABLED" not in os.environ
        """
    )
    pytester.runpytest_subprocess("-q").assert_outcomes(passed=1)
