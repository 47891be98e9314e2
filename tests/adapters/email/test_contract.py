"""The rules of every channel, over SMTP; and the one connection of a round."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.adapters.email.smtp_wire import SmtpWire

from nps_adapters.email.channel import EmailChannel
from nps_plugin import Client, Connected, DeliveryError, Secret
from nps_plugin.testing import ChannelContract, example_message

PASSWORD = "the password of the mailbox"


@pytest.fixture
def wire() -> Iterator[SmtpWire]:
    wire = SmtpWire()
    yield wire
    wire.close()


@pytest.fixture
def channel(wire: SmtpWire) -> EmailChannel:
    return EmailChannel({"host": "127.0.0.1", "port": wire.port, "timeout": 0.3})


class TestContract(ChannelContract):
    secrets = (PASSWORD,)
    unreached = Client(id="4711", name="Irina Kuznetsova", phone="+79161234567")
    faults = ("no connection", "cut short", "garbled")
    busy = (421, 450, 451, 452)
    refusals = (550, 553)
    # SMTP has no word for it
    says_when = False
    says_odd = False
    recorded = Path(__file__).parent / "recorded.json"

    @pytest.fixture
    def wire(self, wire: SmtpWire) -> Any:
        return wire

    @pytest.fixture
    def channel(self, channel: EmailChannel) -> Any:
        return channel


def test_a_password_is_in_nothing_that_shows():
    settings = {"host": "localhost", "username": "ratings", "password": Secret(PASSWORD)}
    assert PASSWORD not in repr(EmailChannel(settings)) + repr(vars(EmailChannel(settings)))


def test_a_round_has_one_connection_and_leaves_none(channel: EmailChannel, wire: SmtpWire):
    assert isinstance(channel, Connected)
    with channel.round():
        for _ in range(3):
            channel.send(example_message())
    assert (wire.arrived, wire.connections) == (3, 1)
    channel.send(example_message())
    assert (wire.arrived, wire.connections) == (4, 2)


def test_a_server_that_hangs_up_after_so_many_mails_gets_the_rest_over_another_connection(
    channel: EmailChannel, wire: SmtpWire
):
    wire.patience = 2
    with channel.round():
        for _ in range(5):
            channel.send(example_message())
    assert (wire.arrived, wire.connections) == (5, 3)


def test_a_refused_address_does_not_end_the_round(channel: EmailChannel, wire: SmtpWire):
    with channel.round():
        channel.send(example_message())
        wire.refuse(550)
        with pytest.raises(DeliveryError):
            channel.send(example_message())
        wire.accept()
        channel.send(example_message())
    assert (wire.arrived, wire.connections) == (2, 1)
