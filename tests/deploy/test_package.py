"""`chalice package`: what it makes for every stage is what app.py and config.json say.

The Terraform form, because the SAM form cannot have S3 events.
"""

from __future__ import annotations

import json
import zipfile
from typing import TYPE_CHECKING, Any

from tests.deploy.conftest import PROJECT

if TYPE_CHECKING:
    from tests.deploy.conftest import Package

ZIP_BYTES = 500_000


def function_of(reference: str) -> str:
    """Return "inbound" for "${aws_lambda_function.inbound.arn}"."""
    return reference.split(".")[1]


def sources(app: Any, kind: str) -> dict[str, Any]:
    return {s.name: s for s in app.event_sources if type(s).__name__ == kind}


def test_every_function_is_made(package: Package, app: Any, config: dict[str, Any]) -> None:
    """One for the routes and one per event source, with the settings of config.json."""
    functions = package.resources["aws_lambda_function"]
    handlers = (*app.event_sources, *app.pure_lambda_functions)
    assert set(functions) == {"api_handler", *(one.name for one in handlers)}
    variables = config["stages"][package.stage]["environment_variables"]
    for name, function in functions.items():
        settings = config["lambda_functions"][name]
        assert function["timeout"] == settings["lambda_timeout"]
        assert function["memory_size"] == settings["lambda_memory_size"]
        assert function["environment"]["variables"] == variables


def test_every_function_has_a_role_with_its_policy_file(
    package: Package, config: dict[str, Any]
) -> None:
    """A role of its own, and exactly what the file allows."""
    roles = {}
    for name, function in package.resources["aws_lambda_function"].items():
        role = roles[name] = function["role"].split(".")[1]
        file = PROJECT / ".chalice" / config["lambda_functions"][name]["iam_policy_file"]
        made = json.loads(package.resources["aws_iam_role_policy"][role]["policy"])
        assert made == json.loads(file.read_text()), name
    assert len(set(roles.values())) == len(roles)
    assert set(package.resources["aws_iam_role"]) == set(roles.values())


def test_queue_handlers_are_mapped_to_their_queues(package: Package, app: Any) -> None:
    """One event source mapping per handler, one message at a time."""
    mappings = package.resources["aws_lambda_event_source_mapping"].values()
    made = {
        function_of(m["function_name"]): (m["event_source_arn"].split(":")[-1], m["batch_size"])
        for m in mappings
    }
    wanted = sources(app, "SQSEventConfig")
    assert made == {name: (source.queue, 1) for name, source in wanted.items()}
    assert len(mappings) == len(wanted)


def test_bucket_notifies_its_handlers(package: Package, app: Any, config: dict[str, Any]) -> None:
    """The bucket is the stage's own, the filters are the decorators', and S3 may invoke."""
    bucket = config["stages"][package.stage]["environment_variables"]["ORDERS_BUCKET"]
    (notification,) = package.resources["aws_s3_bucket_notification"].values()
    assert notification["bucket"] == bucket
    sources_ = sources(app, "S3EventConfig").values()
    wanted = [
        {
            "events": source.events,
            "filter_prefix": source.prefix,
            "filter_suffix": source.suffix,
            "lambda_function_arn": f"${{aws_lambda_function.{source.name}.arn}}",
        }
        for source in sources_
    ]
    assert sorted(notification["lambda_function"], key=str) == sorted(wanted, key=str)
    for source in sources_:
        permission = package.resources["aws_lambda_permission"][f"{source.name}-s3event"]
        assert permission["source_arn"].endswith(f":s3:::{bucket}")
        assert permission["source_account"], "a bucket's ARN does not say whose it is"


def test_rules_are_the_decorators(package: Package, app: Any) -> None:
    """A pattern or a schedule each, with its handler as the target."""
    rules = package.resources["aws_cloudwatch_event_rule"]
    targets = {
        target["rule"].split(".")[1]: function_of(target["arn"])
        for target in package.resources["aws_cloudwatch_event_target"].values()
    }
    patterns = {
        targets[name]: json.loads(rule["event_pattern"])
        for name, rule in rules.items()
        if "event_pattern" in rule
    }
    schedules = {
        targets[name]: rule["schedule_expression"]
        for name, rule in rules.items()
        if "schedule_expression" in rule
    }
    wanted = sources(app, "CloudWatchEventConfig")
    assert patterns == {name: source.event_pattern for name, source in wanted.items()}
    assert set(schedules) == set(sources(app, "ScheduledEventConfig"))
    assert schedules == {
        "sweep": "rate(1 minute)",
        "poll": "rate(2 minutes)",
        "tokens": "rate(5 minutes)",
        "night": "cron(0 11 * * ? *)",
    }


def test_zip_holds_the_app_and_nothing_else(package: Package) -> None:
    """No emulator, no simulators, no tests; small, for the sake of cold starts."""
    archive = package.folder / "deployment.zip"
    with zipfile.ZipFile(archive) as file:
        names = set(file.namelist())
    ours = {
        str(path.relative_to(PROJECT))
        for path in (PROJECT / "chalicelib").rglob("*.py")
        if "__pycache__" not in path.parts
    }
    assert names == ours | {"app.py", "chalice/__init__.py", "chalice/app.py"}
    assert archive.stat().st_size < ZIP_BYTES


def test_logs_are_left_to_the_template(package: Package) -> None:
    """log_retention_in_days in config.json would break this form.

    Chalice's Terraform generator has no method for log groups (aws/chalice#2079), and its other
    forms set the retention of a log group that the routes' function does not write to.
    """
    assert "aws_cloudwatch_log_group" not in package.resources
