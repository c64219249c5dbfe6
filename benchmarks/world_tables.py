"""The tables of docs/world.md: count noise and latent parts of the finished worlds.

python benchmarks/world_tables.py
"""

import math

import numpy as np

from simdesign.simulate import latent_parts, regime
from simdesign.simulate.carry_over import carried_covariance, carried_noise
from simdesign.simulate.totals import mean_variance
from simdesign.simulate.users import people_of
from simdesign.spec.catalogue import SUBSTANCES
from simdesign.spec.totals import DayErrors, shared_parts
from simdesign.spec.world import World

REALISMS = ("core", "full")


def world_of(realism):
    """Return a world with every substance of the catalogue."""
    return World(realism=realism, substances={name: {} for name in SUBSTANCES})


def solved(world, name, **changed):
    """Return the latent parts of a substance, and the lag-1 correlation that its days have."""
    item = world.substances[name]
    values = {
        "sd_swing": shared_parts(item.sigma_shared, item.lab_share, item.r_lab).sd_swing,
        "shared_weeks": item.shared_weeks, "sigma_site": item.sigma_site,
        "site_days": item.site_days, "day_sd": item.day_sd, "day_rho": item.day_rho,
        "errors": world.day_errors(item), "excreted": item.excreted,
    } | changed  # fmt: skip
    parts = latent_parts(**values)
    swing = parts.swing_sd**2 * carried_covariance(values["excreted"], parts.swing_phi, 1)
    lag = parts.slow_sd**2 * parts.slow_phi + parts.fast_sd**2 * parts.fast_phi + swing
    lag -= values["sigma_site"] ** 2 + values["sd_swing"] ** 2
    return parts, lag / values["day_sd"] ** 2


def count_noise():
    """Print c and the users of every substance, without and with all terms."""
    print("| substance | terms | c [g] | over weekdays | light / regular / heavy users |")
    print("|---|---|---|---|---|")
    for realism in REALISMS:
        world = world_of(realism)
        for name, item in world.substances.items():
            users = regime(name, item)
            c = carried_noise(item.excreted, users.factor, users.noise)
            people = [n * item.level / 1000 for n in people_of(item, users)]
            line = " / ".join(f"{n:.3g}" for n in people)
            span = f"{c.min():.4f} to {c.max():.4f}"
            print(f"| {name} | {realism} | {c.mean():.4f} | {span} | {line} |")


def latent():
    """Print the solved parts of every substance, without and with all terms."""
    print(
        "\n| substance | terms | errors of a day | K | nu | e | correlation of e | lag-1 of days |"
    )
    print("|---|---|---|---|---|---|---|---|")
    for realism in REALISMS:
        world = world_of(realism)
        for name, item in world.substances.items():
            parts, lag = solved(world, name)
            error = math.sqrt(world.day_errors(item).variance)
            print(
                f"| {name} | {realism} | {error:.3f} | {parts.swing_sd:.3f} | {parts.slow_sd:.3f}"
                f" | {parts.fast_sd:.3f} | {parts.fast_phi:.2f} | {lag:.2f} of {item.day_rho:.2f} |"
            )


def room():
    """Print how large the independent errors of a day may be before a total is missed."""
    world = world_of("core")
    print("\n| substance | largest SD of a day's independent errors with all totals met |")
    print("|---|---|")
    for name in SUBSTANCES:
        sds = np.arange(0.0, 0.4, 0.001)
        met = []
        for sd in sds:
            try:
                met.append(solved(world, name, errors=DayErrors(flow_sd=float(sd)))[0].totals_met)
            except ValueError:
                break
        largest = sds[: len(met)][np.array(met)].max()
        print(f"| {name} | {largest:.3f} |")


def drawn(n=20_000):
    """Print how many worlds of the default prior for cocaine miss a total."""
    rng, world = np.random.default_rng(5), world_of("core")
    item = world.substances["cocaine"]
    missed = day = 0
    for _ in range(n):
        parts, _ = solved(
            world, "cocaine", sd_swing=abs(rng.normal(0, 0.08)) * math.sqrt(0.5),
            shared_weeks=float(rng.choice([1, 4, 12])),
            sigma_site=0.07 * math.exp(0.4 * rng.normal()),
        )  # fmt: skip
        missed += not parts.totals_met
        day += parts.fast_sd == 0.0
    print(f"\nOf {n} drawn worlds {100 * missed / n:.1f} % miss a total, {100 * day / n:.1f} % the")
    print(f"variance of a day. ({item.day_sd:g}, {item.day_rho:g})")


def if_day_noise_were_use():
    """Print what fast noise would have to be if carry-over acted on city deviations too."""
    print("\n| substance | SD of e | correlation |")
    print("|---|---|---|")
    world = world_of("full")
    for name, item in world.substances.items():
        errors = world_of("core").day_errors(item).variance
        slow, rest = math.exp(-1.0 / item.site_days), item.day_sd**2
        wanted = np.array(
            [
                item.sigma_site**2 + rest * mean_variance(item.day_rho) - errors / 7,
                item.sigma_site**2 + rest - errors,
                item.sigma_site**2 + rest * item.day_rho,
            ]
        )
        best = None
        for phi in np.arange(-0.95, 0.85, 0.005):
            a, b = (_totals(item.excreted, r) for r in (slow, phi))
            variances = np.linalg.solve([[a[0], b[0]], [a[1], b[1]]], wanted[:2])
            miss = abs(variances @ [a[2], b[2]] - wanted[2])
            if (variances > 0).all() and (best is None or miss < best[0]):
                best = (miss, math.sqrt(variances[1]), phi)
        print(f"| {name} | {best[1]:.2f} | {best[2]:.2f} |" if best else f"| {name} | none | |")


def _totals(shares, phi):
    c = [carried_covariance(shares, phi, lag) for lag in range(7)]
    return c[0] / 7 + sum(2 * (7 - k) / 49 * c[k] for k in range(1, 7)), c[0], c[1]


if __name__ == "__main__":
    count_noise()
    latent()
    room()
    drawn()
    if_day_noise_were_use()
