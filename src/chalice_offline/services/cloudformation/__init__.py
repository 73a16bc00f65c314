"""CloudFormation: templates, stacks and change sets, made by the AWS calls they stand for.

Reading, from the bottom: `template_text` and `yaml_text` make a dict of a text, `transforms` expand
it, some by functions (`macros`), `template` checks its shape, `parameters` gives its inputs values,
`intrinsics` resolves its functions; `wanted` puts that together. `resource_types` knows how each
type is created, updated and deleted; `plan` compares a template with a stack, `deployment` carries
it out.
"""

from chalice_offline.services.cloudformation.operations import services

__all__ = ["services"]
