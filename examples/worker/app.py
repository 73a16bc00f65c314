"""A worker behind a queue: one bad job holds up nobody, and is set aside after three tries.

POST /jobs ─→ queue jobs ─→ work (ten at a time) ─→ S3 invoices/….txt
                └ after 3 tries ─→ queue jobs-failed
GET /jobs/failed
"""

import json
import os

import boto3
from chalice import BadRequestError, Chalice, Response

app = Chalice(app_name="worker")
s3 = boto3.client("s3")
sqs = boto3.client("sqs")


@app.route("/jobs", methods=["POST"])
def take():
    """Take an order to write an invoice; the id is the caller's, so it may ask again."""
    job = app.current_request.json_body
    if not isinstance(job, dict) or not isinstance(job.get("id"), str):
        raise BadRequestError('send JSON: {"id": "…", "lines": [{"text": "…", "cents": 100}]}')
    url = sqs.get_queue_url(QueueName="jobs")["QueueUrl"]
    sqs.send_message(QueueUrl=url, MessageBody=json.dumps(job))
    return Response({"id": job["id"]}, status_code=202)


@app.route("/jobs/failed", methods=["GET"])
def failed():
    """Say how many jobs wait for a person."""
    url = sqs.get_queue_url(QueueName="jobs-failed")["QueueUrl"]
    asked = ["ApproximateNumberOfMessages"]
    found = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=asked)["Attributes"]
    return {"failed": int(found["ApproximateNumberOfMessages"])}


@app.on_sqs_message(queue="jobs", batch_size=10)
def work(event):
    """Do what can be done, and tell SQS which messages to bring again.

    SQS listens to the answer because of ReportBatchItemFailures in .chalice/config.json.
    """
    failures = []
    for record in event:
        message_id = record.to_dict()["messageId"]
        try:
            write_invoice(json.loads(record.body))
        except Exception:  # whatever is wrong with one job is no matter of the others
            app.log.exception("job of message %s failed", message_id)  # its text may be private
            failures.append({"itemIdentifier": message_id})
    return {"batchItemFailures": failures}


def write_invoice(job):
    """Write the invoice under the job's id: a job that comes twice writes the same again."""
    cents = sum(line["cents"] for line in job["lines"])
    rows = [f"{line['text']:<30}{line['cents'] / 100:>10.2f}" for line in job["lines"]]
    text = "\n".join([*rows, f"{'total':<30}{cents / 100:>10.2f}"])
    key = f"invoices/{job['id']}.txt"
    s3.put_object(Bucket=os.environ["BUCKET"], Key=key, Body=text.encode())
