"""The configuration changes without a restart: whole or not at all."""

from __future__ import annotations

import threading

import pytest
from tests.world import merged, nonce_of

from nps_plugin import ConfigError, PluginError, Ratings, hookimpl

TEXT = """
[database]
url = "{database}"
[page]
base_url = "https://help.example.org/rate"
secrets = ["env:NPS_SECRET"]
[tenants.acme]
scale = "{scale}"
brand = {{ sender = "Acme <help@acme.example>" }}
"""


def changed(world, **acme):
    return merged(world.config, {"tenants": {"acme": acme}})


def test_a_file_is_read_again(database, tmp_path, monkeypatch):
    monkeypatch.setenv("NPS_SECRET", "a secret of the tests")
    monkeypatch.chdir(tmp_path)
    file, url = tmp_path / "nps.toml", database()
    file.write_text(TEXT.format(database=url, scale="faces-3"))
    with Ratings.open("nps.toml") as ratings:
        file.write_text(TEXT.format(database=url, scale="stars-5"))
        assert ratings.settings.tenants["acme"].scale.name == "faces-3"
        monkeypatch.chdir("/")  # the file is known by its place, not by where the process happens to stand
        ratings.reload()
        assert ratings.settings.tenants["acme"].scale.name == "stars-5"


def test_a_mapping_must_be_given(world):
    with pytest.raises(ValueError, match=r"reload\(config\)"):
        world.ratings.reload()


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"tenants": {"acme": {"scale": "nonesuch"}}}, ConfigError),
        ({"tenants": {"acme": {"channels": {"email": {"port": 0}}}}}, ConfigError),
        ({"tenants": {"acme": {"question": "Was {nobody} kind?"}}}, ConfigError),
        ({"plugins": ["nonesuch"]}, PluginError),
        ({"database": {"url": "sqlite:///elsewhere.sqlite3"}}, ConfigError),
    ],
)
def test_what_cannot_be_used_leaves_everything_as_it_was(world, change, error):
    parts, settings = world.ratings._parts, world.ratings.settings
    with pytest.raises(error):
        world.ratings.reload(merged(world.config, change))
    assert world.ratings._parts is parts
    assert world.ratings.settings is settings
    world.ratings.record_answer("acme", 3, token=world.asked())


def test_a_new_tenant_can_close_and_one_that_is_gone_cannot(world):
    mine = world.config["tenants"]["acme"]
    world.ratings.reload(world.config | {"tenants": {"other": mine}})
    assert world.ratings.ticket_closed(world.ticket("1", tenant="other")).recorded
    world.ratings._strict = False
    assert "no tenant 'acme'" in world.ratings.ticket_closed(world.ticket("2")).problem


def test_a_mounted_page_shows_the_new_configuration(world):
    browser, token = world.browser(), world.asked()
    page = browser.get(f"/acme/{token}?s=1")
    world.ratings.reload(changed(world, brand={"colour": "#123456"}))
    assert "#123456" not in page.text
    assert "#123456" in browser.get(f"/acme/{token}").text
    # a form of the old page is still taken
    assert browser.post(f"/acme/{token}", data={"nonce": nonce_of(page), "score": "1"}).status_code == 200
    assert len(world.rows("answer")) == 1


def test_a_question_asked_on_the_old_scale_is_answered_on_it(world):
    token = world.asked()
    world.ratings.reload(changed(world, scale="nps-11"))
    assert world.ratings.record_answer("acme", 3, token=token).verdict.band == "satisfied"


def test_plugins_that_were_handed_over_stay_with_their_counts(make_world):
    class Fails:
        nps_name = "fails"

        @hookimpl
        def nps_ticket_closed(self, closed):
            raise RuntimeError(closed.ticket)

    world = make_world(plugins=[Fails()], strict=False)
    world.close("1")
    world.ratings.reload(changed(world, scale="stars-5"))
    world.close("2")
    (fails,) = [plugin for plugin in world.ratings.plugins if plugin.name == "fails"]
    assert fails.errors == 2
    assert "RuntimeError" in fails.last_error


def test_whoever_works_meanwhile_sees_the_old_or_the_new_whole(world):
    """The scale and the question change together; no survey may have one of the one and one of the other."""
    old = changed(world, scale="faces-3", question={"en": "Three?"}, ask={"quarantine": "0d"})
    new = changed(world, scale="stars-5", question={"en": "Five?"}, ask={"quarantine": "0d"})
    stop = threading.Event()
    failures = []

    def reload():
        while not stop.is_set():
            for config in (new, old):
                try:
                    world.ratings.reload(config)
                except Exception as error:  # noqa: BLE001 - a thread must hand its failure over
                    failures.append(error)

    seen = set()
    thread = threading.Thread(target=reload)
    thread.start()
    try:
        for _ in range(300):
            parts = world.ratings._parts
            tenant, desk = parts.settings.tenants["acme"], parts.desk._settings.tenants["acme"]
            assert tenant is desk is parts.intake._tenants["acme"]
            seen.add((tenant.scale.name, tenant.question.get("en", "")))
        for number in range(10):
            assert world.close(str(number)).recorded
    finally:
        stop.set()
        thread.join(30)
    assert failures == []
    assert seen <= {("faces-3", "Three?"), ("stars-5", "Five?"), ("faces-3", "")}
    procedures = {row.procedure: row.scale["name"] for row in world.rows("survey")}
    assert all(procedures[row.procedure] == row.scale["name"] for row in world.rows("survey"))
