"""What operators see: whose work a log line belongs to, traces, metrics."""
