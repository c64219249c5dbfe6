"""A model check as plain data, tables and Markdown."""

import math
from collections.abc import Iterable
from typing import Any

from simdesign.studies.calibration.check import Cell, Check
from simdesign.studies.calibration.measures import LEVEL, Finding, Frequency
from simdesign.studies.calibration.variants import OWN

FORMAT = 1
KEY = ("variant", "estimator", "design", "substance", "look")
TEST_COLUMNS = (*KEY, "quantity", "test", "statistic", "p", "adjusted_p", "n")
FREQUENCY_COLUMNS = (*KEY, "quantity", "measure", "value", "mcse", "expected", "n")
CURVE_COLUMNS = (*KEY, "quantity", "low", "high", "n", "mean_prob", "frequency", "mcse")
COVERAGE = ("effect", "coverage of the 95 % interval")
BREAKS = ("broken", "happened less average posterior")


def plain_check(check: Check, *, full: bool = False) -> dict[str, Any]:
    """Return what the stamp of a page needs; ``full`` adds every test and frequency."""
    out: dict[str, Any] = {
        "model_check": FORMAT,
        "study": check.study,
        "study_hash": check.study_hash,
        "seed": check.seed,
        "draws": check.draws,
        "level": LEVEL,
        "kernels": check.kernels,
        "code": check.code,
        "commit": check.commit,
        "checked": check.checked,
        "n_test": sum(len(cell.tests) for cell, _ in check.own()),
        "cells": [_plain_cell(cell, adjusted) for cell, adjusted in check.own()],
    }
    if full:
        out["tests"] = list(test_rows(check))
        out["frequencies"] = list(frequency_rows(check))
        out["curves"] = list(curve_rows(check))
    return out


def _plain_cell(cell: Cell, adjusted: tuple[float, ...]) -> dict[str, Any]:
    coverage = frequency(cell, *COVERAGE)
    return {
        "estimator": cell.estimator,
        "design": cell.design,
        "substance": cell.substance,
        "look": cell.look + 1,
        "model_hash": cell.model_hash,
        "design_hash": cell.design_hash,
        "n": cell.n,
        "n_failed": cell.n_failed,
        "n_test": len(cell.tests),
        "smallest_p": _rounded(min(adjusted, default=math.nan)),
        "rejected": [
            f"{test.quantity} {test.test}"
            for test, p in zip(cell.tests, adjusted, strict=True)
            if p < LEVEL
        ],
        "coverage": None if coverage is None else _rounded(coverage.value),
        "coverage_mcse": None if coverage is None else _rounded(coverage.mcse),
    }


def _rounded(value: float) -> float | None:
    return float(f"{value:.5g}") if math.isfinite(value) else None


def frequency(cell: Cell, quantity: str, measure: str) -> Frequency | None:
    """Return one frequency of a cell."""
    found = [f for f in cell.frequencies if (f.quantity, f.measure) == (quantity, measure)]
    return found[0] if found else None


def _key(cell: Cell) -> dict[str, Any]:
    return {
        "variant": cell.variant, "estimator": cell.estimator, "design": cell.design,
        "substance": cell.substance, "look": cell.look + 1,
    }  # fmt: skip


def test_rows(check: Check) -> Iterable[dict[str, Any]]:
    """Yield every test; those of wrong models have no adjusted p-value: they are not judged."""
    for cell, adjusted in zip(check.cells, check.adjusted, strict=True):
        for test, p in zip(cell.tests, adjusted, strict=True):
            yield _key(cell) | {
                "quantity": test.quantity, "test": test.test, "n": test.n,
                "statistic": _rounded(test.statistic), "p": _rounded(test.p),
                "adjusted_p": _rounded(p),
            }  # fmt: skip


def frequency_rows(check: Check) -> Iterable[dict[str, Any]]:
    """Yield every frequency with its Monte Carlo error."""
    for cell in check.cells:
        for item in cell.frequencies:
            yield _key(cell) | {
                "quantity": item.quantity, "measure": item.measure, "n": item.n,
                "value": _rounded(item.value), "mcse": _rounded(item.mcse),
                "expected": _rounded(item.expected),
            }  # fmt: skip


def curve_rows(check: Check) -> Iterable[dict[str, Any]]:
    """Yield the reliability curves of P(break)."""
    for cell in check.cells:
        for item in cell.curve:
            if item.quantity == "broken":
                yield _key(cell) | {
                    "quantity": item.quantity, "low": item.low, "high": item.high, "n": item.n,
                    "mean_prob": _rounded(item.mean_prob),
                    "frequency": _rounded(item.frequency), "mcse": _rounded(item.mcse),
                }  # fmt: skip


def verdict_of(check: Check) -> str:
    """Return the stamp in one sentence."""
    n_test = sum(len(cell.tests) for cell, _ in check.own())
    if check.checked:
        return f"model checked: none of {n_test} tests is below the family-wise level of {LEVEL:g}"
    failed = sum(cell.n_failed for cell, _ in check.own())
    why = f"{len(check.rejected)} of {n_test} tests below the family-wise level of {LEVEL:g}"
    return f"not checked: {why}" + (f", {failed} failed fits" if failed else "")


def markdown_of(check: Check, command: str, protocol: str | None = None) -> str:
    """Return the tables that are committed."""
    lines = [
        f"# Model check of `{check.study}`",
        "",
        f"{verdict_of(check)[0].upper()}{verdict_of(check)[1:]}.",
        "",
        "What each word means: `docs/model_check.md`. The same numbers and all others are in the",
        "CSV files beside this one.",
        "",
        f"- Command: `{command}`",
        f"- Protocol: {'none' if protocol is None else f'these are its results, `{protocol}`'}",
        f"- Draws at the last look: {check.draws}; seed {check.seed}",
        f"- Kernel hash `{check.kernels}`, code hash `{check.code}`, commit `{check.commit}`",
        f"- Processor time of the cells, summed: {sum(c.seconds for c in check.cells):.0f} s",
        "",
        "## On data from the estimator's own model",
        "",
        "Smallest p: the smallest of the cell's tests, adjusted by Holm's rule for all tests of",
        "all cells. In brackets Monte Carlo standard errors.",
        "",
    ]
    rows = []
    for cell, adjusted in check.own():
        worst = min(zip(adjusted, cell.tests, strict=True), key=lambda pair: (pair[0], pair[1].p))
        rows.append(
            [*_names(cell), str(cell.n), str(cell.n_failed), *_numbers(cell), _worst(*worst)]
        )
    lines += _table(
        ["Estimator", "Design", "Drug", "Look", "Draws", "Failed",
         "Broken less mean P", "Coverage of E", "Smallest p"], rows,
    )  # fmt: skip
    lines += ["", "## Reliability of P(break)", "", "All cells of an estimator together.", ""]
    lines += _table(
        ["Estimator", "P(break)", "Draws", "Mean P", "Broken"], list(_reliability(check))
    )
    wrong = [cell for cell in check.cells if cell.variant != OWN.name]
    if wrong:
        lines += [
            "", "## On data from other models", "",
            "Not judged: how far calibration goes when the world is not the model. The first",
            "draws of the same luck; `own` stands for the model itself, with all its draws.", "",
        ]  # fmt: skip
        rows = []
        places = {(c.estimator, c.design, c.substance, c.look) for c in wrong}
        for cell in check.cells:
            if (cell.estimator, cell.design, cell.substance, cell.look) in places:
                site = frequency(cell, "sigma_site", "mean transform")
                shared = frequency(cell, "sigma_shared", "mean transform")
                rows.append(
                    [*_names(cell), cell.variant, str(cell.n), *_numbers(cell),
                     _with_error(shared), _with_error(site)]
                )  # fmt: skip
        lines += _table(
            ["Estimator", "Design", "Drug", "Look", "Data", "Draws", "Broken less mean P",
             "Coverage of E", "Mean transform of sigma_shared", "of sigma_site"], rows,
        )  # fmt: skip
    return "\n".join(lines) + "\n"


def _names(cell: Cell) -> list[str]:
    return [cell.estimator, cell.design, cell.substance, str(cell.look + 1)]


def _numbers(cell: Cell) -> list[str]:
    return [_with_error(frequency(cell, *BREAKS)), _with_error(frequency(cell, *COVERAGE))]


def _with_error(item: Frequency | None) -> str:
    return "" if item is None else f"{item.value:.4f} ({item.mcse:.4f})"


def _worst(adjusted: float, test: Finding) -> str:
    return f"{adjusted:.2g} ({test.quantity} {test.test}, alone {test.p:.2g})"


def _reliability(check: Check) -> Iterable[list[str]]:
    pooled: dict[tuple[str, float, float], list[float]] = {}
    for cell, _ in check.own():
        for point in cell.curve:
            if point.quantity == "broken":
                sums = pooled.setdefault((cell.estimator, point.low, point.high), [0.0] * 4)
                for i, value in enumerate(
                    (1.0, point.mean_prob, point.frequency, point.n * point.mcse**2)
                ):
                    sums[i] += point.n * value
    for (estimator, low, high), (n, prob, happened, variance) in sorted(pooled.items()):
        error = math.sqrt(variance) / n
        yield [
            estimator, f"{low:.1f} to {high:.1f}", f"{n:.0f}", f"{prob / n:.4f}",
            f"{happened / n:.4f} ({error:.4f})",
        ]  # fmt: skip


def _table(head: list[str], rows: list[list[str]]) -> list[str]:
    return ["| " + " | ".join(cells) + " |" for cells in (head, ["---"] * len(head), *rows)]
