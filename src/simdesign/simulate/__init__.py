"""Turns a world and a change into what really happened: ``simulate(...) -> Truth``."""

from simdesign.simulate.mechanism import count_noise as count_noise
from simdesign.simulate.mechanism import regime as regime
from simdesign.simulate.parameters import DRAWN_FIELDS as DRAWN_FIELDS
from simdesign.simulate.parameters import SubstanceParameters as SubstanceParameters
from simdesign.simulate.totals import LatentParts as LatentParts
from simdesign.simulate.totals import latent_parts as latent_parts
from simdesign.simulate.truth import Prepared as Prepared
from simdesign.simulate.truth import prepare as prepare
from simdesign.simulate.truth import simulate as simulate
from simdesign.simulate.users import Regime as Regime
