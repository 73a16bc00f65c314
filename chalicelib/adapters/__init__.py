"""Thin wrappers over boto3, one AWS service each, and one over HTTP to the vendors."""
