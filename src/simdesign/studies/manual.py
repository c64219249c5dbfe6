"""What help says of a command beside its options: where it belongs, and examples to type.

Every example is parsed by a test. The order here is that of ``simdesign --help``.
"""

from typing import NamedTuple

RUN, READ, JUDGE = "Run a study", "Read results", "Judge: what if, and which design"
CHECK, DATA, REGISTER = "Check", "Real measurements", "Register and publish"


class Entry(NamedTuple):
    """A command in the manual."""

    panel: str
    examples: tuple[str, ...]


MANUAL = {
    "run": Entry(RUN, (
        "simdesign run experiments/annual_claim/study.toml",
        "simdesign run experiments/annual_claim/study.toml --list --json",
        "simdesign run experiments/annual_claim/study.toml --size full --dry-run",
        "simdesign run study.toml --settle --limit 20000 --workers 8 --out runs/settled",
        "simdesign run study.toml --mcse 0.01 --of power@3 --paired",
        "simdesign run study.toml --backend dask --scheduler tcp://10.0.0.1:8786",
        "simdesign run study.toml --backend slurm --sbatch account=me,time=2:00:00 --dry-run",
    )),
    "status": Entry(RUN, (
        "simdesign status runs/annual_claim",
        "simdesign status runs/annual_claim --json | jq .missing",
    )),
    "resume": Entry(RUN, (
        "simdesign resume runs/annual_claim --workers 2",
        "simdesign resume runs/annual_claim --backend slurm --sbatch mem=4G",
    )),
    "collect": Entry(RUN, ("simdesign collect runs/annual_claim",)),
    "failures": Entry(RUN, ("simdesign failures runs/annual_claim",)),
    "schema": Entry(RUN, ("simdesign schema > study.schema.json",)),
    "evaluate": Entry(READ, (
        "simdesign evaluate runs/annual_claim",
        "simdesign evaluate runs/annual_claim --budget 0.05 --json > measures.json",
        "simdesign evaluate results/annual_claim",
    )),
    "report": Entry(READ, ("simdesign report runs/annual_claim --lang nl",)),
    "figures": Entry(READ, ("simdesign figures runs/annual_claim --format pdf --out figures",)),
    "table": Entry(READ, (
        "simdesign table results/annual_claim --horizon 3 --where size=0.2 --where"
        " substance=cocaine --where lab_share=0.5 --per 100",
        "simdesign table results/local_break --measure type_m --columns sigma_rw_site --where"
        " estimator=in_this_city --where size=0.47 --json",
    )),
    "frontier": Entry(READ, (
        "simdesign frontier results/frequency_frontier --scenario sigma_shared=0.06,size=0.3",
        "simdesign frontier runs/frequency_frontier --threshold oracle --json",
    )),
    "departures": Entry(READ, (
        "simdesign departures results/wrong_worlds",
        "simdesign departures results/wrong_worlds --design annual --json",
    )),
    "attribution": Entry(READ, (
        "simdesign attribution results/mechanism_attribution --target 0.8 --wrong 0.1",
        "simdesign attribution results/mechanism_attribution --at alarm --lang nl",
    )),
    "options": Entry(JUDGE, (
        "simdesign options results/follow_up_options",
        "simdesign options runs/follow_up_options --losses losses.toml",
        "simdesign options runs/follow_up_options --missed-per-year 400000 --false-alarm 150000"
        " --price-per-sample 250",
    )),
    "explore": Entry(JUDGE, (
        "simdesign explore runs/annual_claim",
        "simdesign explore results/annual_claim --json | jq '.substances[0].changes'",
    )),
    "stability": Entry(JUDGE, (
        "simdesign stability results/claim_stability",
        "simdesign stability runs/annual_claim --json | jq .flips",
    )),
    "sensitivity": Entry(JUDGE, ("simdesign sensitivity runs/claim_stability --power 0.8",)),
    "reweight": Entry(JUDGE, (
        "simdesign reweight runs/annual_claim --prior prior.toml",
        "simdesign reweight runs/annual_claim --constancy 10 --json",
    )),
    "refine": Entry(JUDGE, (
        "simdesign refine runs/annual_claim --with pymc_step --budget-minutes 30 --workers 2",
    )),
    "solve": Entry(JUDGE, (
        "simdesign solve study.toml --knob rounds=1:12 --target power@3=0.8 --budget 0.05"
        " --scenario sigma_shared=0.06,size=0.2",
        "simdesign solve study.toml --knob size --design annual --design six_rounds --within 0.01",
    )),
    "constancy": Entry(JUDGE, (
        "simdesign constancy experiments/pilot_constancy/study.toml --at-most 5,10,20",
        "simdesign constancy experiments/pilot_constancy/study.toml --week 11 --json",
    )),
    "check-model": Entry(CHECK, (
        "simdesign check-model experiments/model_check/study.toml",
        "simdesign check-model study.toml --size full --out runs/checked",
    )),
    "verify": Entry(CHECK, (
        "simdesign verify runs/annual_claim",
        "simdesign verify runs/annual_claim --sample 100 --seed 7 --json | jq -r .answer",
    )),
    "replay": Entry(CHECK, (
        "simdesign replay runs/annual_claim --scenario null_mixture --replication 12"
        " --design annual --estimator exact --substance cocaine",
    )),
    "validate-world": Entry(CHECK, (
        "simdesign validate-world all-data.csv",
        "simdesign validate-world all-data.csv --world default --world full --out runs/world",
    )),
    "data check": Entry(DATA, (
        "simdesign data check all-data.csv",
        "simdesign data check means.csv --json | jq .doubts",
    )),
    "analyse": Entry(DATA, (
        "simdesign analyse all-data.csv --country NL --substance cocaine",
        "simdesign analyse all-data.csv --country NL --lang nl --page nederland.html",
        "simdesign analyse means.csv --json > series.json",
    )),
    "two-weeks": Entry(DATA, (
        "simdesign two-weeks 2023=1192 2025=1748 --substance cocaine --population 106000",
        "simdesign two-weeks 2023-03=1192 2025-03=1748 --substance cocaine --explanations",
    )),
    "estimate-world": Entry(DATA, (
        "simdesign estimate-world all-data.csv --country NL --neighbours --substance cocaine"
        " -o world.toml",
    )),
    "predict-next": Entry(DATA, (
        "simdesign predict-next all-data.csv --country NL --substance cocaine --origin 2022",
    )),
    "preregister": Entry(REGISTER, (
        "simdesign preregister experiments/annual_claim/study.toml",
        "simdesign preregister study.toml --size full --amend 'two substances more'",
        "simdesign preregister experiments/model_check/study.toml --check",
    )),
    "publish": Entry(REGISTER, (
        "simdesign publish runs/annual_claim results/annual_claim",
        "simdesign publish runs/annual_claim results/annual_claim --replace --json",
    )),
    "reproduce": Entry(REGISTER, ("simdesign reproduce results/local_break --workers 2",)),
}  # fmt: skip

STATUSES = {
    0: "done",
    1: "failed (no space, no permission, too many failed fits, workers lost), or compared and not"
    " the same: verify, reproduce; or not calibrated: check-model",
    2: "wrong input: one line on standard error with the place, the rule and the value;"
    " nothing was written",
    130: "stopped by Ctrl-C; what is stored stays, and the same command goes on",
    141: "whoever read the output went away, as head does",
}
"""Exit statuses of every command."""


def examples_text(entry: Entry) -> str:
    """Return the examples as they stand in help."""
    head = "Examples:" if len(entry.examples) > 1 else "Example:"
    return "\n".join([head, *(f"  {line}" for line in entry.examples)])


def statuses_text() -> str:
    """Return the exit statuses as they stand in help."""
    import textwrap

    lines = ["Exit status:"]
    for status, words in STATUSES.items():
        lines += textwrap.wrap(
            words, 78, initial_indent=f"  {status:<4} ", subsequent_indent=" " * 7
        )
    more = "simdesign COMMAND --help has examples; docs/commands.md has the rest."
    return "\n".join([*lines, "", more])
