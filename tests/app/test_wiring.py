"""app.py, .chalice/ and the tables of handlers.py must tell the same story."""

from __future__ import annotations

import ast
import importlib.util
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from chalicelib.adapters.secrets import FIELDS
from chalicelib.config import ConfigError, Names, read_config
from chalicelib.handlers import COMMANDS, HANDLERS

ROOT = Path(__file__).parents[2]
CHALICE = ROOT / ".chalice"
CONFIG = json.loads((CHALICE / "config.json").read_text())
RESOURCES = json.loads((CHALICE / "resources.json").read_text())["Resources"]


def load_app() -> Any:
    """Import app.py under a name of its own."""
    spec = importlib.util.spec_from_file_location("order_middleware_app", ROOT / "app.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.app


APP = load_app()
SOURCES = {source.name: source for source in APP.event_sources}
PURE = {function.name for function in APP.pure_lambda_functions}


def of_type(kind: str) -> dict[str, Any]:
    return {k: v["Properties"] for k, v in RESOURCES.items() if v["Type"] == kind}


QUEUES = {p["QueueName"]: p for p in of_type("AWS::SQS::Queue").values()}
CONSUMED = {s.queue: name for name, s in SOURCES.items() if getattr(s, "queue", None)}


def test_every_bound_queue_is_declared() -> None:
    """Chalice creates no queues."""
    assert set(CONSUMED) <= set(QUEUES)


@pytest.mark.parametrize("queue", sorted(CONSUMED))
def test_visibility_outlasts_the_function_and_not_much_more(queue: str) -> None:
    """It is how long an order waits whose function died. AWS's "six times the timeout" is for
    batches that throttling sends back; here a message is one order, and its lease guards it."""
    timeout = CONFIG["lambda_functions"][CONSUMED[queue]]["lambda_timeout"]
    assert timeout + 5 <= QUEUES[queue]["VisibilityTimeout"] <= max(35, timeout + 15)
    assert QUEUES[queue]["RedrivePolicy"]["maxReceiveCount"] >= 5


@pytest.mark.parametrize("vendor", [n[4:-6] for n in Names.__dataclass_fields__ if n[:4] == "pos_"])
def test_lease_outlasts_the_function_and_ends_before_its_message_comes_back(vendor: str) -> None:
    """Else two workers could be inside a call for one order, or a crash would cost two waits."""
    pos = importlib.import_module(f"chalicelib.pos.{vendor}")
    pos = getattr(pos, vendor.capitalize()).capabilities
    timeout = CONFIG["lambda_functions"][f"submit_{vendor}"]["lambda_timeout"]
    visibility = QUEUES[f"pos-{vendor}"]["VisibilityTimeout"]
    assert pos.step_seconds < timeout
    assert timeout * 1000 <= pos.lease_ms < visibility * 1000


def test_every_queue_takes_one_message_at_a_time() -> None:
    """Chalice cannot ask for partial batch responses."""
    assert {SOURCES[name].batch_size for name in CONSUMED.values()} == {1}


@pytest.mark.parametrize("stage", ["callbacks", "notifications"])
def test_subscription_lets_in_what_the_handler_knows(stage: str) -> None:
    """No more, or it is an error in the log; no less, or nobody is told."""
    queue = SOURCES[stage].queue
    (filter_,) = [
        s["FilterPolicy"]
        for s in of_type("AWS::SNS::Subscription").values()
        if RESOURCES[s["Endpoint"]["Fn::GetAtt"][0]]["Properties"]["QueueName"] == queue
    ]
    assert set(filter_["detail-type"]) == set(COMMANDS[stage])


def test_rule_lets_in_what_the_inbound_handler_knows() -> None:
    """The same for the rule in front of the first queue."""
    pattern = RESOURCES["InboundOrdersRule"]["Properties"]["EventPattern"]
    assert set(pattern["detail-type"]) == set(COMMANDS["inbound"])


def test_every_rule_target_keeps_what_it_cannot_deliver() -> None:
    """An event that found no queue must be somewhere."""
    for rule in of_type("AWS::Events::Rule").values():
        for target in rule["Targets"]:
            assert target["DeadLetterConfig"]
            assert target["RetryPolicy"]


@pytest.mark.parametrize("stage", ["local", "localstack", "dev", "prod"])
def test_every_stage_is_complete(stage: str) -> None:
    """Each has all that read_config asks for."""
    config = read_config(CONFIG["stages"][stage]["environment_variables"])
    assert config.stage == stage


def test_local_secret_has_exactly_the_fields() -> None:
    """And only local stages read it."""
    properties = RESOURCES["LocalVendorSecrets"]["Properties"]
    assert set(json.loads(properties["SecretString"])) == FIELDS
    for stage, settings in CONFIG["stages"].items():
        reads_it = settings["environment_variables"]["SECRET_ID"] == properties["Name"]
        assert reads_it == (stage in ("local", "localstack"))


@pytest.mark.parametrize(
    ("name", "value"),
    [("SECRET_ID", ""), ("SQUARE_BASE_URL", "http://connect.squareup.com"), ("UBER_AUTH_URL", "x")],
)
def test_wrong_variable_is_named(name: str, value: str) -> None:
    """The error says which one."""
    environ = {**CONFIG["stages"]["local"]["environment_variables"], name: value}
    with pytest.raises(ConfigError, match=name):
        read_config(environ)


def test_every_function_has_its_own_least_policy() -> None:
    """No wildcard actions, no wildcard resources, one file a function."""
    functions = {*SOURCES, *PURE, "api_handler"}
    assert set(CONFIG["lambda_functions"]) == functions
    for name in functions:
        settings = CONFIG["lambda_functions"][name]
        assert settings["autogen_policy"] is False
        policy = json.loads((CHALICE / settings["iam_policy_file"]).read_text())
        for statement in policy["Statement"]:
            resources = statement["Resource"]
            for resource in [resources] if isinstance(resources, str) else resources:
                assert not re.fullmatch(r"\*|arn:aws:\w+:\*:\*:\*", resource)
            assert not any("*" in action for action in statement["Action"])


def test_every_command_has_a_handler() -> None:
    """A command without one would fail at the first message."""
    from chalicelib.domain.commands import Command

    assert set(HANDLERS) == set(Command.__args__)


def modules() -> dict[str, list[str]]:
    """Return what each file of the app imports."""
    found = {}
    for path in [ROOT / "app.py", *(ROOT / "chalicelib").rglob("*.py")]:
        names: list[str] = []
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                names += [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                names.append(node.module or "")
        found[str(path.relative_to(ROOT))] = names
    return found


def test_app_knows_neither_the_emulator_nor_the_simulators() -> None:
    """What ships to Lambda stands alone."""
    for file, imports in modules().items():
        for name in imports:
            assert name.split(".")[0] not in ("chalice_offline", "simulators"), file


def test_domain_imports_the_standard_library_only() -> None:
    """No AWS, no vendor, no third party."""
    for file, imports in modules().items():
        if file.startswith("chalicelib/domain/"):
            for name in imports:
                first = name.split(".")[0]
                assert first in sys.stdlib_module_names or name.startswith("chalicelib.domain"), (
                    file
                )


def test_only_bootstrap_makes_clients() -> None:
    """One place to swap them."""
    users = [file for file, imports in modules().items() if "boto3" in imports]
    assert users == ["chalicelib/bootstrap.py"]


def test_webhook_path_imports_only_the_standard_library_and_boto3() -> None:
    """Checked where it matters: in a fresh process that has just refused a webhook."""
    script = """
import os, sys
import app
from chalicelib import bootstrap
from chalicelib.ingest import webhooks
from chalicelib.adapters.secrets import FIELDS, Secrets, VendorSecrets
class Known:
    def get(self):
        raise AssertionError
    def all(self):
        return Secrets(VendorSecrets(dict.fromkeys(FIELDS, "x")))
services = bootstrap.services()
services.__dict__["secrets"] = Known()
reply = webhooks.receive(services, "uber_eats", {}, b"{}")
assert reply.status == 401, reply
allowed = sys.stdlib_module_names | {"app", "chalicelib", "chalice", "boto3", "botocore"}
# what boto3 itself, and Chalice's runtime, bring along
allowed |= {"s3transfer", "jmespath", "dateutil", "six", "urllib3", "awscrt"}
loaded = {name.split(".")[0] for name in sys.modules if not name.startswith("_")}
bad = sorted(n for n in loaded - allowed if n in ("requests", "certifi", "idna", "yaml", "moto"))
assert not bad, bad
assert "chalicelib.adapters.order_table" not in sys.modules
assert "chalicelib.handlers" not in sys.modules
assert "pypdf" not in sys.modules
"""
    environ = {
        **CONFIG["stages"]["local"]["environment_variables"],
        "PYTHONPATH": str(ROOT),
        "PATH": "",
    }
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, env=environ, capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


def test_app_fits_on_a_page() -> None:
    """It is the wiring diagram: one handler below the other, and nothing else."""
    assert len((ROOT / "app.py").read_text().splitlines()) <= 400
