"""rows -> thresholds and alarms: scores of many replications become decisions."""

from simdesign.decide.alarms import first_alarms as first_alarms
from simdesign.decide.alarms import largest_scores as largest_scores
from simdesign.decide.alarms import published_alarms as published_alarms
from simdesign.decide.guarded import Bins as Bins
from simdesign.decide.guarded import guarded_threshold as guarded_threshold
from simdesign.decide.guarded import prior_bins as prior_bins
from simdesign.decide.thresholds import Threshold as Threshold
from simdesign.decide.thresholds import calibrated_threshold as calibrated_threshold
from simdesign.decide.thresholds import calibrated_thresholds as calibrated_thresholds
from simdesign.decide.thresholds import resampling_counts as resampling_counts
from simdesign.decide.weighted import effective_size as effective_size
from simdesign.decide.weighted import weighted_threshold as weighted_threshold
