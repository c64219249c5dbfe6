"""data: a file of real measurements -> Observations."""

from simdesign.data.doubt import Doubt as Doubt
from simdesign.data.doubts import doubts as doubts
from simdesign.data.names import SUBSTANCES as SUBSTANCES
from simdesign.data.overview import overview as overview
from simdesign.data.panel import laid_out_days as laid_out_days
from simdesign.data.panel import to_observations as to_observations
from simdesign.data.reader import read as read
from simdesign.data.table import DEFAULT_POPULATION as DEFAULT_POPULATION
from simdesign.data.table import LoadTable as LoadTable
from simdesign.data.table import ReadReport as ReadReport
