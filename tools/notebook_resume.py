"""A search in a notebook, interrupted by the button and gone on with: what the cells show, what is lost.

    python -m tools.notebook_resume [--keep build/notebook-resume.ipynb]

A real kernel runs the cells. While the search runs, the kernel gets the interrupt that the button sends; the
cell must end without an error and give the best so far. The next cell is the same call, and must come to the
end that a search without an interrupt has. The live display must be one output that was replaced, and stay
when the cell has ended.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
from pathlib import Path
from typing import Any

from parzen import Study, errors

TRIALS = 40
AFTER = 12  # trials that have ended when the button is pressed
CALL = f'best = fmin(objective, SPACE, max_evals={TRIALS}, trials="search.db", seed=0)\n'

SETUP = """import time

from parzen import fmin, hp
from parzen.testing import digest

SPACE = {"lr": hp.float(1e-5, 1, log=True), "layers": hp.int(1, 8)}


def objective(p):
    time.sleep(0.15)
    if p["lr"] > 0.3:
        return float("nan")
    return abs(p["lr"] - 0.01) + p["layers"] / 10
"""
WHOLE = f"whole = fmin(objective, SPACE, max_evals={TRIALS}, seed=0, verbose=False)\n"
SAY = "print(best.stopped, len(best.study.trials))"
CELLS = [SETUP, CALL + SAY, CALL + SAY, WHOLE + "print(digest(whole.study) == digest(best.study))"]


def ended(path: Path) -> int:
    """How many trials of the study have ended; 0 while there is none."""
    try:
        return Study.load(path).ledger.ended
    except errors.StorageError:
        return 0


async def run(folder: Path) -> Any:
    """Run the cells in a kernel whose folder is `folder`, and press the button in the second one."""
    import nbformat
    from nbclient import NotebookClient

    cells = [nbformat.v4.new_code_cell(source) for source in CELLS]
    notebook = nbformat.v4.new_notebook(cells=cells)
    client = NotebookClient(notebook, timeout=120, resources={"metadata": {"path": str(folder)}})
    async with client.async_setup_kernel():
        await client.async_execute_cell(notebook.cells[0], 0)
        search = asyncio.create_task(client.async_execute_cell(notebook.cells[1], 1))
        while ended(folder / "search.db") < AFTER and not search.done():  # noqa: ASYNC110  # another process
            await asyncio.sleep(0.1)
        await client.km.interrupt_kernel()
        await search
        for index in (2, 3):
            await client.async_execute_cell(notebook.cells[index], index)
    return notebook


def printed(cell: Any) -> str:
    """What a cell printed."""
    return "".join(each.text for each in cell.outputs if each.get("name") == "stdout").strip()


def displays(cell: Any) -> int:
    """How many live displays stay below a cell."""
    return sum("text/html" in each.get("data", {}) for each in cell.outputs)


def mistakes(notebook: Any) -> list[str]:
    """What is not as it must be, in sentences."""
    found = []
    stopped, resumed, same = (printed(cell) for cell in notebook.cells[1:])
    word, _, count = stopped.partition(" ")
    if word != "interrupted" or not AFTER <= int(count) < TRIALS:
        found.append(f"the interrupted cell printed {stopped!r}")
    if resumed != f"None {TRIALS}":
        found.append(f"the resumed cell printed {resumed!r}")
    if same != "True":
        found.append("the resumed search is not the one without an interrupt")
    found += [
        f"cell {n} has {displays(notebook.cells[n])} displays, not one"
        for n in (1, 2)
        if displays(notebook.cells[n]) != 1
    ]
    return found


def main() -> int:
    """Run it, and say what came out; the exit code."""
    import nbformat

    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--keep", type=Path, help="write the executed notebook to this file")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        notebook = asyncio.run(run(Path(folder)))
    if options.keep:
        options.keep.parent.mkdir(parents=True, exist_ok=True)
        nbformat.write(notebook, options.keep)
    for cell in notebook.cells[1:]:
        print(printed(cell))
    wrong = mistakes(notebook)
    print("\n".join(wrong) or "interrupted, resumed, and the same as without an interrupt")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
