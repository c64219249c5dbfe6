"""Parts of the model check against known answers that share no code with them."""

import math
from dataclasses import replace

import numpy as np
import pytest
from scipy import integrate, stats
from statsmodels.stats.multitest import multipletests

from fit import panels
from mc import assert_mean, assert_proportion
from simdesign._kernels.prior_predictive import heavy_of
from simdesign.fit import build
from simdesign.fit.posterior_cdf import effect_at, posterior_parts, scale_evidence
from simdesign.records import Looks
from simdesign.spec.estimator import ExactBreak, ExactStep
from simdesign.spec.quantity import HalfNormal, LogNormal
from simdesign.studies.calibration.draw import Ground, Luck, draw
from simdesign.studies.calibration.measures import findings_of, holm
from simdesign.studies.calibration.model import analysis_model
from simdesign.studies.calibration.posterior import (
    PITS,
    Compared,
    effect_pits,
    exact_compared,
    joined,
)
from simdesign.studies.calibration.scales import N_NODE, scale_cdf, scale_grid
from simdesign.studies.calibration.variants import Variant

N_SITE, N_YEAR = 4, 6


def ground(*, stagger=0, rounds=1):
    every = panels.looks(N_YEAR)
    return Ground(
        substance="cocaine",
        sites=tuple(f"s{i}" for i in range(N_SITE)),
        population=np.full(N_SITE, 100_000.0),
        level=np.linspace(500.0, 1100.0, N_SITE),
        visits=panels.visits(N_SITE, N_YEAR, stagger=stagger, rounds=rounds),
        looks=Looks(
            day=every.day[-1:].copy(), report_lag=90, origin_day=panels.START,
            start_day=panels.START,
        ),
    )  # fmt: skip


def test_heavy_days_have_the_quantiles_of_four_degrees():
    for z in (-5.0, -1.3, -1e-4, 0.0, 0.7, 4.2):
        expected = stats.t.ppf(stats.norm.cdf(z), 4) / math.sqrt(2.0)
        assert heavy_of(z) == pytest.approx(expected, rel=1e-6, abs=1e-9)


def test_p_values_are_adjusted_as_statsmodels_does():
    p = np.random.default_rng(4).random(37) ** 3
    np.testing.assert_allclose(holm(p.tolist()), multipletests(p, method="holm")[1])


@pytest.mark.parametrize(
    "prior", [HalfNormal(scale=0.3), LogNormal(median=0.2, log_sd=0.4)], ids=["half", "log"]
)
@pytest.mark.parametrize("n", [2, 40])
def test_distribution_functions_of_a_scale_agree_with_quadrature(prior, n):
    """``n`` observations N(0, scale^2) with a sum of squares; scipy integrates in plain sigma."""
    squares, at = n * 0.15**2, 0.17

    def log_likelihood(s):
        return -n * np.log(np.hypot(s, 0.05)) - 0.5 * squares / (s * s + 0.05**2)

    def density(s):
        if isinstance(prior, HalfNormal):
            log_prior = -0.5 * (s / prior.scale) ** 2
        else:
            log_prior = -0.5 * (math.log(s / prior.median) / prior.log_sd) ** 2 - math.log(s)
        return math.exp(log_prior + log_likelihood(s) - log_likelihood(0.15))

    far = 4 * prior.scale if isinstance(prior, HalfNormal) else 0.2 * math.exp(3.4 * 0.4)
    start = 0.0 if isinstance(prior, HalfNormal) else 0.2 * math.exp(-3.4 * 0.4)
    parts = [integrate.quad(density, *ab, limit=200)[0] for ab in ((start, at), (at, far))]
    grid = scale_grid(prior, 15)
    cdf, _ = scale_cdf(grid, log_likelihood(grid.value)[:, None], np.array([at]))
    assert cdf[0] == pytest.approx(parts[0] / sum(parts), abs=0.004)


def test_the_evidence_of_scales_is_a_dense_normal_density():
    """Nothing breaks, two scales are points: the restricted likelihood of one normal vector."""
    where = ground(stagger=14)
    spec = ExactStep(
        hazard=1e-12, sigma_shared=0.05, sigma_rw=0.04, sigma_site=0.1, day_sd=0.2,
        count_noise=0.0, day_rho=0.0, slot_sd=0.0,
    )  # fmt: skip
    model = analysis_model(spec, "cocaine")
    seen = draw(model, where, np.arange(1), Luck(seed=2, group="dense")).observations
    visits = where.visits
    weekday = model.log_weekday[(visits.day + 3) % 7]
    y = (np.log(seen.load[0, 0]) - weekday).mean(axis=1)
    t = (visits.middle_day - visits.middle_day.min()) / 365.25
    batch = visits.batch[:, None] == visits.batch[None, :]
    year = visits.year[:, None] == visits.year[None, :]
    q, _ = np.linalg.qr((visits.site[:, None] == np.arange(N_SITE)).astype(float), mode="complete")
    basis = q[:, N_SITE:]

    def log_density(shared, walk, site):
        cov = shared**2 * (0.5 * batch + 0.5 * year) + walk**2 * np.minimum(t[:, None], t)
        cov = cov + 0.1**2 * np.outer(t, t) + (site**2 + 0.01**2 + 0.2**2 / 7) * np.eye(t.size)
        return stats.multivariate_normal.logpdf(basis.T @ y, cov=basis.T @ cov @ basis)

    parts = posterior_parts(spec, seen, where.looks, "cocaine")
    for place, name in enumerate(("sigma_shared", "sigma_rw", "sigma_site")):
        values = np.array([0.03, 0.07, 0.12])
        found = scale_evidence(parts, name, values)[:, 0, 0]
        held = [[0.05, 0.04, 0.1] for _ in values]
        for row, value in zip(held, values, strict=True):
            row[place] = value
        expected = np.array([log_density(*row) for row in held])
        np.testing.assert_allclose(np.diff(found), np.diff(expected), atol=1e-6)


def test_twice_the_nodes_move_no_transform_by_much():
    where = ground(stagger=14)
    spec = ExactBreak()
    model = analysis_model(spec, "cocaine")
    drawn = draw(model, where, np.arange(40), Luck(seed=2, group="nodes"))
    parts = posterior_parts(spec, drawn.observations, where.looks, "cocaine")
    for name, n in N_NODE.items():
        found = []
        for nodes in (n, 2 * n - 1):
            grid = scale_grid(model.scales[name], nodes)
            evidence = scale_evidence(parts, name, grid.value)[:, :, 0]
            found.append(scale_cdf(grid, evidence, drawn.scales[name])[0])
        # a twentieth of the width of a bin of the test of uniformity
        assert np.abs(found[0] - found[1]).max() < 0.0025, name


def test_the_distribution_of_the_effect_has_the_reported_interval():
    where, spec = ground(), ExactBreak()
    drawn = draw(analysis_model(spec, "cocaine"), where, np.arange(60), Luck(seed=2, group="cdf"))
    seen = drawn.observations
    fit = build("exact", spec).fit(seen, where.looks, "cocaine")
    parts = posterior_parts(spec, seen, where.looks, "cocaine")
    for ends, level in ((fit.effect_low, 0.025), (fit.effect_high, 0.975)):
        found = effect_at(parts, np.ascontiguousarray(ends))
        np.testing.assert_allclose(found.atom, 1.0 - fit.prob_break, atol=1e-9)
        total = found.below + found.atom * (ends > 0)
        inner = ends[:, 0] != 0.0  # an end in the atom is zero
        assert inner.sum() > 10
        np.testing.assert_allclose(total[inner], level, atol=1e-3)


def test_draws_have_the_moments_of_the_model():
    n = 3000
    where = replace(ground(rounds=2))
    spec = ExactBreak(hazard=0.12, r_lab=0.5)
    model = analysis_model(spec, "cocaine")
    drawn = draw(model, where, np.arange(n), Luck(seed=9, group="moments"))
    years = float(where.looks.day[0] - where.looks.origin_day) / 365.25
    broken = 1.0 - math.exp(-0.12 * years)
    assert_proportion(int(drawn.events["broken"].sum()), n, broken)
    assert_proportion(int(drawn.events["both"].sum()), n, broken * 0.10)
    pulse = (1.0 - broken) * -math.expm1(-0.01 * years)
    assert_proportion(int(drawn.events["pulse"].sum()), n, pulse)
    assert_mean(drawn.scales["sigma_shared"] ** 2, 0.08**2)
    assert_mean(np.log(drawn.scales["sigma_site"]), math.log(0.07))
    # E of a step, and of a slope that started on a day uniform over the years
    step = drawn.events["step"]
    assert_mean(drawn.effect[step] ** 2, 0.30**2)
    slope = drawn.events["slope"]
    assert_mean(drawn.effect[slope] ** 2, 0.10**2 * years**2 / 3.0)
    assert not drawn.effect[~drawn.events["broken"]].any()
    # two sites of one round differ by levels, site-weeks and days only
    log = np.log(drawn.observations.load[:, 0]) - model.log_weekday[(where.visits.day + 3) % 7]
    first = np.flatnonzero(where.visits.campaign == 0)[:2]
    level = np.log(where.level)[where.visits.site[first]]
    gap = log[:, first[0], 0] - log[:, first[1], 0] - (level[0] - level[1])
    residue = where.level[where.visits.site[first]] * 0.1
    day = 2 * model.day_sd**2 + (model.count_noise / residue).sum()
    week = 2 * (0.07**2 * math.exp(2 * 0.4**2) + 0.01**2)
    assert_mean(gap**2, day + week)
    # days of a week are correlated
    inside = log[:, first[0], :2] - log[:, first[0], :2].mean()
    variance = model.day_sd**2 + model.count_noise / residue[0]
    assert_mean((inside[:, 0] - inside[:, 1]) ** 2, 2 * variance * (1 - model.rho))


@pytest.mark.parametrize(
    ("variant", "louder"),
    [(Variant(transient_sd=0.2), "path"), (Variant(waste_share=0.2, waste_mean=3.0), "days"),
     (Variant(heavy_days=True), "tails"), (Variant(breaks_show=True), "breaks")],
    ids=["transients", "dumping", "heavy", "early"],
)  # fmt: skip
def test_wrong_models_differ_from_the_model_where_they_should(variant, louder):
    where, luck = ground(), Luck(seed=5, group="wrong")
    model = analysis_model(ExactBreak(), "cocaine")
    own, wrong = (
        np.log(draw(model, where, np.arange(400), luck, v).observations.load[:, 0])
        for v in (Variant(), variant)
    )
    off = wrong - own
    if louder == "days":
        assert (off >= 0.0).all()
        assert_proportion(int((off > 0.0).sum()), off.size, 0.2)
    elif louder == "path":  # the same for all sites and days of a round
        assert np.ptp(off[:, :N_SITE], axis=(1, 2)).max() < 1e-9
        assert_mean(off[:, 0, 0] ** 2, 0.04)
    elif louder == "tails":
        week = own - own.mean(axis=2, keepdims=True)
        heavy = wrong - wrong.mean(axis=2, keepdims=True)
        assert stats.kurtosis(heavy.ravel()) > stats.kurtosis(week.ravel()) + 0.5
    else:  # only a few breaks lie before the second campaign
        changed = (np.abs(off).max(axis=(1, 2)) > 1e-9).mean()
        assert 0.0 < changed < 0.25


def compared(pit, prob, happened):
    nothing = np.full(pit.size, np.nan)
    names = ("broken", "step", "slope", "both", "pulse", "three_year_change")
    return Compared(
        pit={name: pit if name == "effect" else nothing for name in PITS},
        at_median=dict.fromkeys(PITS[:3], nothing),
        prob={name: prob if name == "broken" else 0.0 * prob for name in names},
        happened=dict.fromkeys(names, happened),
        inside=np.ones(pit.size, dtype=bool),
        failed=np.zeros(pit.size, dtype=bool),
    )


def test_tests_hold_their_level_and_have_power():
    rng = np.random.default_rng(8)
    p = {}
    for _ in range(300):
        prob = rng.beta(0.5, 0.5, 400)
        fair = compared(rng.random(400), prob, rng.random(400) < prob)
        for test in findings_of(fair, {}):
            p.setdefault((test.quantity, test.test), []).append(test.p)
    assert set(p) == {("effect", "chi_square"), ("effect", "kolmogorov"), ("broken", "sum"),
                      ("broken", "bins"), ("effect", "coverage")}  # fmt: skip
    for (quantity, name), values in p.items():
        if name != "coverage":
            found = int((np.array(values) < 0.05).sum())
            assert_proportion(found, 300, 0.05, z=4.0), (quantity, name)
    prob = rng.beta(0.5, 0.5, 400)
    narrow = compared(rng.beta(0.5, 0.5, 400), prob, rng.random(400) < prob**2)
    found = {(test.quantity, test.test): test.p for test in findings_of(narrow, {"broken": 0.3})}
    for key in (("effect", "chi_square"), ("broken", "sum"), ("broken", "bins"),
                ("broken", "average_is_prior")):  # fmt: skip
        assert found[key] < 1e-4, key


def test_transforms_of_the_effect_spread_over_the_atom():
    drawn = draw(
        analysis_model(ExactBreak(), "cocaine"), ground(), np.arange(50), Luck(seed=1, group="a")
    )
    broken = drawn.events["broken"]
    whole, given = effect_pits(np.full(50, 0.3), np.full(50, 0.4), drawn, np.full(50, 0.25))
    np.testing.assert_allclose(whole[~broken], 0.3 + 0.25 * 0.4)
    np.testing.assert_allclose(whole[broken & (drawn.effect < 0)], 0.3)
    np.testing.assert_allclose(whole[broken & (drawn.effect > 0)], 0.7)
    np.testing.assert_allclose(given[broken], 0.5)
    assert np.isnan(given[~broken]).all()


def test_failed_fits_are_counted_and_left_out():
    spec, where = ExactStep(), ground()
    model = analysis_model(spec, "cocaine")
    drawn = draw(model, where, np.arange(3), Luck(seed=1, group="a"))
    found = exact_compared(spec, model, where, drawn, np.full(3, 0.5))
    both = joined([found, replace(found, failed=np.array([False, True, False]))])
    assert both.failed.sum() == 1
    assert both.inside.size == both.pit["effect"].size == 5
