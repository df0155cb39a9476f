"""What is foretold comes true: for a day in which nobody changes anything, and where providers refuse."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime
from typing import Final

import pytest
from sqlalchemy import Engine, update

from shared.database.engine import open_engine, reading
from shared.database.tables import appointments
from shared.operations.forecast import Event, Step, forecast, occurrences
from shared.operations.forecast.preview import tenants_ahead
from shared.runtime import run
from shared.schedules.function_json import read_schedules
from tests.databases import Stock
from tests.deeds import Snapshot, counted, deeds, held
from tests.simulation.foretelling import ALWAYS, Foreteller
from tests.simulation.places import PLACES
from tests.simulation.play import Clock, application, play
from tests.simulation.providers import UNFORESEEABLE, Providers, moody
from tests.simulation.spells import FORTNIGHT, FORTNIGHTS, Plot, live
from tests.simulation.world import DAY, HOUR, World

NEVER: Final = dict.fromkeys(ALWAYS, 10_000)
DAILY: Final = [job for job in ALWAYS if not job.startswith("Appointment")]
DAILY_AND_SOME: Final = {job: 1 if job in DAILY else 6 for job in ALWAYS}
AHEAD: Final = 25 * HOUR
"""Long enough to find a visit missed and, a day later, to charge for it."""
SOME_DAYS: Final = Plot(FORTNIGHT, 5, 40, PLACES[:12:3], seed=13)


def up_to(instant: datetime) -> World:
    """Return a few days that end early. Of the hourly jobs, every fourth hour's runs take place."""
    world = SOME_DAYS.world()
    return replace(
        world,
        last=instant,
        changes=[change for change in world.changes if change.at < instant],
        runs=[run for run in world.runs if run.now < instant and (run.job in DAILY or run.now.hour % 4 == 2)],
    )


@pytest.fixture
def database(stocks: Callable[[str], Stock], kind: str) -> Iterator[Engine]:
    stock = stocks(kind)
    engine = open_engine(stock.databases.copy(stock.pattern))
    yield engine
    engine.dispose()


@pytest.mark.parametrize(
    ("kind", "hours"),
    [
        ("sqlite", 30),
        pytest.param("postgresql", 40.75, marks=pytest.mark.soak),
        pytest.param("sqlite", 64.5, marks=pytest.mark.soak),
        pytest.param("postgresql", 77.25, marks=pytest.mark.soak),
    ],
)
def test_for_a_day_without_changes_everything_comes_as_foretold(database: Engine, hours: float) -> None:
    world = up_to(FORTNIGHT + hours * HOUR)
    play(world, database, Foreteller(NEVER), Providers())
    clock, foreteller = Clock(world.last), Foreteller(NEVER)
    app = application(database, clock, Providers())
    coming = list(occurrences(read_schedules(), app.zone, world.last, world.last + AHEAD))
    with reading(database) as connection:
        tenants, _ = tenants_ahead(connection)
    expected = counted(forecast(app, tenants, coming).events)
    found, before = Counter[Event](), Snapshot.of(database)
    for each in coming:
        keep_visits(database, world.last, each.at)
        clock.now = each.at
        days, after = run(app, each.job).get("held", ()), Snapshot.of(database)
        found += counted([*deeds(before, after, each.at), *held(database, days, each.at)])
        before = after
    foreteller.hold(expected, found, {each.id: each.subdomain for each in tenants})
    assert not foreteller.differences, "\n".join(foreteller.differences[:10])
    assert foreteller.compared.keys() >= {Step.TEXT, Step.NO_TEXT, Step.MISSED, Step.FEE, Step.CHARGED, Step.SCORE}


def keep_visits(engine: Engine, after: datetime, until: datetime) -> None:
    """Let everybody come, as a forecast takes for granted."""
    its = appointments.c
    with engine.begin() as connection:
        begun = its.scheduled_start > after, its.scheduled_start < until, its.arrived_at.is_(None)
        connection.execute(update(appointments).where(*begun).values(arrived_at=its.scheduled_start))


@pytest.mark.parametrize("kind", ["sqlite"])
def test_only_what_providers_refuse_differs_from_what_was_foretold(database: Engine) -> None:
    providers = moody()
    foreteller = Foreteller(DAILY_AND_SOME, providers.answers)
    play(up_to(FORTNIGHT + 4 * DAY), database, foreteller, providers)
    assert not foreteller.differences, "\n".join(foreteller.differences[:10])
    assert foreteller.set_aside.keys() == UNFORESEEABLE.keys()
    assert foreteller.set_aside.total() < foreteller.compared.total() / 5


@pytest.mark.soak
@pytest.mark.parametrize("name", FORTNIGHTS)
def test_at_each_hour_of_the_fortnight_the_runs_do_what_was_foretold(stocks: Callable[[str], Stock], name: str) -> None:
    stock = stocks("sqlite")
    foreteller = live(FORTNIGHTS[name], stock.databases.copy(stock.pattern), ALWAYS).foreteller
    lines = foreteller.differences
    assert not lines, f"{len(lines)} differences\n" + "\n".join(lines[:10])
