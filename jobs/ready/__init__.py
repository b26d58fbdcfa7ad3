"""Jobs that are ready to run, each also a command. They need the extra `jobmon[jobs]`."""

from importlib.util import find_spec

NEEDED = ("httpx", "jmespath", "polars", "protego", "selectolax", "xlsxwriter")

for _name in NEEDED:
    if find_spec(_name) is None:
        _hint = 'install what the ready-made jobs need: pip install "jobmon[jobs]"'
        raise ModuleNotFoundError(f"{_name} is not installed; {_hint}", name=_name)
