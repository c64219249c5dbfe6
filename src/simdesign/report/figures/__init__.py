"""Tables of measures -> figures: one file a figure, each with its picture, words and numbers."""

from simdesign.report.figures.calibration import read_table as read_table
from simdesign.report.figures.calibration import reliability_figure as reliability_figure
from simdesign.report.figures.calibration import tests_figure as tests_figure
from simdesign.report.figures.chosen import chosen_designs as chosen_designs
from simdesign.report.figures.delay import delay_figure as delay_figure
from simdesign.report.figures.false_alarms import false_alarm_figure as false_alarm_figure
from simdesign.report.figures.lines import Line as Line
from simdesign.report.figures.lines import Panel as Panel
from simdesign.report.figures.nested import nested_loop_figure as nested_loop_figure
from simdesign.report.figures.power import power_figure as power_figure
from simdesign.report.figures.sufficiency import sufficiency_figure as sufficiency_figure
from simdesign.report.figures.zip_plot import zip_figure as zip_figure
