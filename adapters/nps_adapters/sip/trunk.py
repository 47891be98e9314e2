"""What a telephone must know to call: nothing but the standard library, since PJSIP's process imports it."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, replace
from typing import Any

#: Calls that PJSIP, as its wheel is built, holds in one process.
LINES = 4


@dataclass(frozen=True, kw_only=True)
class Trunk:
    """Who carries the calls, and as whom we come."""

    server: str
    user: str
    password: str = field(repr=False)
    realm: str
    caller: str
    transport: str
    proxy: str
    register: bool
    codecs: tuple[str, ...]
    #: how a number is dialled: ``{number}`` stands for its digits, with the country and without the +
    dial: str
    allow: tuple[str, ...]
    #: the payload type with which keys are offered (RFC 2833)
    telephone_event: int


@dataclass(frozen=True, kw_only=True)
class Network:
    """Where SIP and the sound come in."""

    #: this machine's address; "" for any
    bind: str
    #: of SIP; 0 is any free one
    port: int
    #: of the sound: the first and the last; 0 is any free ones
    rtp: tuple[int, int]
    #: what the trunk is told, where it sees another address than ``bind``
    public: str


@dataclass(frozen=True, kw_only=True)
class Setup:
    """One process of telephones."""

    trunk: Trunk
    network: Network
    #: the file of PJSIP's own log; "" for none
    trace: str

    def part(self, number: int, of: int) -> Setup:
        """What the process of that number gets, from 0: its own ports, and the first one alone registers."""
        first, last = self.network.rtp
        size = (last - first + 1) // of // 2 * 2
        network = replace(
            self.network,
            port=self.network.port + number if self.network.port else 0,
            rtp=(first + number * size, first + (number + 1) * size - 1) if first else (0, 0),
        )
        trunk = replace(self.trunk, register=self.trunk.register and number == 0)
        return Setup(trunk=trunk, network=network, trace=f"{self.trace}.{number + 1}" if self.trace else "")

    def to_plain(self) -> dict[str, Any]:
        """As JSON holds it, with the password."""
        return asdict(self)

    @classmethod
    def from_plain(cls, plain: Any) -> Setup:
        """What :meth:`to_plain` gave."""
        trunk, network = plain["trunk"], plain["network"]
        lists = {key: tuple(trunk[key]) for key in ("codecs", "allow")}
        return cls(
            trunk=Trunk(**trunk | lists),
            network=Network(**network | {"rtp": tuple(network["rtp"])}),
            trace=plain["trace"],
        )
