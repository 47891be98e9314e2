"""Replayed visits: what people, scanners and programs between them do with the links of one mail.

Each case is played against the real pages. docs/hearing.md prints the table.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NamedTuple

from tests.world import World, nonce_of


class Who(NamedTuple):
    agent: str
    address: str


WINDOWS = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36"
DESK = Who(WINDOWS, "203.0.113.10")
PHONE = Who(
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148", "198.51.100.20"
)
#: the same telephone, out of the house
ABROAD = PHONE._replace(address="192.0.2.200")
COLLEAGUE = Who("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "203.0.113.99")
#: a sandbox in a data centre; its agent string is that of half the world
SANDBOX = Who(WINDOWS, "192.0.2.80")
SHIFTING = tuple(Who(f"{WINDOWS} Edg/{140 + n}", f"10.{n}.0.9") for n in range(5))
EXPANDER = Who("Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)", "192.0.2.41")
IMAGES = Who("Mozilla/5.0 (Windows NT 5.1) Firefox/11.0 (via ggpht.com GoogleImageProxy)", "192.0.2.42")
CHECKER = Who("Mozilla/5.0 (compatible; link check)", "192.0.2.43")
SCRIPT = Who("python-requests/2.32", "192.0.2.44")

MINUTE, HOUR, DAY = 60, 3600, 86400


@dataclass(frozen=True)
class Step:
    """One request, so many seconds after the one before: open, decoy, logo, head, prefetch, send, why."""

    after: float
    who: Who
    does: str
    score: int | None = None


@dataclass(frozen=True)
class Case:
    """A story. ``person``: the last score that a person sent, None where nobody did; ``kept``: all answers, and how."""

    name: str
    steps: tuple[Step, ...]
    person: int | None
    kept: tuple[tuple[int, str], ...]
    verdict: str = field(default="")


def answers(who: Who, score: int, after: float, pause: float = 8) -> tuple[Step, ...]:
    return Step(after, who, "open", score), Step(pause, who, "send", score)


def clicks_all(who: Who, after: float) -> tuple[Step, ...]:
    return (
        Step(after, who, "open", 1),
        Step(0.2, who, "open", 2),
        Step(0.2, who, "open", 3),
        Step(0.2, who, "decoy"),
    )


def posts_all(who: Who, after: float) -> tuple[Step, ...]:
    steps: list[Step] = []
    for score in (1, 2, 3):
        steps += [Step(after if score == 1 else 0.3, who, "open", score), Step(0.3, who, "send", score)]
        steps.append(Step(0.4, who, "why", score))
    return tuple(steps)


CORPUS: tuple[Case, ...] = (
    Case("a person at a desk", answers(DESK, 3, 2 * HOUR), 3, ((3, "counted"),)),
    Case("a person on a telephone", answers(PHONE, 1, 5 * MINUTE, 4), 1, ((1, "counted"),)),
    Case(
        "a telephone that changes networks between opening and sending",
        (Step(HOUR, PHONE, "open", 3), Step(7, ABROAD, "send", 3)),
        3,
        ((3, "counted"),),
    ),
    Case("a quick person: half a minute after the mail", answers(DESK, 3, 26, 4), 3, ((3, "counted"),)),
    Case("a slow person: after 20 days", answers(DESK, 2, 20 * DAY, 25 * MINUTE), 2, ((2, "counted"),)),
    Case(
        "a browser that fetches every link ahead, then its person",
        (
            Step(HOUR, DESK, "prefetch", 1),
            Step(0.1, DESK, "prefetch", 2),
            Step(0.1, DESK, "prefetch", 3),
            *answers(DESK, 3, 20),
        ),
        3,
        ((3, "counted"),),
    ),
    Case(
        "a link expander in a chat, then a person",
        (*clicks_all(EXPANDER, 3), *answers(PHONE, 3, 30 * MINUTE)),
        3,
        ((3, "counted"),),
    ),
    Case(
        "SafeLinks opens all, follows the decoy, POSTs before the person",
        (*clicks_all(SANDBOX, 4), Step(3, SANDBOX, "send", 1), *answers(DESK, 3, 40 * MINUTE)),
        3,
        ((1, "superseded"), (3, "counted")),
    ),
    Case(
        "SafeLinks opens one link and POSTs before the person",
        (Step(2, SANDBOX, "open", 1), Step(3, SANDBOX, "send", 1), *answers(DESK, 3, 40 * MINUTE)),
        3,
        ((1, "superseded"), (3, "counted")),
    ),
    Case(
        "SafeLinks POSTs, and the person says the same",
        (*clicks_all(SANDBOX, 4), Step(3, SANDBOX, "send", 3), *answers(DESK, 3, 40 * MINUTE)),
        3,
        ((3, "counted"),),
    ),
    Case(
        "SafeLinks POSTs while the person looks at the page",
        (
            Step(HOUR, DESK, "open", 3),
            *clicks_all(SANDBOX, 0.5),
            Step(2, SANDBOX, "send", 1),
            Step(4, DESK, "send", 3),
        ),
        3,
        ((1, "superseded"), (3, "counted")),
    ),
    Case(
        "SafeLinks POSTs after the person",
        (*answers(DESK, 3, HOUR), *clicks_all(SANDBOX, 1), Step(2, SANDBOX, "send", 1)),
        3,
        ((1, "ignored"), (3, "counted")),
    ),
    Case(
        "SafeLinks opens the clicked link only and POSTs another score after the person",
        (
            Step(HOUR, DESK, "open", 3),
            Step(0.4, SANDBOX, "open", 3),
            Step(8, DESK, "send", 3),
            Step(1, SANDBOX, "send", 1),
        ),
        3,
        ((1, "suspect"), (3, "counted")),
    ),
    Case(
        "a scanner that runs JavaScript and POSTs every score, before the person",
        (*posts_all(SANDBOX, 2 * HOUR), *answers(DESK, 3, DAY)),
        3,
        ((1, "superseded"), (2, "ignored"), (3, "counted"), (3, "ignored")),
    ),
    Case(
        "a scanner that runs JavaScript and POSTs every score, after the person",
        (*answers(DESK, 3, HOUR), *posts_all(SANDBOX, 12 * HOUR)),
        3,
        ((1, "ignored"), (2, "ignored"), (3, "counted"), (3, "ignored")),
    ),
    Case(
        "a scanner with another address and agent string for each request, then a person",
        (
            *(Step(5 if n == 0 else 0.3, SHIFTING[n], "open", n + 1) for n in range(3)),
            Step(0.3, SHIFTING[3], "decoy"),
            Step(1, SHIFTING[4], "send", 1),
            *answers(DESK, 3, HOUR),
        ),
        3,
        ((1, "superseded"), (3, "counted")),
    ),
    Case(
        "a script that POSTs, and nobody else",
        (Step(HOUR, SCRIPT, "open", 1), Step(20, SCRIPT, "send", 1)),
        None,
        ((1, "provisional"),),
        "pending",
    ),
    Case(
        "a gateway in the person's own network, with the person's agent string",
        (*clicks_all(DESK, 3), *answers(DESK, 3, 25 * MINUTE)),
        3,
        ((3, "counted"),),
    ),
    Case(
        "a forwarded mail: a colleague differs",
        (*answers(DESK, 3, HOUR), *answers(COLLEAGUE, 1, HOUR)),
        3,
        ((1, "suspect"), (3, "counted")),
    ),
    Case(
        "a double tap",
        (*answers(PHONE, 3, HOUR), Step(0.2, PHONE, "send", 3)),
        3,
        ((3, "counted"),),
    ),
    Case(
        "the back button, and another score",
        (*answers(DESK, 1, HOUR), Step(12, DESK, "send", 3)),
        3,
        ((1, "superseded"), (3, "counted")),
    ),
    Case(
        "two tabs, both sent",
        (Step(HOUR, DESK, "open", 1), Step(6, DESK, "open", 3), Step(5, DESK, "send", 3), Step(9, DESK, "send", 1)),
        1,
        ((1, "counted"), (3, "superseded")),
    ),
    Case(
        "a score, then reasons",
        (*answers(PHONE, 1, HOUR), Step(11, PHONE, "why", 1)),
        1,
        ((1, "counted"),),
    ),
    Case(
        "an image proxy that fetches the logo and a page",
        (Step(3, IMAGES, "logo"), Step(1, IMAGES, "open", 3)),
        None,
        (),
        "pending",
    ),
    Case(
        "a checker that asks with HEAD only",
        tuple(Step(2, CHECKER, "head", score) for score in (1, 2, 3)),
        None,
        (),
        "pending",
    ),
)


def play(world: World, case: Case) -> str:
    """Play a case against the pages of a world; gives the token."""
    from datetime import timedelta

    token, browser = world.asked(), world.browser()
    nonces: dict[Who, str] = {}
    for step in case.steps:
        world.clock.advance(timedelta(seconds=step.after))
        path = f"/acme/{token}" + {"decoy": "/d", "logo": "/logo"}.get(step.does, "")
        query = "" if step.score is None else f"?s={step.score}"
        more: dict[str, Any] = {
            "headers": {"User-Agent": step.who.agent},
            "environ_base": {"REMOTE_ADDR": step.who.address},
        }
        if step.does == "prefetch":
            more["headers"]["Sec-Purpose"] = "prefetch"
        if step.does in ("send", "why"):
            # who changed networks or sends from several machines carries the form along
            nonce = nonces.get(step.who) or list(nonces.values())[-1]
            data: dict[str, Any] = {"nonce": nonce, "score": str(step.score)}
            if step.does == "why":
                data |= {"step": "why", "reason": ["speed"], "comment": f"{step.who.address} says"}
            response = browser.post(path, data=data, **more)
            assert response.status_code == 200, response.text
        elif step.does == "head":
            response = browser.head(path + query, **more)
        else:
            response = browser.get(path + query, **more)
            assert response.status_code == (404 if step.does == "logo" else 200)
            if step.does == "open":
                nonces[step.who] = nonce_of(response)
        response.close()
    return token


def table() -> list[str]:
    """The corpus as it stands in docs/hearing.md."""
    lines = ["| who comes | the person said | answers kept |", "|---|---|---|"]
    for case in CORPUS:
        kept = ", ".join(f"{score} {state}" for score, state in case.kept) or "none"
        lines.append(f"| {case.name} | {'nothing' if case.person is None else case.person} | {kept} |")
    return lines
