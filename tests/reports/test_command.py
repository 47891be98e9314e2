"""``nps-plugin report``."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from nps_plugin.cli import main

CONFIG = """
[database]
url = "sqlite:///{path}"
[page]
base_url = "https://help.example.org/rate"
secrets = ["env:NPS_SECRET"]
[tenants.acme]
timezone = "Europe/Moscow"
brand = {{ name = "Acme", sender = "Acme <help@acme.example>" }}
kpi = [{{ resolve_within = "8h" }}]
targets = {{ kpi_share = 0.9, satisfied_share = 0.8 }}
[tenants.acme.channels.email]
host = "127.0.0.1"
"""


@pytest.fixture
def run(year_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("NPS_SECRET", "a secret of the tests, long enough")
    config = tmp_path / "nps.toml"
    config.write_text(CONFIG.format(path=year_file), encoding="utf-8")

    def call(*arguments: str):
        # long enough a window that the day on which the test runs does not matter
        asked = ["--config", str(config), "report", "--tenant", "acme", "--last", "200", *arguments]
        return CliRunner().invoke(main, asked)

    return call


def test_it_prints_the_verdict_and_the_rows(run):
    done = run("--by", "queue")
    assert done.exit_code == 0, done.output
    assert "satisfied share" in done.output
    assert done.output.count("billing") == 2, "one row for each of the two ways of asking"


def test_figures_about_people_say_how_they_are_to_be_taken(run):
    assert "never a measure for pay" in run("--by", "agent").output
    assert "не мера для оплаты" in run("--by", "agent", "--locale", "ru").output
    assert "never a measure for pay" not in run("--by", "queue").output


def test_it_prints_everything_as_json(run):
    done = run("--by", "queue", "--by", "service", "--json")
    found = json.loads(done.stdout)
    assert found["by"] == ["queue", "service"]
    assert len(found["table"]) == 32
    assert found["details"]["verdict"]["answered"] > 0


def test_it_writes_the_page_and_the_workbook(run, tmp_path):
    page, book = tmp_path / "report.html", tmp_path / "report.xlsx"
    done = run("--html", str(page), "--xlsx", str(book), "--locale", "ru")
    assert done.exit_code == 0, done.output
    assert '<html lang="ru">' in page.read_text(encoding="utf-8")
    assert book.read_bytes()[:2] == b"PK"


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (("--period", "fortnight"), "'fortnight'"),
        (("--audience", "everyone", "--by", "agent"), "names no agent"),
        (("--where", "queue"), "expected NAME=VALUE"),
        (("--html", "/nowhere/at/all.html"), "cannot be written"),
    ],
)
def test_what_is_wrong_is_said_without_a_traceback(run, arguments, why):
    done = run(*arguments)
    assert done.exit_code == 1
    assert why in done.output
    assert "Traceback" not in done.output


def test_where_narrows_it(run):
    found = json.loads(run("--where", "queue=billing", "--json").stdout)
    assert found["where"] == {"queue": "billing"}
