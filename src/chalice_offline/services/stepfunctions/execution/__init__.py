"""Executions: a workflow under way, each of its steps a timer of the kernel."""
