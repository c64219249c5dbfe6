"""report: results folders -> one page and the verdict in words; it reads, and never simulates."""

from simdesign.report.page import write_page as write_page
from simdesign.report.verdicts import verdict_text as verdict_text
