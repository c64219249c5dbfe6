"""studies: see docs/ARCHITECTURE.md."""
