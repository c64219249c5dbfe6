"""Texts that would do something if a page, a Markdown file or a terminal took them for code."""

SCRIPT = "<script>document.title='ran'; window.ran = 1</script>"
IMAGE = '"\'><img src=x onerror="window.ran = 2"><svg onload=window.ran=3>'
TEMPLATE = "{{7*7}} {% raw %} ${7*7} #{7*7} %(x)s {0} {x}"
CLOSING = "</script></style></textarea></title></details><!-- <b>&amp;&lt; ]]>"
LINK = "[a](javascript:window.ran=4) <a href='javascript:window.ran=5'>b</a>"
MARKUP = "[red]red[/red] [/] [link=file:///]x[/link] :smile:"
LONG = "Llanfairpwllgwyngyllgogerychwyrndrobwllllantysiliogogoch" * 2

NAMES = (SCRIPT, IMAGE, TEMPLATE, CLOSING, LINK, MARKUP, LONG)
"""Each must be shown letter by letter."""

UNSEEN = {
    "escape": "\x1b[31mred\x1b]0;title\x07",
    "null": "a\x00b",
    "backspace": "twenty\x08\x08\x08\x08\x08\x08ten",
    "carriage return": "ninety\rten",
    "C1 control": "\x9b31m",
    "right-to-left override": "cities \u202e05\u202c",
    "isolate": "\u2067abc\u2069",
    "line separator": "a\u2028b",
}
"""Characters without a shape of their own that change what others look like, or a terminal."""

STUDY = {
    "name": "hostile_names",
    "seed": 5,
    "aims": " ".join((*NAMES, *UNSEEN.values())),
    "title": {
        "en": f"{SCRIPT} {IMAGE} {UNSEEN['right-to-left override']} in English",
        "nl": f"{TEMPLATE} {CLOSING} {UNSEEN['escape']} in het Nederlands",
    },
    "world": {
        "catchments": [
            {"name": name, "population": 1e5 * (number + 1)} for number, name in enumerate(NAMES)
        ],
        "substances": {"cocaine": {}, "MDMA": {}},
    },
    "factors": {"world.substances.*.sigma_shared": (0.0, 0.1), "change.size": (0.3, -0.2)},
    "exclude": [
        {
            "when": {"world.substances.*.sigma_shared": (0.1,), "change.size": (-0.2,)},
            "because": f"{SCRIPT} {IMAGE} {TEMPLATE} {MARKUP}",
        }
    ],
    # What JavaScript, a table library or a file system may take for something of its own.
    "designs": {
        "__proto__": {"schedule": {"kind": "fixed_weeks", "weeks": [11]}},
        "constructor": {"schedule": {"kind": "rounds", "per_year": 4}, "days": 3},
        "a.b+c-..": {"schedule": {"kind": "rounds", "per_year": 2}},
    },
    "estimators": {"toString": {"kind": "exact_step"}, "z.+": {"kind": "z_test"}},
    "decision": {"reference": "__proto__"},
    "sizes": {"quick": {"null": 20, "null_world": 20, "alternative": 10}},
}
"""A tiny study whose every name and note is one of these."""
