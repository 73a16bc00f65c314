"""A copy of the project, one of whose stages calls the simulators in place of the vendors.

A deployment writes into the project's folder, and a stage's config.json names real vendors: the
working tree is not the place to rehearse in.
"""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from simulators.playground import APP_PORT, PROJECT, VENDORS_PORT

if TYPE_CHECKING:
    from pathlib import Path

SHIPPED = ("app.py", "chalicelib", ".chalice", "requirements.txt", "requirements-documents.txt")
# Where nobody has put an account's own value yet (docs/DEPLOY.md, 3).
TO_BE_SET = "set-me"
_CACHES = shutil.ignore_patterns("__pycache__", "deployments", "deployed")
_SIMULATED_STAGE = "local"


class ProjectCopy:
    """The project in a folder of its own, and the stage that is deployed from there."""

    def __init__(self, folder: Path, stage: str, vendors_url: str) -> None:
        """Copy what a deployer has, and let `stage` call the simulators behind `vendors_url`."""
        self.folder = folder
        self.stage = stage
        for name in SHIPPED:
            if (PROJECT / name).is_dir():
                shutil.copytree(PROJECT / name, folder / name, ignore=_CACHES)
            else:
                shutil.copy(PROJECT / name, folder)
        self._config_path = folder / ".chalice" / "config.json"
        self._config: dict[str, Any] = json.loads(self._config_path.read_text(encoding="utf-8"))
        self._call_simulators(vendors_url)

    @property
    def app_name(self) -> str:
        """The app's name, which the stack has as well."""
        return str(self._config["app_name"])

    @property
    def variables(self) -> dict[str, str]:
        """The stage's environment variables."""
        found: dict[str, str] = self._config["stages"][self.stage]["environment_variables"]
        return found

    @property
    def api_stage(self) -> str:
        """The name of API Gateway's stage."""
        return str(self._config["stages"][self.stage]["api_gateway_stage"])

    def template(self) -> dict[str, Any]:
        """Return the template of the project's stack."""
        text = (self.folder / ".chalice" / "resources.json").read_text(encoding="utf-8")
        found: dict[str, Any] = json.loads(text)
        return found

    def vendors_secret(self) -> str:
        """Return the secret that the simulators expect: the template's own, for local stages."""
        for resource in self.template()["Resources"].values():
            if resource["Type"] == "AWS::SecretsManager::Secret":
                return str(resource["Properties"]["SecretString"])
        raise LookupError("resources.json has no secret for the simulators")

    def read_again(self) -> None:
        """Take over what somebody else wrote into config.json."""
        self._config = json.loads(self._config_path.read_text(encoding="utf-8"))

    def set_variables(self, **values: str) -> None:
        """Change the stage's variables in config.json, as DEPLOY.md tells the deployer to."""
        self.variables.update(values)
        self._config_path.write_text(json.dumps(self._config, indent=2), encoding="utf-8")

    def call_back(self, app_url: str) -> None:
        """Name the deployed API wherever the stage names the app's own address."""
        here = f"http://127.0.0.1:{APP_PORT}"
        self.set_variables(
            **{
                name: app_url + value.removeprefix(here)
                for name, value in self._simulated().items()
                if name in self.variables and value.startswith(here)
            }
        )

    def _call_simulators(self, vendors_url: str) -> None:
        """Take over what the local stage says of the vendors."""
        usual = f"http://127.0.0.1:{VENDORS_PORT}"
        simulated = self._simulated()
        self.set_variables(
            **{
                name: simulated[name].replace(usual, vendors_url)
                for name, value in self.variables.items()
                if simulated.get(name, "").startswith(usual) or value == TO_BE_SET
            }
        )

    def _simulated(self) -> dict[str, str]:
        found: dict[str, str] = self._config["stages"][_SIMULATED_STAGE]["environment_variables"]
        return found


def url_on_this_machine(url: str, endpoint: str) -> str:
    """Return where `endpoint` serves what `chalice url` says is at amazonaws.com."""
    parts = urlsplit(url)
    api = str(parts.hostname).partition(".")[0]
    return f"{endpoint}/_aws/execute-api/{api}{parts.path}".rstrip("/")
