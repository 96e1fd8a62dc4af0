"""The tutorial's notebooks: run from their sources, kept with what they print and draw, shown on the site.

    python -m tools.notebooks            run each source, and write the notebook beside it
    python -m tools.notebooks --check    run each; fail if a notebook has other code or prints other words

Sources are `examples/notebooks/*.py` in the percent format; the notebooks beside them are for readers. What
changes with each run is left out of them: times, identifiers of cells, progress. What depends on the machine
is refused.
"""

from __future__ import annotations

import argparse
import base64
import io
import os
import re
import sys
import tempfile
from pathlib import Path, PurePosixPath
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
FOLDER = PurePosixPath("examples/notebooks")
LARGEST = 600_000  # bytes of one notebook
SECONDS = 300  # for one cell
NUMBER = re.compile(r"\d+(?:\.\d+)?(?:e[-+]?\d+)?")


class BadNotebook(Exception):
    """A notebook that cannot be kept."""


def sources() -> list[Path]:
    """The sources, in their order."""
    return sorted((ROOT / FOLDER).glob("*.py"))


def kept() -> list[Path]:
    """The notebooks that readers see, in their order."""
    return sorted((ROOT / FOLDER).glob("*.ipynb"))


def executed(source: Path) -> Any:
    """Run one source in a fresh kernel and an empty folder.

    Returns:
        The notebook with its outputs, ready to be kept.

    Raises:
        nbclient.exceptions.CellExecutionError: If a cell raises, with the cell and its traceback.
    """
    import jupytext
    from nbclient import NotebookClient

    notebook = jupytext.read(source)
    before = os.environ.get("MPLBACKEND")
    # A kernel's own, so that figures appear below their cells.
    os.environ["MPLBACKEND"] = "module://matplotlib_inline.backend_inline"
    try:
        with tempfile.TemporaryDirectory() as folder:
            resources = {"metadata": {"path": folder}}
            NotebookClient(notebook, timeout=SECONDS, resources=resources).execute()
    finally:
        os.environ.pop("MPLBACKEND") if before is None else os.environ.update(MPLBACKEND=before)
    return tidied(notebook)


def tidied(notebook: Any) -> Any:
    """The notebook without what differs from run to run.

    Raises:
        BadNotebook: If a cell wrote to the error stream.
    """
    import nbformat

    cells = []
    for number, cell in enumerate(notebook.cells, start=1):
        if cell.cell_type == "markdown":
            new = nbformat.v4.new_markdown_cell(cell.source)
        else:
            new = nbformat.v4.new_code_cell(cell.source, execution_count=cell.execution_count)
            new.outputs = whole([tidy_output(each) for each in cell.outputs if not stopping(each)])
        new.id = f"cell-{number}"
        cells.append(new)
    metadata = {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
    }
    return nbformat.v4.new_notebook(cells=cells, metadata=metadata)


def stopping(output: Any) -> bool:
    """Whether an output is what an interrupted search says at once; it has a duration in it."""
    return output.get("name") == "stderr" and output.text.startswith("Stopping after the running trial")


def whole(outputs: list[Any]) -> list[Any]:
    """The outputs with neighbouring pieces of print joined: where a kernel cuts them is chance."""
    found: list[Any] = []
    for output in outputs:
        if found and output.output_type == found[-1].output_type == "stream":
            found[-1].text += output.text
        else:
            found.append(output)
    return found


def tidy_output(output: Any) -> Any:
    """One output, without the backend's remarks, and its picture made small.

    Raises:
        BadNotebook: If it is on the error stream.
    """
    if output.output_type == "stream" and output.name == "stderr":
        raise BadNotebook(f"a cell wrote to the error stream: {output.text}")
    if "metadata" in output:
        output.metadata = {}
    if "image/png" in output.get("data", {}):
        png = base64.b64decode(output.data["image/png"])
        output.data["image/png"] = base64.b64encode(smaller(png)).decode()
    return output


def smaller(png: bytes, widest: int = 1000, colours: int = 96) -> bytes:
    """A picture of at most `widest` pixels across, with a palette: about a fifth of the bytes."""
    from PIL import Image

    picture = Image.open(io.BytesIO(png)).convert("RGB")
    if picture.width > widest:
        picture = picture.resize(
            (widest, round(picture.height * widest / picture.width)), Image.Resampling.LANCZOS
        )
    found = io.BytesIO()
    picture.quantize(colours, dither=Image.Dither.NONE).save(found, "PNG", optimize=True)
    return found.getvalue()


def texts(notebook: Any) -> list[tuple[str, str]]:
    """What must not change: the source of each cell, and what it printed or showed as text."""
    found = []
    for cell in notebook.cells:
        shown = []
        for output in cell.get("outputs", []):
            if output.output_type == "stream":
                shown.append(output.text)
            elif not any(kind.startswith("image/") for kind in output.data):
                shown.append(output.data.get("text/plain", ""))
        found.append((cell.source, "".join(shown)))
    return found


def refuse_what_is_local(text: str, name: str) -> None:
    """Raise if a notebook names a folder of this machine, or is large.

    Raises:
        BadNotebook: With what was found.
    """
    for place in {str(ROOT), str(Path.home()), tempfile.gettempdir() + os.sep, sys.prefix}:
        if len(place) > 1 and place in text:
            raise BadNotebook(f"{name} names a folder of this machine: {place}")
    if len(text) > LARGEST:
        raise BadNotebook(f"{name} has {len(text)} bytes; at most {LARGEST} are kept")


def run(check: bool) -> int:
    """Run all sources; the exit code.

    Args:
        check: Compare with the notebooks that are kept, and write nothing.
    """
    import nbformat

    code = 0
    for source in sources():
        target = source.with_suffix(".ipynb")
        notebook = executed(source)
        text = nbformat.writes(notebook, indent=1) + "\n"
        refuse_what_is_local(text, target.name)
        if not check:
            target.write_text(text, encoding="utf-8")
            print(f"{target.relative_to(ROOT)}: {len(text) // 1000} kB")
            continue
        old = nbformat.read(target, as_version=4) if target.exists() else None
        differing = [] if old is None else different(texts(old), texts(notebook))
        if old is None or differing:
            code = 1
            print(
                f"{target.relative_to(ROOT)} is not what its source makes; run: make notebooks",
                file=sys.stderr,
            )
            print("\n".join(differing), file=sys.stderr)
        else:
            print(f"{target.relative_to(ROOT)}: as kept")
    return code


def different(old: list[tuple[str, str]], new: list[tuple[str, str]]) -> list[str]:
    """In words, where two notebooks differ: in their code, or in more than the numbers that they print.

    The last bits of a search, and so its later trials, may differ between machines.
    """
    if len(old) != len(new):
        return [f"{len(old)} cells are kept, the source has {len(new)}"]
    found = []
    for number, (kept_cell, cell) in enumerate(zip(old, new, strict=True), start=1):
        if kept_cell[0] != cell[0]:
            found.append(f"cell {number}: kept\n{kept_cell[0]}\nnow\n{cell[0]}")
        elif NUMBER.sub("#", kept_cell[1]) != NUMBER.sub("#", cell[1]):
            found.append(f"cell {number} printed\n{kept_cell[1]}\nand now\n{cell[1]}")
    return found


# What follows shows the kept notebooks as pages, and needs no package.


def read(path: Path) -> dict[str, Any]:
    """A notebook as plain JSON."""
    import json

    notebook: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return notebook


def joined(text: str | list[str]) -> str:
    """A text as notebooks keep it: whole, or in lines."""
    return text if isinstance(text, str) else "".join(text)


def pages() -> dict[str, str]:
    """The notebooks as Markdown: path below docs/ -> text."""
    return {f"notebooks/{path.stem}.md": page(read(path), path.stem) for path in kept()}


def pictures() -> dict[str, bytes]:
    """The pictures of all notebooks: path below docs/ -> bytes."""
    found = {}
    for path in kept():
        for number, (kind, data) in enumerate(images(read(path)), start=1):
            found[f"notebooks/{picture(path.stem, number, kind)}"] = data
    return found


def picture(stem: str, number: int, kind: str) -> str:
    """The name of a notebook's picture."""
    return f"{stem}-{number}.{kind}"


def images(notebook: dict[str, Any]) -> list[tuple[str, bytes]]:
    """The pictures of a notebook in their order: kind of file, and bytes."""
    found = []
    for cell in notebook["cells"]:
        for output in cell.get("outputs", []):
            data = output.get("data", {})
            if "image/svg+xml" in data:
                found.append(("svg", joined(data["image/svg+xml"]).encode()))
            elif "image/png" in data:
                found.append(("png", base64.b64decode(joined(data["image/png"]))))
    return found


def page(notebook: dict[str, Any], stem: str) -> str:
    """One notebook as Markdown.

    Args:
        notebook: As `read` gives it.
        stem: Its name, for its pictures.
    """
    parts, number = [], 0
    for cell in notebook["cells"]:
        source = joined(cell["source"])
        if cell["cell_type"] == "markdown":
            inside = re.sub(r"\]\(\.\./\.\./docs/", "](../", source)
            parts.append(re.sub(r"\]\((\w+)\.ipynb\)", r"](\1.md)", inside))
            continue
        parts.append(f"```python\n{source}\n```")
        for output in cell["outputs"]:
            data = output.get("data", {})
            kind = "svg" if "image/svg+xml" in data else "png" if "image/png" in data else ""
            if kind:
                number += 1
                parts.append(f"![What the cell drew]({picture(stem, number, kind)})")
            elif "text/html" in data:
                html = re.sub(r"\n\s*\n", "\n", joined(data["text/html"]).strip())
                parts.append(f'<div class="shown">\n{html}\n</div>')
            else:
                text = joined(output.get("text") or data.get("text/plain", ""))
                parts.append(f'```text title="prints"\n{text.rstrip()}\n```')
    name = f"{stem}.ipynb"
    parts.append(
        f"This page is the notebook `{FOLDER / name}` of the repository, with what it printed and drew."
    )
    return "\n\n".join(parts) + "\n"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--check", action="store_true", help="compare with what is kept, and write nothing")
    sys.exit(run(parser.parse_args().check))
