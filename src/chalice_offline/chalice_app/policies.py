"""The policies that `chalice deploy` would give the roles of a project's functions.

Source: Chalice documentation, "Configuration File" (autogen_policy, iam_policy_file,
manage_iam_role).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chalice_offline.chalice_app.functions import functions_of
from chalice_offline.chalice_app.project_file import read_project_file

if TYPE_CHECKING:
    from chalice.config import Config

    from chalice_offline.chalice_app.project import Project

Policies = tuple[str, list[dict[str, Any]]]


class ProjectPolicies:
    """Role and policies by the deployed name of a function, read when they are first asked for."""

    def __init__(self) -> None:
        self._project: Project | None = None
        self._known: dict[str, Policies | None] = {}

    def of(self, project: Project | None, deployed_name: str) -> Policies | None:
        """Return the role's name and policies; None for a role that Chalice does not manage.

        Raises ProjectError when a policy file cannot be read.
        """
        if project is not self._project:
            self._project, self._known = project, {}
            if project is not None:
                self._known = {
                    function.deployed_name: _policies(project, function.config_name)
                    for function in functions_of(project)
                }
        return self._known.get(deployed_name)


def _policies(project: Project, name: str) -> Policies | None:
    config = project.config.scope(project.stage, name)
    if not config.manage_iam_role:
        return None
    prefix = f"{project.name}-{project.stage}"
    if config.autogen_policy:
        return prefix, [_generated(config)]
    file = config.iam_policy_file or f"policy-{project.stage}.json"
    path = project.directory / ".chalice" / file
    document = read_project_file(path, what=f"it is the policy of {name}").content
    return f"{prefix}-{name}", [document]


def _generated(config: Config) -> dict[str, Any]:
    from chalice.constants import POST_TO_WEBSOCKET_CONNECTION_POLICY
    from chalice.policy import AppPolicyGenerator
    from chalice.utils import OSUtils

    document: dict[str, Any] = AppPolicyGenerator(OSUtils()).generate_policy(config)
    if config.chalice_app.websocket_handlers:  # as chalice.deploy's WebsocketPolicyInjector
        statements = [*document["Statement"], POST_TO_WEBSOCKET_CONNECTION_POLICY]
        return document | {"Statement": statements}
    return document
