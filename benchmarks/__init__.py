"""What the emulator costs, and how it compares: measured, not asserted. See docs/BENCHMARKS.md."""
