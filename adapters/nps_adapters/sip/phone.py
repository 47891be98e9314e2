"""The telephone itself. The only module that imports PJSIP (GPL); one thread owns it, others leave word in a queue.

A process has one, with :data:`~nps_adapters.sip.trunk.LINES` lines.
"""

from __future__ import annotations

import logging
import queue
import re
import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Any

import pjsua2 as pj

from .orders import Order
from .script import Action, Amend, HangUp, Play, Script, Stop, Tell, Wait
from .trunk import LINES, Setup, Trunk

log = logging.getLogger("nps-sip")

#: Seconds that PJSIP is listened to before the queue is looked at.
_POLL = 0.02
#: Seconds between two signs of life.
_BEAT = 5.0
#: Seconds beyond a recording's own, so that its last syllable is heard.
_MARGIN = 0.3
#: A key may come by RFC 2833 and by INFO at once: within so many seconds it is one key.
_SAME_KEY = 1.0
#: Seconds for calls to end once they were hung up, when the program ends.
_GOODBYE = 3.0
_INFO_KEY = re.compile(r"\r\n\r\n\s*(?:Signal\s*=\s*)?([0-9*#])(?:\s|$)", re.IGNORECASE)
_INFO_PLAIN = re.compile(r"^(?:Content-Type|c)\s*:\s*application/dtmf\s*(?:;|$)", re.IGNORECASE | re.MULTILINE)

#: Who is told: the call's reference, and what there is to tell (None: the line is free again).
Listener = Callable[[str, Tell | Amend | None], None]


class Phone:
    """A telephone with several lines. :meth:`dial` and :meth:`end` may be called by any thread, at any time.

    Everything else happens in the thread that calls :meth:`run`.
    """

    def __init__(
        self, setup: Setup, listener: Listener, registered: Callable[[str], None], alive: Callable[[], None]
    ) -> None:
        self._setup, self._listener, self._registered, self._alive = setup, listener, registered, alive
        self._beat = 0.0
        self._orders: queue.SimpleQueue[tuple[str, Order]] = queue.SimpleQueue()
        self._lines: dict[str, _Line] = {}
        self._happened: queue.SimpleQueue[tuple[_Line, str, Any]] = queue.SimpleQueue()
        self._until: float | None = None
        self.telephone_event = str(setup.trunk.telephone_event)
        self._endpoint: Any = None
        self._account: Any = None

    def dial(self, reference: str, order: Order) -> None:
        """Make this call."""
        self._orders.put((reference, order))

    def end(self, drain: float) -> None:
        """Let running calls go on for so many seconds, then hang them up and return from :meth:`run`."""
        self._until = time.monotonic() + drain

    def open(self) -> None:
        """Bind and register. Raises ``OSError`` where that cannot be."""
        try:
            self._endpoint = _endpoint(self._setup)
            self._account = _Account(self._registered)
            self._account.create(_account(self._setup))
        except pj.Error as error:
            raise OSError(f"the telephone cannot be opened: {error.reason}") from None

    def run(self) -> None:
        """Be the telephone until it is ended."""
        try:
            while not self._ended():
                self._endpoint.libHandleEvents(int(_POLL * 1000))
                self._take_orders()
                self._hear()
                self._look_at_the_clock()
        finally:
            self._close()

    def report(self, line: _Line, event: str, value: Any = None) -> None:
        """Something happened on a line; called from within PJSIP, so nothing is done yet."""
        self._happened.put((line, event, value))

    def _ended(self) -> bool:
        if self._until is None:
            return False
        return time.monotonic() >= self._until or (not self._lines and self._orders.empty())

    def _take_orders(self) -> None:
        while True:
            try:
                reference, order = self._orders.get_nowait()
            except queue.Empty:
                return
            line = self._lines[reference] = _Line(self, self._account, reference, order)
            try:
                line.call(self._setup.trunk)
            except pj.Error as error:
                self._do(line, line.script.ended(0, f"the call cannot be made: {error.reason}"))
                self._free(line)
            else:
                self._do(line, line.script.dialled())

    def _hear(self) -> None:
        while True:
            try:
                line, event, value = self._happened.get_nowait()
            except queue.Empty:
                return
            if line.reference not in self._lines:
                continue
            match event:
                case "progress":
                    self._do(line, line.script.progress(value))
                case "media":
                    self._contained(line, line.reconnect)
                case "answered":
                    log.info("call %s: taken", line.reference)
                    self._do(line, line.script.answered())
                case "key" if line.is_new_key(*value):
                    log.info("call %s: a key", line.reference)
                    self._do(line, line.script.key(value[0]))
                case "ended":
                    self._do(line, line.script.ended(*value))
                    self._free(line)

    def _look_at_the_clock(self) -> None:
        now = time.monotonic()
        if now - self._beat >= _BEAT:
            self._beat = now
            self._alive()
        for line in list(self._lines.values()):
            if line.until is not None and now >= line.until:
                line.until = None
                self._do(line, line.script.over())

    def _do(self, line: _Line, actions: list[Action]) -> None:
        for action in actions:
            match action:
                case Tell() | Amend():
                    self._listener(line.reference, action)
                case Wait(seconds):
                    line.until = time.monotonic() + seconds
                case Play(recording):
                    line.until = time.monotonic() + recording.seconds + _MARGIN
                    self._contained(line, partial(line.play, str(recording.path)))
                case Stop():
                    line.hush()
                case HangUp():
                    line.until = None
                    line.hang_up()

    def _contained(self, line: _Line, deed: Callable[[], None]) -> None:
        """What goes wrong on one line ends that one alone."""
        try:
            deed()
        except pj.Error as error:
            log.warning("call %s: %s", line.reference, error.reason)
            self._do(line, line.script.failed(f"the sound: {error.reason}"))

    def _free(self, line: _Line) -> None:
        line.hush()
        self._lines.pop(line.reference, None)
        self._listener(line.reference, None)

    def _close(self) -> None:
        try:
            self._give_up()
            until = time.monotonic() + _GOODBYE
            while self._lines and time.monotonic() < until:
                self._endpoint.libHandleEvents(int(_POLL * 1000))
                self._hear()
        finally:
            # PJSIP's objects go before PJSIP does, in the thread that made them: it would abort the program else
            self._lines.clear()
            self._happened = queue.SimpleQueue()
            self._account = None
            self._endpoint.libDestroy()

    def _give_up(self) -> None:
        while not self._orders.empty():
            reference, _ = self._orders.get_nowait()
            self._listener(reference, Tell(outcome="failed", detail="the program ended before it called"))
        for line in list(self._lines.values()):
            self._do(line, line.script.failed("the program ended during the call"))


class _Line(pj.Call):
    """One call. Its methods with ``on`` are called by PJSIP and only leave word."""

    def __init__(self, phone: Phone, account: Any, reference: str, order: Order) -> None:
        super().__init__(account)
        self.reference = reference
        self.script = Script(order)
        #: when what was waited for is over
        self.until: float | None = None
        self._phone, self._order = phone, order
        self._player: Any = None
        self._last_key = ("", -1, 0.0)

    def call(self, trunk: Trunk) -> None:
        prm = pj.CallOpParam(True)
        prm.opt.audioCount, prm.opt.videoCount, prm.opt.textCount = 1, 0, 0
        caller = self._order.caller or trunk.caller
        if caller:
            prm.txOption.localUri = f"sip:{caller}@{_domain(trunk.server)}"
        digits = self._order.to.removeprefix("+")
        self.makeCall(f"sip:{trunk.dial.format(number=digits)}@{trunk.server}{_transport(trunk)}", prm)

    def play(self, path: str) -> None:
        self.hush()
        player = pj.AudioMediaPlayer()
        player.createPlayer(path, pj.PJMEDIA_FILE_NO_LOOP)
        player.startTransmit(self.getAudioMedia(-1))
        self._player = player

    def reconnect(self) -> None:
        """The sound may come and go another way from now on."""
        if self._player is not None:
            self._player.startTransmit(self.getAudioMedia(-1))

    def hush(self) -> None:
        self._player = None  # which takes it off the line

    def hang_up(self) -> None:
        self.hush()
        with suppress(pj.Error):  # it may have ended by itself meanwhile
            self.hangup(pj.CallOpParam())

    def is_new_key(self, digit: str, way: int) -> bool:
        """Whether this is no second telling of the last key."""
        last, last_way, at = self._last_key
        now = time.monotonic()
        if digit == last and way != last_way and now - at < _SAME_KEY:
            return False
        self._last_key = (digit, way, now)
        return True

    def onCallState(self, _prm: Any) -> None:  # noqa: N802 PJSIP's name
        info = self.getInfo()
        if info.state == pj.PJSIP_INV_STATE_EARLY:
            self._phone.report(self, "progress", info.lastStatusCode)
        elif info.state == pj.PJSIP_INV_STATE_CONFIRMED:
            self._phone.report(self, "answered")
        elif info.state == pj.PJSIP_INV_STATE_DISCONNECTED:
            self._phone.report(self, "ended", (info.lastStatusCode, _plain(info.lastReason)))

    def onCallMediaState(self, _prm: Any) -> None:  # noqa: N802
        self._phone.report(self, "media")

    def onCallTsxState(self, prm: Any) -> None:  # noqa: N802
        event = prm.e.body.tsxState
        method, state = event.tsx.method, event.tsx.state
        if method == "INVITE" and event.tsx.statusCode == 100:
            self._phone.report(self, "progress", 100)
        elif method == "INFO" and state == pj.PJSIP_TSX_STATE_TRYING and event.type == pj.PJSIP_EVENT_RX_MSG:
            # application/dtmf-relay is PJSIP's own and comes by onDtmfDigit; this is the plain sort
            said = event.src.rdata.wholeMsg
            head = said.partition("\r\n\r\n")[0].replace("\r", "")
            found = _INFO_KEY.search(said)
            if found and _INFO_PLAIN.search(head):
                self._phone.report(self, "key", (found[1], pj.PJSUA_DTMF_METHOD_SIP_INFO))

    def onDtmfDigit(self, prm: Any) -> None:  # noqa: N802
        self._phone.report(self, "key", (prm.digit, prm.method))

    def onCallSdpCreated(self, prm: Any) -> None:  # noqa: N802
        wanted = self._phone.telephone_event
        said = prm.sdp.wholeSdp
        offered = re.search(r"^a=rtpmap:(\d+) telephone-event/8000", said, re.MULTILINE)
        if offered and offered[1] != wanted:
            was = offered[1]
            said = re.sub(rf"^(m=audio .*?)\b{was}\b(?=[ \d]*\r?$)", rf"\g<1>{wanted}", said, flags=re.MULTILINE)
            prm.sdp.wholeSdp = re.sub(rf"^(a=(?:rtpmap|fmtp):){was} ", rf"\g<1>{wanted} ", said, flags=re.MULTILINE)


class _Account(pj.Account):
    def __init__(self, registered: Callable[[str], None]) -> None:
        super().__init__()
        self._registered, self._said = registered, ""

    def onRegState(self, prm: Any) -> None:  # noqa: N802
        said = f"{prm.code} {_plain(prm.reason)}".strip()
        if said != self._said:
            (log.info if prm.code // 100 == 2 else log.warning)("the trunk's registrar: %s", said)
        self._said = said
        self._registered(said)

    def onIncomingCall(self, prm: Any) -> None:  # noqa: N802
        """Somebody calls back: nobody is here."""
        answer = pj.CallOpParam()
        answer.statusCode = 603
        pj.Call(self, prm.callId).answer(answer)


def _endpoint(setup: Setup) -> Any:
    endpoint = pj.Endpoint()
    endpoint.libCreate()
    settings = pj.EpConfig()
    # no threads of PJSIP's own call back: everything happens in libHandleEvents
    settings.uaConfig.threadCnt, settings.uaConfig.mainThreadOnly = 0, True
    settings.medConfig.threadCnt, settings.medConfig.hasIoqueue = 0, False
    settings.uaConfig.maxCalls = LINES
    settings.uaConfig.userAgent = "nps-sip"
    settings.medConfig.clockRate = settings.medConfig.sndClockRate = 8000
    settings.medConfig.noVad, settings.medConfig.ecTailLen = True, 0
    settings.logConfig.level = settings.logConfig.consoleLevel = settings.logConfig.msgLogging = 0
    if setup.trace:
        settings.logConfig.level, settings.logConfig.msgLogging = 4, 1
        settings.logConfig.filename = setup.trace
    endpoint.libInit(settings)
    bound = pj.TransportConfig()
    bound.boundAddress, bound.publicAddress, bound.port = (
        setup.network.bind,
        setup.network.public,
        setup.network.port,
    )
    kind = pj.PJSIP_TRANSPORT_TCP if setup.trunk.transport == "tcp" else pj.PJSIP_TRANSPORT_UDP
    endpoint.transportCreate(kind, bound)
    endpoint.libStart()
    endpoint.audDevManager().setNullDev()
    for codec in endpoint.codecEnum2():
        name = codec.codecId.partition("/")[0]
        order = setup.trunk.codecs.index(name) if name in setup.trunk.codecs else None
        endpoint.codecSetPriority(codec.codecId, 0 if order is None else 250 - order)
    return endpoint


def _account(setup: Setup) -> Any:
    trunk, domain = setup.trunk, _domain(setup.trunk.server)
    account = pj.AccountConfig()
    account.idUri = f"sip:{trunk.user or trunk.caller or 'nps'}@{domain}"
    if trunk.register:
        account.regConfig.registrarUri = f"sip:{trunk.server}{_transport(trunk)}"
        account.regConfig.retryIntervalSec = 30
    if trunk.password:
        account.sipConfig.authCreds.append(pj.AuthCredInfo("digest", trunk.realm, trunk.user, 0, trunk.password))
    if trunk.proxy:
        account.sipConfig.proxies.append(f"sip:{trunk.proxy};lr{_transport(trunk)}")
    sound = account.mediaConfig.transportConfig
    sound.boundAddress, sound.publicAddress, sound.port = setup.network.bind, setup.network.public, 0
    if setup.network.rtp[0]:
        sound.port, sound.portRange = setup.network.rtp[0], setup.network.rtp[1] - setup.network.rtp[0]
    return account


def _transport(trunk: Trunk) -> str:
    return ";transport=tcp" if trunk.transport == "tcp" else ""


def _domain(server: str) -> str:
    return re.sub(r":\d+\Z", "", server)


def _plain(text: str) -> str:
    """A reason of SIP without what may be a number."""
    return re.sub(r"\d{5,}", "...", text)[:100]
