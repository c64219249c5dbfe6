"""estimate: real measurements -> parameters of a world, as draws."""

from simdesign.estimate.draws_file import csv_of as csv_of
from simdesign.estimate.draws_file import read_draws as read_draws
from simdesign.estimate.draws_file import write_draws as write_draws
from simdesign.estimate.draws_file import write_whole as write_whole
from simdesign.estimate.posterior import Posterior as Posterior
from simdesign.estimate.prospective import Prospective as Prospective
from simdesign.estimate.prospective import hold_out as hold_out
from simdesign.estimate.pymc_model import Sampler as Sampler
from simdesign.estimate.pymc_model import versions as versions
from simdesign.estimate.scores import LEVELS as LEVELS
from simdesign.estimate.scores import clustered as clustered
from simdesign.estimate.scores import covered as covered
from simdesign.estimate.weeks import SiteWeeks as SiteWeeks
from simdesign.estimate.weeks import site_weeks as site_weeks
from simdesign.estimate.whole import Estimate as Estimate
from simdesign.estimate.whole import full_estimate as full_estimate
from simdesign.estimate.world_file import world_section as world_section
