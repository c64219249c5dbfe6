"""Descriptions of the rules of practice and of other people's change-point packages.

docs/rules.md derives each and names its source; ``fit/rules`` computes them.
"""

from typing import Annotated, Literal

from pydantic import Field

from simdesign.spec.base import Spec

Level = Annotated[float, Field(gt=0, lt=1)]


class EudaRule(Spec):
    """EUDA's rule of practice: a change of more than ten per cent from year to year."""

    kind: Literal["euda_rule"] = "euda_rule"
    threshold: Annotated[float, Field(gt=0)] = 0.10


class ZTest(Spec):
    """Year-on-year z-test of the national mean of site differences."""

    kind: Literal["z_test"] = "z_test"
    level: Level = 0.05
    """Two-sided level of the rule as published."""
    standard_error: Literal["between_sites"] | Annotated[float, Field(gt=0)] = "between_sites"
    """From the spread of the sites' differences, or a known value."""


class LinearTrend(Spec):
    """t-test of the slope of a straight line through the yearly national log means."""

    kind: Literal["linear_trend"] = "linear_trend"
    level: Level = 0.05
    """Two-sided level of the rule as published."""


class MannKendall(Spec):
    """Mann-Kendall test for a trend; seasonal Kendall where a year has several slots."""

    kind: Literal["mann_kendall"] = "mann_kendall"
    level: Level = 0.05
    """Two-sided level of the rule as published."""


class Segmented(Spec):
    """Segmented regression: a line that bends once against a straight one."""

    kind: Literal["segmented"] = "segmented"
    level: Level = 0.05
    """Level of the rule as published."""


class Cusum(Spec):
    """Cumulative sum of least-squares residuals."""

    kind: Literal["cusum"] = "cusum"
    level: Level = 0.05
    """Level of the rule as published."""
    around: Literal["mean", "line"] = "mean"
    """Residuals from the mean, which a trend moves too, or from a straight line."""


class RoundSpread(Spec):
    """Do the rounds of about a year differ: the largest national mean over the smallest."""

    kind: Literal["round_spread"] = "round_spread"
    bound: Annotated[float, Field(gt=0)] = 0.10
    """Difference above which the rule as published says that they do [1]."""
    window_days: Annotated[int, Field(strict=True, ge=1)] = 400
    """Rounds that end within so many days before the latest one count [d]. The pilot's five
    rounds lie within 370 days."""
    new_year: bool = False
    """Whether a round with a day from 25 December to 7 January counts."""


class Ruptures(Spec):
    """The package ruptures: one change point by least squares, with a penalty."""

    kind: Literal["ruptures"] = "ruptures"
    cost: Literal["l2", "clinear"] = "l2"
    """What changes: a level (``l2``), or the slope of a continuous line (``clinear``)."""
    penalty: Annotated[float, Field(gt=0)] | None = None
    """Least gain of a change as published, in noise variances; None is log(number of years)."""
    seconds: Annotated[float, Field(gt=0)] = 60.0
    """After so long without an answer a fit has failed [s]."""


class Rbeast(Spec):
    """The package Rbeast: P(a change point in the trend), averaged over models by MCMC.

    Its answers are not bit for bit the same from process to process (docs/rules.md).
    """

    kind: Literal["rbeast"] = "rbeast"
    above: Level = 0.5
    """P(any change point) above which the rule as published raises the alarm."""
    most: Annotated[int, Field(strict=True, ge=1, le=10)] = 10
    """Largest number of change points; the package's default."""
    chains: Annotated[int, Field(strict=True, ge=1)] = 3
    samples: Annotated[int, Field(strict=True, ge=100)] = 8000
    """Of each chain; with the thinning of the package."""
    seed: Annotated[int, Field(strict=True, ge=1, lt=2**31)] = 1
    seconds: Annotated[float, Field(gt=0)] = 60.0
    """After so long without an answer a fit has failed [s]."""


Rule = (
    EudaRule
    | ZTest
    | LinearTrend
    | MannKendall
    | Segmented
    | Cusum
    | RoundSpread
    | Ruptures
    | Rbeast
)
