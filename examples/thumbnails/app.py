"""Thumbnails: a picture that is uploaded gets a small copy.

S3 uploads/….jpg ─→ shrink ─→ S3 thumbnails/….jpg
                      └ after 3 tries ─→ queue thumbnails-failed
"""

import io
import os

import boto3
from chalice import Chalice
from PIL import Image

app = Chalice(app_name="thumbnails")
s3 = boto3.client("s3")

LARGEST = (160, 160)


@app.on_s3_event(
    bucket=os.environ["BUCKET"], events=["s3:ObjectCreated:*"], prefix="uploads/", suffix=".jpg"
)
def shrink(event):
    """Make the small copy. Made twice it is the same copy, so a repeated event does no harm."""
    picture = s3.get_object(Bucket=event.bucket, Key=event.key)["Body"].read()
    small = Image.open(io.BytesIO(picture)).convert("RGB")
    small.thumbnail(LARGEST)
    content = io.BytesIO()
    small.save(content, "JPEG")
    s3.put_object(
        Bucket=event.bucket,
        Key=event.key.replace("uploads/", "thumbnails/", 1),
        Body=content.getvalue(),
        ContentType="image/jpeg",
    )
