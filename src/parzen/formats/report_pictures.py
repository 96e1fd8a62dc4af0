"""Pictures inside the report: SVG whose colours follow the page, and a sentence for who cannot see them."""

from __future__ import annotations

import base64
import io
import re
import warnings
from collections.abc import Callable
from typing import Any

from parzen.cards.markup import text
from parzen.insight import Importance
from parzen.plots import mpl
from parzen.plots.data import Data
from parzen.plots.phrases import summary
from parzen.plots.times import lanes, length
from parzen.plots.words import brief
from parzen.wording import many, plural

FEW = 300  # marks that stay single shapes; more become pixels inside the SVG
CROWD = 1_500  # marks of a figure, from which on
MARKS = 20  # so many together become pixels
CORNERS = 2_000  # of curves that stay shapes
DPI = 110
COLOURS = 128  # of pixels: flat marks and bands need no more

# `font: 700 9px 'DejaVu Sans', ...`: the page has its own family.
_FONT = re.compile(r"font: (?:(bold|[1-9]00) )?([\d.]+px)[^;\"]*")
_PIXELS = re.compile(r"(data:image/png;base64,\s*)([A-Za-z0-9+/=\s]+)")
_PLACES = re.compile(r' (?:d|x|y|width|height|points|transform)="[^"]*"')
_DIGITS = re.compile(r"(?<=\.\d\d)\d+")  # a hundredth of a point is enough

# Colours of the house style -> the names they get in the page.
_NAMES = {
    mpl.LIGHT.ink: "p-ink",
    mpl.LIGHT.faint: "p-faint",
    mpl.LIGHT.paper: "p-paper",
    mpl.LIGHT.best: "p-best",
    **{colour: f"p-{state}" for state, colour in mpl.LIGHT.states.items()},
    **{colour: f"p-{k}" for k, colour in enumerate(mpl.LIGHT.series)},
}


def variables() -> tuple[str, str]:
    """Definitions of the pictures' colours, for light and for dark pages."""
    found = []
    for palette in (mpl.LIGHT, mpl.DARK):
        colours = {
            "p-ink": palette.ink,
            "p-faint": palette.faint,
            "p-best": palette.best,
            **{f"p-{state}": colour for state, colour in palette.states.items()},
            **{f"p-{k}": colour for k, colour in enumerate(palette.series)},
        }
        named = "; ".join(f"--{name}: {colour}" for name, colour in colours.items())
        found.append(f"{named}; --p-paper: var(--paper);")
    return found[0], found[1]


def picture(name: str, sentence: str, draw: Callable[[], Any]) -> str:
    """A figure as HTML.

    Args:
        name: Short and unique in the page, of letters.
        sentence: What is to be seen.
        draw: Makes the Matplotlib figure.
    """
    plt = mpl.pyplot()
    look = {"svg.fonttype": "none", "svg.hashsalt": "parzen", "figure.max_open_warning": 0}
    with plt.style.context("default"), plt.rc_context(look), warnings.catch_warnings():
        # Letters stay letters, and the reader's browser has those that Matplotlib's font lacks.
        warnings.filterwarnings("ignore", "Glyph .* missing from font")
        figure = draw()
        _flatten(figure)
        file = io.StringIO()
        figure.savefig(file, format="svg", dpi=DPI, metadata={"Date": None, "Creator": None})
        mpl.close(figure)
    label = text(sentence)
    svg = inline(_PIXELS.sub(_smaller, file.getvalue()), name).replace(
        "<svg", f'<svg role="img" aria-label="{label}"', 1
    )
    return f"<figure>{svg}<figcaption>{label}</figcaption></figure>\n"


def _smaller(found: re.Match[str]) -> str:
    """Pixels with a palette in place of four bytes each: a third of the size."""
    from PIL import Image  # Matplotlib needs it, so it is there

    with Image.open(io.BytesIO(base64.b64decode(found[2]))) as image:
        few = image.convert("RGBA").quantize(COLOURS, method=Image.Quantize.FASTOCTREE)
    file = io.BytesIO()
    few.save(file, "png", optimize=True)
    return found[1] + base64.b64encode(file.getvalue()).decode()


def _flatten(figure: Any) -> None:
    """Clouds of many marks become pixels, and so do bundles of curves: small, and quick to open."""
    clouds = [cloud for ax in figure.axes for cloud in ax.collections]
    sizes = [len(cloud.get_offsets()) for cloud in clouds]
    crowded = sum(sizes) > CROWD
    for cloud, size in zip(clouds, sizes, strict=True):
        corners = sum(len(path.vertices) for path in cloud.get_paths()) if size <= 1 else 0
        if size > (MARKS if crowded else FEW) or corners > CORNERS:
            cloud.set_rasterized(True)
    for ax in figure.axes:
        for line in ax.lines:
            if len(line.get_xdata()) > 20 * FEW:
                line.set_rasterized(True)


def inline(svg: str, name: str) -> str:
    """What Matplotlib writes, made to stand inside a page.

    Ids are kept only where something refers to them, and get the picture's
    name in front, so that they are unique; colours of the house style become
    variables of the page; nothing outside the page is mentioned.

    Args:
        svg: The file's content.
        name: The picture's.
    """
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)
    svg = re.sub(r"<!--.*?-->", "", svg, flags=re.DOTALL)
    svg = re.sub(r'\sxmlns(:\w+)?="[^"]*"', "", svg)
    svg = svg.replace("xlink:href", "href")
    used = set(re.findall(r'url\(#([^)]+)\)|href="#([^"]+)"', svg))
    kept = {one or other for one, other in used}
    svg = re.sub(r'\sid="([^"]*)"', lambda m: f' id="{name}-{m[1]}"' if m[1] in kept else "", svg)
    svg = re.sub(r"url\(#", f"url(#{name}-", svg)
    svg = re.sub(r'href="#', f'href="#{name}-', svg)
    for colour, variable in _NAMES.items():
        svg = re.sub(rf"(fill|stroke): {colour}\b", rf"\1: var(--{variable})", svg, flags=re.IGNORECASE)
    svg = _FONT.sub(lambda m: f"font-size: {m[2]}" + (f"; font-weight: {m[1]}" if m[1] else ""), svg)
    return _PLACES.sub(lambda m: _DIGITS.sub("", m[0]), svg)


# Sentences


def of_history(data: Data) -> str:
    """What the picture of the history shows."""
    if data.best is None:
        return f"History: {summary(data)}."
    best = data.best
    value = brief(float(data.shown(data.losses[best])))
    since = int((data.numbers > data.numbers[best]).sum())
    flat = f", flat for the last {since}" if since else ""
    return f"History: {plural(len(data), 'trial')}, best {value} at trial {data.numbers[best]}{flat}."


def of_importance(found: list[Importance], word: str) -> str:
    """What the picture of importances shows.

    Args:
        found: The most important first.
        word: What is explained.
    """
    known = [one for one in found if one.known]
    if not known:
        return f"Importance: too few trials to judge {plural(len(found), 'hyperparameter')}."
    first = ", ".join(f"{one.label} {one.value:.2f}" for one in known[:3])
    rest = len(found) - len(known)
    few = f"; {rest} with too few trials" if rest else ""
    return f"Importance, as shares of the variation of the {word}: {first}{few}."


def of_effects(found: list[Importance], data: Data) -> str:
    """What the page of effects shows.

    Args:
        found: The most important first.
        data: The trials.
    """
    known = [one.label for one in found if one.known][:1]
    first = f"; {known[0]} explains most" if known else ""
    return f"Effects of {plural(len(found), 'hyperparameter')} in {plural(len(data), 'trial')}{first}."


def of_pairs(found: list[Importance], data: Data, most: int) -> str:
    """What the scatter matrix shows.

    Args:
        found: The most important first.
        data: The trials.
        most: How many hyperparameters it has.
    """
    part = f"the {most} most important of {len(found)}" if len(found) > most else f"{len(found)}"
    return (
        f"Scatter matrix: pairs of {part} hyperparameters in {plural(len(data), 'trial')}, coloured by rank."
    )


def of_lines(found: list[Importance], data: Data, most: int) -> str:
    """What the parallel coordinates show.

    Args:
        found: The most important first.
        data: The trials.
        most: How many hyperparameters they have.
    """
    part = f"the {most} most important of {len(found)}" if len(found) > most else f"{len(found)}"
    whole = plural(len(data), "trial")
    return f"Parallel coordinates: {whole} through {part} hyperparameters and the {data.word}."


def of_curves(data: Data) -> str:
    """What the picture of the learning curves shows."""
    count = sum(len(own) > 0 for own in data.reports)
    last = max(float(own[-1, 0]) for own in data.reports if len(own))
    pruned = f"; {many(data.counts['pruned'])} pruned" if data.counts["pruned"] else ""
    return f"Learning curves: {plural(count, 'trial')} reported, up to step {last:g}{pruned}."


def of_timeline(data: Data) -> str:
    """What the timeline shows."""
    found = lanes(data)
    busy = f", {100 * float(found.busy.mean()):.0f} % busy" if len(found.names) else ""
    return f"Timeline: {plural(len(found.names), 'lane')}{busy}, {length(found.total)} in all."
