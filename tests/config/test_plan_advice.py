"""What of a plan never happens is said by `nps-plugin config check`, and a plan without such holes gives none."""

from __future__ import annotations

import pytest

from nps_plugin import Secret
from nps_plugin.config import read_mapping
from nps_plugin.config.plan_advice import advice_on_plans


def advice(**acme):
    tenant = {"brand": {"sender": "Acme <help@acme.example>"}} | acme
    page = {"base_url": "https://help.example.org/rate", "secrets": [Secret("a secret of the tests")]}
    settings = read_mapping({"database": {"url": "sqlite://"}, "page": page, "tenants": {"acme": tenant}})
    return list(advice_on_plans(settings.tenants["acme"]))


SOUND = {"channels": ["phone", "email"], "attempts": {"phone": 2}, "max_contacts": 3, "hours": {"phone": "10:00-20:00"}}


@pytest.mark.parametrize(
    ("ask", "said"),
    [
        ({"channels": ["email", "phone"], "attempts": {}}, "ask: phone asks only whom email has no address of"),
        ({"attempts": {"phone": 3}, "max_contacts": 3}, "ends the plan before its 4 contacts (phone 3"),
        ({"remind_after": "2d"}, "max_contacts = 3 ends the plan before its 4 contacts"),
        ({"expires_after": "12h"}, "hours of phone stay closed for 14:00:00 at a time"),
    ],
)  # fmt: skip
def test_what_of_a_plan_never_happens_is_said_with_what_to_do(ask, said):
    assert advice(ask=SOUND) == []
    found = advice(ask=SOUND | ask)
    assert len(found) == 1
    assert said in found[0]


def test_a_service_s_plan_is_looked_at_too_and_what_it_inherits_is_said_once():
    loan = {"channels": ["email", "phone"]}
    (found,) = advice(ask=SOUND, services={"loan": loan, "card": loan})
    assert found.startswith("services.loan: phone asks only whom email")
