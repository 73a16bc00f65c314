"""A report each working morning at six: what was sold since the last one.

POST /sales ─→ table sales
Monday to Friday 06:00 UTC ─→ report ─→ S3 reports/DAY.csv, topic sales-reports
"""

import csv
import io
import os
import uuid
from datetime import UTC, datetime, timedelta

import boto3
from chalice import BadRequestError, Chalice, Cron, Response

app = Chalice(app_name="report")
dynamodb = boto3.client("dynamodb")
s3 = boto3.client("s3")
sns = boto3.client("sns")


@app.route("/sales", methods=["POST"])
def sell():
    """Note a sale under its day."""
    sale = app.current_request.json_body
    if not isinstance(sale, dict) or not isinstance(sale.get("cents"), int):
        raise BadRequestError('send JSON: {"item": "…", "cents": 100}')
    now = datetime.now(UTC)
    item = {
        "day": {"S": now.date().isoformat()},
        "id": {"S": f"{now.isoformat()} {uuid.uuid4()}"},
        "item": {"S": str(sale.get("item", ""))},
        "cents": {"N": str(sale["cents"])},
    }
    dynamodb.put_item(TableName="sales", Item=item)
    return Response({"id": item["id"]["S"]}, status_code=201)


@app.schedule(Cron(0, 6, "?", "*", "MON-FRI", "*"))
def report(event):
    """Write the report and tell who has subscribed.

    The days follow from the event's own time: a report that is late, or made again, is the same.
    """
    today = datetime.fromisoformat(event.to_dict()["time"]).date()
    days = [today - timedelta(days=back) for back in range(3 if today.weekday() == 0 else 1, 0, -1)]
    sales = [sale for day in days for sale in sales_of(day.isoformat())]
    table = io.StringIO()
    writer = csv.writer(table, lineterminator="\n")
    writer.writerow(["day", "item", "cents"])
    writer.writerows((sale["day"]["S"], sale["item"]["S"], sale["cents"]["N"]) for sale in sales)
    key = f"reports/{today}.csv"
    s3.put_object(Bucket=os.environ["BUCKET"], Key=key, Body=table.getvalue().encode())
    cents = sum(int(sale["cents"]["N"]) for sale in sales)
    sns.publish(
        TopicArn=os.environ["TOPIC_ARN"],
        Subject=f"Sales until {today}",
        Message=f"{len(sales)} sales, {cents / 100:.2f}: {key}",
    )


def sales_of(day):
    """Give the sales of a day, page by page."""
    asked = {"#day": "day"}, {":day": {"S": day}}
    start = None
    while True:
        more = {"ExclusiveStartKey": start} if start else {}
        found = dynamodb.query(
            TableName="sales",
            KeyConditionExpression="#day = :day",
            ExpressionAttributeNames=asked[0],
            ExpressionAttributeValues=asked[1],
            **more,
        )
        yield from found["Items"]
        start = found.get("LastEvaluatedKey")
        if not start:
            return
