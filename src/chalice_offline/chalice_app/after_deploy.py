"""Gives an app that `chalice deploy` has deployed what Chalice has no words for.

The calls are AWS's own, to an account on AWS or to an endpoint of one's own. What is as it should
be is left alone, so the steps can be repeated, and must be after every deploy: Chalice puts back
what it knows.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from chalice_offline.chalice_app.functions import functions_of
from chalice_offline.chalice_app.sources import notification_configurations, rule_name
from chalice_offline.core.arn import make_arn
from chalice_offline.core.errors import AwsError, ProjectError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from chalice_offline.chalice_app.beyond_chalice import Beyond
    from chalice_offline.chalice_app.functions import ProjectFunction
    from chalice_offline.chalice_app.project import Project

    #: service, operation, request -> reply; raises AwsError
    Ask = Callable[[str, str, dict[str, Any]], dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Step:
    """One call that is to be made, and what it does, in words."""

    words: str
    service: str
    operation: str
    request: dict[str, Any]


class AfterDeploy:
    """Finds out what is still to be done in one account and region."""

    def __init__(self, ask: Ask, account_id: str, region: str) -> None:
        """Make it; `ask` makes calls that change nothing."""
        self._ask = ask
        self._account_id = account_id
        self._region = region

    def steps(self, project: Project) -> Iterator[Step]:
        """Say what is to be done, in order.

        Raises ProjectError naming the handler that is not deployed, or not as it is in app.py.
        """
        sources = {source.name: source for source in project.app.event_sources}
        for function in functions_of(project):
            beyond = function.beyond.resolved(self._account_id, self._region)
            if not beyond.parts:
                continue
            arn = self._arn("lambda", f"function:{function.deployed_name}")
            yield from self._asynchronous(function, beyond)
            source = sources.get(function.name)
            if beyond.mapping:
                yield from self._mappings(function, beyond)
            if beyond.subscription:
                yield from self._subscription(function, beyond, source, arn)
            if beyond.rule:
                yield from self._rule(function, beyond, project, source, arn)
            if beyond.filters:
                yield from self._notification(function, beyond, source, arn)

    def removal(self, project: Project) -> Iterator[Step]:
        """Say what is to be taken away before `chalice delete`, which knows nothing of it.

        Everything else goes with what Chalice deletes.
        """
        for function in functions_of(project):
            bus = function.beyond.rule.get("EventBusName")
            name = rule_name(f"{project.name}-{project.stage}", function.name)
            if bus is None or not self._is_on_bus(name, bus):
                continue
            where = {"EventBusName": bus}
            words = f"{function.name}: rule {name} on bus {bus}"
            targets = {"Rule": name, "Ids": ["1"]}
            yield Step(f"{words}, its target", "events", "RemoveTargets", targets | where)
            yield Step(words, "events", "DeleteRule", {"Name": name} | where)

    # ---- one method per part ---------------------------------------------------------------------

    def _asynchronous(self, function: ProjectFunction, beyond: Beyond) -> Iterator[Step]:
        name = {"FunctionName": function.deployed_name}
        if beyond.invoke_config:
            request = name | beyond.invoke_config
            words = f"{function.name}: retries, age and destinations"
            yield Step(words, "lambda", "PutFunctionEventInvokeConfig", request)
        if beyond.dead_letter_arn:
            present = self._ask("lambda", "GetFunctionConfiguration", name)
            target = {"TargetArn": beyond.dead_letter_arn}
            if present.get("DeadLetterConfig") != target:
                words = f"{function.name}: dead letters to {beyond.dead_letter_arn}"
                request = name | {"DeadLetterConfig": target}
                yield Step(words, "lambda", "UpdateFunctionConfiguration", request)

    def _mappings(self, function: ProjectFunction, beyond: Beyond) -> Iterator[Step]:
        name = {"FunctionName": function.deployed_name}
        found = self._ask("lambda", "ListEventSourceMappings", name)["EventSourceMappings"]
        if not found:
            raise _not_deployed(function, "no event source mapping")
        for mapping in found:
            changed = {
                member: value
                for member, value in beyond.mapping.items()
                if mapping.get(member) != value
            }
            if changed:
                words = f"{function.name}: {', '.join(changed)} of {mapping['EventSourceArn']}"
                request = {"UUID": mapping["UUID"]} | changed
                yield Step(words, "lambda", "UpdateEventSourceMapping", request)

    def _subscription(
        self, function: ProjectFunction, beyond: Beyond, source: Any, arn: str
    ) -> Iterator[Step]:
        topic = source.topic if source.topic.startswith("arn:") else self._arn("sns", source.topic)
        subscription = self._subscription_of(topic, arn)
        if not subscription:
            raise _not_deployed(function, f"no subscription to {topic}")
        where = {"SubscriptionArn": subscription}
        present = self._ask("sns", "GetSubscriptionAttributes", where)["Attributes"]
        wanted = beyond.subscription
        # The scope first: a policy of the other scope may not be valid without it.
        for name in sorted(wanted, key=lambda name: name != "FilterPolicyScope"):
            if present.get(name) != wanted[name]:
                request = where | {"AttributeName": name, "AttributeValue": wanted[name]}
                words = f"{function.name}: {name} of its subscription to {topic}"
                yield Step(words, "sns", "SetSubscriptionAttributes", request)

    def _rule(
        self, function: ProjectFunction, beyond: Beyond, project: Project, source: Any, arn: str
    ) -> Iterator[Step]:
        name = rule_name(f"{project.name}-{project.stage}", source.name)
        present = self._ask("events", "DescribeRule", {"Name": name})
        kept = ("Name", "EventPattern", "ScheduleExpression", "Description")
        known = {member: present[member] for member in kept if present.get(member)}
        words = f"{function.name}: rule {name}"
        yield Step(words, "events", "PutRule", known | beyond.rule)
        bus = beyond.rule.get("EventBusName")
        if bus is None:
            return
        on_bus = {"Rule": name, "EventBusName": bus}
        target = {"Id": "1", "Arn": arn}
        words = f"{function.name}: target of the rule on bus {bus}"
        yield Step(words, "events", "PutTargets", on_bus | {"Targets": [target]})
        yield from self._permission(function, f"{name}-{bus}", f"rule/{bus}/{name}")
        words = f"{function.name}: rule {name} of the default bus is switched off"
        yield Step(words, "events", "DisableRule", {"Name": name})

    def _permission(
        self, function: ProjectFunction, statement_id: str, rule: str
    ) -> Iterator[Step]:
        name = {"FunctionName": function.deployed_name}
        if statement_id in self._statements(name):
            return
        request = name | {
            "StatementId": statement_id,
            "Action": "lambda:InvokeFunction",
            "Principal": "events.amazonaws.com",
            "SourceArn": self._arn("events", rule),
        }
        words = f"{function.name}: the rule may invoke it"
        yield Step(words, "lambda", "AddPermission", request)

    def _notification(
        self, function: ProjectFunction, beyond: Beyond, source: Any, arn: str
    ) -> Iterator[Step]:
        bucket = {"Bucket": source.bucket}
        present = self._ask("s3", "GetBucketNotificationConfiguration", bucket)
        present.pop("ResponseMetadata", None)
        of_functions = present.get("LambdaFunctionConfigurations", [])
        others = [one for one in of_functions if one["LambdaFunctionArn"] != arn]
        wanted = notification_configurations(
            function.deployed_name, arn, list(source.events), beyond.filters
        )
        own = [one for one in of_functions if one["LambdaFunctionArn"] == arn]
        if _filters(own) == _filters(wanted):
            return
        configuration = present | {"LambdaFunctionConfigurations": others + wanted}
        request = bucket | {"NotificationConfiguration": configuration}
        words = f"{function.name}: {len(wanted)} filters of bucket {source.bucket}"
        yield Step(words, "s3", "PutBucketNotificationConfiguration", request)

    # ---- within ----------------------------------------------------------------------------------

    def _subscription_of(self, topic: str, endpoint: str) -> str:
        request = {"TopicArn": topic}
        while True:
            page = self._ask("sns", "ListSubscriptionsByTopic", request)
            for one in page["Subscriptions"]:
                if one["Endpoint"] == endpoint:
                    return str(one["SubscriptionArn"])
            if not page.get("NextToken"):
                return ""
            request = request | {"NextToken": page["NextToken"]}

    def _statements(self, function: dict[str, str]) -> set[str]:
        """Return the ids of the statements in a function's policy."""
        try:
            policy = json.loads(self._ask("lambda", "GetPolicy", function)["Policy"])
        except AwsError as error:
            if error.code != "ResourceNotFoundException":
                raise
            return set()
        return {statement["Sid"] for statement in policy["Statement"]}

    def _is_on_bus(self, rule: str, bus: str) -> bool:
        request = {"NamePrefix": rule, "EventBusName": bus}
        return any(
            one["Name"] == rule for one in self._ask("events", "ListRules", request)["Rules"]
        )

    def _arn(self, service: str, resource: str) -> str:
        return make_arn(service, self._region, self._account_id, resource)


def _filters(configurations: list[dict[str, Any]]) -> list[list[tuple[str, str]]]:
    """Return the filters of notification configurations; S3 may spell names in either case."""
    return sorted(
        sorted(
            (rule["Name"].lower(), rule["Value"])
            for rule in one.get("Filter", {}).get("Key", {}).get("FilterRules", [])
        )
        for one in configurations
    )


def _not_deployed(function: ProjectFunction, problem: str) -> ProjectError:
    return ProjectError(
        f"handler {function.name}: {function.deployed_name} has {problem}; "
        "run `chalice deploy` first"
    )
