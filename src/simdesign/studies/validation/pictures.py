"""A comparison as the sections of its page: curves and tables."""

from collections.abc import Callable, Sequence
from pathlib import Path

from simdesign.report import Curve, Section, Span, write_validation_page
from simdesign.studies.validation.compare import Comparison, Row
from simdesign.studies.validation.statistics import (
    CHANGE_PROBS,
    RESIDUAL_PROBS,
    SIZE_NAMES,
    quantile_key,
)
from simdesign.studies.validation.weeks import DAYS
from simdesign.studies.validation.words import intro_of, parts, summary_of, table_of

_PERCENT = "{:g} %".format
_CURVES: tuple[tuple[str, str, str, tuple[str, ...], tuple[str, ...]], ...] = (
    ("Weekday profile", "day of the week", "multiplier of the week's geometric mean", DAYS,
     tuple(f"weekday_{day}" for day in DAYS)),
    ("Scatter within a week by size of town", "inhabitants", "mean CV of a week", SIZE_NAMES,
     tuple(f"cv_{size}" for size in range(len(SIZE_NAMES)))),
    ("Quantiles of day residuals", "quantile", "log load around week and profile",
     tuple(_PERCENT(100 * prob) for prob in RESIDUAL_PROBS),
     tuple(quantile_key("residual", prob) for prob in RESIDUAL_PROBS)),
    ("Quantiles of year-on-year changes", "quantile", "log change of the weekly mean",
     tuple(_PERCENT(100 * prob) for prob in CHANGE_PROBS),
     tuple(quantile_key("change", prob) for prob in CHANGE_PROBS)),
)  # fmt: skip


def write_page(comparison: Comparison, path: Path) -> Path:
    """Write the page of a comparison."""
    return write_validation_page(
        path,
        title="A simulated world against real weeks",
        intro=intro_of(comparison),
        summary=summary_of(comparison),
        sections=[
            Section(
                title=f"{substance}, {group}",
                curves=tuple(_curves(comparison, group, substance)),
                table=table_of(group, substance, rows),
            )
            for group, substance, rows in parts(comparison)
        ],
    )


def _curves(comparison: Comparison, group: str, substance: str) -> list[Curve]:
    worlds = {name: comparison.of(group, substance, name) for name in comparison.worlds}
    found = []
    for title, x_title, y_title, places, keys in _CURVES:
        rows = {name: [world[key] for key in keys] for name, world in worlds.items()}
        first = next(iter(rows.values()))
        real = _span("real weeks, 95 % over sites", first,
                     lambda r: (r.real, r.real_low, r.real_high))  # fmt: skip
        simulated = [
            _span(f"world {name}, 95 % of panels", world,
                  lambda r: (r.sim_mean, r.sim_low, r.sim_high))
            for name, world in rows.items()
        ]  # fmt: skip
        found.append(
            Curve(
                title=title, x_title=x_title, y_title=y_title, places=places, real=real,
                simulated=tuple(simulated),
            )
        )  # fmt: skip
    return found


def _span(
    name: str, rows: Sequence[Row], numbers: Callable[[Row], tuple[float, float, float]]
) -> Span:
    value, low, high = zip(*(numbers(row) for row in rows), strict=True)
    return Span(name=name, value=value, low=low, high=high)
