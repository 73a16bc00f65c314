"""Amazon DynamoDB: tables, items, expressions, and the streams of their changes."""
