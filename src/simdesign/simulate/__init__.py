"""simulate: see docs/ARCHITECTURE.md."""
