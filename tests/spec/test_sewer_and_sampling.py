"""Sewer and samples as they are described: what is refused, and by which name."""

import pytest

from simdesign.spec.catalogue import SUBSTANCES
from simdesign.spec.world import World

REFUSED = {
    "negative rain": ({"rain": {"dry": -1.0}}, r"rain\.dry"),
    "dry above the mean": ({"rain": {"dry": 300.0}}, r"rain\.dry: must be below litres"),
    "rain for ever": ({"rain": {"rho": 1.0}}, r"rain\.rho"),
    "a share above 1": ({"rain": {"shared": 1.2}}, r"rain\.shared"),
    "a season above the rain": ({"rain": {"season": 1.5}}, r"rain\.season"),
    "a plant that drowns on dry days": ({"rain": {"capacity": 100.0}}, "capacity must be at least"),
    "a field nobody knows": ({"rain": {"wet": 1.0}}, r"rain\.wet"),
    "a loss of everything": ({"sewer_loss": {"share": 1.0}}, r"MDMA\.sewer_loss\.share"),
    "everything in summer": ({"sewer_loss": {"share": 0.6, "season": 0.4}}, "must keep the loss"),
    "half as much again": ({"sewer_loss": {"share": -0.4, "season": 0.2}}, "must keep the loss"),
    "a gain above the bound": ({"sewer_loss": {"share": -0.6}}, r"MDMA\.sewer_loss\.share"),
    "a negative rate": ({"dumping": {"rate": -1.0}}, r"MDMA\.dumping\.rate"),
    "sizes upside down": ({"dumping": {"low": 5.0, "high": 2.0}}, "high must be at least low"),
    "a size of nothing": ({"dumping": {"low": 0.0}}, r"MDMA\.dumping\.low"),
    "no day": ({"dumping": {"days": 0}}, r"MDMA\.dumping\.days"),
    "recognised too often": ({"dumping": {"recognised": 2.0}}, r"MDMA\.dumping\.recognised"),
    "a share of sites above 1": ({"dumping": {"sites": 3.0}}, r"MDMA\.dumping\.sites"),
    "a site nobody knows": (
        {"dumping": {"sites": ["Atlantis"]}},
        r"MDMA\.dumping\.sites: no catchment is named so, got 'Atlantis'",
    ),
    "no sites": ({"dumping": {"sites": []}}, r"MDMA\.dumping\.sites"),
    "a negative bias": ({"meters": {"bias_sd": -0.1}}, r"meters\.bias_sd"),
    "calibrated thrice a year": ({"meters": {"recalibrated": 3.0}}, r"meters\.recalibrated"),
    "odd on more than every day": ({"odd_days": {"share": 1.1}}, r"odd_days\.share"),
    "negative oddity": ({"odd_days": {"sd": -0.1}}, r"odd_days\.sd"),
    "missing twice": ({"missing": {"sample": 2.0}}, r"missing\.sample"),
    "missing less than never": ({"missing": {"round": -0.1}}, r"missing\.round"),
    "storage takes all": ({"laboratories": {"storage_loss": 1.0}}, r"laboratories\.storage_loss"),
    "a change without a date": ({"laboratories": {"change": {}}}, r"laboratories\.change\.date"),
    "a change somewhere": (
        {"laboratories": {"change": {"date": "2030-01-01", "sites": ["town-99"]}}},
        r"laboratories\.change\.sites: no catchment is named so, got 'town-99'",
    ),
}
OF_A_SUBSTANCE = ("sewer_loss", "dumping")


@pytest.mark.parametrize(("terms", "message"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_is_refused_by_name(terms, message):
    own = {name: terms[name] for name in terms if name in OF_A_SUBSTANCE}
    rest = {name: terms[name] for name in terms if name not in OF_A_SUBSTANCE}
    with pytest.raises(ValueError, match=message):
        World(substances={"MDMA": own}, **rest)


def test_everything_together_fits_into_the_observed_totals():
    full = World(realism="full", substances={name: {} for name in SUBSTANCES})
    for name in ("rain", "meters", "odd_days", "missing", "laboratories"):
        assert getattr(full, name) is not None
    assert all(item.sewer_loss and item.dumping for item in full.substances.values())
    assert World.model_validate(full.model_dump(mode="json")) == full


def test_off_by_default_and_by_false():
    plain = World()
    names = ("rain", "meters", "odd_days", "missing", "laboratories")
    assert all(getattr(plain, name) is None for name in names)
    off = World(realism="full", **dict.fromkeys(names, False))
    assert all(getattr(off, name) is None for name in names)


def test_a_term_takes_the_rest_from_the_catalogue():
    of = World(substances={"MDMA": {"dumping": {"sites": ["town-20"]}}}, rain={"season": 0.0})
    full = World(realism="full", substances={"MDMA": {}})
    assert of.rain == full.rain.model_copy(update={"season": 0.0})
    wanted = full.substances["MDMA"].dumping.model_copy(update={"sites": ("town-20",)})
    assert of.substances["MDMA"].dumping == wanted
