"""Telephones on loopback, played by SIPp: each is a scenario of what its owner does."""

from __future__ import annotations

import errno
import itertools
import os
import socket
import subprocess
import threading
import time
from pathlib import Path

#: Seconds after which something that should happen is taken not to.
DEADLINE = 20.0

_worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0")[2:]) % 8
#: below those that the system hands out, to PJSIP too; each worker has its own and takes one after the other
_ports = itertools.cycle(range(20000 + 1500 * _worker, 21500 + 1500 * _worker, 4))

_REPLY = """[last_Via:]
[last_From:]
[last_To:];tag=[pid]phone[call_number]
[last_Call-ID:]
[last_CSeq:]
Contact: <sip:[local_ip]:[local_port];transport=[transport]>
"""
_SDP = """v=0
o=phone 1 1 IN IP4 [local_ip]
s=-
c=IN IP4 [media_ip]
t=0 0
m=audio [media_port] RTP/AVP 8 96
a=rtpmap:8 PCMA/8000
a=rtpmap:96 telephone-event/8000
a=fmtp:96 0-16
"""
_IN_CALL = """{method} [next_url] SIP/2.0
Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
From: <sip:phone@[local_ip]:[local_port]>;tag=[pid]phone[call_number]
To:[$caller]
[last_Call-ID:]
CSeq: {number} {method}
Max-Forwards: 70
"""


def _send(text: str, body: str = "", *, reliable: bool = False) -> str:
    length = "[len]" if body else "0"
    again = ' retrans="500"' if reliable else ""
    return f"<send{again}><![CDATA[\n{text}Content-Length: {length}\n\n{body}\n]]></send>"


def rings() -> str:
    return _send(f"SIP/2.0 180 Ringing\n{_REPLY}")


def refuses(status: str) -> str:
    return _send(f"SIP/2.0 {status}\n{_REPLY}", reliable=True) + '<recv request="ACK"/>'


def takes_it() -> str:
    return (
        _send(f"SIP/2.0 200 OK\n{_REPLY}Content-Type: application/sdp\n", _SDP, reliable=True) + '<recv request="ACK"/>'
    )


def waits(seconds: float) -> str:
    return f'<pause milliseconds="{round(seconds * 1000)}"/>'


def presses(keys: str) -> str:
    """By RFC 2833, with payload type 96; ``last`` is the last digit of the number that was dialled.

    SIPp takes 0.8 seconds to get there, and what it presses meanwhile takes the place of this.
    """
    keys = "[$last]" if keys == "last" else keys
    return f'<nop><action><exec play_dtmf="{keys}"/></action></nop>'


def presses_by_info(key: str, *, relay: bool, number: int = 1) -> str:
    """By SIP INFO. To the plain sort PJSIP itself answers 500, and yet the key counts."""
    kind, body = ("dtmf-relay", f"Signal={key}\nDuration=160\n") if relay else ("dtmf", key)
    head = _IN_CALL.format(method="INFO", number=number)
    return _send(f"{head}Content-Type: application/{kind}\n", body, reliable=True) + (
        f'<recv response="{200 if relay else 500}"/>'
    )


def hangs_up() -> str:
    return _send(_IN_CALL.format(method="BYE", number=9), reliable=True) + '<recv response="200"/>'


def is_hung_up_on() -> str:
    return '<recv request="BYE"/>' + _send(f"SIP/2.0 200 OK\n{_REPLY.replace(';tag=[pid]phone[call_number]', '')}")


def is_given_up() -> str:
    """It rang long enough: CANCEL, which is answered, and so is the INVITE."""
    plain = _REPLY.replace("[last_CSeq:]", "CSeq: [$invite] INVITE")
    return (
        '<recv request="CANCEL"/>'
        + _send(f"SIP/2.0 200 OK\n{_REPLY}")
        + _send(f"SIP/2.0 487 Request Terminated\n{plain.replace('[last_Via:]', 'Via:[$via]')}", reliable=True)
        + '<recv request="ACK"/>'
    )


_INVITE = """<recv request="INVITE" rrs="true"><action>
<ereg regexp=".*" search_in="hdr" header="From:" assign_to="caller"/>
<ereg regexp=".*" search_in="hdr" header="Via:" assign_to="via"/>
<ereg regexp="[0-9]+" search_in="hdr" header="CSeq:" assign_to="invite"/>
<ereg regexp="sip:[0-9+]*([0-9])@" search_in="msg" check_it="true" assign_to="uri,last"/>
</action></recv><Reference variables="caller,via,invite,uri,last"/>"""


_END = '<label id="end"/>'


def _registrar(password: str) -> str:
    """Whoever registers must know that, and is known then; an INVITE goes on to the rest."""
    asks = 'WWW-Authenticate: Digest realm="loopback", nonce="47ebe028cda119c35d4877b383027d28", algorithm=MD5'
    right = f'<action><verifyauth assign_to="right" username="acme" password="{password}"/></action>'
    unknown = _send(f"SIP/2.0 401 Unauthorized\n{_REPLY}{asks}\n")
    wrong = _send(f"SIP/2.0 403 Forbidden\n{_REPLY}")
    known = _send(f"SIP/2.0 200 OK\n{_REPLY}Expires: 300\n")
    return f"""<recv request="REGISTER" optional="true" next="register"/>{_INVITE}<nop next="invited"/>
<label id="register"/>{unknown}<recv request="REGISTER">{right}</recv><nop next="known" test="right"/>
{wrong}<nop next="end"/>
<label id="known"/>{known}<nop next="end"/>
<label id="invited"/>"""


class Phones:
    """The trunk's other end. One SIPp at a time."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._names = folder, itertools.count()
        self.port = udp_port()
        self._sipp: subprocess.Popen[bytes] | None = None
        self._log = folder

    def are(self, *steps: str, calls: int = 1, registrar: str = "") -> None:
        """From now on the next calls meet this; returns when the telephone is there.

        With a registrar's password it speaks TCP, and the account ``acme`` registers first.
        """
        self.close()
        name = self._folder / f"{next(self._names)}"
        scenario, self._log = name.with_suffix(".xml"), name.with_suffix(".log")
        scenario.write_text(
            '<?xml version="1.0" encoding="ISO-8859-1"?>\n<scenario name="phone">'
            f"{_registrar(registrar) if registrar else _INVITE}{''.join(steps)}"
            f"{_END if registrar else ''}</scenario>",
            encoding="latin-1",
        )
        command = [
            "sipp", "-sf", str(scenario), "-i", "127.0.0.1", "-p", str(self.port), "-mi", "127.0.0.1",
            "-mp", str(udp_port()), "-m", str(calls), "-nostdin", "-nd", "-trace_err", "-error_file", str(self._log),
            *(("-t", "t1") if registrar else ()),
        ]  # fmt: skip
        self._sipp = subprocess.Popen(
            command, cwd=self._folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL
        )
        until = time.monotonic() + DEADLINE
        while not _taken(self.port, socket.SOCK_STREAM if registrar else socket.SOCK_DGRAM):
            assert self._sipp.poll() is None, self.said()
            assert time.monotonic() < until, "SIPp does not listen"
            threading.Event().wait(0.01)

    def done(self) -> None:
        """Every call went as the scenario says, to its end."""
        assert self._sipp is not None
        assert self._sipp.wait(DEADLINE) == 0, self.said()
        self._sipp = None

    def said(self) -> str:
        return self._log.read_text(errors="replace") if self._log.is_file() else "SIPp wrote no errors"

    def close(self) -> None:
        if self._sipp is not None:
            self._sipp.kill()
            self._sipp.wait(DEADLINE)
            self._sipp = None


def udp_port() -> int:
    """A free one, with those that SIPp takes beside it, which none had before."""
    return next(port for port in _ports if not any(_taken(port + beside) for beside in range(4)))


def _taken(port: int, kind: int = socket.SOCK_DGRAM) -> bool:
    with socket.socket(socket.AF_INET, kind) as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            return error.errno == errno.EADDRINUSE
    return False
