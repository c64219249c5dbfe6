"""Rules for the whole test run."""

import os
from collections.abc import Generator

import pytest


def _as_failure[R: (pytest.TestReport, pytest.CollectReport)](report: R) -> R:
    """Turn a skip into a failure where CI is set: a test that does not run is not a test."""
    expected = hasattr(report, "wasxfail")  # a known failure is reported as a skip, but it ran
    if report.skipped and not expected and os.environ.get("CI", "").lower() == "true":
        *_, reason = report.longrepr if isinstance(report.longrepr, tuple) else (report.longrepr,)
        report.outcome = "failed"
        report.longrepr = f"{report.nodeid}: not run, and CI=true makes that a failure. {reason}"
    return report


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    return _as_failure((yield))


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    return _as_failure((yield))
