"""The program's configuration."""

from __future__ import annotations

import tomllib
from dataclasses import fields
from pathlib import Path

import pytest
from click.testing import CliRunner

from nps_adapters.sip.program import main
from nps_adapters.sip.settings import read_config
from nps_adapters.sip.trunk import Network, Trunk
from nps_plugin import ConfigError

PLAIN = 'secret = "env:NPS_SIP"\n[trunk]\nserver = "sip.example.org"\n'


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("NPS_SIP", "the secret of the hosts")
    monkeypatch.setenv("SIP_PASSWORD", "very secret")
    (tmp_path / "recordings").mkdir()
    return tmp_path / "sip.toml"


def problems(file: Path, text: str) -> set[str]:
    file.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError) as error:
        read_config(file)
    assert "very secret" not in str(error.value)
    return {problem.key for problem in error.value.problems}


def test_a_secret_and_a_server_are_enough(file: Path):
    file.write_text(PLAIN, encoding="utf-8")
    config = read_config(file)
    trunk = config.setup.trunk
    assert (config.host, config.port, config.trunks) == ("127.0.0.1", 8089, 10)
    assert (trunk.register, trunk.codecs, trunk.transport, trunk.dial) == (False, ("PCMA", "PCMU"), "udp", "+{number}")
    assert config.recordings == file.parent / "recordings"


def test_an_account_registers_and_its_password_is_not_shown(file: Path):
    file.write_text(PLAIN + 'user = "acme"\npassword = "env:SIP_PASSWORD"\n', encoding="utf-8")
    config = read_config(file)
    assert (config.setup.trunk.register, config.setup.trunk.password) == (True, "very secret")
    assert "very secret" not in repr(config)


def test_every_mistake_is_named_at_once(file: Path):
    text = """
secret = "in plain sight"
trunks = 1000
colour = "red"
recordings = "nowhere"
[http]
host = "everywhere"
[trunk]
server = "sip:example.org"
user = "acme"
transport = "tls"
codecs = ["G729"]
dial = "number"
register = "yes"
[network]
rtp = [10000]
bind = "eth0"
"""
    assert problems(file, text) == {
        "secret", "trunks", "colour", "recordings", "http.host", "trunk.server", "trunk.password", "trunk.transport",
        "trunk.codecs", "trunk.dial", "trunk.register", "network.rtp", "network.bind",
    }  # fmt: skip


def test_ports_for_the_sound_must_suffice_for_all_calls(file: Path):
    assert problems(file, PLAIN + "[network]\nrtp = [10000, 10020]\n") == {"network.rtp"}


def test_each_process_has_ports_of_its_own_and_one_registers(file: Path):
    file.write_text(
        PLAIN + 'user = "acme"\npassword = "env:SIP_PASSWORD"\n[network]\nport = 5070\nrtp = [10000, 10099]\n',
        encoding="utf-8",
    )
    setup = read_config(file).setup
    parts = [setup.part(number, 3) for number in range(3)]
    assert [part.network.port for part in parts] == [5070, 5071, 5072]
    assert [part.network.rtp for part in parts] == [(10000, 10031), (10032, 10063), (10064, 10095)]
    assert [part.trunk.register for part in parts] == [True, False, False]


@pytest.mark.parametrize("text", ["", "= 1", "secret = 1\ntrunk = 2\nhttp = []"])
def test_a_file_that_is_none_is_told_so(file: Path, text: str):
    assert problems(file, text)


def test_the_program_says_whether_its_configuration_is_right(file: Path):
    file.write_text(PLAIN, encoding="utf-8")
    right = CliRunner().invoke(main, [str(file), "--check"])
    assert (right.exit_code, right.output) == (0, "The configuration is right.\n")
    file.write_text(PLAIN + "proxy = 5\n", encoding="utf-8")
    wrong = CliRunner().invoke(main, [str(file), "--check"])
    assert (wrong.exit_code, "trunk.proxy: expected the host of an outbound proxy" in wrong.output) == (1, True)
    assert CliRunner().invoke(main, [str(file.parent / "none.toml")]).exit_code == 1


def test_the_example_in_the_documentation_is_right_and_shows_every_key(file: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("ACME_PBX", "the secret of the hosts")
    page = (Path(__file__).parents[3] / "docs" / "sip.md").read_text(encoding="utf-8")
    example = page.partition("<!-- example: sip.toml -->\n```toml\n")[2].partition("```")[0]
    file.write_text(example, encoding="utf-8")
    read_config(file)
    top = tomllib.loads(example)
    shown = {*top, *(key for table in top.values() if isinstance(table, dict) for key in table)}
    assert shown == {
        "secret", "recordings", "state", "trunks", "drain", "keep_days", "trace", "host", "port", "http", "trunk",
        "network", *(one.name for one in fields(Trunk)), *(one.name for one in fields(Network)),
    }  # fmt: skip
