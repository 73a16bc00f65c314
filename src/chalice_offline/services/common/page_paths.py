"""Where services serve pages over plain HTTP: known before the service itself is imported."""

# LocalStack documentation, "SQS: Accessing queues from the developer endpoints".
SQS_MESSAGES = "/_aws/sqs/messages"
# The certificate of signatures, below the endpoint. The file name has AWS's form.
SNS_CERTIFICATE = "/_aws/sns/SimpleNotificationService-63686c6963656f66666c696e65736e73.pem"
