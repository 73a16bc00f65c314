"""Streams of tables, and their deliveries to Kinesis."""
