"""Questions by short message over Twilio: one form posted per message; answers and reports come to the door, signed."""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import parse_qs, urlsplit

from marshmallow import RAISE, Schema, ValidationError, fields, validate

from nps_plugin import (
    Answered,
    AnswerOutcome,
    Capabilities,
    Client,
    ConfigError,
    ConfigProblem,
    Delivery,
    DeliveryError,
    Forged,
    HttpReply,
    HttpSender,
    Message,
    Received,
    Request,
    Response,
    Secret,
    phone_number,
    read_secret,
    sms_text,
)

from .codes import ACCOUNT_AND_NUMBER, FINAL, MENDABLE, meaning
from .incoming import events_of
from .signatures import HEADER, SETTINGS_HEADER, is_sha256, is_signed

log = logging.getLogger(__name__)

_SENDER = r"\A(\+[1-9]\d{7,14}|\d{3,8}|(?=.*[A-Za-z])[A-Za-z0-9 &_+-]{1,11})\Z"
#: Nothing is said back; Twilio would send any text as a message.
_SILENCE = Response(
    status=200, headers=(("Content-Type", "text/xml; charset=utf-8"),), body=b"<?xml version='1.0'?><Response/>"
)
_HERE = ("localhost", "127.0.0.1", "::1")


class _Settings(Schema):
    class Meta:
        unknown = RAISE

    account_sid = fields.String(
        required=True, validate=validate.Regexp(r"\AAC[0-9a-fA-F]{32}\Z", error="expected AC and 32 hex digits")
    )
    auth_token = fields.Raw(required=True)
    webhook_secret = fields.Raw()
    sender = fields.String(
        data_key="from",
        load_default="",
        validate=validate.Regexp(_SENDER, error="expected +79161234567, a short code or a name of up to 11 letters"),
    )
    messaging_service = fields.String(
        load_default="", validate=validate.Regexp(r"\AMG[0-9a-fA-F]{32}\Z", error="expected MG and 32 hex digits")
    )
    country_code = fields.String(
        load_default="", validate=validate.Regexp(r"\A[1-9]\d{0,2}\Z", error='expected digits, such as "7"')
    )
    replies = fields.List(
        fields.String(validate=validate.OneOf([str(one) for one in AnswerOutcome])), load_default=list
    )
    api = fields.String(load_default="https://api.twilio.com")
    timeout = fields.Float(load_default=20.0, validate=validate.Range(min=0, min_inclusive=False))


class TwilioChannel:
    """One tenant's sender at Twilio. A client is reached by the number in ``Client.phone``."""

    def __init__(self, settings: Mapping[str, Any]) -> None:
        problems, checked = _read(settings)
        secrets: dict[str, Secret] = {}
        for key in ("auth_token", "webhook_secret"):
            if key in settings:
                try:
                    secrets[key] = read_secret(settings[key])
                except ValueError as error:
                    problems.append(ConfigProblem(key, str(error)))
        if problems:
            raise ConfigError(problems)
        self._sid: str = checked["account_sid"]
        self._token, self._key = secrets["auth_token"], secrets.get("webhook_secret")
        self._sender: str = checked["sender"]
        self._from = {"From": self._sender} if self._sender else {"MessagingServiceSid": checked["messaging_service"]}
        # nobody can answer a name
        self._hears = re.search(r"[A-Za-z]", self._sender) is None
        self._country: str = checked["country_code"]
        self._replies = frozenset(checked["replies"])
        self._url = f"{checked['api'].rstrip('/')}/2010-04-01/Accounts/{self._sid}/Messages.json"
        self._http = HttpSender(timeout=checked["timeout"], refused=_refusal)
        self.capabilities = Capabilities(points=11, comments=True, pending=True, address="phone" if self._hears else "")

    # --- asking ---------------------------------------------------------------------------------------------------

    def reaches(self, client: Client) -> bool:
        """Whether the client has a number that can be one; why not is logged, without the number."""
        if not client.phone.strip():
            return False
        try:
            phone_number(client.phone, self._country)
        except ValueError as error:
            log.warning("a client's telephone number cannot be used: %s", error)
            return False
        return True

    def send(self, message: Message) -> Delivery:
        """Hand the question over; what becomes of it is reported to ``message.hook``."""
        try:
            number = phone_number(message.client.phone, self._country)
        except ValueError as error:
            raise DeliveryError(f"the client's telephone number: {error}", final=True) from None
        try:
            text = sms_text(message, hears=self._hears)
        except ValueError as error:
            raise DeliveryError(str(error), down=True) from None
        return Delivery(reference=self._say(number, text, message.hook))

    def preview(self, message: Message) -> str:
        """The short message."""
        return sms_text(message, hears=self._hears)

    # --- hearing --------------------------------------------------------------------------------------------------

    def receive(self, request: Request) -> Received:
        """Read a client's message or a report. Raises ``Forged`` without Twilio's signature over ``request.url``."""
        form = _form(request.body)
        if form is None or not self._signed(request, form):
            raise Forged("the signature is not Twilio's; is page.base_url the address that Twilio calls?")
        return Received(events=tuple(events_of(form, self._country)), response=_SILENCE)

    def reply(self, answered: Answered) -> None:
        """Answer by a short message, for the outcomes that the setting ``replies`` names."""
        if answered.outcome not in self._replies or not self._hears:
            return
        try:
            number = phone_number(answered.address or answered.event.address, self._country)
        except ValueError:
            return
        # where there is no link, the client's next words are the reason
        text = " ".join(filter(None, (answered.text, answered.why, answered.url if answered.why else "")))
        if text:
            self._say(number, text, "")

    # --- within ---------------------------------------------------------------------------------------------------

    def _say(self, number: str, text: str, hook: str) -> str:
        form = {"To": number, **self._from, "Body": text} | ({"StatusCallback": hook} if hook else {})
        told = self._http.call("POST", self._url, data=form, auth=(self._sid, self._token.reveal())).json()
        sid = told.get("sid") if isinstance(told, dict) else None
        if not isinstance(sid, str) or not sid:
            raise DeliveryError("Twilio: the reply is not one of its API's", down=True)
        return sid[:100]

    def _signed(self, request: Request, form: Mapping[str, Sequence[str]]) -> bool:
        given = request.headers.get(HEADER, "")
        if is_sha256(request.headers.get(SETTINGS_HEADER, "")):
            return self._key is not None and is_signed(self._key, request.url, form, given, "sha256")
        return is_signed(self._token, request.url, form, given)


def _form(body: bytes) -> dict[str, list[str]] | None:
    try:
        return parse_qs(body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=300)
    except ValueError:
        return None


def _refusal(reply: HttpReply) -> DeliveryError | None:
    told = reply.json()
    code = told.get("code") if isinstance(told, dict) else None
    code = code if isinstance(code, int) and not isinstance(code, bool) else 0
    if code in FINAL:
        return DeliveryError(f"Twilio: {meaning(code)}", final=True)
    # 401, 403 and 404 say that our own settings are wrong
    down = code in MENDABLE or reply.status in (401, 403, 404, 408, 425, 429) or reply.status >= 500
    down = (down or 300 <= reply.status < 400) and code not in ACCOUNT_AND_NUMBER
    said = f", {meaning(code)}" if 0 < code < 1_000_000 else ""
    final = not down and code not in ACCOUNT_AND_NUMBER
    wait = reply.retry_after if down else None
    return DeliveryError(f"Twilio: status {reply.status}{said}", final=final, down=down, retry_after=wait)


def _read(settings: Mapping[str, Any]) -> tuple[list[ConfigProblem], dict[str, Any]]:
    problems: list[ConfigProblem] = []
    try:
        checked: dict[str, Any] = _Settings().load(settings)
    except ValidationError as error:
        found = error.messages if isinstance(error.messages, dict) else {}
        problems = [ConfigProblem(str(key), _said(str(key), texts)) for key, texts in found.items()]
        checked = {}
    if ("from" in settings) == ("messaging_service" in settings):
        problems.append(ConfigProblem("from", "expected either from or messaging_service"))
    if checked:
        address = urlsplit(checked["api"])
        if not (address.scheme == "https" or (address.scheme == "http" and address.hostname in _HERE)):
            expected = "expected https://..., or http:// on this machine: the token is not sent in the clear"
            problems.append(ConfigProblem("api", expected))
    return problems, checked


def _said(key: str, texts: Any) -> str:
    if texts == ["Unknown field."]:
        import difflib

        known = [field.data_key or name for name, field in _Settings().fields.items()]
        near = difflib.get_close_matches(key, known, n=1)
        return "unknown key" + (f"; did you mean {near[0]!r}?" if near else "")
    if isinstance(texts, dict):
        texts = [text for more in texts.values() for text in more]
    return " ".join(texts)
