"""Tells the hosts what came of the calls, until they have heard it."""

from __future__ import annotations

import logging
import threading
import time

from nps_plugin import DeliveryError, HttpSender, Secret, signed_headers

from .book import Book, Report

log = logging.getLogger("nps-sip")

#: Seconds before the second try; each further one waits twice as long, up to the longest. So does a host's rest.
FIRST_WAIT, LONGEST_WAIT = 1.0, 300.0
TIMEOUT = 10.0
_DAY = 24 * 3600.0


class Reporter(threading.Thread):
    """A thread that posts what stands in the book. A host that does not answer delays no other one's reports."""

    def __init__(self, book: Book, secret: Secret, keep_days: int) -> None:
        super().__init__(name="reports", daemon=True)
        self._book, self._secret, self._keep = book, secret, keep_days * _DAY
        self._forgot = 0.0
        self._http = HttpSender(timeout=TIMEOUT)
        self._wake = threading.Event()
        self._ending: float | None = None
        #: hooks that do not answer: until when they are left alone, and how long the wait was
        self._resting: dict[str, tuple[float, float]] = {}

    def wake(self) -> None:
        """Something new stands in the book."""
        self._wake.set()

    def end(self, seconds: float) -> None:
        """Tell what can be told in that time, each report once; the rest is kept."""
        self._ending = time.time() + seconds
        self._resting = {}
        self._wake.set()
        self.join(seconds + TIMEOUT + 5)

    def run(self) -> None:
        """Until :meth:`end`."""
        while True:
            self._wake.clear()
            try:
                self._forget(time.time())
                wait = self._round()
            except Exception:  # the thread must outlive anything: what is not told now is told later
                log.exception("the reports: something broke here")
                wait = FIRST_WAIT
            if self._ending is not None and wait > self._ending - time.time():
                return
            self._wake.wait(wait)

    def _round(self) -> float:
        """Tell what is due; how many seconds there is nothing to do."""
        while True:
            now = time.time()
            asleep = [hook for hook, (until, _) in self._resting.items() if until > now]
            report = self._book.next(asleep)
            wakes = [self._resting[hook][0] - now for hook in asleep]
            if report is None or report.due > now:
                return max(0.01, min([LONGEST_WAIT, *wakes, *([report.due - now] if report else [])]))
            self._tell(report, now)

    def _forget(self, now: float) -> None:
        if now - self._forgot >= _DAY:
            self._forgot = now
            if lost := self._book.forget(now - self._keep):
                log.error("%d reports that no host took for too long (keep_days) are thrown away", lost)

    def _tell(self, report: Report, now: float) -> None:
        headers = {"Content-Type": "application/json", **signed_headers(self._secret, report.body)}
        try:
            self._http.call("POST", report.hook, data=report.body, headers=headers)
        except DeliveryError as error:
            wait = min(LONGEST_WAIT, FIRST_WAIT * 2 ** min(report.tries, 20))
            log.warning(
                "call %s: the host has not taken the report (%s); again in %g seconds", report.reference, error, wait
            )
            self._book.later(report, now + wait)
            if error.down:
                rest = min(LONGEST_WAIT, 2 * self._resting.get(report.hook, (0.0, FIRST_WAIT / 2))[1])
                self._resting[report.hook] = (time.time() + rest, rest)
        else:
            self._book.heard(report)
            self._resting.pop(report.hook, None)
            log.info("call %s: the host has heard", report.reference)
