"""What runtimes are called where several are shown together. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from jobmon.runtime.client import SOCKET_NAME
from jobmon.tui.world import Site


def of_socket(path: Path) -> str:
    """What a runtime is called before it said a word: after its socket, or the folder of that."""
    path = path.absolute()
    return path.parent.parent.name if path.name == SOCKET_NAME else path.stem


def name(sites: Sequence[Site]) -> None:
    """Call each after its machine; those of one machine after their folders too.

    The folder stands first: where a column has little room the machine's name is cut.
    """
    known = [site for site in sites if site.hello.get("host")]
    for words in (_machine, _folder, _path, _number):
        labels = Counter(site.label for site in known)
        for site in known:
            if words is _machine or labels[site.label] > 1:
                site.label = words(site)


def _machine(site: Site) -> str:
    return str(site.hello["host"])


def _folder(site: Site) -> str:
    return f"{Path(str(site.hello.get('home'))).name}@{_machine(site)}"


def _path(site: Site) -> str:
    return f"{site.hello.get('home')}@{_machine(site)}"


def _number(site: Site) -> str:
    return f"{_path(site)} {site.number + 1}"
