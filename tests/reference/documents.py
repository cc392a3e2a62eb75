"""The generated documents, and what is in them."""

from __future__ import annotations

import re
from pathlib import Path

from sagacheck.reference.markdown import anchor

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"


def text_of(topic: str) -> str:
    """A document as it is in the repository."""
    return (DOCS / f"{topic}.md").read_text(encoding="utf-8")


def yaml_in(text: str) -> list[str]:
    """The YAML examples of a document."""
    return re.findall(r"(?ms)^```yaml\n(.*?)^```$", text)


def broken_links(document: Path) -> list[str]:
    """The links of a document, but for those to the web, that lead to no file or no heading."""
    found = []
    links = set(re.findall(r"\]\(([^)\s]+)\)", document.read_text(encoding="utf-8")))
    for link in (each for each in links if "://" not in each):
        path, mark, place = link.partition("#")
        target = (document.parent / path).resolve() if path else document
        if not target.exists() or (mark and f"#{place}" not in anchors(target)):
            found.append(link)
    return found


def anchors(document: Path) -> list[str]:
    """The places in a document that links can lead to."""
    text = re.sub(r"(?ms)^```.*?^```$", "", document.read_text(encoding="utf-8"))
    return [anchor(heading) for heading in re.findall(r"(?m)^#+ (.+)$", text)]
