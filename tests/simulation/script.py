"""Puts a world together."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import pairwise
from random import Random

from .author import Author, Business, Pen
from .calendars import Calendar
from .lives import Life
from .owners import merge
from .places import PLACES, Place
from .shots import Cabinet, lend_records
from .world import DAY, HOUR, TIMETABLES, Run, World, schedule


def make_world(
    first: datetime,
    days: int,
    visits_per_tenant: int,
    places: Iterable[Place] = PLACES,
    jobs: Iterable[str] = tuple(TIMETABLES),
    seed: int = 1,
    strangers_miss: bool = False,
) -> World:
    """Make up `days` from `first` on; a visit is one to three appointments. The same seed makes the same world.

    `strangers_miss`: nobody takes back the appointments that refer to another business before they are missed.
    """
    world, rng = World(first, first + days * DAY), Random(seed)
    pen = Pen(world, rng)
    author = Author(pen)
    businesses = [author.business(place) for place in places]
    mergers = []
    for business in businesses:
        calendar = Calendar(pen, business)
        calendar.fill(visits_per_tenant)
        mergers += calendar.entered_twice()
        Cabinet(pen, business).fill()
    lend(pen, businesses, strangers_miss=strangers_miss)
    lend_records(pen, businesses)
    changes = (change for change in merge(world.changes, mergers) if change.at < world.last)
    world.changes = sorted(changes, key=lambda change: change.at)
    schedule(world, rng, frozenset(jobs))
    world.runs = list(accept(world, businesses))
    return world


def accept(world: World, businesses: Sequence[Business]) -> Iterator[Run]:
    """Yield the runs with what an operator accepts in each: always two days later."""
    for run in world.runs:
        passed = (run.now - world.first).days - 2
        days = {
            (here.place.subdomain, here.first + passed * DAY) for here in businesses if passed in here.place.accepted
        }
        yield replace(run, accepted=frozenset(days)) if run.job == "NoShowDetector" else run


def lend(pen: Pen, businesses: Sequence[Business], *, strangers_miss: bool) -> None:
    """Write bad rows: appointments that refer to another business's owner, service or pet."""
    for here, other in pairwise(businesses):
        start = Calendar(pen, here).start_on(pen.sometime(0.2, 0.8))
        household = next(home for home in here.households if home.pets)
        stranger = next(home for home in other.households if home.pets)
        for owner, service, pets in (
            (stranger.owner, None, ()),
            (household.owner, other.services[0], ()),
            (household.owner, None, stranger.pets[:1]),
        ):
            life = Life(pen, here.zone, pen.odd(start - 60 * HOUR), start, HOUR)
            life.book(here, owner, service, pets)
            if not strangers_miss:
                pen.alter(pen.odd(start + HOUR / 2), "appointments", life.key, status="cancelled", cancelled_by="staff")
