"""Who may see what: a report refuses, and says why."""

from __future__ import annotations

import pytest

from nps_plugin import ReportRefused


@pytest.mark.parametrize(
    ("asked", "why"),
    [
        ({"by": "agent"}, "names no agent and no client"),
        ({"by": ("queue", "client")}, "client: .*names no agent"),
        ({"by": "organization"}, "organization: "),
        ({"by": "contract"}, "contract: "),
        ({"by": "site"}, "site: .*queue, service, level, priority"),
        ({"agent": "orlov"}, "agent: "),
        ({"organization": "North"}, "organization: "),
    ],
)
def test_everyone_sees_no_agent_and_no_client(year, asked, why):
    with pytest.raises(ReportRefused, match=why):
        year().report("acme", audience="everyone", **asked)


def test_everyone_sees_the_services_results(year):
    found = year().report("acme", audience="everyone", by=("queue", "service"), priority="1")
    assert {row["queue"] for row in found.rows()} == {"access", "billing", "hardware", "network"}


def test_an_agent_sees_only_what_is_their_own(year):
    ratings = year()
    with pytest.raises(ReportRefused, match="name them with agent="):
        ratings.report("acme", audience="agent")
    with pytest.raises(ReportRefused, match="only what is their own"):
        ratings.report("acme", audience="agent", agent="orlov", by="agent")
    own = ratings.report("acme", audience="agent", agent="orlov", by="queue")
    whole = next(row for row in ratings.report("acme", by="agent").rows() if row["agent"] == "orlov")
    assert sum(row["answered"] for row in own.rows()) == whole["answered"] > 0
    page = own.html(pictures=False)
    assert "orlov" in page
    assert "karpov" not in page


def test_operators_see_how_clients_are_asked_and_no_agent(year):
    ratings = year()
    with pytest.raises(ReportRefused, match="shows no agent"):
        ratings.report("acme", audience="operator", by="agent")
    assert "How clients were asked" in ratings.report("acme", audience="operator").html(pictures=False)


@pytest.mark.parametrize(
    ("asked", "why"),
    [
        ({"audience": "boss"}, "'boss'.*everyone, manager, agent, operator"),
        ({"basis": "opened"}, "'opened'.*closed or answered"),
        ({"period": "day"}, "'day'"),
        ({"by": ("queue", "service", "agent")}, "one name, or crossed by two"),
        ({"by": ("queue", "queue")}, "two different"),
        ({"by": ("queue", "")}, "a name"),
        ({"by": "colour"}, "colour: no closing of tenant acme has such a fact.*queue.*site"),
        ({"colour": "red"}, "colour: no closing"),
    ],
)
def test_what_there_is_not_is_named(year, asked, why):
    with pytest.raises(ReportRefused, match=why):
        year().report("acme", **asked)


@pytest.mark.parametrize("audience", ["manager", "agent"])
def test_every_view_of_agents_says_that_it_is_no_measure_for_pay(year, audience):
    asked = {"by": "agent"} if audience == "manager" else {"agent": "orlov"}
    report = year().report("acme", audience=audience, **asked)
    for text in (report.html(pictures=False), report._repr_html_()):
        assert "a reason to look at their tickets, and never a measure for pay" in text
    assert "не мера для оплаты" in report.html("ru", pictures=False)


def test_agents_stand_in_the_order_of_their_names(year):
    names = [row["agent"] for row in year().report("acme", by="agent").rows()]
    assert names == sorted(names)
    assert len(names) == 10
