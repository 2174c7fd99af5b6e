"""The page of the simulation protocol, from its draws."""

from collections.abc import Mapping, Sequence

import pandas as pd

from estimation.designs import Design
from estimation.processes.catalogue import PROCESSES
from estimation.simulation.methods import LEARNER_SIMPLICITY, METHODS, Estimator, simplicity
from estimation.simulation.passing import Verdict, chances, judge, recommended
from estimation.simulation.performance import Performance, performance_table, performances
from estimation.vocabulary import LINEAR
from geo.errors import SampleError

INTRO = """\
# What the estimators do where the truth is known

Written by `docs/scripts/simulation.py`; not edited by hand. The figures of every table are in
`simulation.csv`.

Panels of Chinese cities are drawn from processes whose truth is known (`estimation/processes/`,
written down before the estimators they judge and not changed to suit any), and every estimator,
a variant with a learner, is run on the same draws. What the program recommends follows from this
page and from nothing else.

## The processes

253 cities, 2011 to 2021, one average effect: -0.10. The treatment is
`delta_i + lambda_t + m(x_it) + v_it`, the outcome
`alpha_i + mu_t + g(x_it) + theta_it (d_it - 2.31) + e_it`, with five controls `x`. Means, spreads
and the share of variance between cities follow Table 1 of Yu and Zhang and the yearbooks; all
equations stand in `estimation/processes/draw.py` and `confounding.py`.

| | process | what is awkward in it |
|---|---|---|
{processes}

Strong city effects have more than ten times the variance of the treatment's noise and move
treatment and outcome together (correlation .7). Nonlinear means steps, interactions and a U.

## The rules

An estimator passes a process when its absolute bias is at most a tenth of the effect or two of its
Monte-Carlo errors (b), its 95 % intervals cover in 92 to 98 % of draws (c), and its mean standard
error is 0.9 to 1.1 times the standard deviation of its estimates (s); and when it gave an estimate
in every draw (f). Monte-Carlo error excuses a bias and nothing else: coverage and the ratio are
taken as measured. So an estimator without fault fails by chance, the more often the fewer draws it
has: exact intervals and exact standard errors meet rules c and s with the chances

| draws | c | s |
|---|---|---|
{chances}

Recommended is the estimator that passes most processes, the simplest of equals: by learner
({learners}), then by variant ({variants}).

Where effects differ, a partially linear model aims at an average of them weighted by what is left
of the treatment's noise; each estimator is held against the average that it aims at (column
`aims at`, computed for each draw from the process). With every city-year counted once the average
is -0.10.
"""

VERDICTS = """\
## Who passes what

Columns are the processes as numbered above; a letter is a rule that failed, `-` fewer than two
draws.

| estimator | learner | {numbers} | passed |
|---|---|{rule}---|
{rows}

{conclusion}
"""

PROCESS = """\
### {number}. {name}

| estimator | learner | draws | aims at | mean | bias (MC) | rmse | sd | se / sd (MC) \
| coverage (MC) | city | residual | seconds | fails |
|---|---|---|---|---|---|---|---|---|---|---|---|---|---|
{rows}
"""

HISTORY = """\
## What was changed after a look at draws

Processes, rules and the order of simplicity were written before any draw and not changed since.
Two things were changed after a look at part of the draws, and the draws that they change were made
anew:

- After 19 draws of each process the dictionary of the two `_dictionary` variants was made finer:
  steps at twentieths instead of tenths, products of steps at quartiles instead of plain products.
- After 68 draws the features of `within`, `within_dictionary` and `correlated_random_effects` were
  mended for panels with holes: year dummies are demeaned like all else, and their city means stand
  beside those of the controls. With `ridge`, `within` had a bias of -.018 in `unbalanced_linear`
  where linear fixed effects had none. Panels without holes are not touched by it.

A recommendation from draws that were looked at on the way favours what was mended; the dictionaries
gain from it where `g` is nonlinear, which none of them passes all the same.

Draws of earlier versions of the code count where later ones did not change them: some fifty, of all
estimators, were made again, and the largest difference was 1.4e-13. `faithful` has fewer draws: its
bias is far beyond its Monte-Carlo error.

Cross-fitting is done once a draw; the program's own default is {default} repetitions, whose median
varies less between splits than one of them does.
"""

READING = """\
## The figures

Bias is the mean of estimate minus what is aimed at, `sd` the standard deviation of that difference,
`se / sd` the mean standard error over it. Coverage is that of each variant's own 95 % interval; the
column `city` that of a normal interval with errors clustered by city. MC is the Monte-Carlo
standard error: of the bias `sd / sqrt(draws)`, of the ratio `ratio / sqrt(2 (draws - 1))`, of
coverage from (hits + 2) / (draws + 4). `residual` is the variance of the treatment's residual times
1000 (the noise `v` alone has 0.90 in levels, 0.82 demeaned and 1.80 in differences, less where it
is serially correlated). Seconds are for one estimate on one core of a shared machine.

{sections}
"""

REPEAT = """\
## To repeat

```
{command}
```

{draws} draws: seeds of panels 0 to {last}, of folds and learners 20110 more; {hours:.1f} hours of
one core. Code (digest of `estimation/`): {code}. Versions: {versions}.
"""

WHAT: Mapping[str, str] = {
    "linear_weak": "linear `g`, weak city effects (a quarter of the variance of the noise)",
    "linear_strong": "linear `g`, strong city effects",
    "nonlinear_strong": "nonlinear `g`, strong city effects",
    "serial": "errors and treatment serially correlated (.8)",
    "few_cities": "30 cities",
    "heterogeneous": "effects fall with digital finance and differ between cities",
    "unbalanced": "entry, exit and gaps: an eighth of the city-years missing, more of weak cities",
}


def page_and_table(results: pd.DataFrame, *, this_code: str) -> tuple[str, pd.DataFrame]:
    """The page in Markdown and the table of its figures.

    Parameters
    ----------
    results : pandas.DataFrame
        Draws with the columns of :class:`estimation.simulation.draws.DrawResult`, ``code`` and
        ``versions``.
    this_code : str
        Digest of the code in use.

    Returns
    -------
    (str, pandas.DataFrame)

    Raises
    ------
    SampleError
        No estimator has two draws of a process.
    """
    found = ordered(performances(results))
    if not found:
        raise SampleError(
            "simulation page",
            expected="two draws of an estimator on a process",
            found=f"{len(results)} draws in all",
            hint="make draws first",
        )
    verdicts = [judge(one) for one in found]
    processes = [name for name in PROCESSES if any(one.process == name for one in found)]
    parts = [
        INTRO.format(
            processes="\n".join(process_line(name) for name in PROCESSES),
            chances="\n".join(chance_lines({one.draws for one in found})),
            learners=", ".join(LEARNER_SIMPLICITY),
            variants=", ".join(f"`{name}`" for name in METHODS),
        ),
        verdict_part(verdicts, processes),
        least_biased_part(verdicts, found),
        HISTORY.format(default=Design("default", "gini", "uil").repetitions),
        READING.format(sections="\n".join(process_part(name, found) for name in processes)),
        repeat_part(results, this_code),
    ]
    return "\n".join(parts), performance_table(found)


def ordered(found: Sequence[Performance]) -> tuple[Performance, ...]:
    """By process, then from simple to less so."""
    places = tuple(PROCESSES)
    return tuple(sorted(found, key=lambda one: (places.index(one.process), simplicity(who(one)))))


def who(one: Performance) -> Estimator:
    """The estimator that performed."""
    return Estimator(one.variant, one.learner)


def number_of(process: str) -> int:
    """The number of a process, from 1."""
    return 1 + tuple(PROCESSES).index(process)


def process_line(name: str) -> str:
    """A process and what is awkward in it."""
    shape = PROCESSES[name].shape
    what = WHAT.get(name) or f"{WHAT[name.removesuffix(f'_{shape}')]}; {shape} `g`, strong effects"
    return f"| {number_of(name)} | `{name}` | {what} |"


def chance_lines(draws: set[int]) -> list[str]:
    """The chances of an estimator without fault, for the numbers of draws that were made."""
    lines = []
    for count in sorted(draws | {200}):
        coverage, ratio = chances(count)
        lines.append(f"| {count} | {100 * coverage:.0f} % | {100 * ratio:.0f} % |")
    return lines


def failures(verdict: Verdict) -> str:
    """Letters of the rules that failed."""
    rules = {
        "b": verdict.bias,
        "c": verdict.coverage,
        "s": verdict.se_ratio,
        "f": verdict.complete,
    }
    return " ".join(letter for letter, met in rules.items() if not met)


def verdict_part(verdicts: Sequence[Verdict], processes: Sequence[str]) -> str:
    """Who passes what, and what follows."""
    cells = {
        (one.estimator, one.process): "**yes**" if one.passes else failures(one) for one in verdicts
    }
    judged = sorted({one.estimator for one in verdicts}, key=simplicity)
    rows = []
    for estimator in judged:
        row = [cells.get((estimator, process), "-") for process in processes]
        passed = sum(cell == "**yes**" for cell in row)
        rows.append(
            f"| `{estimator.variant}` | {estimator.learner} | {' | '.join(row)} | {passed} |"
        )
    return VERDICTS.format(
        numbers=" | ".join(str(number_of(process)) for process in processes),
        rule="---|" * len(processes),
        rows="\n".join(rows),
        conclusion=conclusion(verdicts),
    )


def conclusion(verdicts: Sequence[Verdict]) -> str:
    """What is recommended, where not to trust it, or why nothing is."""
    missing = [name for name in PROCESSES if not any(one.process == name for one in verdicts)]
    if missing:
        return f"Nothing is recommended yet: no draws of {listed(missing)}."
    try:
        found = recommended(verdicts)
    except SampleError as error:
        return f"Nothing is recommended yet: {error.found}."
    if found is None:
        return "**Nothing is recommended: no estimator passes any process. Trust none of them.**"
    name = f"`{found.estimator.variant}` with {found.estimator.learner}"
    lines = [f"**Recommended: {name}**, which passes {len(found.passed)} of {len(PROCESSES)}."]
    if found.equals:
        equals = [f"`{one.variant}` with {one.learner}" for one in found.equals]
        lines.append(f"As many are passed by {', '.join(equals)}, which are less simple.")
    if found.failed:
        lines.append(f"It is not to be trusted in {listed(found.failed)}.")
    if found.nobody:
        lines.append(f"**No estimator is to be trusted in {listed(found.nobody)}.**")
    return "\n".join(lines)


LEAST_BIASED = """\
## Where nobody passes

The estimator whose bias is smallest in each process that none passes: the least wrong, and not one
to be trusted there.

| process | estimator | learner | bias (MC) | coverage | linear fixed effects' bias |
|---|---|---|---|---|---|
{rows}
"""


def least_biased_part(verdicts: Sequence[Verdict], found: Sequence[Performance]) -> str:
    """The least biased estimator of every process that nobody passes; empty if there is none."""
    passed = {one.process for one in verdicts if one.passes}
    rows = []
    for process in (name for name in PROCESSES if name not in passed):
        those = [one for one in found if one.process == process]
        if not those:
            continue
        best = min(those, key=lambda one: abs(one.bias))
        linear = [one.bias for one in those if one.variant == LINEAR]
        rows.append(
            f"| `{process}` | `{best.variant}` | {best.learner} "
            f"| {best.bias:+.4f} ({best.bias_error:.4f}) | {100 * best.coverage:.1f} % "
            f"| {f'{linear[0]:+.4f}' if linear else '-'} |"
        )
    return LEAST_BIASED.format(rows="\n".join(rows)) if rows else ""


def listed(names: Sequence[str]) -> str:
    """Names of processes in a row."""
    return ", ".join(f"`{name}`" for name in names)


def process_part(name: str, found: Sequence[Performance]) -> str:
    """All figures of one process."""
    rows = [figures(one) for one in found if one.process == name]
    return PROCESS.format(number=number_of(name), name=name, rows="\n".join(rows))


def figures(one: Performance) -> str:
    """A line of a process's table."""
    draws = str(one.draws) + (f" ({one.failed} failed)" if one.failed else "")
    return (
        f"| `{one.variant}` | {one.learner} | {draws} | {one.target:.4f} | {one.mean:.4f} "
        f"| {one.bias:+.4f} ({one.bias_error:.4f}) | {one.rmse:.4f} | {one.sd:.4f} "
        f"| {one.se_ratio:.2f} ({one.se_ratio_error:.2f}) "
        f"| {100 * one.coverage:.1f} % ({100 * one.coverage_error:.1f}) "
        f"| {100 * one.coverage_city:.1f} % | {1000 * one.treatment_residual_variance:.2f} "
        f"| {one.seconds:.1f} | {failures(judge(one))} |"
    )


def repeat_part(results: pd.DataFrame, this_code: str) -> str:
    """How to make the page again."""
    code = ", ".join(
        f"`{name}`{'' if name == this_code else ' (not this)'}, {number} draws"
        for name, number in results["code"].value_counts().items()
    )
    return REPEAT.format(
        command=command(results),
        draws=len(results),
        last=results["seed"].max(),
        hours=results["seconds"].sum() / 3600,
        code=code,
        versions="; ".join(sorted(set(results["versions"]))),
    )


def command(results: pd.DataFrame) -> str:
    """The commands that make these draws, or a few more where the time was up.

    Variants with as many draws share one.
    """
    counts = 1 + results.groupby("variant")["seed"].max()
    return "\n".join(
        _command(results[results["variant"].isin(counts.index[counts == count])])
        for count in sorted(counts.unique(), reverse=True)
    )


def _command(results: pd.DataFrame) -> str:
    draws = 1 + results.groupby("learner")["seed"].max()
    words = [f"python docs/scripts/simulation.py OUT --draws {draws.max()}"]
    words += [f"--fewer {name}={count}" for name, count in draws.items() if count < draws.max()]
    words.append(f"--repetitions {results['repetitions'].max()}")
    learned = results.loc[[not METHODS[name].alone for name in results["variant"]], "learner"]
    for option, known, there in (
        ("processes", tuple(PROCESSES), results["process"]),
        ("variants", tuple(METHODS), results["variant"]),
        ("learners", LEARNER_SIMPLICITY, learned),
    ):
        listed_there = ",".join(name for name in known if name in set(there))
        words += [f"--{option} {listed_there}"] if listed_there else []
    return " \\\n    ".join(words)
