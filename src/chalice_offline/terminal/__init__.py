"""What the terminal says while a session runs: a line per run, dead letters, what went nowhere."""

from chalice_offline.terminal.report import Level, Reporter
from chalice_offline.terminal.screen import Screen
from chalice_offline.terminal.tracebacks import OwnFramesFirst

__all__ = ["Level", "OwnFramesFirst", "Reporter", "Screen"]
