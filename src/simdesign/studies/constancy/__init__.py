"""What it says that rounds of one year hardly differed: about season and shared error."""

from simdesign.studies.constancy.command import register as register
