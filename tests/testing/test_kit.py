"""The kit finds what it is made to find: a good channel keeps every rule, and each broken one fails its rule alone."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from tests.testing import fakes

from nps_plugin.testing import ChannelContract

pytest_plugins = ["pytester"]
ROOT = Path(__file__).resolve().parents[2]

#: Which rule each broken channel fails; a status or fault in brackets where it fails the rule for that one alone.
BROKEN: dict[type, set[str]] = {
    fakes.SaysNothing: {"it_says_what_it_can_do"},
    fakes.ReachesAll: {"it_reaches_whom_it_has_an_address_of"},
    fakes.AsksTheNetwork: {"reaching_needs_no_network"},
    fakes.SendsTwice: {"a_message_leaves_once"},
    fakes.OneThread: {"several_threads_may_send"},
    fakes.AnotherText: {"what_leaves_is_what_was_recorded"},
    fakes.LetsOutConnectionErrors: {"a_broken_wire_is_tried_again[no connection]"},
    fakes.FollowsForever: {"a_broken_wire_is_tried_again[redirects]"},
    fakes.LetsOutCutShort: {"a_broken_wire_is_tried_again[cut short]"},
    fakes.LetsOutGarbled: {"a_broken_wire_is_tried_again[garbled]"},
    fakes.GivesUpOnBusy: {f"a_busy_provider_is_tried_again[{status}]" for status in ChannelContract.busy},
    fakes.Impatient: {"the_providers_wait_is_handed_on"},
    fakes.NeverGivesUp: {f"a_refusal_is_final[{status}]" for status in ChannelContract.refusals},
    fakes.NoTimeout: {"silence_ends_by_a_timeout"},
    fakes.BelievesAll: {"an_odd_reply_breaks_nothing"},
    fakes.TellsInErrors: {"nothing_secret_is_in_errors"},
    fakes.TellsAddresses: {"nothing_secret_is_in_errors"},
    fakes.Chatty: {"nothing_secret_is_in_logs"},
    fakes.Open: {"nothing_secret_is_in_its_repr"},
    fakes.BelievesAnybody: {"a_forged_request_is_refused"},
    fakes.BelievesAnyBody: {"a_forged_request_is_refused"},
    fakes.Deaf: {"a_genuine_request_gives_events"},
    fakes.Forgets: {"a_repeated_request_gives_the_same_events"},
    fakes.NaiveTimes: {"events_are_fit_to_keep"},
    fakes.Breaks: {"garbage_gives_no_crash"},
    fakes.AsksBack: {"receiving_needs_no_network"},
    fakes.RepliesOrDies: {"a_reply_fails_as_a_delivery_does"},
}


def failing(pytester: pytest.Pytester, channel: str) -> set[str]:
    """The rules that a channel of the fakes fails."""
    pytester.makepyfile(
        f"""
        from tests.testing import fakes
        import nps_plugin.testing.channel as kit

        kit.PATIENCE = 5.0

        class TestIt(fakes.Kept):
            made = fakes.{channel}
        """
    )
    run = pytester.inline_run("-q", "-p", "no:cacheprovider", "-p", "no:xdist", f"--rootdir={pytester.path}")
    passed, skipped, failed = run.listoutcomes()
    assert passed
    assert not skipped, "the fakes declare everything, so nothing is skipped"
    return {report.nodeid.rpartition("::test_")[2] for report in failed}


def test_a_good_channel_keeps_every_rule(pytester: pytest.Pytester):
    assert failing(pytester, "Good") == set()


@pytest.mark.parametrize("fake", BROKEN, ids=lambda fake: fake.__name__)
def test_a_broken_channel_fails_its_rule_and_no_other(pytester: pytest.Pytester, fake: type):
    assert failing(pytester, fake.__name__) == BROKEN[fake]


def test_every_rule_has_a_channel_that_breaks_it():
    rules = {name.removeprefix("test_") for name in vars(ChannelContract) if name.startswith("test_")}
    broken = {re.sub(r"\[.*", "", rule) for rules in BROKEN.values() for rule in rules}
    assert rules == broken
