"""`.chalice/resources.json`: a CloudFormation template, created by the AWS calls it stands for.

intrinsics   Ref, Fn::GetAtt, Fn::Sub and the rest; parameters and conditions
order        which resource must be there before which
resources    one function per resource type
stack        reads a template and creates what is new in it
"""

from chalice_offline.chalice_app.cloudformation.stack import Stack

__all__ = ["Stack"]
