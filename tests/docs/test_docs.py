"""README.md and docs/: links lead somewhere, examples parse or run, commands exist; and each check is shown to fail."""

from __future__ import annotations

import importlib
import importlib.util
import subprocess
import sys
from pathlib import Path

import click
import pytest
from tests.docs.checks import bad_python, bad_toml, blocks, broken_links, unknown_commands

ROOT = Path(__file__).resolve().parents[2]
FILES = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").glob("**/*.md"))]
NAMES = [str(path.relative_to(ROOT)) for path in FILES]
EXAMPLES = [
    pytest.param(block.text, id=f"{name}:{block.line}")
    for path, name in zip(FILES, NAMES, strict=True)
    for block in blocks(path)
    if block.run
]


@pytest.mark.parametrize("path", FILES, ids=NAMES)
def test_links_lead_somewhere(path: Path):
    assert broken_links(path) == []


@pytest.mark.parametrize("path", FILES, ids=NAMES)
def test_python_and_toml_parse(path: Path):
    assert bad_python(path) + bad_toml(path) == []


def run_example(text: str, folder: Path) -> subprocess.CompletedProcess[str]:
    script = folder / "example.py"
    script.write_text(text, encoding="utf-8")
    command = [sys.executable, "-W", "error", str(script)]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=120)


# not parametrized: with no example yet, pytest would skip it
def test_marked_examples_run(subtests, tmp_path: Path):
    for number, example in enumerate(EXAMPLES):
        folder = tmp_path / str(number)
        folder.mkdir()
        with subtests.test(example.id):
            done = run_example(example.values[0], folder)
            assert done.returncode == 0, done.stderr


def command_line() -> click.Command | None:
    """The command line's click group; None until there is one."""
    if importlib.util.find_spec("nps_plugin.cli") is None:
        return None
    cli = importlib.import_module("nps_plugin.cli")
    found = next((value for value in vars(cli).values() if isinstance(value, click.Group)), None)
    assert found is not None, "nps_plugin.cli holds no click.Group at its top; the check of console blocks needs one"
    return found


@pytest.mark.parametrize("path", FILES, ids=NAMES)
def test_commands_exist(path: Path):
    command = command_line()
    if command is not None:
        assert unknown_commands(path, command) == []


# --- the checks themselves


@pytest.fixture
def page(tmp_path: Path) -> Path:
    (tmp_path / "other.md").write_text("# A first, plain heading\n\n## Twice\n\n## Twice\n", encoding="utf-8")
    return tmp_path / "page.md"


def fenced(language: str, text: str) -> str:
    return f"Before\n\n```{language}\n{text}\n```\n"


@pytest.mark.parametrize(
    "link",
    [
        "other.md",
        "other.md#a-first-plain-heading",
        "other.md#twice-1",
        "#here",
        "https://example.org/x",
        "mailto:a@b.example",
    ],
)
def test_a_good_link_is_left_alone(page: Path, link: str):
    page.write_text(f"# Here\n\nSee [it]({link}), not `[this](nowhere.md)`.\n" + fenced("", "[nor](this.md)"))
    assert broken_links(page) == []


@pytest.mark.parametrize("link", ["another.md", "other.md#second", "#there", "images/none.png"])
def test_a_broken_link_is_found(page: Path, link: str):
    page.write_text(f"# Here\n\n![it]({link})\n")
    assert [problem.partition(": ")[0] for problem in broken_links(page)] == ["page.md:3"]


def test_python_that_does_not_parse_is_found(page: Path):
    page.write_text(fenced("python", "a = 1\nb = ("))
    assert bad_python(page) == ["page.md:5: '(' was never closed"]


def test_toml_that_does_not_parse_is_found(page: Path):
    page.write_text(fenced("toml", "a = "))
    assert len(bad_toml(page)) == 1


def test_a_block_that_is_never_closed_is_found(page: Path):
    page.write_text("```toml\na = 1\n")
    with pytest.raises(ValueError, match=r"page\.md:1"):
        blocks(page)


def test_only_a_block_right_after_the_mark_is_run(page: Path):
    page.write_text(
        "<!-- run -->\n" + "```python\nx\n```\n" + "```python\ny\n```\n<!-- run -->\nprose\n```python\nz\n```\n"
    )
    assert [(block.text, block.run) for block in blocks(page)] == [("x\n", True), ("y\n", False), ("z\n", False)]


@pytest.mark.parametrize(("text", "good"), [("print(1)", True), ("1 / 0", False), ("import sys; sys.exit(3)", False)])
def test_an_example_that_fails_is_found(tmp_path: Path, text: str, good: bool):
    assert (run_example(text, tmp_path).returncode == 0) is good


@click.group()
@click.option("--app")
def tool(app: str) -> None: ...


@tool.group()
def db() -> None: ...


@db.command()
def upgrade() -> None: ...


@tool.command()
@click.option("--once", is_flag=True)
@click.argument("file", nargs=-1)
def work(once: bool, file: tuple[str, ...]) -> None: ...


@pytest.mark.parametrize(
    "line",
    [
        "nps-plugin db upgrade",
        "$ .venv/bin/nps-plugin --app module:ratings work --once a.csv && nps-plugin work --help",
        "pip install nps-plugin-other # nps-plugin nothing",
        "nps-plugin work | head",
    ],
)
def test_known_commands_are_left_alone(page: Path, line: str):
    page.write_text(fenced("console", line))
    assert unknown_commands(page, tool) == []


@pytest.mark.parametrize(
    ("line", "wrong"),
    [
        ("nps-plugin wrok", "command 'wrok' in nps-plugin"),
        ("cd x && nps-plugin db down", "command 'down' in nps-plugin db"),
        ("nps-plugin work --twice", "option --twice in nps-plugin work"),
        ("nps-plugin --application=x work", "option --application in nps-plugin"),
    ],
)
def test_an_unknown_command_is_found(page: Path, line: str, wrong: str):
    page.write_text(fenced("console", line))
    assert unknown_commands(page, tool) == [f"page.md:4: nps-plugin has no {wrong}"]
