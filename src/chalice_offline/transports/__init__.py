"""The doors: in process and over HTTP, both into the same gateway."""
