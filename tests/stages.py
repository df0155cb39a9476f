"""Single stages of a run, for the tests of what one of them does: a whole run takes several times as long."""

from collections.abc import Sequence
from typing import Any

from shared.application import Application
from shared.domain.tally import Tally
from shared.jobs import JOBS
from shared.results import conclude
from shared.stages import Stage, requested, tenants_of, work

ALL = [*((job, Stage.PLAN) for job in JOBS if not JOBS[job].collects), ("NoShowDetector", *Stage)]
"""All that is done when every job runs: what one of them collects or sends is not there for the others."""


def do(
    application: Application, job: str, *stages: Stage, only: Sequence[str] = (), is_dry: bool = False
) -> dict[str, Any]:
    """Do some stages of a job, as a run in parts does, and return what a run's result would be."""
    request, tally = requested(application, job, only=only, is_dry=is_dry), Tally()
    tenants = tenants_of(application, request)
    work(application, request, tenants, stages, tally)
    return conclude(application, request, tenants, tally)
