"""report: results folders -> one page and the verdict in words; it reads, and never simulates."""

from simdesign.report.attribution import AttributionCell as AttributionCell
from simdesign.report.attribution import AttributionTarget as AttributionTarget
from simdesign.report.attribution import attribution_cells as attribution_cells
from simdesign.report.attribution import attribution_sizes as attribution_sizes
from simdesign.report.attribution_tables import attribution_parts as attribution_parts
from simdesign.report.check_protocol import CheckPlan as CheckPlan
from simdesign.report.check_protocol import check_protocol_text as check_protocol_text
from simdesign.report.numbers import decimals as decimals
from simdesign.report.numbers import number as number
from simdesign.report.page import write_page as write_page
from simdesign.report.protocol import amendments as amendments
from simdesign.report.protocol import protocol_text as protocol_text
from simdesign.report.protocol import registered as registered
from simdesign.report.protocol import standing as standing
from simdesign.report.series_page import SeriesCurves as SeriesCurves
from simdesign.report.series_page import SeriesPart as SeriesPart
from simdesign.report.series_page import SubstancePart as SubstancePart
from simdesign.report.series_page import write_series_page as write_series_page
from simdesign.report.tables import Table as Table
from simdesign.report.tables import headline as headline
from simdesign.report.texts import Texts as Texts
from simdesign.report.validation import Curve as Curve
from simdesign.report.validation import Section as Section
from simdesign.report.validation import Span as Span
from simdesign.report.validation import write_validation_page as write_validation_page
from simdesign.report.verdicts import verdict_text as verdict_text
