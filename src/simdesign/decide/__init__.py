"""decide: see docs/ARCHITECTURE.md."""
