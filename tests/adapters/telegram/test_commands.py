"""``nps-plugin telegram``: the webhook and the links."""

from __future__ import annotations

import pytest
from click.testing import CliRunner
from tests.adapters.telegram.bot_server import TOKEN

from nps_plugin.cli import main

CONFIG = """
[database]
url = "sqlite:///{folder}/nps.sqlite3"
[page]
base_url = "https://help.example.org/rate"
secrets = ["env:NPS_SECRET"]
[tenants.acme]
brand = {{ sender = "Acme <help@acme.example>" }}
ask = {{ channels = ["telegram", "chat", "email"] }}
[tenants.acme.channels.telegram]
token = "env:ACME_BOT_TOKEN"
api = "{api}"
[tenants.acme.channels.chat]
adapter = "telegram"
token = "env:ACME_BOT_TOKEN"
api = "{api}"
username = "another_bot"
"""


@pytest.fixture
def run(bot, tmp_path, monkeypatch):
    monkeypatch.setenv("NPS_SECRET", "a secret of the tests")
    monkeypatch.setenv("ACME_BOT_TOKEN", TOKEN)
    (tmp_path / "nps.toml").write_text(CONFIG.format(folder=tmp_path, api=bot.url))
    return lambda *words: CliRunner().invoke(main, ["--config", str(tmp_path / "nps.toml"), "telegram", *words])


def test_the_webhook_is_set_to_the_door_with_a_secret_that_is_not_shown(bot, run):
    result = run("webhook", "--tenant", "acme")
    assert result.exit_code == 0, result.output
    assert bot.webhook["url"] == "https://help.example.org/rate/hooks/acme/telegram"
    assert len(bot.webhook["secret_token"]) == 64
    assert bot.webhook["url"] in result.output
    assert bot.webhook["secret_token"] not in result.output
    assert run("webhook", "--tenant", "acme", "--remove").exit_code == 0
    assert bot.webhook == {}


def test_a_channel_by_another_name_has_its_own_door(bot, run):
    assert run("webhook", "--tenant", "acme", "--channel", "chat").exit_code == 0
    assert bot.webhook["url"] == "https://help.example.org/rate/hooks/acme/chat"


def test_a_link_is_printed(run):
    result = run("link", "--tenant", "acme", "--client", "id:7")
    assert result.output.startswith("https://t.me/acme_help_bot?start=")
    result = run("link", "--tenant", "acme", "--channel", "chat", "--client", "email:ivan@example.org")
    assert result.output.startswith("https://t.me/another_bot?start=")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["webhook", "--tenant", "other"], "no enabled tenant 'other'"),
        (["webhook", "--tenant", "acme", "--channel", "viber"], "no channel 'viber'"),
        (["webhook", "--tenant", "acme", "--channel", "email"], 'expected "telegram"'),
        (["link", "--tenant", "acme", "--client", "Irina"], "expected a Client, or its key"),
    ],
)
def test_mistakes_are_named(run, words, said):
    result = run(*words)
    assert result.exit_code != 0
    assert said in result.output


def test_what_telegram_refuses_is_said_without_the_token(bot, run):
    bot.refuse(401)
    result = run("webhook", "--tenant", "acme")
    assert result.exit_code == 1
    assert "token is not valid" in result.output
    assert TOKEN.partition(":")[2] not in result.output
