"""Simulation studies of sampling designs that detect trend breaks in wastewater drug loads."""


def __getattr__(name: str) -> str:
    """Look the version up when it is asked for: it stands in one place, pyproject.toml."""
    if name == "__version__":
        from importlib.metadata import version

        return version("wbe-simdesign")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
