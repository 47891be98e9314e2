"""What is tested is what is shipped: the installed packages hold every file of the checkout's."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
NOT_SHIPPED = ("__pycache__", ".mypy_cache")


@pytest.mark.parametrize("package", ["src/nps_plugin", "adapters/nps_adapters"])
def test_the_installed_package_holds_every_file_of_the_source(package: str):
    source = ROOT / package
    spec = find_spec(source.name)
    assert spec is not None
    (installed,) = map(Path, spec.submodule_search_locations or ())
    files = {path.relative_to(source) for path in source.rglob("*") if path.is_file()}
    wanted = {path for path in files if not set(path.parts) & set(NOT_SHIPPED)}
    assert Path("py.typed") in wanted
    assert {str(path) for path in wanted if not (installed / path).is_file()} == set()
