"""The spells of time that are lived through, each in a process of its own: they have nothing to do with each other."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from shared.database.engine import open_engine
from shared.jobs import JOBS

from .author import zone_of
from .books import Prediction
from .differences import Readable
from .foretelling import SELDOM, Foreteller
from .oracle import predict
from .places import PLACES, Place
from .play import Played, play
from .providers import Providers
from .script import make_world
from .world import DAY, World


@dataclass(frozen=True, slots=True)
class Plot:
    """What a world is made of. The seeds of the fortnight are ones with which it holds all that its tests ask for."""

    first: datetime
    days: int
    visits_per_tenant: int
    places: tuple[Place, ...] = PLACES
    seed: int = 1
    strangers_miss: bool = False

    def world(self) -> World:
        return make_world(
            self.first, self.days, self.visits_per_tenant, self.places, JOBS, self.seed, self.strangers_miss
        )


@dataclass(frozen=True, slots=True)
class Spell:
    world: World
    expected: Prediction
    played: Played
    foreteller: Foreteller

    @property
    def readable(self) -> Readable:
        return Readable(self.world)


def change_of_clocks(first: datetime) -> Plot:
    """Two days at the places whose clocks are changed in them."""
    days = 2

    def offset(place: Place, instant: datetime) -> timedelta | None:
        return instant.astimezone(zone_of(place)).utcoffset()

    places = (place for place in PLACES if offset(place, first) != offset(place, first + days * DAY))
    return Plot(first, days, 60, tuple(places))


FORTNIGHT: Final = datetime(2026, 10, 20, tzinfo=UTC)
FORTNIGHTS: Final = {
    "a fortnight with the end of summer time in New York": Plot(FORTNIGHT, 14, 145, PLACES[::2], seed=13),
    "the same fortnight at the other businesses": Plot(FORTNIGHT, 14, 145, PLACES[1::2], seed=9),
}
PLOTS: Final = {
    **FORTNIGHTS,
    "two days with the end of summer time on Lord Howe": change_of_clocks(datetime(2026, 4, 4, tzinfo=UTC)),
    "two days with the start of summer time in New York": change_of_clocks(datetime(2026, 3, 7, tzinfo=UTC)),
    "two days with missed appointments of another business": Plot(FORTNIGHT, 2, 8, PLACES[:3], strangers_miss=True),
}


def live(plot: Plot, database: str, share: Mapping[str, int] = SELDOM) -> Spell:
    """Let the application and the oracle live through a spell; the application on an empty migrated database.

    `share`: how often the runs are foretold.
    """
    world = plot.world()
    engine = open_engine(database)
    foreteller = Foreteller(share)
    played = play(world, engine, foreteller, Providers())
    engine.dispose()
    return Spell(world, predict(world), played, foreteller)
