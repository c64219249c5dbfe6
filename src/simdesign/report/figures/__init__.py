"""Tables of measures -> figures: one file a figure, each with its picture, words and numbers."""

from simdesign.report.figures.delay import delay_figure as delay_figure
from simdesign.report.figures.false_alarms import false_alarm_figure as false_alarm_figure
from simdesign.report.figures.lines import Line as Line
from simdesign.report.figures.lines import Panel as Panel
from simdesign.report.figures.power import power_figure as power_figure
from simdesign.report.figures.sufficiency import sufficiency_figure as sufficiency_figure
