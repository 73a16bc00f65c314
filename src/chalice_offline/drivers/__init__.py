"""The two ways to drive the kernel: in real time, and in virtual time."""
