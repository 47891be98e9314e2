"""An answer by POST, against the survey view of `customersatisfactionmetrics` (PyPI): both on SQLite, behind the same
server, turn by turn in one run. Aim: at least twice its requests per second. Both answer with a whole page and keep
score, address and agent."""

from __future__ import annotations

import http.client
import logging
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any
from urllib.parse import urlencode

from werkzeug.serving import WSGIRequestHandler, make_server

from nps_plugin import Client, ClosedTicket, Ratings, Secret
from nps_plugin.links import Nonces

ROUNDS = 400
HEADERS = {"Content-Type": "application/x-www-form-urlencoded", "User-Agent": "Mozilla/5.0 (benchmark)"}


class Quiet(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"

    def log(self, *args: Any, **kwargs: Any) -> None:
        """Nothing: a benchmark prints figures."""


@contextmanager
def served(app: Any) -> Iterator[http.client.HTTPConnection]:
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=Quiet)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    connection = http.client.HTTPConnection("127.0.0.1", server.server_port)
    yield connection
    connection.close()
    server.shutdown()
    thread.join()
    server.server_close()


def ours(folder: Path) -> tuple[Any, list[tuple[str, str]]]:
    """The pages, and a POST for each of many surveys."""
    secret = Secret("a secret of the benchmark")
    config = {
        "database": {"url": f"sqlite:///{folder / 'ours.sqlite3'}"},
        "page": {"base_url": "https://help.example.org/rate", "secrets": [secret]},
        "tenants": {
            "acme": {"brand": {"sender": "Acme <help@acme.example>"}, "ask": {"channels": ["host"], "quarantine": "0d"}}
        },
    }
    ratings = Ratings(config, strict=True)
    posts = []
    for number in range(ROUNDS):
        client = Client(email=f"client{number}@example.org")
        closed = ClosedTicket(tenant="acme", ticket=str(number), opened_at=None, closed_at=None, client=client)
        survey = ratings.ticket_closed(closed).survey
        assert survey is not None
        token = survey.buttons("text").split("/rate/acme/")[1][:22]
        nonce = Nonces([secret], ratings._parts.clock).issue("acme", token)
        posts.append((f"/acme/{token}", urlencode({"nonce": nonce, "score": 1 + number % 3})))
    return ratings.wsgi, posts


def theirs(folder: Path) -> tuple[Any, list[tuple[str, str]]]:
    """Their survey view in a Django with no more middleware than it needs, and as many POSTs."""
    import django
    from django.conf import settings
    from django.core.management import call_command
    from django.core.wsgi import get_wsgi_application
    from django.urls import include, path

    urls = ModuleType("bench_urls")
    sys.modules["bench_urls"] = urls
    settings.configure(
        SECRET_KEY="only for a benchmark",
        ALLOWED_HOSTS=["*"],
        DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": folder / "theirs.sqlite3"}},
        DEFAULT_AUTO_FIELD="django.db.models.AutoField",
        INSTALLED_APPS=[
            "django.contrib.auth",
            "django.contrib.contenttypes",
            "django.contrib.sessions",
            "customersatisfactionmetrics",
        ],
        MIDDLEWARE=[
            "django.contrib.sessions.middleware.SessionMiddleware",
            "django.contrib.auth.middleware.AuthenticationMiddleware",
        ],
        TEMPLATES=[{"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True}],
        ROOT_URLCONF="bench_urls",
        SURVEY_SELF_POST=True,
        LOGGING_CONFIG=None,
    )
    django.setup()
    urls.urlpatterns = [path("", include("customersatisfactionmetrics.urls"))]  # type: ignore[attr-defined]
    call_command("migrate", verbosity=0)
    from customersatisfactionmetrics.models import Question, Survey

    survey = Survey.objects.create(title="CSAT", slug="csat", survey_type="CSAT")
    question = Question.objects.create(survey=survey, text="How was it?", response_type="INT")
    posts = [("/survey/slug/csat/", urlencode({f"question_{question.pk}": 1 + n % 5})) for n in range(ROUNDS)]
    return get_wsgi_application(), posts


def post(connection: http.client.HTTPConnection, address: str, body: str) -> float:
    before = time.perf_counter()
    connection.request("POST", address, body, HEADERS)
    response = connection.getresponse()
    response.read()
    took = time.perf_counter() - before
    assert response.status == 200, response.status
    return took


def main() -> None:
    """Print one row."""
    logging.disable(logging.CRITICAL)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        our_app, our_posts = ours(folder)
        their_app, their_posts = theirs(folder)
        times: tuple[list[float], list[float]] = ([], [])
        with served(our_app) as us, served(their_app) as them:
            for our_post, their_post in zip(our_posts, their_posts, strict=True):
                times[0].append(post(us, *our_post))
                times[1].append(post(them, *their_post))
        from customersatisfactionmetrics.models import Response

        assert Response.objects.count() == ROUNDS, "their view did not keep the answers"
    mine, other = (statistics.quantiles(values[ROUNDS // 10 :], n=100) for values in times)
    for label, share in (("p50", 50), ("p99", 99)):
        a, b = mine[share - 1], other[share - 1]
        print(
            f"POST of a score, {label}: {1 / a:5.0f} requests/s against {1 / b:5.0f} of customersatisfactionmetrics"
            f" = {b / a:.2f}x (aim: at least 2x at p50)"
        )


if __name__ == "__main__":
    main()
