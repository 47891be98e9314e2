"""Where Telegram cannot reach us: a poller of its own, or the worker."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable
from typing import Any

import pytest
from click.testing import CliRunner
from tests.adapters.telegram.bot_server import CHAT, TOKEN, BotServer

from nps_plugin import Client, LinkRefused, Secret
from nps_plugin.cli import main


class Stop(threading.Event):
    """Keeps how long the poller would rest, and does not rest."""

    def __init__(self) -> None:
        super().__init__()
        self.rests: list[float] = []

    def wait(self, timeout: float | None = None) -> bool:
        self.rests.append(timeout or 0.0)
        return self.is_set()


def before_each_batch(bot: BotServer, do: Callable[[int], None]) -> None:
    """Do something when updates are asked for, told how often that was before."""
    answer, times = bot._getUpdates, iter(range(1000))

    def asked(**values: Any) -> Any:
        do(next(times))
        return answer(**values)

    bot._getUpdates = asked  # type: ignore[method-assign]


@pytest.fixture
def asked(make_world, bot):
    """Makes a help-desk that has asked one client in a chat."""

    def make(**more):
        settings = {"token": Secret(TOKEN), "api": bot.url, "timeout": 2.0, **more}
        world = make_world(ask={"channels": ["telegram"]}, channels={"telegram": settings})
        world.close(client=Client(id="7", telegram=str(CHAT)))
        world.ratings.run_due()
        return world

    return make


def test_what_comes_is_kept_and_answered(asked, bot):
    world, stop = asked(), Stop()
    bot.tap("Bad")
    before_each_batch(bot, lambda times: stop.set() if times else None)
    world.ratings.listen("acme", "telegram", stop, wait=0)
    assert world.ratings.ticket_verdict("acme", "17").kind == "watermelon"
    assert "Thank you" in bot.text()
    assert bot.queue == []
    assert stop.rests == []


def test_a_poll_that_fails_is_made_again_after_longer_and_longer_rests(asked, bot, caplog):
    world, stop = asked(), Stop()
    bot.tap("Good")

    def trouble(times: int) -> None:
        if times < 3:
            raise RuntimeError("the server hangs up")
        stop.set()

    before_each_batch(bot, trouble)
    world.ratings.listen("acme", "telegram", stop, wait=0)
    assert stop.rests == [1.0, 2.0, 4.0]
    assert world.ratings.ticket_verdict("acme", "17").kind == "confirmed"
    assert TOKEN.partition(":")[2] not in caplog.text


def test_the_wait_that_telegram_asks_for_is_kept(asked, bot):
    world, stop = asked(), Stop()
    bot.retry_after = 7
    stop.set()
    world.ratings.listen("acme", "telegram", stop, wait=0)
    assert stop.rests == [7.0]


def test_words_that_no_database_takes_do_not_stop_what_comes_after_them(asked, bot):
    world, stop = asked(), Stop()
    bot.tap("Bad")
    bot.write("\ud800\x00 words", to=bot.last())
    bot.write("\x00", to=bot.last())
    bot.write("more", to=bot.last())
    before_each_batch(bot, lambda times: stop.set() if times else None)
    world.ratings.listen("acme", "telegram", stop, wait=0)
    assert stop.rests == []
    assert len(world.rows("comment")) == 2
    assert "more" in [row.text for row in world.rows("comment")]


def test_a_channel_that_nobody_polls_is_named(world):
    with pytest.raises(LinkRefused, match="not polled"):
        world.ratings.listen("acme", "email", threading.Event())


def test_the_worker_polls_where_it_is_told_to(asked, bot):
    world = asked(poll=True)
    bot.tap("Bad")
    world.ratings.run_due()
    assert world.ratings.ticket_verdict("acme", "17").kind == "watermelon"
    assert "Thank you" in bot.text()


def test_the_worker_leaves_a_bot_alone_that_has_a_webhook_or_a_poller(asked, bot):
    asked().ratings.run_due()
    assert bot.methods == ["sendMessage"]


def test_the_command_polls_until_it_is_told_to_end(bot, tmp_path, monkeypatch):
    monkeypatch.setenv("NPS_SECRET", "a secret of the tests")
    monkeypatch.setenv("ACME_BOT_TOKEN", TOKEN)
    config = f"""
[database]
url = "sqlite:///{tmp_path}/nps.sqlite3"
[page]
base_url = "https://help.example.org/rate"
secrets = ["env:NPS_SECRET"]
[tenants.acme]
ask = {{ channels = ["telegram"] }}
[tenants.acme.channels.telegram]
token = "env:ACME_BOT_TOKEN"
api = "{bot.url}"
poll = false
"""
    (tmp_path / "nps.toml").write_text(config)
    (tmp_path / "worker.toml").write_text(config.replace("poll = false", "poll = true"))
    before_each_batch(bot, lambda times: os.kill(os.getpid(), signal.SIGTERM) if times else None)
    kept = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    words = ["telegram", "poll", "--tenant", "acme"]
    try:
        result = CliRunner().invoke(main, ["--config", str(tmp_path / "nps.toml"), *words])
        assert result.exit_code == 0, result.output
        assert bot.methods == ["getUpdates", "getUpdates"]
        result = CliRunner().invoke(main, ["--config", str(tmp_path / "worker.toml"), *words])
        assert result.exit_code == 1
        assert "the worker polls telegram already" in result.output
    finally:
        for number, handler in kept.items():
            signal.signal(number, handler)
