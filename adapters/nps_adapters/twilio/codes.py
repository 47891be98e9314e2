"""What Twilio's error codes mean for a question: whether another try on this channel would help, and whose fault it is.

After Twilio's error dictionary. A code that is not here is told apart by the status of the reply, or tried again.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

#: The client opted out at Twilio: nothing from this sender arrives there any more.
OPTED_OUT = 21610

#: Another try would not help.
FINAL: Mapping[int, str] = MappingProxyType(
    {
        21211: "the number is not valid",
        21214: "the number cannot be reached",
        21217: "the number is not valid",
        21265: "the number is a short code",
        21266: "the number is the sender's own",
        21610: "the client has opted out there",
        21612: "the number cannot be reached from this sender",
        21614: "the number takes no short messages",
        21617: "the text is too long",
        21635: "the number is a landline's",
        30004: "the client or the operator blocks it",
        30005: "the number is unknown or no longer in use",
        30006: "a landline, or an operator that takes no short messages",
        30007: "the operator filtered it out",
    }
)
#: Ours or Twilio's to mend; then the question still leaves.
MENDABLE: Mapping[int, str] = MappingProxyType(
    {
        20003: "account_sid and auth_token are not right",
        20404: "account_sid or the address of the API is not right",
        20429: "too many requests",
        21212: "the sender is not valid",
        21603: "no sender; set from or messaging_service",
        21606: "the sender takes no part in short messages",
        21609: "the address for reports is not valid; see page.base_url",
        21611: "the sender's queue is full",
        21659: "the sender is not of this account",
        21660: "the sender is not of this account",
        21703: "the messaging service has no sender",
        30001: "the queue is full",
        30002: "the account is suspended",
        30022: "too many requests for the operator",
        30034: "the sender is not registered with the operators",
    }
)
#: Of this account and this number: tried again, for it may be mended, and others are not kept waiting for it.
ACCOUNT_AND_NUMBER: Mapping[int, str] = MappingProxyType(
    {
        21408: "the account may not send to that country",
        21608: "a trial account sends to verified numbers alone",
    }
)


def meaning(code: int) -> str:
    """The code with what it means, for people."""
    said = {**FINAL, **MENDABLE, **ACCOUNT_AND_NUMBER}.get(code)
    return f"error {code} ({said})" if said else f"error {code}"
