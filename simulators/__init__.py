"""Stateful stand-ins for the services at the edges: Square, Uber Eats and DoorDash.

Each is a plain WSGI app with state, the vendor's documented behaviour and faults on request.
None reads a clock, starts a thread or opens a socket: `server` does that for all of them.
"""
