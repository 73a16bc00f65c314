"""What a change set tells of values, of what is known only later, and of what asks for a change."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

LATER = "{{changeSet:KNOWN_AFTER_APPLY}}"


def topic(**properties: Any) -> dict[str, Any]:
    return {"Type": "AWS::SNS::Topic", "Properties": properties}


def of(name: str, attribute: str = "DisplayName") -> dict[str, Any]:
    return {"Fn::GetAtt": [name, attribute]}


class ChangeSets:
    """Makes change sets of one stack, and tells what they say."""

    def __init__(self, stacks: Any) -> None:
        self.client = stacks.client
        self.name = ""

    def make(self, resources: dict[str, Any], **more: Any) -> None:
        self.name = f"set-{len(self.name)}" if self.name else "set"
        body = json.dumps({"Resources": resources} | more.pop("sections", {}))
        named = {"StackName": "shop", "ChangeSetName": self.name}
        self.client.create_change_set(**named, TemplateBody=body, **more)

    def told(self, *, values: bool) -> dict[str, Any]:
        """Return what it says, each change by its logical id."""
        told = self.client.describe_change_set(
            StackName="shop", ChangeSetName=self.name, IncludePropertyValues=values
        )
        changes = [one["ResourceChange"] for one in told["Changes"]]
        told["by_name"] = {one["LogicalResourceId"]: one for one in changes}
        return dict(told)

    def causes(self, name: str, *, values: bool) -> list[tuple[str, str, str]]:
        details = self.told(values=values)["by_name"][name]["Details"]
        return sorted(
            (one["ChangeSource"], one.get("CausingEntity", ""), one["Evaluation"])
            for one in details
        )

    def value(self, name: str, context: str = "AfterContext") -> Any:
        change = self.told(values=True)["by_name"][name]
        return json.loads(change[context])["Properties"].get("DisplayName")

    def execute(self) -> None:
        self.client.execute_change_set(StackName="shop", ChangeSetName=self.name)


@pytest.fixture
def sets(stacks: Any) -> ChangeSets:
    return ChangeSets(stacks)


def test_a_property_may_be_asked_for_like_an_attribute(stacks: Any, sets: ChangeSets) -> None:
    """It is known once the other resource is there; a change of it goes on to who asks for it."""
    first = {"A": topic(DisplayName="one"), "B": topic(DisplayName=of("A"))}
    sets.make(first, ChangeSetType="CREATE")
    assert sets.value("A") == "one"
    assert sets.value("B") == LATER
    sets.execute()

    sets.make({"A": topic(DisplayName="two"), "B": topic(DisplayName=of("A"))})
    assert set(sets.told(values=False)["by_name"]) == {"A", "B"}
    assert sets.causes("A", values=False) == [("DirectModification", "", "Static")]
    assert sets.causes("B", values=False) == [("ResourceAttribute", "A.DisplayName", "Dynamic")]
    assert set(sets.told(values=True)["by_name"]) == {"A"}, "with values it tells of no more"
    sets.execute()
    sns = stacks.aws.client("sns")
    arns = [one["TopicArn"] for one in sns.list_topics()["Topics"]]
    found = [sns.get_topic_attributes(TopicArn=arn)["Attributes"]["DisplayName"] for arn in arns]
    assert found == ["two", "two"]


def test_what_is_added_shows_what_others_say_now(sets: ChangeSets) -> None:
    """Not what they will say (recorded); it is made with that all the same."""
    sets.make({"A": topic(DisplayName="one")}, ChangeSetType="CREATE")
    sets.execute()
    sets.make({"A": topic(DisplayName="two"), "B": topic(DisplayName=of("A"))})
    assert (sets.value("A"), sets.value("B")) == ("two", "one")
    assert sets.told(values=True)["by_name"]["A"]["Details"][0]["Target"] == {
        "Attribute": "Properties",
        "Name": "DisplayName",
        "RequiresRecreation": "Never",
        "Path": "/Properties/DisplayName",
        "BeforeValue": "one",
        "AfterValue": "two",
        "AttributeChangeType": "Modify",
    }


def test_a_replacement_makes_what_depends_on_it_known_later(sets: ChangeSets) -> None:
    """By its name or by what it says: the replacement is certain, its values are not."""

    def resources(name: str) -> dict[str, Any]:
        joined = {"Fn::Join": ["/", ["to", of("A")]]}
        return {
            "A": topic(TopicName=name, DisplayName="x"),
            "B": topic(DisplayName=of("A")),
            "C": topic(DisplayName=joined),
            "D": topic(DisplayName={"Fn::Sub": "${A}"}),
        }

    sets.make(resources("old"), ChangeSetType="CREATE")
    sets.execute()
    sets.make(resources("new"))
    told = sets.told(values=True)["by_name"]
    assert (told["A"]["Replacement"], told["A"]["PolicyAction"]) == ("True", "ReplaceAndDelete")
    assert [sets.value(name) for name in "BC"] == [LATER, LATER]
    assert sets.value("B", "BeforeContext") == "x"
    asks = ("ResourceAttribute", "A.DisplayName", "Static")
    assert sets.causes("B", values=False) == [asks]
    assert sets.causes("B", values=True) == [("DirectModification", "", "Dynamic"), asks]
    assert sets.causes("D", values=False) == [("ResourceReference", "A", "Static")]


def test_a_parameter_is_named_as_what_asks_for_a_change(sets: ChangeSets) -> None:
    """One whose value is the same asks for nothing."""
    parameters = {name: {"Type": "String"} for name in ("Team", "Shift")}
    sections = {"sections": {"Parameters": parameters}}
    resources = {"A": topic(DisplayName={"Fn::Sub": "${Team} ${Shift}"})}

    def given(team: str) -> list[dict[str, str]]:
        values = {"Team": team, "Shift": "late"}
        return [{"ParameterKey": k, "ParameterValue": v} for k, v in values.items()]

    sets.make(resources, ChangeSetType="CREATE", Parameters=given("cooks"), **sections)
    sets.execute()
    sets.make(resources, Parameters=given("hosts"), **sections)
    assert sets.causes("A", values=False) == [
        ("DirectModification", "", "Dynamic"),
        ("ParameterReference", "Team", "Static"),
    ]
    assert sets.value("A") == "hosts late"


def test_properties_that_come_and_go_are_told_so(sets: ChangeSets) -> None:
    """With the value that there is."""
    sets.make({"A": topic(DisplayName="one")}, ChangeSetType="CREATE")
    sets.execute()
    sets.make({"A": topic(TracingConfig="Active")})
    details = sets.told(values=True)["by_name"]["A"]["Details"]
    told = {one["Target"]["Name"]: one["Target"] for one in details}
    assert told["DisplayName"]["AttributeChangeType"] == "Remove"
    assert "AfterValue" not in told["DisplayName"]
    assert told["TracingConfig"]["AttributeChangeType"] == "Add"
    assert told["TracingConfig"]["AfterValue"] == "Active"


def test_what_a_secret_is_made_of_is_not_given_away(sets: ChangeSets, stacks: Any) -> None:
    """Its schema calls it write-only; its name may be asked for."""
    secret = {"Type": "AWS::SecretsManager::Secret", "Properties": {"Name": "pin"}}
    secret["Properties"]["SecretString"] = "1234"  # type: ignore[index]
    asked = {"A": secret, "B": topic(DisplayName=of("A", "Name"))}
    assert stacks.create("shop", {"Resources": asked}) == "CREATE_COMPLETE"
    given_away = {"A": secret, "B": topic(DisplayName=of("A", "SecretString"))}
    with pytest.raises(ClientError, match="does not support attribute type SecretString"):
        sets.make(given_away)


def test_an_export_may_still_be_to_come(sets: ChangeSets, stacks: Any) -> None:
    """A change set warns of it; the stack is made once it is there, and not before."""
    resources = {"A": topic(DisplayName={"Fn::ImportValue": "team"})}
    sets.make(resources, ChangeSetType="CREATE")
    assert "StatusReason" not in sets.told(values=False)
    told = sets.told(values=True)
    assert told["Status"] == "CREATE_COMPLETE"
    assert told["StatusReason"] == (
        "[WARN] --include-property-values option can return incomplete ChangeSet data because: "
        "ChangeSet creation failed for resource [A] because: No export named team"
    )
    assert sets.value("A") == LATER
    sets.execute()
    assert stacks.status("shop") == "ROLLBACK_COMPLETE"
    stacks.client.delete_stack(StackName="shop")

    sets.make(resources, ChangeSetType="CREATE")
    exported = {"Value": "cooks", "Export": {"Name": "team"}}
    first = {"Resources": {"Q": {"Type": "AWS::SQS::Queue"}}, "Outputs": {"Team": exported}}
    assert stacks.create("first", first) == "CREATE_COMPLETE"
    sets.execute()
    assert stacks.status("shop") == "CREATE_COMPLETE"


def test_a_placeholder_goes_on_to_have_every_attribute(stacks: Any) -> None:
    """Also where one of its properties changes, which another resource asks for."""

    def resources(name: str) -> dict[str, Any]:
        repository = {"Type": "AWS::ECR::Repository", "Properties": {"RepositoryName": name}}
        return {
            "Resources": {
                "Repository": repository,
                "Uri": topic(DisplayName=of("Repository", "RepositoryUri")),
                "Name": topic(DisplayName=of("Repository", "RepositoryName")),
            }
        }

    assert stacks.create("shop", resources("one")) == "CREATE_COMPLETE"
    assert stacks.update("shop", resources("two")) == "UPDATE_COMPLETE"
