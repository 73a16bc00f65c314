"""`.chalice/resources.json`: a CloudFormation template, created by the AWS calls it stands for.

intrinsics      Ref, Fn::GetAtt, Fn::Sub and the rest; parameters and conditions
order           which resource must be there before which
template        a template for one stage, with its properties resolved
resource_types  how each type is created, updated and deleted, by AWS calls
plan            what an update will do: keep, create, update, replace
changes         steps that are taken together or not at all
stack           carries a plan out
"""

from chalice_offline.chalice_app.cloudformation.changes import Changes
from chalice_offline.chalice_app.cloudformation.resource_types import Place
from chalice_offline.chalice_app.cloudformation.stack import Stack

__all__ = ["Changes", "Place", "Stack"]
