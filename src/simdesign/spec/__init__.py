"""spec: see docs/ARCHITECTURE.md."""
