"""What a reader says about a file, in the language of the analysis.

Readers speak English. A sentence that has no Dutch here stays English, and is shown all the same.
"""

import re

from simdesign.data import ReadReport
from simdesign.report import Texts

DUTCH = (
    (r"site-weeks without a sample", "stad-weken zonder monster"),
    (r"days without a sample", "dagen zonder monster"),
    (r"rows of a substance that is not understood \((.*)\)", r"rijen van een onbekend middel (\1)"),
    (r"site-weeks with fewer than seven days", "stad-weken met minder dan zeven dagen"),
    (r"site-weeks with days below the limit of quantification",
     "stad-weken met dagen onder de bepalingsgrens"),
    (r"printed daily means that differ from the mean of their days \(not used\)",
     "gedrukte daggemiddelden die afwijken van het gemiddelde van hun dagen (niet gebruikt)"),
    (r"cities measured at several plants together",
     "steden die op meer zuiveringsinstallaties samen gemeten zijn"),
    (r"sites that add up many plants \(a nation, no city\)",
     "plaatsen die veel installaties optellen (een land, geen stad)"),
    (r"populations printed with one digit", "inwonertallen met één cijfer"),
    (r"measured days before (\d+)", r"gemeten dagen vóór \1"),
    (r"days on which a site's population changes \(the last one is used\)",
     "dagen waarop het inwonertal van een plaats verandert (het laatste geldt)"),
    (r"loads of 0, read as below an unknown limit of quantification",
     "vrachten van 0, gelezen als onder een onbekende bepalingsgrens"),
    (r"the file prints no dates: every campaign is placed in the week \(Wednesday to Tuesday\) "
     r"that contains 15 March of its year; real campaigns lay in March to May",
     "het bestand noemt geen data: elke meetweek is gezet op de week (woensdag tot en met dinsdag) "
     "met 15 maart van haar jaar; echte meetweken lagen in maart tot en met mei"),
    (r"populations from (.*): one static number a site",
     r"inwonertallen uit \1: één vast getal per plaats"),
    (r"warning: no site table beside the file; every site is taken to have ([\d,]+) inhabitants "
     r"\(it sets the small-town part of the noise only\)",
     r"waarschuwing: geen plaatsentabel naast het bestand; elke plaats telt voor \1 inwoners (het "
     r"bepaalt alleen de ruis van kleine plaatsen)"),
    (r"warning: not in the site table and taken to have ([\d,]+) inhabitants: (.*)",
     r"waarschuwing: niet in de plaatsentabel en voor \1 inwoners geteld: \2"),
    (r"warning: not UTF-8; read as Latin-1 \(Windows-1252\): check names with accents",
     "waarschuwing: geen UTF-8; gelezen als Latin-1 (Windows-1252): kijk namen met accenten na"),
    (r"blank rows", "lege rijen"),
    (r"cities with several plants in one year \(each is a site of its own\)",
     "steden met verscheidene installaties in één jaar (elk telt als een eigen plaats)"),
    (r"loads computed from concentration, flow and population",
     "vrachten berekend uit concentratie, debiet en inwonertal"),
    (r"means over several days, laid out as their days \(docs/data.md\)",
     "gemiddelden over verscheidene dagen, als dagen uitgelegd (docs/data.md)"),
    (r"of a mean over more than a week the seven middle days are laid out",
     "van een gemiddelde over meer dan een week zijn de zeven middelste dagen uitgelegd"),
    (r"means of (.*): laid out flat, no weekday profile or day noise is known",
     r"gemiddelden van \1: vlak uitgelegd, weekprofiel en dagruis zijn niet bekend"),
    (r"populations from (.*)", r"inwonertallen uit \1"),
    (r"warning: no population is known and ([\d,]+) inhabitants are taken \(it sets the small-town "
     r"part of the noise only\): (.*)",
     r"waarschuwing: geen inwonertal bekend, \1 inwoners aangenomen (het bepaalt alleen de ruis "
     r"van kleine plaatsen): \2"),
    (r"read as separated by (.*)", r"gelezen met scheidingsteken: \1"),
    (r"read with decimal commas", "gelezen met decimale komma's"),
    (r"warning: the last line has no line end; if the file was cut off, the last value may be "
     r"incomplete",
     "waarschuwing: de laatste regel heeft geen regeleinde; is het bestand afgebroken, dan is de "
     "laatste waarde misschien onvolledig"),
)  # fmt: skip


def reader_lines(report: ReadReport, texts: Texts) -> list[str]:
    """Return a reader's report as sentences."""
    found = [
        texts(f"reader.{key}", what=translated(what, texts.lang), n=n)
        for key, counts in (("left_out", report.excluded), ("noticed", report.flagged))
        for what, n in counts.items()
        if n
    ]
    return found + [translated(note, texts.lang) for note in report.notes]


def translated(text: str, lang: str) -> str:
    """Return a reader's words in a language; English where there is no other."""
    if lang == "nl":
        for pattern, dutch in DUTCH:
            found = re.fullmatch(pattern, text)
            if found:
                return found.expand(dutch).replace(",000", ".000")
    return text
