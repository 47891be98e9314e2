"""Plugins are found, contained, counted; what cannot work is refused by name."""

from __future__ import annotations

from datetime import timedelta
from importlib.metadata import Distribution, EntryPoint

import pytest

from nps_plugin import NpsSpec, PluginError, Registration, hookimpl
from nps_plugin import plugins as plugins_module
from nps_plugin.plugins import Plugins


class Good:
    nps_name = "good"

    def __init__(self):
        self.seen = []

    @hookimpl
    def nps_ticket_closed(self, closed):
        self.seen.append(closed.ticket)


class Bad:
    nps_name = "bad"

    @hookimpl
    def nps_ticket_closed(self, closed, connection):
        raise RuntimeError("broken")

    @hookimpl
    def nps_work_time(self, closed):
        raise RuntimeError("broken")

    @hookimpl
    def nps_exclude_from_survey(self, closed):
        raise RuntimeError("broken")


def test_one_broken_plugin_keeps_neither_the_closing_nor_the_others_from_their_work(make_world, caplog):
    good = Good()
    world = make_world(plugins=[Bad(), good], strict=False)
    receipt = world.close()
    assert receipt.recorded
    assert receipt.kpi.met is True
    assert good.seen == ["17"]
    bad = next(plugin for plugin in world.ratings.plugins if plugin.name == "bad")
    assert bad.errors == 3
    assert "RuntimeError at nps_" in bad.last_error
    assert "bad" in caplog.text


def test_strict_lets_a_plugins_error_out(make_world):
    world = make_world(plugins=[Bad()], strict=True)
    with pytest.raises(RuntimeError, match="broken"):
        world.close()


def test_observers_see_each_new_closure_once(make_world):
    good = Good()
    world = make_world(plugins=[good])
    world.close()
    world.close()
    world.ratings.ticket_reopened("acme", "17", world.clock.now())
    world.close()
    assert good.seen == ["17", "17"]


def test_a_reopening_is_observed_once(make_world):
    class Sees:
        nps_name = "sees"
        seen = 0

        @hookimpl
        def nps_ticket_reopened(self, reopened, connection):
            assert connection is None
            Sees.seen += 1

    world = make_world(plugins=[Sees()])
    world.close()
    for _ in range(2):
        world.ratings.ticket_reopened("acme", "17", world.clock.now())
    assert Sees.seen == 1


def test_the_first_plugin_that_knows_the_hosts_clock_gives_the_time_worked(make_world):
    class Knows:
        nps_name = "knows"

        @hookimpl
        def nps_work_time(self, closed):
            return timedelta(hours=5)

    class KnowsNot:
        nps_name = "a knows not"

        @hookimpl
        def nps_work_time(self, closed):
            return None

    world = make_world(plugins=[Knows(), KnowsNot()])
    assert world.close("1").kpi.met is False
    assert world.close("2", worked=timedelta(hours=1)).kpi.met is True


def test_a_misspelt_hook_is_refused_when_it_is_loaded():
    class Misspelt:
        nps_name = "misspelt"

        @hookimpl
        def nps_ticket_clsoed(self, closed):
            pass

    with pytest.raises(PluginError, match="nps_ticket_clsoed"):
        Plugins().load(objects=[Misspelt()])


def test_a_hook_that_asks_for_what_is_not_given_is_refused_when_it_is_loaded():
    class Greedy:
        nps_name = "greedy"

        @hookimpl
        def nps_ticket_closed(self, closed, session):
            pass

    with pytest.raises(PluginError, match="session"):
        Plugins().load(objects=[Greedy()])


def test_two_plugins_of_one_name_are_refused_with_both_their_origins():
    with pytest.raises(PluginError, match=r"good.*test_plugins.*test_plugins"):
        Plugins().load(objects=[Good(), Good()])


def test_a_name_that_is_not_installed_is_refused_with_those_that_are():
    with pytest.raises(PluginError, match=r"nonesuch.*email"):
        Plugins().load(names=["nonesuch"])


def test_a_plugin_that_cannot_be_imported_is_listed_and_loading_goes_on(monkeypatch, caplog):
    broken = EntryPoint("broken", "nps_adapters.nonesuch", "nps_plugin")
    real = plugins_module.entry_points
    monkeypatch.setattr(plugins_module, "entry_points", lambda **by: [*real(**by), broken])
    loaded = Plugins()
    loaded.load(names=["broken", "email"])
    found = {plugin.name: plugin for plugin in loaded}
    assert not found["broken"].loaded
    assert "nonesuch" in found["broken"].last_error
    assert found["email"].loaded
    assert "broken" in caplog.text


def test_two_distributions_with_one_name_are_refused_naming_both(monkeypatch):
    class Dist(Distribution):
        def __init__(self, name):
            self._name = name

        def read_text(self, filename):
            return f"Name: {self._name}\nVersion: 1\n" if filename == "METADATA" else None

        def locate_file(self, path):
            raise NotImplementedError

    twins = [EntryPoint("twin", f"a{n}", "nps_plugin")._for(Dist(f"dist-{n}")) for n in (1, 2)]
    monkeypatch.setattr(plugins_module, "entry_points", lambda **_by: twins)
    with pytest.raises(PluginError, match=r"dist-1 1 and dist-2 1"):
        Plugins().load(names=["twin"])


def test_a_disabled_plugin_is_left_out(monkeypatch):
    monkeypatch.setenv("NPS_PLUGIN_DISABLED", "good, email")
    loaded = Plugins()
    loaded.load(names=["email"], objects=[Good()])
    assert list(loaded) == []


def test_an_adapter_is_registered_by_name_and_not_imported():
    import subprocess
    import sys

    code = (
        "import sys; from nps_plugin.plugins import Plugins; p = Plugins(); p.load_adapter('email');"
        "assert p.channel('email').target.endswith(':EmailChannel');"
        "assert 'nps_adapters.email.channel' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_a_registration_that_leads_nowhere_says_which_extra_brings_it():
    with pytest.raises(PluginError, match=r"nps-plugin\[pager\]"):
        Registration("pager", "nps_adapters.pager:Pager").load()


def test_a_plugin_class_may_inherit_the_specification(make_world):
    class Typed(NpsSpec):
        nps_name = "typed"
        seen = None

        @hookimpl
        def nps_ticket_closed(self, closed, connection):
            Typed.seen = closed.closure

    make_world(plugins=[Typed()]).close()
    assert Typed.seen == 1


def test_the_facade_does_what_ratings_does(make_world):
    world = make_world()
    receipt = world.ratings.hook.nps_ticket_closed(closed=world.ticket())
    assert receipt.recorded
    assert world.ratings.hook.nps_ticket_closed(closed=world.ticket(), connection=None).repeated
    assert [one.name for one in world.ratings.hook.nps_register_channels()] == ["email"]


def test_every_hook_has_a_method_in_the_facade_with_its_arguments():
    import inspect

    from nps_plugin.facade import HookFacade

    hooks = {name: value for name, value in vars(NpsSpec).items() if name.startswith("nps_")}
    assert hooks
    for name, spec in hooks.items():
        wanted = list(inspect.signature(spec).parameters)
        assert list(inspect.signature(getattr(HookFacade, name)).parameters) == wanted


def test_a_plugin_that_ends_the_process_ends_only_itself(make_world):
    class Quits:
        nps_name = "quits"

        @hookimpl
        def nps_ticket_closed(self, closed):
            raise SystemExit(1)

    good = Good()
    world = make_world(plugins=[good, Quits()], strict=False)
    assert world.close().recorded
    assert good.seen == ["17"]
    assert {plugin.name: plugin.errors for plugin in world.ratings.plugins if plugin.name != "email"} == {
        "good": 0,
        "quits": 1,
    }


@pytest.mark.parametrize(
    ("hook", "returned"),
    [("nps_exclude_from_survey", "no"), ("nps_work_time", 3600), ("nps_message_text", 7)],
)
def test_a_result_of_the_wrong_kind_is_a_fault_of_its_plugin_and_not_used(make_world, hook, returned, mailbox):
    class Odd:
        nps_name = "odd"

    setattr(Odd, hook, hookimpl(lambda self: returned))
    world = make_world(plugins=[Odd()], strict=False)
    receipt = world.close()
    assert receipt.survey is not None
    assert receipt.kpi.worked == timedelta(hours=2)
    world.ratings.run_due()
    assert len(mailbox.mails) == 1
    odd = next(plugin for plugin in world.ratings.plugins if plugin.name == "odd")
    assert odd.errors == 1
    assert odd.last_error.startswith(f"{hook}: builtins.TypeError")


def test_an_errors_place_is_kept_and_its_message_nowhere(make_world, caplog):
    class Leaks:
        nps_name = "leaks"

        @hookimpl
        def nps_ticket_closed(self, closed):
            raise ValueError(closed.client.email)

    world = make_world(plugins=[Leaks()], strict=False)
    world.close()
    assert "ValueError" in caplog.text
    assert "leaks" in caplog.text
    assert "example.org" not in caplog.text
    leaks = next(plugin for plugin in world.ratings.plugins if plugin.name == "leaks")
    assert leaks.last_error.startswith("nps_ticket_closed: builtins.ValueError at nps_ticket_closed:")
    assert "client17" not in leaks.last_error


class Unmarked:
    nps_name = "unmarked"

    def nps_ticket_closed(self, closed):
        pass


class Inherits(NpsSpec):
    nps_name = "inherits"

    def nps_verdict_reached(self, news):
        pass


class Awaits:
    nps_name = "awaits"

    @hookimpl
    async def nps_ticket_closed(self, closed):
        pass


class Wraps:
    nps_name = "wraps"

    @hookimpl(wrapper=True)
    def nps_ticket_closed(self, closed):
        return (yield)


@pytest.mark.parametrize(
    ("plugin", "says"),
    [
        (Unmarked(), r"unmarked.*nps_ticket_closed is not marked with @hookimpl"),
        (Inherits(), r"inherits.*nps_verdict_reached is not marked with @hookimpl"),
        (Awaits(), r"awaits.*coroutine"),
        (Wraps(), r"wraps.*wrapper"),
        (Good, r"is a class; hand over an object: Good\(\)"),
    ],
)
def test_what_would_never_be_called_is_refused_when_it_is_loaded(plugin, says):
    loaded = Plugins()
    with pytest.raises(PluginError, match=says):
        loaded.load(objects=[plugin])
    assert list(loaded) == []


def test_an_optional_hook_of_another_release_is_no_misspelling():
    class Later:
        nps_name = "later"

        @hookimpl(optionalhook=True)
        def nps_of_the_next_release(self, news):
            pass

    loaded = Plugins()
    loaded.load(objects=[Later()])
    assert loaded.has("later")


def test_what_is_left_out_is_listed(monkeypatch, caplog):
    monkeypatch.setenv("NPS_PLUGIN_DISABLED", "good,never-asked-for")
    loaded = Plugins()
    loaded.load(objects=[Good()])
    assert loaded.disabled == ("good",)
    assert "good is left out" in caplog.text


def test_a_broken_plugin_that_brings_adapters_is_counted_and_its_adapters_are_missed_by_name():
    class Broken:
        nps_name = "broken"

        @hookimpl
        def nps_register_channels(self):
            return ["pigeon"]

    loaded = Plugins()
    loaded.load(objects=[Broken()])
    assert [(plugin.name, plugin.errors) for plugin in loaded] == [("broken", 1)]
    with pytest.raises(PluginError, match="no channel adapter 'pigeon'"):
        loaded.channel("pigeon")


def test_two_adapters_of_one_name_are_refused_naming_both():
    class Brings:
        def __init__(self, name, target):
            self.nps_name, self.target = name, target

        @hookimpl
        def nps_register_channels(self):
            return [Registration("pigeon", self.target)]

    with pytest.raises(PluginError, match=r"'pigeon': a:A and b:B of tests"):
        Plugins().load(objects=[Brings("one", "a:A"), Brings("two", "b:B")])


def test_two_ratings_share_no_plugins(make_world):
    good = Good()
    with_it, without = make_world(plugins=[good]), make_world()
    without.close()
    assert good.seen == []
    with_it.close()
    assert good.seen == ["17"]
    assert not without.ratings.plugins.has("good")
