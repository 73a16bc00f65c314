"""IAM: roles, policies, users, groups. Properties: AWS::IAM, template reference."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from chalice_offline.services.cloudformation.resource_types.base import (
    Place,
    Properties,
    Resource,
    ResourceType,
    for_each_left,
    gone_tags,
    only,
    text,
)

if TYPE_CHECKING:
    from collections.abc import Callable

_POLICY_DOCUMENTS = ("AssumeRolePolicyDocument", "PolicyDocument")
# What a policy is attached to: the property with their names, and the word in operations' names.
_HOLDERS = (("Roles", "Role"), ("Users", "User"), ("Groups", "Group"))


def _documents(properties: Properties) -> Properties:
    """Return properties whose policies name their version.

    A template need not (AWS's own examples often do not); moto, which answers for IAM, demands it.
    """
    return {
        name: _with_version(value) if name in _POLICY_DOCUMENTS else value
        for name, value in properties.items()
    }


def _with_version(document: Any) -> Any:
    """Return a policy, which may be given as text, with the version that moto takes."""
    if isinstance(document, str):
        try:
            document = json.loads(document)
        except ValueError:
            return document  # IAM says what is wrong with it
    if not isinstance(document, dict):
        return document
    return {"Version": "2012-10-17"} | document


# ---- roles, users and groups ---------------------------------------------------------------------


def _holder(kind: str, *members: str) -> ResourceType:
    """Return the type of what holds policies: made, described and deleted alike."""
    named = f"{kind}Name"

    def create(place: Place, name: str, properties: Properties) -> Resource:
        request = {named: name} | only(_documents(properties), *members)
        made = place.call("iam", f"Create{kind}", request)[kind]
        return Resource(name, {"Arn": made["Arn"], f"{kind}Id": made[f"{kind}Id"]})

    def complete(place: Place, resource: Resource, properties: Properties) -> None:
        _set_policies(place, kind, resource.reference, {}, properties)
        _set_groups(place, resource.reference, {}, properties)

    def update(place: Place, resource: Resource, before: Properties, after: Properties) -> None:
        name = {named: resource.reference}
        if kind == "Role":
            settings = {"Description": "", "MaxSessionDuration": 3600}
            request = name | settings | only(after, "Description", "MaxSessionDuration")
            place.call("iam", "UpdateRole", request)
            document = {"PolicyDocument": _documents(after)["AssumeRolePolicyDocument"]}
            place.call("iam", "UpdateAssumeRolePolicy", name | document)
            _set_boundary(place, name, before, after)
        _set_policies(place, kind, resource.reference, before, after)
        _set_groups(place, resource.reference, before, after)
        if kind != "Group":
            if gone := gone_tags(before, after):
                place.call("iam", f"Untag{kind}", name | {"TagKeys": gone})
            if after.get("Tags"):
                place.call("iam", f"Tag{kind}", name | only(after, "Tags"))

    def delete(place: Place, resource: Resource, _properties: Properties) -> None:
        name = {named: resource.reference}
        _strip(place, kind, resource.reference)
        if kind == "User":
            for group in place.call("iam", "ListGroupsForUser", name)["Groups"]:
                place.call("iam", "RemoveUserFromGroup", name | only(group, "GroupName"))
        place.call("iam", f"Delete{kind}", name)

    return ResourceType(
        create, delete, complete=complete, update=update, name=named, fixed=("Path",), longest=64
    )


def _set_policies(
    place: Place, kind: str, name: str, before: Properties, after: Properties
) -> None:
    holder = {f"{kind}Name": name}
    was, wanted = before.get("ManagedPolicyArns", []), after.get("ManagedPolicyArns", [])
    for arn in [one for one in was if one not in wanted]:
        place.call("iam", f"Detach{kind}Policy", holder | {"PolicyArn": arn})
    for arn in wanted:
        place.call("iam", f"Attach{kind}Policy", holder | {"PolicyArn": arn})
    inline = [policy["PolicyName"] for policy in after.get("Policies", [])]
    for policy in before.get("Policies", []):
        if policy["PolicyName"] not in inline:
            place.call("iam", f"Delete{kind}Policy", holder | only(policy, "PolicyName"))
    for policy in after.get("Policies", []):
        written = only(_documents(policy), "PolicyName", "PolicyDocument")
        place.call("iam", f"Put{kind}Policy", holder | written)


def _set_groups(place: Place, user: str, before: Properties, after: Properties) -> None:
    """Bring a user from some groups to others; roles and groups are in none."""
    was, wanted = before.get("Groups", ()), after.get("Groups", ())

    def each(doing: str) -> Callable[[str], object]:
        return lambda group: place.call("iam", doing, {"GroupName": group, "UserName": user})

    for_each_left([one for one in was if one not in wanted], each("RemoveUserFromGroup"))
    for group in wanted:
        each("AddUserToGroup")(group)


def _set_boundary(
    place: Place, role: dict[str, str], before: Properties, after: Properties
) -> None:
    """Set what a role may do at most, whatever its policies say; moto knows none of users."""
    if boundary := only(after, "PermissionsBoundary"):
        place.call("iam", "PutRolePermissionsBoundary", role | boundary)
    elif "PermissionsBoundary" in before:
        place.call("iam", "DeleteRolePermissionsBoundary", role)


def _strip(place: Place, kind: str, name: str) -> None:
    """Take everything off a role, user or group, which could not be deleted otherwise."""
    holder = {f"{kind}Name": name}
    attached = place.call("iam", f"ListAttached{kind}Policies", holder)["AttachedPolicies"]
    for policy in attached:
        place.call("iam", f"Detach{kind}Policy", holder | only(policy, "PolicyArn"))
    for policy in place.call("iam", f"List{kind}Policies", holder)["PolicyNames"]:
        place.call("iam", f"Delete{kind}Policy", holder | {"PolicyName": policy})


# ---- policies ------------------------------------------------------------------------------------


def _put_policy(place: Place, name: str, properties: Properties) -> Resource:
    if not any(properties.get(holders) for holders, _ in _HOLDERS):
        raise ValueError("At least one of [Groups,Roles,Users] must be non-empty.")
    written = only(_documents(properties), "PolicyDocument")
    policy = {"PolicyName": properties["PolicyName"]} | written
    for holders, kind in _HOLDERS:
        for holder in properties.get(holders, ()):
            place.call("iam", f"Put{kind}Policy", policy | {f"{kind}Name": holder})
    return Resource(name, {"Id": name})


def _update_policy(place: Place, policy: Resource, before: Properties, after: Properties) -> None:
    for holders, kind in _HOLDERS:
        for holder in before.get(holders, ()):
            same_name = before["PolicyName"] == after["PolicyName"]
            if not (same_name and holder in after.get(holders, ())):
                request = {f"{kind}Name": holder} | only(before, "PolicyName")
                place.call("iam", f"Delete{kind}Policy", request)
    _put_policy(place, policy.reference, after)


def _delete_policy(place: Place, _policy: Resource, properties: Properties) -> None:
    for holders, kind in _HOLDERS:
        for holder in properties.get(holders, ()):
            request = {f"{kind}Name": holder} | only(properties, "PolicyName")
            place.call("iam", f"Delete{kind}Policy", request)


def _create_managed(place: Place, name: str, properties: Properties) -> Resource:
    written = only(_documents(properties), "PolicyDocument", "Path", "Description")
    request = {"PolicyName": name} | written
    made = place.call("iam", "CreatePolicy", request)["Policy"]
    return Resource(made["Arn"], {"PolicyArn": made["Arn"], "PolicyId": made["PolicyId"]})


def _attach(place: Place, policy: Resource, properties: Properties, doing: str) -> None:
    for holders, kind in _HOLDERS:
        for holder in properties.get(holders, ()):
            request = {f"{kind}Name": holder, "PolicyArn": policy.reference}
            place.call("iam", f"{doing}{kind}Policy", request)


def _update_managed(place: Place, policy: Resource, before: Properties, after: Properties) -> None:
    arn = {"PolicyArn": policy.reference}
    if before["PolicyDocument"] != after["PolicyDocument"]:
        versions = place.call("iam", "ListPolicyVersions", arn)["Versions"]
        for old in versions:
            if not old["IsDefaultVersion"]:  # a policy has five versions at most
                place.call("iam", "DeletePolicyVersion", arn | only(old, "VersionId"))
        request = arn | only(_documents(after), "PolicyDocument") | {"SetAsDefault": True}
        place.call("iam", "CreatePolicyVersion", request)
    gone = {
        holders: [one for one in before.get(holders, ()) if one not in after.get(holders, ())]
        for holders, _ in _HOLDERS
    }
    _attach(place, policy, gone, "Detach")
    _attach(place, policy, after, "Attach")


def _delete_managed(place: Place, policy: Resource, properties: Properties) -> None:
    _attach(place, policy, properties, "Detach")
    arn = {"PolicyArn": policy.reference}
    for version in place.call("iam", "ListPolicyVersions", arn)["Versions"]:
        if not version["IsDefaultVersion"]:
            place.call("iam", "DeletePolicyVersion", arn | only(version, "VersionId"))
    place.call("iam", "DeletePolicy", arn)


# ---- instance profiles, access keys --------------------------------------------------------------


def _create_profile(place: Place, name: str, properties: Properties) -> Resource:
    request = {"InstanceProfileName": name} | only(properties, "Path")
    made = place.call("iam", "CreateInstanceProfile", request)["InstanceProfile"]
    return Resource(name, {"Arn": made["Arn"]})


def _profile_roles(place: Place, profile: Resource, roles: list[Any], doing: str) -> None:
    for role in roles:
        request = {"InstanceProfileName": profile.reference, "RoleName": role}
        place.call("iam", doing, request)


def _update_profile(place: Place, profile: Resource, before: Properties, after: Properties) -> None:
    was, wanted = before.get("Roles", []), after.get("Roles", [])
    gone = [role for role in was if role not in wanted]
    _profile_roles(place, profile, gone, "RemoveRoleFromInstanceProfile")
    new = [role for role in wanted if role not in was]
    _profile_roles(place, profile, new, "AddRoleToInstanceProfile")


def _delete_profile(place: Place, profile: Resource, properties: Properties) -> None:
    roles = properties.get("Roles", [])
    _profile_roles(place, profile, roles, "RemoveRoleFromInstanceProfile")
    request = {"InstanceProfileName": profile.reference}
    place.call("iam", "DeleteInstanceProfile", request)


def _create_key(place: Place, _name: str, properties: Properties) -> Resource:
    made = place.call("iam", "CreateAccessKey", only(properties, "UserName"))["AccessKey"]
    return Resource(made["AccessKeyId"], {"SecretAccessKey": made["SecretAccessKey"]})


def _update_key(place: Place, key: Resource, _before: Properties, after: Properties) -> None:
    status = text(after.get("Status", "Active"))
    request = {"AccessKeyId": key.reference, "Status": status} | only(after, "UserName")
    place.call("iam", "UpdateAccessKey", request)


def _delete_key(place: Place, key: Resource, properties: Properties) -> None:
    request = {"AccessKeyId": key.reference} | only(properties, "UserName")
    place.call("iam", "DeleteAccessKey", request)


TYPES = {
    "AWS::IAM::Role": _holder(
        "Role",
        "AssumeRolePolicyDocument",
        "Description",
        "MaxSessionDuration",
        "Path",
        "PermissionsBoundary",
        "Tags",
    ),
    "AWS::IAM::User": _holder("User", "Path", "PermissionsBoundary", "Tags"),
    "AWS::IAM::Group": _holder("Group", "Path"),
    "AWS::IAM::Policy": ResourceType(_put_policy, _delete_policy, update=_update_policy),
    "AWS::IAM::ManagedPolicy": ResourceType(
        _create_managed,
        _delete_managed,
        complete=lambda place, policy, properties: _attach(place, policy, properties, "Attach"),
        update=_update_managed,
        name="ManagedPolicyName",
        fixed=("Path", "Description"),
        longest=128,
    ),
    "AWS::IAM::InstanceProfile": ResourceType(
        _create_profile,
        _delete_profile,
        complete=lambda place, profile, properties: _profile_roles(
            place, profile, properties.get("Roles", []), "AddRoleToInstanceProfile"
        ),
        update=_update_profile,
        name="InstanceProfileName",
        fixed=("Path",),
        longest=128,
    ),
    "AWS::IAM::AccessKey": ResourceType(
        _create_key, _delete_key, update=_update_key, fixed=("UserName", "Serial")
    ),
}
