"""AWS::Serverless-2016-10-31, by the package that AWS itself uses.

aws-sam-translator is an extra: it brings schema validators that only templates of SAM need.
"""

from __future__ import annotations

import copy
import logging
from typing import TYPE_CHECKING, Any

from chalice_offline.core.arn import partition_of
from chalice_offline.services.cloudformation.errors import not_emulated, validation_error

if TYPE_CHECKING:
    from collections.abc import Mapping


class _Session:
    """Says which region it is; the package asks boto3, and so this configuration."""

    def __init__(self, region: str) -> None:
        self.region_name = region


class _ArnsByName(dict[str, str]):
    """Says where AWS keeps a policy: those for services have a path of their own."""

    def __init__(self, region: str) -> None:
        super().__init__()
        self._partition = partition_of(region)

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and name.startswith(("AWS", "Amazon", "CloudWatch"))

    def __getitem__(self, name: str) -> str:
        in_path = name.startswith("AWSLambda") and name.endswith("Role")
        path = "service-role/" if in_path else ""
        return f"arn:{self._partition}:iam::aws:policy/{path}{name}"

    def get(self, name: str, default: Any = None) -> Any:
        """Return the ARN of a policy."""
        known = name in self
        return self[name] if known else default


def without_serverless(
    content: dict[str, Any], parameters: Mapping[str, Any], region: str
) -> dict[str, Any]:
    """Return a template with its serverless resources written out; raises ValidationError."""
    try:
        from samtranslator.model.exceptions import InvalidDocumentException
        from samtranslator.parser.parser import Parser
        from samtranslator.translator.translator import Translator
        from samtranslator.utils import py27hash_fix
    except ImportError as error:
        raise not_emulated(
            "This template has the transform AWS::Serverless-2016-10-31, which needs the package "
            "aws-sam-translator: pip install 'chalice-offline[sam]'. Nothing was changed by this "
            "call."
        ) from error
    content, values = copy.deepcopy(content), dict(parameters)
    # It warns of its own usage figures, which nobody here collects.
    logging.getLogger("samtranslator.metrics").setLevel(logging.ERROR)
    # AWS's own transform keeps the names that it gave under Python 2: so do we.
    py27hash_fix.to_py27_compatible_template(content, values)
    translator = Translator(None, Parser(), boto_session=_Session(region))
    try:
        translated = translator.translate(
            content, values, get_managed_policy_map=lambda: _ArnsByName(region)
        )
        result: dict[str, Any] = py27hash_fix.undo_mark_unicode_str_in_template(translated)
    except InvalidDocumentException as error:
        causes = ". ".join(cause.message for cause in error.causes)
        raise validation_error(
            "Transform AWS::Serverless-2016-10-31 failed with: Invalid Serverless Application "
            f"Specification document. Number of errors found: {len(error.causes)}. {causes}"
        ) from error
    result.pop("Transform", None)
    return result
