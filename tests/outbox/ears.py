"""Subscribers for these tests."""

from __future__ import annotations

from nps_plugin import hookimpl


class Ears:
    """Keeps what it hears; fails as often as ``broken`` says."""

    def __init__(self, name="ears", broken=0):
        self.nps_name, self.broken, self.heard = name, broken, []

    def _hear(self, news):
        if self.broken:
            self.broken -= 1
            raise RuntimeError("cannot reach ivan@example.org")
        self.heard.append(news)

    @hookimpl
    def nps_verdict_reached(self, news):
        self._hear(news)

    @hookimpl
    def nps_answer_recorded(self, news):
        self._hear(news)

    def verdicts(self):
        return [
            (news.revision, news.verdict.kind.value) for news in self.heard if type(news).__name__ == "VerdictReached"
        ]
