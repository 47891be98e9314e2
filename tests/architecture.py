"""Reads the imports of a source tree, without running it, and holds them against the order of the rooms."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

CORE = "nps_plugin"
ADAPTERS = "nps_adapters"

#: Lowest first. A room (module or folder directly below the package) imports from lower steps and from itself.
#: Rooms on one step do not know each other.
STEPS: tuple[tuple[str, ...], ...] = (
    ("statistics",),
    ("errors", "phones"),
    ("sending",),
    ("clock",),
    ("model",),
    ("ports", "texting"),
    ("hookspecs",),
    ("plugins",),
    ("config",),
    ("store",),
    ("links", "recordings", "signing"),
    ("wording",),
    ("kpi",),
    ("counts",),
    ("verdicts",),
    ("surveys",),
    ("responses",),
    ("followups", "imports"),
    ("reports",),
    ("web",),
    ("assembly",),
    ("base",),
    ("answering", "calling", "judging", "linking"),
    ("voicing",),
    ("ratings",),
    ("previewing",),
    ("cli", "testing"),
    ("__main__",),
    ("__init__",),
)
#: Modules that are parts of one room although no folder holds them together: they may know each other.
PART_OF = {
    "cli_files": "cli",
    "cli_report": "cli",
    "cli_voice": "cli",
    "cli_wording": "cli",
    "facade": "ratings",
}
RANK = {room: rank for rank, step in enumerate(STEPS) for room in step}

MAX_LINES = 400


@dataclass(frozen=True, order=True)
class Finding:
    """One broken rule: where, and which."""

    file: str
    line: int
    rule: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.rule}"


@dataclass(frozen=True)
class Import:
    """``from module import name`` (name is "" for a plain ``import module``), with relative modules resolved."""

    line: int
    module: str
    name: str = ""


def check_tree(root: Path) -> list[Finding]:
    """Every import under ``root``/src and ``root``/adapters that breaks the order, sorted by file and line."""
    core, adapters = root / "src" / CORE, root / "adapters" / ADAPTERS
    public = public_names(core / "__init__.py")
    findings: set[Finding] = set()
    for path in sorted(core.rglob("*.py")):
        room = _room_of(path, core)
        if room not in RANK:
            rule = f"room {room} has no place in the order; give it one in tests/architecture.py"
            findings.add(Finding(str(path.relative_to(root)), 1, rule))
            continue
        for found in imports(path, root / "src"):
            rule = _core_rule(room, found, core)
            if rule:
                findings.add(Finding(str(path.relative_to(root)), found.line, rule))
    for path in sorted(adapters.rglob("*.py")):
        for found in imports(path, root / "adapters"):
            rule = _adapter_rule(_room_of(path, adapters), found, public)
            if rule:
                findings.add(Finding(str(path.relative_to(root)), found.line, rule))
    return sorted(findings)


def too_long(root: Path, allowed: dict[str, str]) -> list[str]:
    """Modules over the limit that are not allowed to be, and allowances that are no longer needed."""
    long = {
        str(path.relative_to(root)): lines
        for folder in (root / "src", root / "adapters")
        for path in folder.rglob("*.py")
        if path.name != "__init__.py" and (lines := len(path.read_text(encoding="utf-8").splitlines())) > MAX_LINES
    }
    found = [f"{name}: {lines} lines, at most {MAX_LINES}" for name, lines in long.items() if name not in allowed]
    stale = [f"{name}: allowed to be long, but it is not; take it off the list" for name in allowed if name not in long]
    return sorted(found + stale)


def public_names(init: Path) -> frozenset[str]:
    """The literal ``__all__`` of a package; empty where there is none."""
    if not init.exists():
        return frozenset()
    for node in ast.parse(init.read_text(encoding="utf-8")).body:
        targets = node.targets if isinstance(node, ast.Assign) else []
        if any(isinstance(target, ast.Name) and target.id == "__all__" for target in targets):
            return frozenset(ast.literal_eval(node.value))
    return frozenset()


def imports(path: Path, top: Path) -> Iterator[Import]:
    """Every import in a module, wherever it stands: in functions, under TYPE_CHECKING, and import_module("...") too."""
    parts = path.relative_to(top).with_suffix("").parts
    package = parts[:-1]  # of a module as of an __init__: the folder that it stands in
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"), filename=str(path))):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield Import(node.lineno, alias.name)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else ()
            module = ".".join((*base, *(node.module.split(".") if node.module else ())))
            for alias in node.names:
                yield Import(node.lineno, module, alias.name)
        elif isinstance(node, ast.Call) and _is_dynamic_import(node.func) and node.args:
            first = node.args[0]
            if isinstance(first, ast.Constant) and isinstance(first.value, str) and not first.value.startswith("."):
                yield Import(node.lineno, first.value)


def _is_dynamic_import(function: ast.expr) -> bool:
    name = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
    return name in {"import_module", "__import__"}


def _room_of(path: Path, package: Path) -> str:
    first = path.relative_to(package).with_suffix("").parts[0]
    return PART_OF.get(first, first)


def _target_room(found: Import, package: Path) -> str:
    """The room of the core that an import reaches; "__init__" for a name taken from the package itself."""
    parts = found.module.split(".")
    if len(parts) > 1:
        return PART_OF.get(parts[1], parts[1])
    is_module = (package / found.name).is_dir() or (package / f"{found.name}.py").is_file()
    return PART_OF.get(found.name, found.name) if found.name and is_module else "__init__"


def _core_rule(room: str, found: Import, package: Path) -> str:
    top = found.module.split(".")[0]
    if top == ADAPTERS:
        return f"the core imports {found.module}; it never knows an adapter"
    if room == "statistics" and top != CORE and top not in sys.stdlib_module_names:
        return f"statistics imports {found.module}; it is standard library only"
    if top != CORE:
        return ""
    target = _target_room(found, package)
    if target == room:
        return ""
    if target not in RANK:
        return f"{room} imports {target}, which has no place in the order"
    if RANK[target] >= RANK[room]:
        return f"{room} imports {target}, which does not stand below it"
    return ""


def _adapter_rule(own: str, found: Import, public: frozenset[str]) -> str:
    parts = found.module.split(".")
    if parts[0] == CORE:
        if len(parts) > 1:
            return f"adapter {own} imports {found.module}; only names of {CORE} itself are public"
        if not found.name:
            return f"adapter {own} imports {CORE} whole; take its public names by `from {CORE} import ...`"
        if found.name not in public:
            return f"adapter {own} imports {found.name}, which is not in {CORE}.__all__"
    if parts[0] == ADAPTERS:
        target = parts[1] if len(parts) > 1 else found.name
        if target != own:
            return f"adapter {own} imports adapter {target or ADAPTERS}; adapters do not know each other"
    return ""
