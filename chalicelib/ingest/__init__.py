"""What comes in: webhooks over HTTP, made durable before they are answered, and taken in."""
