"""``nps-plugin judge``, ``import`` and ``close`` as operators call them."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
from click.testing import CliRunner
from tests.imports.conftest import row
from tests.test_cli import GOOD

from nps_plugin import judge
from nps_plugin.cli import main

COLUMNS = """
scale = "faces-3"
[columns]
ticket = "number"
opened_at = "opened"
closed_at = "closed"
score = "score"
agent = "agent"
queue = "queue"
client = "client"
[targets]
kpi_share = 0.85
satisfied_share = 0.8
resolve_within = "4h"
[slices]
by = ["queue", "agent"]
"""
ROWS = [row(n, took=2 if n % 9 else 6, score=3 if n % 5 < 2 else 1) for n in range(60)]


@pytest.fixture
def run(desk, monkeypatch):
    monkeypatch.setenv("NPS_SECRET", "a secret of the tests")
    (desk.folder / "nps.toml").write_text(GOOD.format(folder=desk.folder))
    (desk.folder / "columns.toml").write_text(COLUMNS)

    def call(*words, columns="columns.toml"):
        more = ("--columns", str(desk.folder / columns)) if columns else ()
        return CliRunner().invoke(main, ["--config", str(desk.folder / "nps.toml"), *map(str, words), *more])

    call.folder = desk.folder
    return call


def test_json_is_one_object_and_the_same_as_the_function_gives(run, desk):
    path = desk.write([*ROWS, row("bad", score=9)])
    result = run("judge", path, "--json")
    assert result.exit_code == 0
    assert json.loads(result.stdout) == judge(path, desk.folder / "columns.toml").to_dict()


def test_a_manager_reads_the_verdict_in_two_languages(run, desk):
    path = desk.write([*ROWS, row("bad", score=9)])
    said = run("judge", path).output
    lines = said.splitlines()
    assert lines[0] == "Watermelon: the KPI reaches its target, the satisfied share does not"
    assert "KPI met, client dissatisfied (“watermelon”)" in said
    assert "Satisfied share" in said
    assert "(95% interval 29–53%)" in said
    assert "By queue" in said
    assert "A reason to look, not a measure of a person." in said
    assert "1 row is refused:" in said
    assert "line 62, score '9': is not on the scale faces-3 (1 to 3)" in said
    (run.folder / "ru.toml").write_text('locale = "ru"\n' + COLUMNS)
    said = run("judge", path, columns="ru.toml").output
    assert said.startswith("Арбуз:")
    assert "срок выдержан, клиент недоволен («арбуз»)" in said
    assert "Отклонена 1 строка:" in said
    assert "nan" not in said.casefold()


def test_few_answers_are_counted_and_not_turned_into_shares(run, desk):
    said = run("judge", desk.write(ROWS[:4])).output
    assert "2 of 4" in said
    assert "interval" not in said.split("\n\n", 2)[2]


def test_what_is_long_is_cut_and_it_is_said(run, desk):
    rows = [row(n, agent=f"agent {n % 30}", score=9 if n > 99 else 3) for n in range(150)]
    said = run("judge", desk.write(rows)).output
    assert "… and 10 more" in said
    assert "50 rows are refused:" in said
    assert "… of all: score 50; --json lists every row" in said


def test_nothing_that_could_be_judged_is_exit_2(run, desk):
    bad = run("judge", desk.write([row(1, score=9)]), "--json")
    assert bad.exit_code == 2
    assert json.loads(bad.stdout)["refused_rows"][0]["row"] == 2
    assert run("judge", desk.write([row(1, closed="")])).exit_code == 2
    assert run("judge", desk.write([])).exit_code == 2
    desk.path.write_bytes(b"")
    empty = run("judge", desk.path)
    assert (empty.exit_code, "is empty" in empty.output) == (2, True)
    (run.folder / "bad.toml").write_text("[columns]\nscore = 'scor'\nqueue = 'quue'\n")
    wrong = run("judge", desk.write(ROWS), columns="bad.toml")
    assert wrong.exit_code == 2
    assert "did you mean 'score'" in wrong.output
    assert "did you mean 'queue'" in wrong.output
    assert run("judge", run.folder / "nowhere.csv").exit_code == 2


def test_answers_alone_are_enough_to_be_judged(run, desk):
    (run.folder / "least.toml").write_text('scale = "faces-3"\n[columns]\nscore = "score"\n')
    assert run("judge", desk.write(ROWS), columns="least.toml").exit_code == 0


def test_without_columns_it_is_said_what_was_guessed(run, desk):
    result = run("judge", desk.write(ROWS), "--json", columns="")
    assert result.exit_code == 0
    assert json.loads(result.stdout)["answered"] == 60
    assert "score is the column 'score'" in result.stderr
    assert "ticket is the column 'number'" in run("judge", desk.path, columns="").output


def test_history_is_imported_by_command(run, desk):
    path = desk.write([*ROWS, row("bad", score=9)])
    first = run("import", path, "--tenant", "acme")
    assert first.exit_code == 0, first.output
    assert "60 closing(s) and 60 answer(s) imported; 0 known before, 0 still open, 1 row(s) refused." in first.output
    assert "line 62, score '9'" in first.output
    assert "0 closing(s) and 0 answer(s) imported; 60 known before" in run("import", path, "--tenant", "acme").output
    assert run("import", desk.write([row(1, score=9)]), "--tenant", "acme").exit_code == 2
    nobody = run("import", path, "--tenant", "nobody")
    assert (nobody.exit_code, "nobody" in nobody.output) == (2, True)


def test_closings_are_told_by_command(run, desk):
    path = desk.write([row(1, client="ivan@example.org"), row(2, closed="")])
    first = run("close", path, "--tenant", "acme")
    assert first.exit_code == 0, first.output
    assert "1 closing(s) recorded, 0 to be asked about; 0 known before, 1 still open" in first.output
    assert "1 known before" in run("close", path, "--tenant", "acme").output
    assert run("close", path, "--tenant", "nobody").exit_code == 2


def test_judging_loads_neither_a_database_nor_templates(desk):
    heavy = ("sqlalchemy", "alembic", "jinja2", "werkzeug", "requests", "holidays", "babel", "openpyxl")
    path = desk.write(ROWS)
    (desk.folder / "columns.toml").write_text(COLUMNS)
    code = (
        "import sys\nfrom nps_plugin.cli import main\n"
        f"main(['judge', {str(path)!r}, '--columns', {str(desk.folder / 'columns.toml')!r}], standalone_mode=False)\n"
        f"print('LOADED', sorted({{name.split('.')[0] for name in sys.modules}} & set({heavy!r})))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "LOADED []"
