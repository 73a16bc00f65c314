"""The package that CloudFormation makes of a function's code in a template (Code.ZipFile).

Source: AWS::Lambda::Function Code, template reference: the file is `index`, and a Python or Node.js
function finds the module cfn-response beside it.
"""

from __future__ import annotations

import io
import zipfile

# What custom resources answer with; the signature is that of "cfn-response module", user guide.
_CFNRESPONSE = '''\
"""Answers CloudFormation on behalf of a custom resource."""

import json
import urllib.request

SUCCESS = "SUCCESS"
FAILED = "FAILED"


def send(event, context, responseStatus, responseData,
         physicalResourceId=None, noEcho=False, reason=None):
    """Tell CloudFormation how a request ended."""
    see = f"See the details in CloudWatch Log Stream: {context.log_stream_name}"
    answer = {
        "Status": responseStatus,
        "Reason": reason or see,
        "PhysicalResourceId": physicalResourceId or context.log_stream_name,
        "StackId": event["StackId"],
        "RequestId": event["RequestId"],
        "LogicalResourceId": event["LogicalResourceId"],
        "NoEcho": noEcho,
        "Data": responseData,
    }
    request = urllib.request.Request(
        event["ResponseURL"], data=json.dumps(answer).encode(), method="PUT",
        headers={"Content-Type": ""},
    )
    with urllib.request.urlopen(request) as response:
        print("Status code:", response.status)
'''

# A package has the same bytes, and so the same CodeSha256, whenever it is made.
_WRITTEN = (1980, 1, 1, 0, 0, 0)


def package_of(source: str, runtime: str) -> bytes:
    """Return a zip file with the source as the function's only module."""
    is_python = runtime.startswith("python")
    files = {"index.py" if is_python else "index.js": source}
    if is_python:
        files["cfnresponse.py"] = _CFNRESPONSE
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as package:
        for name, content in files.items():
            package.writestr(zipfile.ZipInfo(name, _WRITTEN), content)
    return packed.getvalue()
