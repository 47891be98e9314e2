"""Voices without a ticket: in no count, no share and no verdict; personal, and forgettable."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from nps_plugin import Client, ScoreOffScale, UnknownIndicator, UnknownVoice, VoiceRefused

IVAN = Client(id="7", name="Ivan Petrov", email="ivan@example.org", level="head", organization="North")
DAY = timedelta(days=1)


@pytest.fixture
def agreed(make_world):
    return make_world(indicators={"use": ["no_errors", "solved"]}, ask={"quarantine": "0d"})


def spoken(world, source="interview", **said):
    return world.ratings.record_voice("acme", source, **({"by": "olga", "text": "It takes too long"} | said))


@pytest.mark.both_engines
@pytest.mark.both_engines
def test_an_interview_is_kept_with_what_is_known_of_it(agreed):
    voice = spoken(agreed, client=IVAN, score=1, indicators={"solved": "partly"}, service="mail")
    assert (voice.level, voice.organization, voice.by, voice.at) == ("head", "North", "olga", agreed.clock.now())
    assert (voice.score, voice.scale, voice.slices) == (1, "faces-3", {"service": "mail"})
    assert voice.indicators == {"solved": {"partly": 1}}
    assert agreed.ratings.voices("acme", level="head", service="mail") == (voice,)
    assert agreed.ratings.voices("acme", level="user") == agreed.ratings.voices("acme", service="lift") == ()
    assert json.loads(json.dumps(voice.to_dict()))["text"] == "It takes too long"


def test_of_a_group_it_is_kept_how_many_said_what(agreed):
    voice = spoken(agreed, "focus_group", participants=8, level="manager", indicators={"solved": {"yes": 5, "no": 2}})
    assert voice.indicators == {"solved": {"yes": 5, "no": 2}}
    (told,) = agreed.ratings.indicators("acme").voices
    assert told == voice


def test_it_is_in_no_share_no_verdict_and_no_indicators_figures(agreed):
    token = agreed.asked()
    agreed.ratings.record_answer("acme", 3, token=token, indicators={"solved": "yes"})
    verdict, figures = agreed.ratings.verdict("acme"), agreed.ratings.indicators("acme").whole
    rows = agreed.ratings.report("acme", last=1).rows()
    spoken(agreed, score=1, indicators={"solved": "no"})
    assert agreed.ratings.verdict("acme") == verdict
    assert agreed.ratings.indicators("acme").whole == figures
    assert agreed.ratings.report("acme", last=1).rows() == rows


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ({"source": "rumour"}, "no source 'rumour'; there are interview, focus_group"),
        ({"by": " "}, "by= is needed"),
        ({"text": " ", "score": None}, "nothing was said"),
        ({"participants": 0}, "participants: expected a whole number from 1"),
        ({"at": datetime(2026, 1, 1)}, "at has no time zone"),  # noqa: DTZ001 - that is what is refused
        ({"at": datetime(2027, 1, 1, tzinfo=UTC)}, "at lies ahead of us"),
        ({"service": 5}, "service: expected text"),
        ({"indicators": {"solved": {"yes": 3}}}, "how many of the 1 said each"),
        ({"indicators": {"solved": "well"}}, "expected yes, partly, no"),
    ],
)
def test_what_cannot_be_kept_is_refused_with_the_reason(agreed, said, told):
    with pytest.raises(VoiceRefused) as refused:
        spoken(agreed, **said)
    assert told in str(refused.value)
    assert agreed.rows("voice") == []


def test_scores_and_indicators_are_those_of_the_tenant(agreed):
    with pytest.raises(ScoreOffScale):
        spoken(agreed, score=9)
    with pytest.raises(UnknownIndicator, match="did you mean 'solved'"):
        spoken(agreed, indicators={"solvd": "yes"})


@pytest.mark.both_engines
def test_whoever_is_forgotten_is_quoted_no_more_and_nothing_is_kept_of_them_again(agreed):
    spoken(agreed, client=IVAN, indicators={"solved": "no"})
    spoken(agreed, "focus_group", text="Nobody in particular")
    done = agreed.ratings.forget_client("acme", "id:7")
    assert done.voices == 1
    assert sorted(voice.text for voice in agreed.ratings.voices("acme")) == ["", "Nobody in particular"]
    counted = [voice.indicators for voice in agreed.ratings.voices("acme")]
    assert {"solved": {"no": 1}} in counted, "what counts stays"
    with pytest.raises(VoiceRefused, match="was forgotten"):
        spoken(agreed, client=IVAN)
    assert agreed.ratings.forget_client("acme", "id:7").voices == 0


def test_a_person_is_handed_what_they_said(agreed):
    spoken(agreed, client=IVAN, score=1)
    (voice,) = agreed.ratings.export_person("acme", "id:7")["voices"]
    assert (voice["text"], voice["score"], voice["source"]) == ("It takes too long", 1, "interview")


@pytest.mark.both_engines
def test_its_words_go_at_the_age_of_comments_and_the_person_stays_known_until_then(agreed):
    agreed.config["retention"] = {"comments": "90d", "contacts": "30d", "evidence": "10d"}
    agreed.ratings.reload(agreed.config)
    spoken(agreed, client=IVAN, at=agreed.clock.now() - 80 * DAY)
    for days, text, persons in ((31, "It takes too long", 1), (60, "", 1), (1, "", 0)):
        agreed.clock.advance(days * DAY)
        for _ in range(2):
            agreed.ratings.run_due()
        assert [voice.text for voice in agreed.ratings.voices("acme")] == [text]
        assert len(agreed.rows("client")) <= persons
    assert agreed.rows("client") == []


def test_one_that_was_entered_wrongly_is_taken_out_and_that_it_was_is_kept(agreed):
    voice = spoken(agreed)
    gone = agreed.ratings.withdraw_voice("acme", voice.id, by="boris", why="entered twice")
    assert (gone.text, gone.withdrawn_by, gone.withdrawn_why) == ("", "boris", "entered twice")
    assert agreed.ratings.voices("acme") == ()
    assert agreed.ratings.voices("acme", withdrawn=True) == (gone,)
    assert agreed.ratings.withdraw_voice("acme", voice.id, by="olga", why="again") == gone
    with pytest.raises(UnknownVoice):
        agreed.ratings.withdraw_voice("acme", "none", by="boris", why="entered twice")
    with pytest.raises(VoiceRefused):
        agreed.ratings.withdraw_voice("acme", voice.id, by="boris", why="")
