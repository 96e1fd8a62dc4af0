"""The tables of a comparison as markdown, and the pages and figures of docs/benchmark/."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from benchmarks.base import KINDS
from benchmarks.comparison import SCALE, Comparison, Estimate
from benchmarks.peers import METHODS

CHECKPOINTS = (25, 50, 100, 200)
# What parzen aims at: subject, peer, kinds (empty: all), least % of pairs won at 100 trials, most trials
# to the peer's median after 100.
AIMS: tuple[tuple[str, str, tuple[str, ...], float, float | None], ...] = (
    ("auto", "hyperopt", (), 97, 22),
    ("auto", "optuna", (), 93, 30),
    ("auto", "optuna", ("ill-conditioned",), 80, None),
    ("auto", "optuna", ("multimodal",), 80, None),
    ("tpe", "hyperopt", (), 90, None),
    ("tpe", "optuna", (), 75, None),
)
_INTRO = """# The benchmark

Written by `make quality-report` from the runs in `benchmarks/data/quality/`; how they were made stands in
`benchmarks/README.md`. Rank: the mean over pairs of a problem and a seed, 1 is best. Regret: 1 is what a
first random trial leaves, 0 the minimum. In brackets: 95 % intervals over problems.

"""
Notes = Mapping[str, tuple[str, float]]  # method -> version, CPU milliseconds per trial


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A markdown table."""
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    return "\n".join(lines + ["| " + " | ".join(row) + " |" for row in rows]) + "\n"


def percent(share: Estimate | None) -> str:
    """A share with its interval, in percent."""
    return f"{100 * share.mean:.0f} [{100 * share.low:.0f}, {100 * share.high:.0f}]" if share else "-"


def groups(result: Comparison) -> Iterator[tuple[str, list[str]]]:
    """The methods that ran all problems; those and the slow ones; all. Only those with runs."""
    there = [name for name in METHODS if name in result.curves and name != "rand"]
    seen: list[str] = []
    for title, least in (("all problems", 0), ("with the slow methods", 16), ("with the slowest methods", 1)):
        more = [n for n in there if METHODS[n].problems == 0 or METHODS[n].problems >= least > 0]
        if more != seen and len(more) > 1:
            yield title, more
        seen = more


def standing(result: Comparison, methods: Sequence[str], notes: Notes) -> str:
    """Mean rank and mean normalised regret of each method at the checkpoints, best first."""
    points = [t for t in CHECKPOINTS if result.pairs(methods, t)]
    rows = []
    for i, name in enumerate(methods):
        cells = []
        for t in points:
            pairs = result.pairs(methods, t)
            rank, regret = result.ranks(methods, t)[i], result.mean_regret(name, pairs, t)
            cells += [f"{rank.mean:.2f}", f"{regret.mean:.3f} [{regret.low:.3f}, {regret.high:.3f}]"]
        rows.append([METHODS[name].title, *cells, f"{notes[name][1]:.1f}"])
    # The last checkpoint that all share may be an early one; its rank orders the rows.
    rows.sort(key=lambda row: float(row[-3]))
    head = [title for t in points for title in (f"rank, {t}", f"regret, {t}")]
    counts = ", ".join(f"{len(result.pairs(methods, t))} pairs at {t}" for t in points)
    return f"{counts}.\n\n" + table(["method", *head, "CPU ms a trial"], rows)


def by_kind(result: Comparison, methods: Sequence[str], trials: int) -> str:
    """Mean rank of each method within each class."""
    rows = []
    for kind in KINDS:
        means = result.ranks(methods, trials, kind)
        if means:
            best = min(rank.mean for rank in means)
            cells = [f"**{r.mean:.2f}**" if r.mean == best else f"{r.mean:.2f}" for r in means]
            rows.append([kind, str(len(result.pairs(methods, trials, kind))), *cells])
    return table(["class", "pairs", *(METHODS[name].title for name in methods)], rows)


def duels(result: Comparison, subject: str) -> str:
    """One of ours against each other method, over all pairs that the two share."""
    rows = []
    for other in result.curves:
        if other in (subject, "rand"):
            continue
        cells = []
        last = 0
        for t in CHECKPOINTS:
            won = result.wins(subject, other, t)
            cells.append(percent(won))
            last = t if won and t <= 100 else last
        if last:
            reach = f"{result.reach(subject, other, last):.0f} of {last}"
            ratio = f"{result.ratio(subject, other, last):.3f}"
            rows.append(
                [METHODS[other].title, str(len(result.pairs([subject, other], last))), *cells, ratio, reach]
            )
    head = ["against", "pairs", *(f"% won, {t}" for t in CHECKPOINTS), "regret ratio", "trials to its median"]
    return table(head, rows)


def duels_by_kind(result: Comparison, subject: str, trials: int) -> str:
    """The share of pairs won in each class."""
    others = [name for name in result.curves if name not in (subject, "rand")]
    rows = []
    for kind in KINDS:
        cells = [percent(result.wins(subject, other, trials, kind)) for other in others]
        if set(cells) != {"-"}:
            rows.append([kind, *cells])
    return table(["class", *(METHODS[name].title for name in others)], rows)


def regrets(result: Comparison, methods: Sequence[str], trials: int) -> str:
    """Mean normalised regret of every method on every problem."""
    rows = []
    for name, kinds in result.kinds.items():
        pairs = [pair for pair in result.pairs(methods, trials) if pair[0] == name]
        if pairs:
            means = [result.mean_regret(m, pairs, trials).mean for m in methods]
            cells = [f"**{v:.2g}**" if v == min(means) else f"{v:.2g}" for v in means]
            rows.append([name, ", ".join(kinds), *cells])
    return table(["problem", "class", *(METHODS[name].title for name in methods)], rows)


def aims(result: Comparison) -> str:
    """The aims, met or not."""
    lines = []
    for subject, other, kinds, least, most in AIMS:
        kind = kinds[0] if kinds else None
        if subject not in result.curves or other not in result.curves:
            continue
        won = result.wins(subject, other, 100, kind)
        if won is None:
            continue
        where = f" on {kind} functions" if kind else ""
        word = "met" if 100 * won.mean >= least else "NOT met"
        line = (
            f"- {METHODS[subject].title} over {METHODS[other].title}{where}: at least {least:.0f} % of pairs "
        )
        line += f"at 100 trials; {percent(won)}, {word}"
        if most is not None:
            reach = result.reach(subject, other, 100, kind)
            word = "met" if reach <= most else "NOT met"
            line += f"; its result in at most {most:.0f} trials; {reach:.0f}, {word}"
        lines.append(line)
    return "\n".join([*lines, *_first_places(result)]) + "\n"


def _first_places(result: Comparison) -> list[str]:
    """Where parzen's default is not first in mean rank."""
    lines = []
    for title, methods in groups(result):
        rivals = [name for name in methods if name not in ("gp", "tpe")]
        if "auto" not in rivals:
            continue
        for t in (25, 50, 100):
            behind = []
            for kind in (None, *KINDS):
                means = [rank.mean for rank in result.ranks(rivals, t, kind)]
                if means and means[rivals.index("auto")] > min(means):
                    first = METHODS[rivals[means.index(min(means))]].title
                    behind.append(f"{kind or 'overall'} ({first})")
            if result.pairs(rivals, t):
                said = f"not first in {', '.join(behind)}" if behind else "first overall and in each class"
                lines.append(f"- parzen auto in mean rank, {title}, {t} trials: {said}")
    return lines


def versions(notes: Notes) -> str:
    """What was measured."""
    return "".join(
        f"- {METHODS[name].title}: {METHODS[name].distribution} {v}\n" for name, (v, _) in notes.items()
    )


def text(result: Comparison, notes: Notes, suite: str) -> str:
    """The whole report as markdown."""
    parts = [f"Suite {suite}, {len(result.kinds)} problems.\n\n" + versions(notes)]
    if SCALE not in result.curves:
        return parts[0] + f"\nThere are no runs of `{SCALE}` yet, which give the unit of regret.\n"
    parts.append("## Aims\n\n" + aims(result))
    for title, methods in groups(result):
        points = [t for t in CHECKPOINTS if t <= 100 and result.pairs(methods, t)]
        parts.append(f"## Ranks, {title}\n\n" + standing(result, methods, notes))
        parts += [f"### By class, {t} trials\n\n" + by_kind(result, methods, t) for t in points]
    for subject in [name for name in ("auto", "gp", "tpe") if name in result.curves]:
        parts.append(f"## {METHODS[subject].title} against each\n\n" + duels(result, subject))
        parts.append("### By class, 100 trials\n\n" + duels_by_kind(result, subject, 100))
    for title, methods in groups(result):
        trials = max((t for t in CHECKPOINTS[:3] if result.pairs(methods, t)), default=0)
        if trials:
            parts.append(
                f"## Normalised regret, {title}, {trials} trials\n\n" + regrets(result, methods, trials)
            )
    return "\n".join(parts)


def write(folder: Path, result: Comparison, notes: Notes, suite: str) -> None:
    """Write the report and its figures into the documentation."""
    from benchmarks import quality_figures

    folder.mkdir(parents=True, exist_ok=True)
    figures = quality_figures.draw(folder, result, list(groups(result)))
    pictures = "".join(f"![{alt}]({name})\n\n" for name, alt in figures)
    (folder / "index.md").write_text(_INTRO + pictures + text(result, notes, suite))
    print(f"wrote {folder}")
