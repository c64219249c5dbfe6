"""A world against real weeks: the same panel simulated, and the same statistics of both."""

from simdesign.studies.validation.compare import Comparison as Comparison
from simdesign.studies.validation.compare import Row as Row
from simdesign.studies.validation.compare import compare as compare
from simdesign.studies.validation.panel import Group as Group
from simdesign.studies.validation.panel import Panel as Panel
from simdesign.studies.validation.panel import real_panel as real_panel
from simdesign.studies.validation.twin import Twins as Twins
from simdesign.studies.validation.twin import twins as twins
from simdesign.studies.validation.weeks import Weeks as Weeks
