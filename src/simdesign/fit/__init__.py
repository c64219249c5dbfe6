"""Observations -> Fit: the exact engine and the rules of practice. None of them sees the truth."""

from simdesign.fit.base import EstimatorEngine as EstimatorEngine
from simdesign.fit.full_posterior import BreakPosterior as BreakPosterior
from simdesign.fit.full_posterior import break_posterior as break_posterior
from simdesign.fit.index import log_index as log_index
from simdesign.fit.local import LocalBreaks as LocalBreaks
from simdesign.fit.local import local_breaks as local_breaks
from simdesign.fit.local import searched as searched
from simdesign.fit.long_series import MOST_CAMPAIGNS as MOST_CAMPAIGNS
from simdesign.fit.long_series import LongSeries as LongSeries
from simdesign.fit.long_series import long_series as long_series
from simdesign.fit.mechanism import MechanismPosterior as MechanismPosterior
from simdesign.fit.mechanism import decided as decided
from simdesign.fit.mechanism import mechanism_posterior as mechanism_posterior
from simdesign.fit.mechanism import mechanism_probs as mechanism_probs
from simdesign.fit.panel import build_panel as build_panel
from simdesign.fit.plugged_sensitivity import PluggedTable as PluggedTable
from simdesign.fit.plugged_sensitivity import plugged_sensitivity as plugged_sensitivity
from simdesign.fit.prior_flip import PriorFlip as PriorFlip
from simdesign.fit.prior_flip import hazard_flip as hazard_flip
from simdesign.fit.prior_flip import prior_flip as prior_flip
from simdesign.fit.registry import build as build
from simdesign.fit.registry import engines as engines
from simdesign.fit.yearly import YearlyMeans as YearlyMeans
from simdesign.fit.yearly import programme_years as programme_years
from simdesign.fit.yearly import yearly_means as yearly_means
