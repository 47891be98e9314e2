"""Several fold, others write, somebody reads, one is killed: nothing is counted twice and nothing is lost."""

from __future__ import annotations

import random
import subprocess
import sys
import textwrap
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from sqlalchemy import func, select
from sqlalchemy.exc import OperationalError
from tests.counts.brute import brute, shown

from nps_plugin import AnswerRefused, Client, Ratings
from nps_plugin.counts import fold, read_counts, rebuild
from nps_plugin.store import tables
from nps_plugin.store.engine import Store

ASK = {"ask": {"channels": ["host"], "quarantine": "0d"}}


def tenant_of(world):
    return world.ratings.settings.tenants["acme"]


def exact(world):
    with world.ratings._parts.store.read() as connection:
        for part in ({}, {"by": ("agent",)}, {"by": ("client",)}):
            found = shown(read_counts(connection, tenant_of(world), mix=True, times=True, **part))
            assert found == brute(world, **part)


def patiently(do, *args, **more):
    """What a host does where SQLite has been writing for somebody else for too long: once more."""
    for _ in range(20):
        try:
            return do(*args, **more)
        except OperationalError as error:
            if "locked" not in str(error):
                raise
    return do(*args, **more)


def another(world):
    """The library of another process of the host."""
    return Ratings(world.config, strict=True, clock=world.clock)


def test_folders_and_writers_at_once_lose_nothing_and_count_nothing_twice(make_world):
    world = make_world(**ASK)
    libraries = [another(world) for _ in range(5)]
    done = threading.Event()

    def write(number):
        dice, ratings = random.Random(number), libraries[number]
        answers = []
        for turn in range(40):
            client = Client(id=str(dice.randrange(4)), organization="north")
            closed = world.ticket(f"{number}-{turn}", client=client, agent=dice.choice(["olga", "oleg"]))
            receipt = patiently(ratings.ticket_closed, closed)
            if dice.random() < 0.7 and receipt.survey is not None:
                score = dice.choice([1, 2, 3])
                recorded = patiently(ratings.record_answer, "acme", score, survey=receipt.survey.id)
                answers.append(recorded.answer.id)
            if answers and dice.random() < 0.4:
                rule = dice.choice([ratings.withdraw_answer, ratings.accept_answer])
                patiently(rule, "acme", dice.choice(answers), "boss", "the dice said so")

    def fold_on(number):
        dice, folded = random.Random(number), 0
        while not done.is_set():
            folded += patiently(fold, libraries[number]._parts.store, tenant_of(world), dice.choice([1, 3, 20]))
        return folded

    def look():
        times = 0
        while not done.is_set():
            with world.ratings._parts.store.read() as connection:
                counts = read_counts(connection, tenant_of(world), moments=False)
                closures = connection.execute(select(func.count()).select_from(tables.closures)).scalar()
                counted = select(func.count()).where(tables.answers.c.state == "counted")
                answered = connection.execute(counted).scalar()
            assert sum(one.tally.tickets for one in counts) == closures
            assert sum(one.tally.answered for one in counts) == answered
            times += 1
        return times

    with ThreadPoolExecutor(6) as pool:
        writers = [pool.submit(write, number) for number in range(2)]
        others = [pool.submit(fold_on, number) for number in (2, 3)] + [pool.submit(look)]
        try:
            for one in writers:
                one.result()
        finally:
            done.set()
        folded = [one.result() for one in others]
    assert all(folded)
    exact(world)
    while fold(world.ratings._parts.store, tenant_of(world)):
        pass
    assert world.rows("fold_queue") == []
    exact(world)
    assert rebuild(world.ratings._parts.store, tenant_of(world)).equal
    for one in libraries:
        one.close()


def test_a_second_folder_passes_by(make_world):
    world = make_world(**ASK)
    world.close()
    store = world.ratings._parts.store
    if store.engine.dialect.name == "sqlite":
        return  # one writer at a time anyhow
    with store.write() as connection:
        from nps_plugin.counts.locking import lock

        assert lock(connection, tenant_of(world), wait=False)
        assert fold(store, tenant_of(world)) == 0
    assert fold(store, tenant_of(world)) == 1


FOLDER = """
    import sys
    from nps_plugin import Secret, read_mapping
    from nps_plugin.counts import fold
    from nps_plugin.store.engine import Store
    page = {"base_url": "https://help.example.org/rate", "secrets": [Secret("a secret of the tests, long enough")]}
    acme = {"brand": {"sender": "a@acme.example"}}
    tenant = read_mapping({"page": page, "tenants": {"acme": acme}}).tenants["acme"]
    store = Store(sys.argv[1])
    while fold(store, tenant, 2):
        print("folded", flush=True)
"""


def test_a_folder_that_is_killed_leaves_no_trace(make_world):
    world = make_world(**ASK)
    dice = random.Random(7)
    for number in range(40):
        world.clock.advance(timedelta(days=1))
        receipt = world.close(str(number), client=Client(id=str(number % 3)))
        try:
            world.ratings.record_answer("acme", dice.choice([1, 3]), survey=receipt.survey.id)
        except AnswerRefused:
            continue
    url = world.config["database"]["url"]
    for rounds in (1, 3, 7):
        command = [sys.executable, "-c", textwrap.dedent(FOLDER), url]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child:
            for _ in range(rounds):
                assert child.stdout.readline() == "folded\n"
            child.kill()
        exact(world)
    assert 0 < len(world.rows("fold_queue")) < 80
    other = Store(url)
    while fold(other, tenant_of(world)):
        pass
    other.close()
    exact(world)
    assert rebuild(world.ratings._parts.store, tenant_of(world)).equal
