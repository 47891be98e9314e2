"""``python -m nps_plugin``: the same as ``nps-plugin``."""

from .cli import main

main(prog_name="nps-plugin")
