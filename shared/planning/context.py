"""What a run gives its task."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import Engine

from shared.domain.ids import RunId
from shared.domain.policy.models import ServedTenant
from shared.domain.tally import Tally
from shared.planning.subject import SubjectKinds


@dataclass(frozen=True, slots=True)
class Context:
    """One run as its task sees it. `now`, `switch_on`: aware UTC; `is_dry`: decide everything, write nothing.

    `kinds`: what each kind of text is about; `look_back`: how old a missed appointment may be; `accept_surge`:
    subdomains and local dates that an operator accepted.
    """

    engine: Engine
    run_id: RunId
    now: datetime
    switch_on: datetime
    served: Sequence[ServedTenant]
    kinds: SubjectKinds
    tally: Tally
    is_dry: bool
    is_out_of_time: Callable[[], bool]
    look_back: timedelta = timedelta(days=7)
    accept_surge: frozenset[tuple[str, date]] = frozenset()
