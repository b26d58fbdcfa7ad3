"""`python -m tests.docs.pictures`: draw the pictures of the documentation anew."""

from __future__ import annotations

from tests.docs.pictures import question
from tests.docs.pictures.scenes import PLACE, SCENES, draw


def main() -> None:
    """All of them, into docs/pictures; and the question before a rerun, into docs/monitor.md."""
    PLACE.mkdir(exist_ok=True)
    for name in SCENES:
        (PLACE / f"{name}.svg").write_text(draw(name), encoding="utf-8")
    question.write()


main()
