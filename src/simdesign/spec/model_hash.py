"""What a checked model is recognised by: its description with the defaults that complete it."""

from simdesign.spec.base import Spec, content_hash, plain
from simdesign.spec.breaks import BreakModel
from simdesign.spec.design import Design
from simdesign.spec.estimator import DEFAULT_PRIORS, SITE_WALK_PRIORS
from simdesign.spec.plugged import plugged_noise
from simdesign.spec.study import Programme


def is_bayesian(spec: Spec) -> bool:
    """Return whether an estimator has a model that can be checked."""
    return isinstance(spec, BreakModel)


def model_hash(spec: Spec, substance: str) -> str:
    """Return the hash of an estimator's model of one substance, defaults filled in."""
    noise = plugged_noise(substance)
    return content_hash(
        {
            "estimator": plain(spec),
            "priors": {name: plain(prior) for name, prior in DEFAULT_PRIORS[substance].items()},
            "site_walk": plain(SITE_WALK_PRIORS[substance]),
            "days": [noise.day_sd, noise.rho, noise.count_noise, *noise.weekday.tolist()],
        }
    )


def design_hash(design: Design, programme: Programme, sites: list[tuple[str, float]]) -> str:
    """Return the hash of when and where a design measures, its prices left out."""
    content = plain(design)
    content.pop("cost", None)
    return content_hash(
        {"design": content, "programme": plain(programme), "sites": [list(item) for item in sites]}
    )
