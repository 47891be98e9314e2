"""Handing out what is kept: all of one person and nothing of another; every closure of a tenant."""

from __future__ import annotations

import json
from datetime import timedelta
from types import GeneratorType

import pytest
from tests.channels.gateway import reached_by
from tests.channels.test_inbound import comes
from tests.persons.test_forgetting import IVAN, heard
from tests.surveys.wires import Book

from nps_plugin import Client, UnknownTenant
from nps_plugin.responses import exporting

OLGA = Client(id="8", name="Olga Sidorova", email="olga@example.org")
OLGA_BY_PHONE = Client(id="8", phone="+79161234567")


def test_everything_of_a_person_is_in_it(often):
    token = heard(often)
    often.ratings.opt_out("acme", IVAN)
    export = often.ratings.export_person("acme", "id:7")
    text = json.dumps(export, ensure_ascii=False)
    assert json.loads(text) == export
    (profile,) = export["profiles"]
    assert (profile["name"], profile["email"], profile["phone"]) == ("Ivan Petrov", "Ivan@Example.org", "+7 900 1")
    (survey,) = export["surveys"]
    assert (survey["ticket"], survey["closure"], survey["channel"], survey["state"]) == ("17", 1, "email", "answered")
    assert survey["contact"]["subject"] == "Ivan's printer"
    (message,) = survey["messages"]
    assert message["channel"] == "email"
    assert message["question"]
    (answer,) = survey["answers"]
    assert (answer["score"], answer["reasons"]) == (1, ["speed"])
    assert [comment["text"] for comment in answer["comments"]] == ["It still burns"]
    assert len(survey["visits"]) == len(often.rows("evidence"))
    assert export["not_to_be_asked"] == [{"why": "opted_out", "at": often.clock.now().isoformat()}]
    assert token not in text


def test_words_without_a_score_are_in_it_too(make_world):
    book = Book()
    world = make_world(**reached_by(book, {"address": "phone"}), strict=False)
    world.close(client=OLGA_BY_PHONE)
    world.ratings.run_due()
    comes(world, {"kind": "Scored", "address": OLGA_BY_PHONE.phone, "text": "It still smokes"})
    (survey,) = world.ratings.export_person("acme", "id:8")["surveys"]
    assert survey["answers"] == []
    assert survey["comments"] == [{"text": "It still smokes", "at": world.clock.now().isoformat()}]
    comes(world, {"kind": "Scored", "address": OLGA_BY_PHONE.phone, "text": "1", "event": "later"})
    (survey,) = world.ratings.export_person("acme", "id:8")["surveys"]
    assert survey["comments"] == []
    assert [one["text"] for one in survey["answers"][0]["comments"]] == ["It still smokes"]


def test_nothing_of_anybody_else_is_in_it(often):
    heard(often, "1")
    heard(often, "2", client=OLGA)
    # the employee who works on the ticket, and the client whose ticket Ivan is asked about, are other people too
    often.close("3", client=OLGA, respondents=(IVAN,), facts={"note": "Olga's own"}, agent="boris")
    text = json.dumps(often.ratings.export_person("acme", IVAN), ensure_ascii=False)
    assert '"3"' in text
    for mark in ("Olga", "olga", "boris"):
        assert mark not in text


def test_people_who_share_an_address_are_kept_apart(often):
    office = "office@example.org"
    heard(often, "1", client=Client(id="7", email=office, name="Ivan Petrov"))
    heard(often, "2", client=Client(id="8", email=office, name="Olga"))
    export = often.ratings.export_person("acme", "id:7")
    assert [row["name"] for row in export["profiles"]] == ["Ivan Petrov"]
    assert [row["ticket"] for row in export["surveys"]] == ["1"]
    assert export["shared_with"] == 1
    nobody_knows = often.ratings.export_person("acme", f"email:{office}")
    assert (nobody_knows["profiles"], nobody_knows["surveys"], nobody_knows["shared_with"]) == ([], [], 2)


def test_of_somebody_forgotten_or_unknown_there_is_nothing(often):
    assert often.ratings.export_person("acme", IVAN)["surveys"] == []
    heard(often)
    often.ratings.forget_client("acme", IVAN)
    export = often.ratings.export_person("acme", IVAN)
    assert (export["profiles"], export["surveys"]) == ([], [])
    assert [out["why"] for out in export["not_to_be_asked"]] == ["forgotten"]


def test_the_export_of_a_tenant_has_every_closure_with_its_verdict(often, monkeypatch):
    monkeypatch.setattr(exporting, "_PAGE", 3)
    heard(often, "1", 3)
    heard(often, "2", 1)
    for number in range(3, 9):
        often.close(str(number), client=OLGA, took=timedelta(hours=9))
    often.ratings.ticket_reopened("acme", "8", often.clock.now())
    often.close("8", client=OLGA)
    export = often.ratings.export("acme")
    assert isinstance(export, GeneratorType), "read while it is iterated"
    rows = list(export)
    json.dumps(rows)
    keys = [(row["ticket"], row["closure"]) for row in rows]
    assert keys == [(str(number), 1) for number in range(1, 9)] + [("8", 2)]
    for row in rows:
        verdict = often.ratings.ticket_verdict("acme", row["ticket"], closure=row["closure"])
        assert row["verdict"] == verdict.kind
        assert row["kpi_met"] == verdict.kpi.met
    answered = [answer for row in rows for survey in row["surveys"] for answer in survey["answers"]]
    assert [answer["score"] for answer in answered] == [3, 1]
    assert "ivan" not in json.dumps(rows).casefold(), "names and addresses are not in it"


def test_the_export_of_an_unknown_tenant_is_refused_at_once(often):
    with pytest.raises(UnknownTenant):
        often.ratings.export("nobody")
