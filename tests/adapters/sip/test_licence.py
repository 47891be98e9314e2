"""PJSIP is under the GPL: it is in no wheel of ours, and in no process with the library."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path
from zipfile import ZipFile

from tests.architecture import imports

from nps_adapters import sip

ROOT = Path(__file__).resolve().parents[3]
ADAPTERS = Path(sip.__file__).parents[1]
BINARY = {".so", ".pyd", ".dll", ".dylib", ".a", ".o", ".whl"}


def test_the_wheel_holds_no_pjsip_and_nothing_compiled(tmp_path: Path):
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True, timeout=120)
    (wheel,) = tmp_path.glob("*.whl")
    with ZipFile(wheel) as packed:
        names = packed.namelist()
        metadata = packed.read(next(name for name in names if name.endswith("METADATA"))).decode()
    assert any(name.endswith("nps_adapters/sip/phone.py") for name in names)
    assert [name for name in names if "pjsip" in name.lower() or "pjsua" in name.lower()] == []
    assert [name for name in names if BINARY & set(Path(name).suffixes)] == []
    needs = [line for line in metadata.splitlines() if line.startswith("Requires-Dist") and "pjsua" in line]
    assert needs
    assert all("extra == 'sip'" in line for line in needs)


def test_no_extra_but_its_own_brings_it():
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["optional-dependencies"]
    bring = {name for name, needs in extras.items() if any("pjsua" in need or "[sip" in need for need in needs)}
    assert bring == {"sip"}


def importers(name: str) -> set[str]:
    found = set()
    for top in (ADAPTERS, ROOT / "src" / "nps_plugin"):
        for path in top.rglob("*.py"):
            if any(one.module.split(".")[0] == name for one in imports(path, top.parent)):
                found.add(path.name)
    return found


def test_one_module_imports_it():
    assert importers("pjsua2") == {"phone.py"}


def test_the_process_that_loads_it_loads_nothing_of_the_library():
    # pjsua2 itself need not be installed here
    code = (
        "import sys, types\n"
        "fake = types.ModuleType('pjsua2'); fake.Call = fake.Account = object; sys.modules['pjsua2'] = fake\n"
        "import nps_adapters.sip.lines, nps_adapters.sip.phone\n"
        "print(*sorted({name.split('.')[0] for name in sys.modules} - sys.stdlib_module_names - {'__main__'}))"
    )
    done = subprocess.run([sys.executable, "-S", "-c", code], capture_output=True, text=True, check=False, env={
        "PYTHONPATH": str(ADAPTERS.parent)
    })  # fmt: skip
    assert done.stdout.split() == ["nps_adapters", "pjsua2"], done.stderr


def test_the_program_itself_does_not_load_it():
    code = "import sys, nps_adapters.sip.program, nps_adapters.sip.switchboard; print('pjsua2' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
