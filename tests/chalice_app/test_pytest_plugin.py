"""The pytest plugin in a stranger's project: settings, imports in test modules, exceptions."""

from __future__ import annotations

import json
import os
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

@app.lambda_function()
def slow(event, context):
    import time
    time.sleep(120)
    return "done"
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
    shown = result.stdout.str().partition("Captured")[0]
    ours = [line for line in shown.splitlines() if "chalice_offline/" in line]
    assert ours == [], "nothing of our own stands between the test and the handler"


@pytest.mark.parametrize("where", [".", "tests", ".."])
def test_project_is_the_one_around_the_test(project: pytest.Pytester, where: str) -> None:
    """From whichever folder pytest is called, also when tests are in a folder of their own."""
    tests = project.mkdir("tests")
    (tests / "test_orders.py").write_text(
        "from app import OutOfPaper\n\n"
        "def test_order(offline):\n"
        "    assert offline.http.get('/nowhere').status_code == 403\n"
    )
    project.chdir()
    file = str(tests / "test_orders.py")
    os.chdir(where)
    project.runpytest_subprocess("-q", file).assert_outcomes(passed=1)


def test_project_that_cannot_start_is_one_sentence_in_the_report(project: pytest.Pytester) -> None:
    """What is wrong with the project, and nothing of our own code."""
    (project.path / ".chalice" / "config.json").unlink()
    project.makepyfile(
        test_orders="""
        def test_order(offline):
            offline.settle()
        """
    )
    result = project.runpytest_subprocess("-q")
    result.assert_outcomes(errors=1)
    least = f'{{"version": "2.0", "app_name": "{project.path.name}"}}'
    result.stdout.fnmatch_lines(
        [f"there is no *config.json; a Chalice project has one, at least {least}"]
    )
    result.stdout.no_fnmatch_line("*plugin.py*")


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


def test_malformed_project_is_one_sentence_where_the_fixture_is_used(
    project: pytest.Pytester,
) -> None:
    """Other tests of the project run."""
    (project.path / ".chalice" / "config.json").write_text('{"version": "2.0",}')
    project.makepyfile(test_one="def test_one(): pass", test_two="def test_two(offline): pass")
    result = project.runpytest_subprocess("-q", "--continue-on-collection-errors")
    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines(["*config.json, line 1, column *"])
    result.stdout.no_fnmatch_line("*Traceback*")


ALONE = """
import os, sys, threading, time

def state():
    import botocore.endpoint, botocore.handlers
    boto3 = sys.modules.get("boto3")
    return [
        {n: v for n, v in os.environ.items() if n != "PYTEST_CURRENT_TEST"},
        os.getcwd(), sys.path[:], time.sleep, abs(time.time() - time.clock_gettime(0)) < 60,
        botocore.endpoint.Endpoint._send, list(botocore.handlers.BUILTIN_HANDLERS),
        "app" in sys.modules, boto3 and boto3.DEFAULT_SESSION,
    ]

AT_IMPORT = state()
"""


def test_tests_without_the_fixture_are_left_alone(
    project: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before, between and after tests that use one, also one that lives for the session."""
    monkeypatch.setenv("AWS_PROFILE", "mine")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "my-own")
    monkeypatch.setenv("STAGE", "of-the-shell")
    plain = """
        from alone import AT_IMPORT, state

        def test_plain():
            import os
            assert os.environ["AWS_PROFILE"] == "mine"
            assert os.environ["AWS_ACCESS_KEY_ID"] == "my-own"
            assert os.environ["STAGE"] == "of-the-shell"
            assert "AWS_DEFAULT_REGION" not in os.environ
            assert "AWS_EC2_METADATA_DISABLED" not in os.environ
            assert state() == AT_IMPORT
    """
    project.makepyfile(
        alone=ALONE,
        test_1_plain=plain,
        test_2_uses="""
        import os

        def test_one(offline):
            assert offline.http.post("/orders", json={"id": "7"}).status_code == 200
            assert os.environ["AWS_DEFAULT_REGION"] == "us-east-1"
            assert "AWS_PROFILE" not in os.environ

        def test_session(offline_session):
            offline_session.advance(days=400)
        """,
        test_3_plain=plain.replace("test_plain", "test_plain_again"),
        test_4_session="""
        import time

        def test_it_lives_on(offline_session):
            assert time.time() == offline_session.now.timestamp()
            assert offline_session.now.year == 2027
        """,
        test_5_plain=plain.replace("test_plain", "test_plain_at_last"),
    )
    project.runpytest_subprocess("-q", "-p", "no:randomly").assert_outcomes(passed=6)


def test_module_that_uses_no_fixture_is_imported_with_the_shells_variables(
    project: pytest.Pytester,
) -> None:
    """Only where the fixture is named does the app find a region when it is imported."""
    project.makepyfile(
        test_one="""
        import os
        REGION = os.environ.get("AWS_DEFAULT_REGION")

        def test_one():
            assert REGION is None
        """,
        test_two="""
        import os
        import pytest
        REGION, STAGE = os.environ.get("AWS_DEFAULT_REGION"), os.environ.get("STAGE")

        def test_import():
            assert (REGION, STAGE) == ("us-east-1", "local")
            assert "STAGE" not in os.environ

        @pytest.mark.usefixtures("offline")
        def test_fixture():
            assert os.environ["STAGE"] == "local"
        """,
    )
    project.runpytest_subprocess("-q").assert_outcomes(passed=3)


def test_mark_chooses_stage_region_start_and_seed(project: pytest.Pytester) -> None:
    """The nearest mark has its way; the app is imported with that stage's variables."""
    project.makepyfile(
        test_marks="""
        import pytest

        pytestmark = pytest.mark.offline(stage="dev", seed=3)

        def test_module(offline):
            assert offline.invoke("stage").payload == "dev"
            assert offline.now.isoformat() == "2026-01-01T00:00:00+00:00"

        @pytest.mark.offline(stage="local", region="eu-west-1", start="2030-02-03T04:05:06Z")
        def test_nearest(offline):
            assert offline.invoke("stage").payload == "local"
            assert offline.emulator.region == "eu-west-1"
            assert offline.emulator.seed == 3
            assert offline.now.isoformat() == "2030-02-03T04:05:06+00:00"
            import app
            assert app.sqs.meta.region_name == "eu-west-1"

        @pytest.mark.offline(timeouts=False)
        def test_timeouts_wait(offline):
            assert offline.invoke("slow").payload == "done"

        def test_timeouts_count(offline):
            with pytest.raises(Exception, match="timed out"):
                offline.invoke("slow")

        @pytest.mark.offline(stage="nosuch")
        def test_unknown_stage(offline):
            pass

        @pytest.mark.offline(zone="here")
        def test_unknown_option(offline):
            pass
        """
    )
    result = project.runpytest_subprocess("-q", "--strict-markers")
    result.assert_outcomes(passed=4, errors=2)
    result.stdout.fnmatch_lines(["*has no stage 'nosuch'; it has dev, local"])
    line = "pytest.mark.offline takes iam, region, seed, * by name, not zone"
    result.stdout.fnmatch_lines([line])


def test_factory_makes_emulators_of_any_scope(project: pytest.Pytester) -> None:
    """State lasts as long as the scope; two of them do not see each other."""
    project.makepyfile(
        test_shop="""
        import pytest

        @pytest.fixture(scope="module")
        def shop(make_offline):
            with make_offline(stage="dev") as offline:
                yield offline

        @pytest.fixture
        def other(make_offline):
            return make_offline(stage="dev", seed=1)

        def test_one(shop):
            shop.client("sqs").create_queue(QueueName="kept")

        def test_two(shop, other, offline):
            def names(one):
                urls = one.client("sqs").list_queues()["QueueUrls"]
                return sorted(url.rsplit("/", 1)[1] for url in urls)
            assert names(shop) == ["jobs", "kept"]
            assert names(other) == names(offline) == ["jobs"]
            assert shop.invoke("stage").payload == "dev"
            assert offline.invoke("stage").payload == "local"
        """
    )
    project.runpytest_subprocess("-q").assert_outcomes(passed=2)


def test_failed_test_reports_its_trace(project: pytest.Pytester) -> None:
    """The stories of runs that failed; of a test that went well nothing is told."""
    project.makepyfile(
        test_orders="""
        def test_good(offline):
            offline.http.post("/orders", json={"id": "fine"})

        def test_bad(offline):
            offline.http.post("/orders", json={"id": "order-7"})
            offline.settle(raise_errors=False)
            assert False
        """
    )
    result = project.runpytest_subprocess("-q", "-rP")
    result.assert_outcomes(passed=1, failed=1)
    lines = result.outlines
    [begin] = [number for number, line in enumerate(lines) if "offline trace" in line]
    story = "\n".join(lines[begin : begin + 40])
    assert "SendMessage" in story
    assert "─ work runs with 1 record" in story
    assert len(story) < 20_000


def test_mock_aws_around_a_test_is_one_error(project: pytest.Pytester) -> None:
    """Its tables would be emptied; the error says what to do."""
    project.makepyfile(
        test_orders="""
        from moto import mock_aws

        @mock_aws
        def test_order(offline):
            offline.client("sqs").list_queues()
        """
    )
    result = project.runpytest_subprocess("-q")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        ["*ConflictError: moto's mock_aws is active while*leave mock_aws out*"]
    )


def test_json_is_sent_with_its_content_type(project: pytest.Pytester) -> None:
    """Unless the test says another; body and json together are a mistake."""
    project.makepyfile(
        test_json="""
        import pytest

        def test_json(offline):
            assert offline.http.post("/orders", json={"id": "7"}).status_code == 200
            headers = {"Content-Type": "text/plain"}
            assert offline.http.post("/orders", json={}, headers=headers).status_code == 415
            with pytest.raises(TypeError, match="either body or json"):
                offline.http.post("/orders", json={}, body=b"{}")
        """
    )
    project.runpytest_subprocess("-q").assert_outcomes(passed=1)


def test_plugin_leaves_other_projects_alone(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where there is no Chalice project nothing is set, patched or imported."""
    monkeypatch.delenv("AWS_EC2_METADATA_DISABLED", raising=False)
    pytester.makepyfile(
        test_plain="""
        import os, sys, threading, time

        def test_plain():
            for name in ("botocore", "moto", "chalice"):
                assert name not in sys.modules
            assert "AWS_EC2_METADATA_DISABLED" not in os.environ
        """
    )
    pytester.runpytest_subprocess("-q").assert_outcomes(passed=1)


def test_parts_of_the_app_that_a_test_imported_are_the_handlers_own(
    project: pytest.Pytester,
) -> None:
    """Also where a test module imports only something below chalicelib, and patches it."""
    (project.mkdir("chalicelib") / "__init__.py").touch()
    (project.path / "chalicelib" / "prices.py").write_text("def price():\n    return 1\n")
    code = (project.path / "app.py").read_text()
    code += "\n@app.lambda_function()\ndef cost(event, context):\n"
    code += "    from chalicelib import prices\n    return prices.price()\n"
    (project.path / "app.py").write_text(code)
    project.makepyfile(
        test_prices="""
        from chalicelib import prices

        def test_patched(offline, monkeypatch):
            monkeypatch.setattr(prices, "price", lambda: 7)
            assert offline.invoke("cost").payload == 7

        def test_as_written(offline):
            assert offline.invoke("cost").payload == 1
        """
    )
    project.runpytest_subprocess("-q").assert_outcomes(passed=2)
