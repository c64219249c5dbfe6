"""What the adviser's page rests on, with addresses; nothing of them is fetched."""

SOURCES = (
    ("questions", "https://www.tweedekamer.nl/kamerstukken/kamervragen/detail?id=2025Z21059"),
    ("rivm", "https://www.rivm.nl/rioolwateronderzoek/drugs"),
    (
        "rivm_result",
        "https://www.rivm.nl/en/news/"
        "wastewater-research-offers-clear-overview-of-drug-use-in-netherlands",
    ),
    ("euda", "https://www.euda.europa.eu/publications/html/pods/waste-water-analysis_en"),
    ("ort", "https://doi.org/10.1111/add.12570"),
    ("castiglioni", "https://doi.org/10.1021/es302722f"),
    ("efsa", "https://doi.org/10.2903/j.efsa.2018.5123"),
    ("morris", "https://doi.org/10.1002/sim.8086"),
)
"""Key of the text and address."""
GLOSSARY = (
    "round", "design", "shared", "picture", "break", "false_alarm", "load", "simulation",
)  # fmt: skip
"""Keys of the terms, in the order of reading."""
