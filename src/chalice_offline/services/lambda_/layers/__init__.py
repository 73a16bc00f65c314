"""Layers: packages that functions find in /opt."""
