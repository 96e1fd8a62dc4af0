"""Writes store-1.db and store-1.jsonl beside it, from the golden log; run once per format and kept.

.venv/bin/python tests/golden/make_stores.py
"""

from __future__ import annotations

import json
from pathlib import Path

from parzen.history.events import Noted, from_json
from parzen.storage.base import open_store

HERE = Path(__file__).parent
EVENTS = [from_json(json.loads(line)) for line in (HERE / "events-1.jsonl").read_text().splitlines()]

if __name__ == "__main__":
    for name in ("store-1.db", "store-1.jsonl"):
        store = open_store(HERE / name)
        for start in range(0, len(EVENTS), 3):
            store.append("golden", EVENTS[start : start + 3])
        store.append("Überblick/日本", [Noted(1.5, {"text": "half \ud83c, NUL \0"})])
        store.close()
    (HERE / "store-1.jsonl.lock").unlink()
