"""sample: a design becomes visits, and truth becomes what the laboratory reports."""

from simdesign.sample.address import site_number as site_number
from simdesign.sample.calendar import Calendar as Calendar
from simdesign.sample.calendar import Campaign as Campaign
from simdesign.sample.calendar import week_of as week_of
from simdesign.sample.calendar import week_opens as week_opens
from simdesign.sample.observe import MeasuringChain as MeasuringChain
from simdesign.sample.observe import observe as observe
from simdesign.sample.observe import stack as stack
from simdesign.sample.policy import FixedPolicy as FixedPolicy
from simdesign.sample.policy import Policy as Policy
from simdesign.sample.policy import TriggeredPolicy as TriggeredPolicy
from simdesign.sample.policy import decided as decided
from simdesign.sample.policy import foreseen as foreseen
from simdesign.sample.policy import keep as keep
from simdesign.sample.policy import select as select
from simdesign.sample.policy import watched as watched
from simdesign.sample.sites import panel as panel
from simdesign.sample.streams import BoughtStreams as BoughtStreams
from simdesign.sample.taken import part_of as part_of
from simdesign.sample.taken import visits_among as visits_among
from simdesign.sample.visits import YEAR_STEP as YEAR_STEP
from simdesign.sample.visits import calendar_of as calendar_of
from simdesign.sample.visits import first_day_of as first_day_of
from simdesign.sample.visits import policy as policy
from simdesign.sample.visits import schedule as schedule
