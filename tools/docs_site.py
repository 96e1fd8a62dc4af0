"""What the documentation's site needs beside docs/*.md: its menu, generated pages, and checks of the result.

MkDocs calls the functions `on_...` (see `hooks` in mkdocs.yml).

- The menu comes from the tables of docs/index.md: a heading is a group, a link to a page in a row is an
  entry. A page that is not there is left out.
- Pages are generated for the change log, for contributors, for each public name (from its docstring), for
  each command (from its help) and for each executed notebook.
- The pages are written for a code host. What MkDocs reads differently is put right here.
- The built site may name no other host in anything that a browser fetches by itself, and must have each
  public name.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path, PurePosixPath
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from tools import notebooks, reference

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"

# Files outside docs/ that are pages of the site: where they are, and where they go.
BESIDE = {"CHANGELOG.md": "changelog.md", "CONTRIBUTING.md": "contributing.md"}

# What a browser fetches by itself: scripts, styles, images, frames; not links that a reader clicks.
FETCHED = re.compile(
    r"""<(?:script|img|iframe|source|video|audio|embed)\b[^>]*?\bsrc=["']?(?:https?:)?//[^"'\s>]+"""
    r"""|<link\b[^>]*?\bhref=["']?(?:https?:)?//[^"'\s>]+"""
    r"""|url\(\s*["']?(?:https?:)?//[^)]+|@import\s+["'](?:https?:)?//[^"']+""",
    re.I,
)


class BrokenSite(Exception):
    """The site was built and is not what it must be."""


def generated() -> dict[str, str]:
    """Pages that are made and not kept: path below docs/ -> Markdown."""
    pages = {to: (ROOT / source).read_text(encoding="utf-8") for source, to in BESIDE.items()}
    return pages | reference.pages()


def outside(target: str) -> str | None:
    """The page of the site for a link to a file outside docs/, relative to docs/; None if there is none."""
    source = target.removeprefix("../")
    if source in BESIDE:
        return BESIDE[source]
    path = PurePosixPath(source)
    if path.parent == notebooks.FOLDER and path.suffix == ".ipynb":
        return f"notebooks/{path.stem}.md"
    return None


def menu(index: str, there: set[str]) -> list[dict[str, Any]]:
    """The menu, from the tables of the index page.

    Args:
        index: The text of docs/index.md.
        there: Paths of the pages that exist, below docs/.

    Returns:
        MkDocs's `nav`: the index itself, then a group for each heading over a table with links.
    """
    groups: dict[str, dict[str, str]] = {}
    heading, seen = "", {"index.md"}
    for line in index.splitlines():
        if line.startswith("## "):
            heading = line[3:].strip()
        if not line.startswith("|"):
            continue
        for title, target in re.findall(r"\[([^\]]+)\]\(([^)#]+)(?:#[^)]*)?\)", line):
            page = outside(target) if target.startswith("../") else target
            if page in there and page not in seen:
                seen.add(page)
                groups.setdefault(heading, {})[title] = page
    entries: list[dict[str, Any]] = [{"Overview": "index.md"}]
    entries += [{title: [{name: page} for name, page in group.items()]} for title, group in groups.items()]
    names = [{title: page} for page, title in reference.titles().items() if page in there]
    return [*entries, {"Reference": names}]


def adapted(markdown: str, page: str) -> str:
    """A page as MkDocs must read it.

    Args:
        markdown: As a code host reads it.
        page: Its path below docs/, for links that lead out of docs/.
    """
    up = "../" * page.count("/")

    def link(match: re.Match[str]) -> str:
        target = outside(match[1])
        return f"]({up}{target}{match[2] or ''})" if target else match[0]

    text = re.sub(r"^( *```python) no-run$", r"\1", markdown, flags=re.M)
    text = re.sub(r"^( *```text)\n *# output$", r'\1 title="prints"', text, flags=re.M)
    return re.sub(r"\]\((\.\./[^)#]+)(#[^)]*)?\)", link, text)


def foreign(text: str) -> list[str]:
    """What a page, script or style sheet makes a browser fetch from another host."""
    return FETCHED.findall(text)


def lost(site: Path) -> list[str]:
    """Public names that no page of the built reference has."""
    built = "\n".join(path.read_text(encoding="utf-8") for path in (site / "reference").glob("*.html"))
    return [name for name in reference.names() if f'id="{name}"' not in built]


def on_config(config: Any) -> Any:
    """Set the menu."""
    there = {path.relative_to(DOCS).as_posix() for path in DOCS.rglob("*.md")}
    there |= set(generated()) | set(notebooks.pages())
    config.nav = menu((DOCS / "index.md").read_text(encoding="utf-8"), there)
    return config


def on_files(files: Any, config: Any) -> Any:
    """Add the generated pages, and the pictures of the notebooks."""
    from mkdocs.structure.files import File

    for path, text in {**generated(), **notebooks.pages()}.items():
        files.append(File.generated(config, path, content=text))
    for path, data in notebooks.pictures().items():
        files.append(File.generated(config, path, content=data))
    return files


def on_page_markdown(markdown: str, page: Any, **_: Any) -> str:
    """Put right what MkDocs reads differently."""
    return adapted(markdown, page.file.src_uri)


def on_post_build(config: Any) -> None:
    """Look at what was built."""
    site = Path(config.site_dir)
    for path in sorted(site.rglob("*")):
        if path.suffix in (".html", ".css") and (found := foreign(path.read_text(encoding="utf-8"))):
            raise BrokenSite(f"{path.relative_to(site)} fetches from another host: {found[0]}")
    if missing := lost(site):
        raise BrokenSite(f"public names without a place in the reference: {', '.join(missing)}")
