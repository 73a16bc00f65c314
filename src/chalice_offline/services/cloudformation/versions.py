"""A request of a stack or a change set as the version of a stack that it asks for."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from chalice_offline.core.errors import AwsError
from chalice_offline.services.cloudformation import limits
from chalice_offline.services.cloudformation.capabilities import AUTO_EXPAND, check_capabilities
from chalice_offline.services.cloudformation.dynamic_references import parameter_in_ssm
from chalice_offline.services.cloudformation.errors import (
    insufficient_capabilities,
    stack_missing,
    validation_error,
)
from chalice_offline.services.cloudformation.intrinsics import Intrinsics
from chalice_offline.services.cloudformation.macros import left_alone
from chalice_offline.services.cloudformation.parameters import parameter_values, transform_values
from chalice_offline.services.cloudformation.stack import TemplateVersion
from chalice_offline.services.cloudformation.steps import at_once
from chalice_offline.services.cloudformation.tagging import RESERVED
from chalice_offline.services.cloudformation.template import Template
from chalice_offline.services.cloudformation.template_text import read_template
from chalice_offline.services.cloudformation.transforms import (
    INCLUDE,
    Means,
    all_transforms,
    expanded,
    is_macro,
)
from chalice_offline.services.common.tags import counted, is_reserved, tags_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from chalice_offline.core.kernel import Request
    from chalice_offline.services.cloudformation.inputs import Inputs
    from chalice_offline.services.cloudformation.stack import Stack
    from chalice_offline.services.cloudformation.steps import Steps
    from chalice_offline.services.cloudformation.transforms import Run

    Call = Callable[[str, str, dict[str, Any]], dict[str, Any]]


def template_text(request: Request, call: Call, stack: Stack | None = None) -> str:
    """Return the template a request names, by its body, its URL, or as the one of the stack."""
    body, url = request.get("TemplateBody"), request.get("TemplateURL")
    if body and url:
        raise validation_error("You cannot specify both TemplateURL and TemplateBody")
    if request.get("UsePreviousTemplate"):
        if body or url:
            raise validation_error(
                "You cannot specify both usePreviousTemplate and Template Body/Template URL."
            )
        if stack is None or stack.version is None:
            raise stack_missing(str(request.get("StackName", "")))
        return stack.version.original
    if url:
        return text_at(str(url), call)
    if not body:
        raise validation_error("Either Template URL or Template Body must be specified.")
    # The stack that a session starts with is read from the project's file; who deploys that file
    # uploads it, and then the other limit holds.
    most = limits.TEMPLATE_URL_BYTES if request.get("IsHeld") else limits.TEMPLATE_BODY_BYTES
    if len(body.encode()) > most:
        raise validation_error(
            f"1 validation error detected: Value '{body[:200]}' at 'templateBody' failed to "
            "satisfy constraint: Member must have length less than or equal to "
            f"{most}"
        )
    return str(body)


def text_at(url: str, call: Call) -> str:
    """Return the text of an object in S3, named by its URL or as s3://bucket/key."""
    try:
        return _object_text(url, call)
    except AwsError as error:
        if error.code == "ValidationError":
            raise
        raise validation_error(f"S3 error: {error.message}") from error


def _object_text(url: str, call: Call) -> str:
    """Return the text of an object in S3; raises S3's own errors, too."""
    bucket, key = _object_of(url)
    head = call("s3", "HeadObject", {"Bucket": bucket, "Key": key})
    if head.get("ContentLength", 0) > limits.TEMPLATE_URL_BYTES:
        raise validation_error(
            f"Template may not exceed {limits.TEMPLATE_URL_BYTES} bytes in size."
        )
    body = call("s3", "GetObject", {"Bucket": bucket, "Key": key})["Body"]
    content = body if isinstance(body, bytes) else body.read()
    try:
        return str(content.decode())
    except UnicodeDecodeError as error:
        raise validation_error("Template format error: it is not UTF-8") from error


_ANY = {"Any": {"Type": "AWS::CloudFormation::WaitConditionHandle"}}  # a template has a resource


@dataclass(frozen=True)
class Written:
    """A template as it came, before its transforms."""

    text: str
    content: dict[str, Any]

    @cached_property
    def transforms(self) -> list[str]:
        """The names of all transforms in it."""
        return all_transforms(self.content)

    @property
    def has_macros(self) -> bool:
        """Whether functions of somebody's are to be run, which takes its time."""
        return any(is_macro(name) for name in self.transforms)


def written_template(request: Request, call: Call, stack: Stack | None = None) -> Written:
    """Return the template that a request names; raises ValidationError."""
    text = template_text(request, call, stack)
    return Written(text, read_template(text))


def check_macros(
    written: Written, request: Request, stack: Stack, call: Call, *, may_expand: bool
) -> None:
    """Raise what can be said of a template with macros before any runs.

    InsufficientCapabilitiesException where they would run unacknowledged, ValidationError for
    parameters without values; a macro may declare more of them.
    """
    if not may_expand and AUTO_EXPAND not in request.get("Capabilities", ()):
        raise insufficient_capabilities([AUTO_EXPAND])
    declared = _shell(written.content)
    given = [
        one
        for one in request.get("Parameters", [])
        if one.get("ParameterKey") in declared.parameters
    ]
    previous = stack.version.parameters if stack.version else {}
    kept = {name: one for name, one in previous.items() if name in declared.parameters}
    parameter_values(declared, given, kept, lambda name: parameter_in_ssm(name, call))


def version_of(
    request: Request,
    written: Written,
    call: Call,
    inputs: Inputs,
    stack: Stack,
    values: dict[str, Any],
    run: Run,
    *,
    may_expand: bool = False,
) -> Steps[TemplateVersion]:
    """Return what a request asks for; raises ValidationError and the like.

    `inputs` are the stack's, but for the parameters, whose values are `values` for transforms.
    `run` runs macros. `may_expand`: transforms need no acknowledgement (a change set shows what
    they made).
    """
    present = stack.version
    given = request.get("Parameters", [])
    previous = present.parameters if present else {}

    def stored(name: str) -> str | None:
        return parameter_in_ssm(name, call)

    template = yield from _template(written, replace(inputs, parameters=values), call, run)
    capabilities = tuple(request.get("Capabilities", ()))
    expands = [name for name in written.transforms if name != INCLUDE]
    check_capabilities(template, capabilities, expands=bool(expands) and not may_expand)
    tags = _tags(request, present.tags if present else {})
    return TemplateVersion(
        written.text,
        template,
        parameter_values(template, given, previous, stored),
        tags,
        capabilities,
        tuple(request.get("NotificationARNs", ())),
        str(request.get("RoleARN", "")),
        has_transform=bool(written.transforms),
    )


def values_for_transforms(
    written: Written, request: Request, stack: Stack | None, call: Call
) -> dict[str, Any]:
    """Return the values of a template's parameters, as its transforms are told them."""
    if not written.transforms:
        return {}
    present = stack.version if stack else None
    declared = written.content.get("Parameters")
    return transform_values(
        declared if isinstance(declared, dict) else {},
        request.get("Parameters", []),
        present.parameters if present else {},
        lambda name: parameter_in_ssm(name, call),
    )


def _tags(request: Request, present: dict[str, str]) -> dict[str, str]:
    """Return the tags that a stack is to have: its own if the request gives none.

    Raises ValidationError. Only a nested stack, made by CloudFormation itself, has some of AWS's
    own, and it keeps them whoever gives it others.
    """
    if "Tags" not in request:
        return present
    tags = tags_of(request["Tags"])
    if "ParentId" not in request:
        if any(is_reserved(key) for key in tags):
            raise validation_error(RESERVED)
        tags |= {key: value for key, value in present.items() if is_reserved(key)}
    if counted(tags) > limits.TAGS:
        raise validation_error(
            f"1 validation error detected: Value at 'tags' failed to satisfy constraint: Member "
            f"must have length less than or equal to {limits.TAGS}"
        )
    return tags


def template_of(written: Written, call: Call, inputs: Inputs) -> Template:
    """Return a template with its transforms applied as far as defaults tell; no macro is run."""
    values = values_for_transforms(written, {}, None, call)
    return at_once(_template(written, replace(inputs, parameters=values), call, left_alone))


def _template(written: Written, inputs: Inputs, call: Call, run: Run) -> Steps[Template]:
    content = written.content
    if written.transforms:
        means = Means(
            inputs.parameters,
            inputs.region,
            lambda location: _object_text(location, call),
            run,
            lambda params: _resolved(params, content, inputs),
        )
        content = yield from expanded(content, means)
    return Template(content)


def _resolved(params: Any, content: dict[str, Any], inputs: Inputs) -> Any:
    """Return a transform's parameters with their functions resolved, as far as there is anything.

    No resource is there yet, and the other sections may still be waiting for their own transforms.
    """
    if not any(isinstance(value, dict | list) for value in params.values()):
        return params
    return Intrinsics(_shell(content), inputs, {}).resolve(params)


def _shell(content: dict[str, Any]) -> Template:
    """Return what can be said of a template before its transforms, and nothing of its resources."""
    sections: dict[str, Any] = {
        section: {
            name: value for name, value in content[section].items() if not name.startswith("Fn::")
        }
        for section in ("Parameters", "Mappings", "Conditions")
        if isinstance(content.get(section), dict)
    }
    return Template(sections | {"Resources": _ANY})


def _object_of(url: str) -> tuple[str, str]:
    parts = urlsplit(url)
    path = unquote(parts.path).lstrip("/")
    host = parts.hostname or ""
    if parts.scheme == "s3":
        return host, path
    if parts.scheme not in ("http", "https") or not host:
        raise validation_error("TemplateURL must be a supported URL.")
    first = host.split(".", 1)[0]
    # Virtual-hosted style: bucket.s3.… and bucket.s3-region.…; else the path begins with it.
    bucket, dot, rest = host.partition(".s3.")
    if not dot:
        bucket, dot, rest = host.partition(".s3-")
    if dot and rest:
        return bucket, path
    is_s3 = first.startswith("s3") and ".amazonaws.com" in host
    if is_s3 or "amazonaws.com" not in host:
        bucket, _, key = path.partition("/")
        if bucket and key:
            return bucket, key
    raise validation_error(
        "S3 error: Domain name specified in " + (first or url) + " is not a valid S3 domain"
    )
