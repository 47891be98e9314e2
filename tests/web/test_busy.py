"""The rating page while the database belongs to somebody else."""

from __future__ import annotations

from contextlib import contextmanager

import pytest
from sqlalchemy import create_engine, text
from tests.world import nonce_of

pytestmark = pytest.mark.both_engines


@contextmanager
def locked(world):
    """Another writer has the survey, for longer than anybody waits."""
    engine = create_engine(world.config["database"]["url"])
    with engine.connect() as connection, connection.begin():
        if engine.dialect.name == "sqlite":
            connection.execute(text("UPDATE nps_survey SET attempts = attempts"))
        else:
            connection.execute(text("SELECT survey FROM nps_survey FOR UPDATE")).all()
        yield
    engine.dispose()


@pytest.mark.parametrize(
    ("language", "said", "back"),
    [("en", "nothing has been stored yet", "Back to the question"), ("ru", "пока ничего не сохранено", "вопрос")],
)
def test_a_database_that_is_locked_asks_the_client_to_come_again_and_then_takes_the_answer(world, language, said, back):
    path = f"/acme/{world.asked()}?lang={language}"
    browser = world.browser()
    form = {"score": "3", "nonce": nonce_of(browser.get(path))}
    with locked(world):
        page = browser.post(path, data=form)
        assert page.status_code == 503
        assert int(page.headers["Retry-After"]) > 0
        assert "no-store" in page.headers["Cache-Control"]
        assert said in page.text
        assert back in page.text
        assert world.rows("answer") == []
    assert browser.post(path, data=form).status_code == 200
    assert [row.score for row in world.rows("answer")] == [3]


def test_a_fault_of_ours_is_not_called_busy(world):
    path = f"/acme/{world.asked()}"
    form = {"score": "3", "nonce": nonce_of(world.browser().get(path))}
    engine = create_engine(world.config["database"]["url"])
    with engine.begin() as connection:
        connection.execute(text("ALTER TABLE nps_answer RENAME TO gone"))
    engine.dispose()
    assert world.browser().post(path, data=form).status_code == 500
