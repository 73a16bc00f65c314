"""Which endpoint is meant, and what functions see of it."""

from __future__ import annotations

import pytest
from click.testing import CliRunner

from chalice_offline.attach.endpoint import endpoint_of
from chalice_offline.attach.plan import own_name
from chalice_offline.cli import main
from chalice_offline.core.errors import ProjectError

CONFIGURED = {
    "STAGE": "local",
    "AWS_ENDPOINT_URL": "http://127.0.0.1:4566",
    "AWS_ENDPOINT_URL_S3": "http://127.0.0.1:9000",
    "AWS_ACCESS_KEY_ID": "configured",
    "AWS_REGION": "eu-west-1",
}


def test_engine_gets_placeholders_and_never_the_shells_credentials() -> None:
    """Real keys of the shell do not travel to a URL; endpoints of single services do."""
    shell = {
        "AWS_ACCESS_KEY_ID": "AKIAREAL",
        "AWS_PROFILE": "work",
        "AWS_ENDPOINT_URL_DYNAMODB": "http://127.0.0.1:8001",
    }
    endpoint = endpoint_of("http://127.0.0.1:4567/", shell, CONFIGURED)
    variables = endpoint.variables(CONFIGURED)
    assert variables["AWS_ENDPOINT_URL"] == "http://127.0.0.1:4567"
    assert variables["AWS_ENDPOINT_URL_DYNAMODB"] == "http://127.0.0.1:8001"
    assert variables["AWS_ACCESS_KEY_ID"] == variables["AWS_SECRET_ACCESS_KEY"] == "test"
    assert variables["AWS_REGION"] == variables["AWS_DEFAULT_REGION"] == "eu-west-1"
    assert variables["STAGE"] == "local"
    assert not {"AWS_PROFILE", "AWS_ENDPOINT_URL_S3"} & variables.keys()


def test_aws_gets_the_users_credentials_and_no_endpoint() -> None:
    """With `aws` config.json's local endpoint and keys are left out, the shell's profile is in."""
    endpoint = endpoint_of("aws", {"AWS_PROFILE": "work", "AWS_REGION": "eu-north-1"}, CONFIGURED)
    assert endpoint.is_aws
    variables = endpoint.variables(CONFIGURED)
    assert variables["AWS_PROFILE"] == "work"
    assert variables["AWS_REGION"] == "eu-north-1"
    assert not any(name.startswith("AWS_ENDPOINT_URL") for name in variables)
    assert "AWS_ACCESS_KEY_ID" not in variables


def test_aws_is_refused_while_the_shell_points_elsewhere() -> None:
    """AWS_ENDPOINT_URL in the shell contradicts `--endpoint aws`."""
    shell = {"AWS_ENDPOINT_URL": "http://127.0.0.1:4566", "AWS_REGION": "us-east-1"}
    with pytest.raises(ProjectError, match=r"AWS_ENDPOINT_URL is set to http://127.0.0.1:4566"):
        endpoint_of("aws", shell, {})


@pytest.mark.parametrize("text", ["localhost:4566", "ftp://x", "", "http://"])
def test_what_is_no_url_is_refused(text: str) -> None:
    """The sentence shows what would be right."""
    with pytest.raises(ProjectError, match=r"give a URL \(http://127.0.0.1:4566\)"):
        endpoint_of(text, {}, {})


def test_long_names_are_cut_and_stay_distinct() -> None:
    """A queue's name has 80 characters at most; two handlers never share one."""
    names = {own_name("shop-dev", "h" * 80 + str(n), 80) for n in range(3)}
    assert len(names) == 3
    assert {len(name) for name in names} == {80}
    assert all(name.startswith("shop-dev-") and name.endswith("-offline") for name in names)


@pytest.mark.parametrize("option", ["--detach", "--provision", "--yes"])
def test_options_about_an_endpoint_need_one(option: str) -> None:
    """They mean nothing for the emulator in this process."""
    result = CliRunner().invoke(main, ["local", option])
    assert result.exit_code == 2
    assert "go with --endpoint" in result.output
