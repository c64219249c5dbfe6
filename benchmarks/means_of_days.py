"""What a mean over a week owes to log-normal days: the numbers of docs/data.md.

python benchmarks/means_of_days.py
"""

import numpy as np

from simdesign.data.means import Spread, laid_out, log_variance
from simdesign.spec.catalogue import SUBSTANCES
from simdesign.spec.plugged import plugged_noise


def main() -> None:
    print("large town, seven days    log shift   SD of log mean   SD of the mean of seven logs")
    for name in SUBSTANCES:
        noise = plugged_noise(name)
        spread = Spread(noise.day_sd**2, noise.rho, noise.weekday)
        _, loads = laid_out(1.0, 17, 7, spread)  # from a Sunday; a whole week has every weekday
        weight = spread.weekday[(np.arange(7) + 17 + 3) % 7]
        apart = np.abs(np.subtract.outer(np.arange(7), np.arange(7)))
        best = 1.0 / np.sqrt(np.linalg.inv(spread.variance * spread.rho**apart).sum())
        sd = np.sqrt(log_variance(weight, spread.variance, spread.rho))
        print(f"{name:25s} {np.log(loads / weight).mean():9.3f} {sd:14.3f} {best:16.3f}")


if __name__ == "__main__":
    main()
