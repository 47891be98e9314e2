"""The rules of a channel, one test each: subclass, give ``channel`` and ``wire``, run pytest."""

from __future__ import annotations

import json
import logging
import os
import threading
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any, ClassVar

import pytest

from ..errors import DeliveryError, Forged
from ..model import Answered, AnswerOutcome, Client, Delivery, Event, Message, Moved, Received, Request
from ..ports import Capabilities, Channel
from .trying import failing, no_network, outcome_of, refusing, shown_of
from .wire import PERSON, Wire, example_message

#: Seconds in which a sending must have come to an end, whatever the provider does.
PATIENCE = 15.0
_ODD = (b"", b"null", b"[]", b"17", b'"yes"', b'{"ok": true}', b"<html>Please log in to the network</html>", b"\xff")
_NOISE = (b"", b"null", b"[]", b"{}", b'{"a": {"b": [1, null]}}', b"\xff\x00\xfe", b"a=1&a=2&b", b"[" * 5000)
#: Rules about what comes back.
_HEARING = (
    "test_a_forged_request_is_refused",
    "test_a_genuine_request_gives_events",
    "test_a_repeated_request_gives_the_same_events",
    "test_events_are_fit_to_keep",
    "test_receiving_needs_no_network",
)
#: Rules that some channels declare not to be theirs.
_DECLARED = (
    *_HEARING,
    "test_what_leaves_is_what_was_recorded",
    "test_the_providers_wait_is_handed_on",
    "test_an_odd_reply_breaks_nothing",
    "test_garbage_gives_no_crash",
    "test_a_reply_fails_as_a_delivery_does",
)


class ChannelContract:
    """What every channel keeps. A rule about something that the contract does not declare is no test of it.

    Give two fixtures: ``wire``, a :class:`~nps_plugin.testing.Wire` such as ``HttpWire``, and ``channel``, the channel
    with its settings pointing at it, its timeout a second at most. A channel that hears gives ``genuine`` too, and
    overrides ``sign`` where the signature covers what was said.
    """

    #: whom the channel reaches, and whom it has no address of
    reached: ClassVar[Client] = PERSON
    unreached: ClassVar[Client] = Client(id="4711", name="Irina Kuznetsova")
    #: the settings' secrets as text, and whatever else must never be seen
    secrets: ClassVar[Sequence[str]] = ()
    #: ways in which the wire breaks so that another try is worth it
    faults: ClassVar[Sequence[str]] = ("no connection", "redirects", "cut short", "garbled")
    #: statuses that ask to come again, and those that are the last word
    busy: ClassVar[Sequence[int]] = (429, 500, 502, 503, 504)
    refusals: ClassVar[Sequence[int]] = (400, 404, 422)
    #: whether the provider can say when to come again
    says_when: ClassVar[bool] = True
    #: whether the signature covers the body, so that a changed one is forged
    signs_body: ClassVar[bool] = True
    #: whether the wire can say something odd in a reply's body
    says_odd: ClassVar[bool] = True
    #: whether the channel has ``reply``; None: as it hears
    replies: ClassVar[bool | None] = None
    #: a JSON file with what arrives when the kit's message is sent; it is written where NPS_RECORD is set
    recorded: ClassVar[Path | None] = None

    def __init_subclass__(cls, **options: Any) -> None:
        """Leave out the rules about what this contract does not declare: pytest passes over a None."""
        super().__init_subclass__(**options)
        left_out = cls.left_out()
        for rule in _DECLARED:
            if rule in left_out:
                setattr(cls, rule, None)
            elif getattr(cls, rule) is None:
                # a base class without it, and a contract that declares it
                setattr(cls, rule, getattr(ChannelContract, rule))

    @classmethod
    def left_out(cls) -> dict[str, str]:
        """The rules that do not apply, each with the declaration which says so."""
        hears = cls._hears()
        deaf = "no `genuine`"
        found = {} if hears else dict.fromkeys(_HEARING, deaf)
        if cls.recorded is None:
            found["test_what_leaves_is_what_was_recorded"] = "no `recorded`"
        if not cls.says_when:
            found["test_the_providers_wait_is_handed_on"] = "`says_when = False`"
        if not cls.says_odd:
            found["test_an_odd_reply_breaks_nothing"] = "`says_odd = False`"
        if not hears or not cls._gives("sign"):
            found["test_garbage_gives_no_crash"] = "no `sign`" if hears else deaf
        if not cls._replies():
            found["test_a_reply_fails_as_a_delivery_does"] = deaf if cls.replies is None else "`replies = False`"
        return found

    @pytest.fixture
    def wire(self) -> Any:
        """The provider on loopback; closed by the fixture that made it."""
        raise NotImplementedError("give a fixture `wire`, such as HttpWire()")

    @pytest.fixture
    def channel(self, wire: Any) -> Any:
        """The channel, with settings that point at the wire."""
        raise NotImplementedError("give a fixture `channel`")

    @pytest.fixture
    def message(self) -> Message:
        """What is sent."""
        return example_message()

    @pytest.fixture
    def genuine(self) -> Sequence[Request]:
        """Requests as the provider sends them, rightly signed, one of each kind; none for a channel that hears
        nothing."""
        return ()

    def sign(self, body: bytes) -> Request | None:
        """A rightly signed request with that body, whatever it holds; None where there is nothing to sign."""
        return None

    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        """One test for each fault and status."""
        for name, values in (("fault", self.faults), ("busy_status", self.busy), ("final_status", self.refusals)):
            if name in metafunc.fixturenames:
                metafunc.parametrize(name, list(values))

    # --- what leaves ----------------------------------------------------------------------------------------------

    def test_it_says_what_it_can_do(self, channel: Channel) -> None:
        """``capabilities`` is a :class:`~nps_plugin.Capabilities` with 2 to 11 points; the rest is as declared here."""
        assert hasattr(channel, "receive") == self._hears(), "a channel with `receive` gives the fixture `genuine`"
        assert hasattr(channel, "reply") == self._replies(), "whether the channel has `reply` is said by `replies`"
        assert isinstance(channel.capabilities, Capabilities)
        assert 2 <= channel.capabilities.points <= 11

    def test_it_reaches_whom_it_has_an_address_of(self, channel: Channel) -> None:
        """And says no for somebody without one, and for a nobody."""
        assert channel.reaches(self.reached) is True
        assert channel.reaches(self.unreached) is False
        assert channel.reaches(Client()) is False

    def test_reaching_needs_no_network(self, channel: Channel, wire: Wire) -> None:
        """It is asked within a transaction."""
        with no_network() as tried:
            channel.reaches(self.reached)
        assert tried == []
        assert wire.arrived == 0

    def test_a_message_leaves_once(self, channel: Channel, wire: Wire, message: Message) -> None:
        """``send`` hands it over once and gives a ``Delivery`` whose reference is text of at most 500 characters."""
        delivery = channel.send(message)
        assert isinstance(delivery, Delivery)
        assert isinstance(delivery.reference, str)
        assert len(delivery.reference) <= 500
        assert wire.arrived == 1

    def test_several_threads_may_send(self, channel: Channel, wire: Wire, message: Message) -> None:
        """A host's worker may have more than one."""
        outcomes: list[object] = []
        together = threading.Barrier(4, timeout=PATIENCE)

        def send() -> None:
            together.wait()
            outcomes.append(outcome_of(channel, message))

        threads = [threading.Thread(target=send) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(PATIENCE)
        assert [type(outcome) for outcome in outcomes] == [Delivery] * 4
        assert wire.arrived == 4

    def test_what_leaves_is_what_was_recorded(self, channel: Channel, wire: Wire, message: Message) -> None:
        """What the provider gets changes by somebody's will, not by accident."""
        assert self.recorded is not None
        channel.send(message)
        now = wire.transcript()
        if os.environ.get("NPS_RECORD"):
            self.recorded.parent.mkdir(parents=True, exist_ok=True)
            self.recorded.write_text(json.dumps(now, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
        kept = json.loads(self.recorded.read_text(encoding="utf-8"))
        # how often it leaves is another rule's matter
        assert now[: len(kept)] == kept

    def test_a_broken_wire_is_tried_again(self, channel: Channel, wire: Wire, message: Message, fault: str) -> None:
        """Whatever the network does becomes a ``DeliveryError`` that is not final."""
        wire.fail(fault)
        error = outcome_of(channel, message)
        assert isinstance(error, DeliveryError), f"{fault}: {error!r}"
        assert not error.final

    def test_a_busy_provider_is_tried_again(
        self, channel: Channel, wire: Wire, message: Message, busy_status: int
    ) -> None:
        """429 and 5xx are not final."""
        wire.refuse(busy_status)
        error = outcome_of(channel, message)
        assert isinstance(error, DeliveryError), repr(error)
        assert not error.final

    def test_the_providers_wait_is_handed_on(self, channel: Channel, wire: Wire, message: Message) -> None:
        """``Retry-After``, in seconds or as a date, stands in ``retry_after``."""
        for status in (429, 503):
            wire.refuse(status, "17")
            assert getattr(outcome_of(channel, message), "retry_after", None) == 17
        wire.refuse(503, format_datetime(datetime.now(UTC) + timedelta(minutes=5), usegmt=True))
        assert 240 <= (getattr(outcome_of(channel, message), "retry_after", None) or 0) <= 300
        wire.refuse(503, "soon")
        assert getattr(outcome_of(channel, message), "retry_after", 0) is None

    def test_a_refusal_is_final(self, channel: Channel, wire: Wire, message: Message, final_status: int) -> None:
        """Another try would not help: the next channel takes over."""
        wire.refuse(final_status)
        error = outcome_of(channel, message)
        assert isinstance(error, DeliveryError), repr(error)
        assert error.final

    def test_silence_ends_by_a_timeout(self, channel: Channel, wire: Wire, message: Message) -> None:
        """A provider that says nothing does not hold up the worker."""
        wire.fail("silence")
        outcomes: list[object] = []
        thread = threading.Thread(target=lambda: outcomes.append(outcome_of(channel, message)), daemon=True)
        thread.start()
        thread.join(PATIENCE)
        assert outcomes, f"still waiting after {PATIENCE} s"
        assert isinstance(outcomes[0], DeliveryError), repr(outcomes[0])
        assert not outcomes[0].final

    def test_an_odd_reply_breaks_nothing(self, channel: Channel, wire: Wire, message: Message) -> None:
        """What is not the provider's usual reply gives a ``Delivery`` or a ``DeliveryError``, and nothing else."""
        for body in _ODD:
            wire.say(body)
            outcome = outcome_of(channel, message)
            assert isinstance(outcome, Delivery | DeliveryError), f"{body!r}: {outcome!r}"

    def test_nothing_secret_is_in_errors(self, channel: Channel, wire: Wire, message: Message) -> None:
        """Neither the settings' secrets nor the client's addresses, name, texts and token, even where the provider
        repeats them."""
        for error in self._errors(channel, wire, message):
            for shown in shown_of(error):
                assert self._secret_in(shown, message) == [], f"in {type(error).__name__}"

    def test_nothing_secret_is_in_logs(
        self, channel: Channel, wire: Wire, message: Message, caplog: pytest.LogCaptureFixture
    ) -> None:
        """The same for what is logged from INFO upwards, whether it works or not."""
        with caplog.at_level(logging.INFO):
            outcome_of(channel, message)
            for _ in self._errors(channel, wire, message):
                pass
        assert self._secret_in(caplog.text, message) == []

    def test_nothing_secret_is_in_its_repr(self, channel: Channel, message: Message) -> None:
        """Tracebacks and debuggers show it."""
        assert self._secret_in(repr(channel), message) == []

    # --- what comes back ------------------------------------------------------------------------------------------

    def test_a_forged_request_is_refused(self, channel: Any, genuine: Sequence[Request]) -> None:
        """Without its signature or secret, or with another one, a request raises ``Forged``."""
        for request in genuine:
            for forged in self.forgeries(request):
                with pytest.raises(Forged):
                    channel.receive(forged)

    def test_a_genuine_request_gives_events(self, channel: Any, genuine: Sequence[Request]) -> None:
        """Each of them at least one."""
        for request in genuine:
            received = channel.receive(request)
            assert isinstance(received, Received)
            assert received.events
            assert all(isinstance(event, Event) for event in received.events)

    def test_a_repeated_request_gives_the_same_events(self, channel: Any, genuine: Sequence[Request]) -> None:
        """So that a replay is known as one."""
        for request in genuine:
            first, second = ([(type(one), one.event) for one in channel.receive(request).events] for _ in range(2))
            assert first == second

    def test_events_are_fit_to_keep(self, channel: Any, genuine: Sequence[Request]) -> None:
        """An id of at most 200 characters, an aware time, and one name of what it is about."""
        for request in genuine:
            for event in channel.receive(request).events:
                assert isinstance(event.event, str)
                assert 0 < len(event.event) <= 200
                assert event.at.utcoffset() is not None
                if not isinstance(event, Moved):
                    assert event.token or event.reference or event.address

    def test_garbage_gives_no_crash(self, channel: Any, genuine: Sequence[Request]) -> None:
        """What cannot be read, but is signed, gives no events."""
        for body in _NOISE:
            request = self.sign(body)
            assert request is not None
            assert isinstance(channel.receive(request), Received), f"{body[:40]!r}"

    def test_receiving_needs_no_network(self, channel: Any, wire: Wire, genuine: Sequence[Request]) -> None:
        """The provider waits for our answer, often not for long."""
        with no_network() as tried:
            for request in genuine:
                channel.receive(request)
        assert tried == []
        assert wire.arrived == 0

    def test_a_reply_fails_as_a_delivery_does(self, channel: Any, wire: Wire, message: Message) -> None:
        """``reply`` raises nothing but ``DeliveryError``, whatever the wire does."""
        for outcome in AnswerOutcome:
            answered = example_answered(outcome, message)
            for prepare in (wire.accept, *(failing(wire, fault) for fault in self.faults)):
                prepare()
                with suppress(DeliveryError):
                    channel.reply(answered)

    def forgeries(self, request: Request) -> Iterator[Request]:
        """The request as somebody sends it who does not have the secret; override where yours can be forged in other
        ways."""
        kept = {name: value for name, value in request.headers.items() if name in ("content-type", "host")}
        yield replace(request, headers=kept)
        yield replace(request, headers=kept | {name: f"x{value}" for name, value in request.headers.items()} | kept)
        yield replace(request, headers=kept | dict.fromkeys(request.headers, "é") | kept)
        if self.signs_body:
            yield replace(request, body=request.body + b" ", form={**request.form, "forged": ["1"]})

    # --- within ---------------------------------------------------------------------------------------------------

    @classmethod
    def _hears(cls) -> bool:
        return cls._gives("genuine")

    @classmethod
    def _gives(cls, name: str) -> bool:
        return any(name in vars(base) for base in cls.__mro__ if base is not ChannelContract)

    @classmethod
    def _replies(cls) -> bool:
        return cls._hears() if cls.replies is None else cls.replies

    def _errors(self, channel: Channel, wire: Wire, message: Message) -> Iterator[BaseException]:
        """The delivery errors of everything that can go wrong; other exceptions are other rules' matter."""
        cases = [failing(wire, fault) for fault in self.faults]
        cases += [refusing(wire, status) for status in (*self.busy, *self.refusals)]
        for prepare in cases:
            prepare()
            outcome = outcome_of(channel, message)
            if isinstance(outcome, DeliveryError):
                yield outcome

    def _secret_in(self, text: str, message: Message) -> list[str]:
        """Which kinds of secret stand in the text; never the secrets themselves, since this is shown."""
        client = message.client
        kinds = {f"secret {number}": secret for number, secret in enumerate(self.secrets, start=1)}
        kinds |= {"name": client.name, "email": client.email, "phone": client.phone, "telegram": client.telegram}
        kinds |= {"phone without +": client.phone.lstrip("+"), "token": message.token, "question": message.question}
        return sorted(kind for kind, value in kinds.items() if value and value in text)


def example_answered(outcome: AnswerOutcome, message: Message | None = None) -> Answered:
    """What a client may be told, with everything set."""
    message = message or example_message()
    event = Event(event="1", at=datetime(2026, 11, 20, 12, tzinfo=UTC), token=message.token)
    return Answered(
        outcome=outcome, event=event, reference="100200", address=message.client.telegram, token=message.token,
        score=1, locale="ru", text="Спасибо!", why="Почему?", reasons=message.reasons, invite="Напишите нам",
        url=message.url,
    )  # fmt: skip
