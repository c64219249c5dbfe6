"""fit: see docs/ARCHITECTURE.md."""
