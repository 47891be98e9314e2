"""Who may see what. A report refuses what its audience must not see, and says so; it leaves nothing out in silence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ..errors import ReportRefused
from ..model import Audience

#: slices that name neither an agent nor a client
IMPERSONAL = ("queue", "service", "level", "priority")
#: slices that the library knows; any other name is a fact of the host
KNOWN = ("agent", "queue", "service", "level", "client", "organization", "priority", "contract")


def audience_of(audience: str) -> Audience:
    """The audience by name. Raises :class:`~nps_plugin.errors.ReportRefused` for one that there is not."""
    try:
        return Audience(audience)
    except ValueError:
        raise ReportRefused(
            f"audience {audience!r}: there is no such audience; take {', '.join(one.value for one in Audience)}"
        ) from None


def slices_of(by: str | Sequence[str]) -> tuple[str, ...]:
    """The slices asked for: none, one or two different ones."""
    names = (by,) if isinstance(by, str) else tuple(by)
    if not all(names):
        raise ReportRefused(f"by={names!r}: each slice is a name, such as queue or service")
    if len(names) > 2 or len(set(names)) < len(names):
        raise ReportRefused(f"by={', '.join(names)}: a report is sliced by one name, or crossed by two different ones")
    return names


def allowed(audience: Audience, by: Sequence[str], agent: str | None, where: Mapping[str, object]) -> dict[str, str]:
    """The slice that this audience gets, as ``where`` for the counts.

    Raises ReportRefused where it asks for what it must not see: the message says why.
    """
    chosen = {name: str(value) for name, value in where.items() if value is not None}
    if agent is not None:
        chosen["agent"] = str(agent)
    asked = [*by, *chosen]
    if audience is Audience.EVERYONE:
        for name in asked:
            if name not in IMPERSONAL:
                raise ReportRefused(
                    f"{name}: a report for everyone names no agent and no client, so that nobody is put on display;"
                    f" slice it by {', '.join(IMPERSONAL)}, or make it for audience manager"
                )
    elif audience is Audience.AGENT:
        if not agent:
            raise ReportRefused("audience agent: an agent sees only what is their own; name them with agent=")
        if "agent" in by:
            raise ReportRefused("by agent: an agent sees only what is their own; slice by queue or service instead")
    elif audience is Audience.OPERATOR and "agent" in asked:
        raise ReportRefused(
            "agent: a report for operators is about how clients are asked, and shows no agent;"
            " make it for audience manager"
        )
    return chosen
