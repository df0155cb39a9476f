"""What must follow from a script, read from the rules and worked out run by run, without the application's code.

`books` is what it knows; `reminders`, `alerts`, `misses` and `reputation` are the jobs; here are runs and delivery.
"""

from collections.abc import Callable, Hashable
from typing import Final, cast

from . import alerts, mergers, misses, reminders, reputation
from .books import Books, Member, Moment, Prediction, Sent, Text
from .house import House
from .local_time import quiet_end
from .world import World

JOBS: Final[dict[str, Callable[[Moment], None]]] = {
    "AppointmentReminders24h": reminders.remind,
    "AppointmentReminders2h": reminders.remind,
    "VaccinationMonitor": alerts.monitor,
    "NoShowDetector": misses.detect,
    "ReputationUpdater": reputation.update,
}
KIND_OF_JOB: Final = {
    "AppointmentReminders24h": "reminder_24h",
    "AppointmentReminders2h": "reminder_2h",
    "VaccinationMonitor": "vaccination_expiring",
}
"""The kind of text of which the result of a run tells how many it sent."""

WHY_NO_MORE: Final[dict[str, Callable[[Books, House, str, Member], str | None]]] = {
    "reminder_24h": reminders.why_no_more,
    "reminder_2h": reminders.why_no_more,
    "vaccination_expiring": alerts.why_no_more,
    "no_show_notice": misses.why_no_notice,
    "fee_receipt": misses.why_no_receipt,
}


def predict(world: World) -> Prediction:
    """Replay the script and return all that must come of it."""
    books = Books(world.e164)
    for changes, run in world.timeline():
        for change in changes:
            books.platform.apply(change)
        run_job(Moment(books, run.job, run.now, run.accepted))
    books.prediction.events.update(reputation.lines(books))
    return books.prediction


def run_job(moment: Moment) -> None:
    books, run = moment.books, (moment.job, moment.now)
    JOBS[moment.job](moment)
    for text in books.waiting:
        if not moment.houses[text.tenant].is_broken:
            deliver(moment, text)
    books.waiting = [text for text in books.waiting if text.status == "planned"]
    books.switch_on.setdefault(moment.job, moment.now)
    books.last_run[moment.job] = moment.now
    broken = (house.subdomain for house in moment.houses.values() if house.is_active and house.is_broken)
    books.prediction.working[run] = frozenset(house.subdomain for house in moment.served)
    books.prediction.broken[run] = frozenset(broken)


def deliver(moment: Moment, text: Text) -> None:
    house, now = moment.houses[text.tenant], moment.now
    if text.useful_until <= now:
        expire(moment.books, text)
    elif text.not_before <= now and house.may_text:
        reread(moment.books, text, house)
        if not text.members:
            text.status = "cancelled"
        elif house.quiet.holds(now):
            text.not_before = quiet_end(house.quiet, now)
            if text.not_before >= text.useful_until:
                expire(moment.books, text)
        else:
            send(moment, text)


def expire(books: Books, text: Text) -> None:
    text.status = "expired"
    for member in text.members:
        books.decide((text.kind, *member), "expired", "too_late")


def reread(books: Books, text: Text, house: House) -> None:
    for member in list(text.members):
        is_gone = not house.is_active
        reason = "tenant_inactive" if is_gone else WHY_NO_MORE[text.kind](books, house, text.kind, member)
        if reason is None and owner_now(books, house, text.kind, member) != text.owner:
            reason = "owner_changed"
        if reason is not None:
            text.members.remove(member)
            books.decide((text.kind, *member), "cancelled", reason)


def owner_now(books: Books, house: House, kind: str, member: Member) -> Hashable:
    """Return to whom a text about it would go by now."""
    subject, _ = member
    if kind in misses.ABOUT_VISITS:
        event = books.events[misses.KIND, subject]
        return mergers.owner_now(books, house, event) if kind == misses.NOTICE else event.owner
    if kind in reminders.LEAD_OF_KIND:
        return cast(Hashable, books.platform.row("appointments", subject)["owner_id"])
    pet = books.platform.row("vaccination_records", subject)["pet_id"]
    return cast(Hashable, books.platform.row("pets", pet)["owner_id"])


def send(moment: Moment, text: Text) -> None:
    text.status = "sent"
    books = moment.books
    to = books.e164[books.platform.row("owners", text.owner)["phone"]]
    books.prediction.sent[Sent(text.kind, moment.now, to, frozenset(text.members))] += 1
    if text.kind == KIND_OF_JOB.get(moment.job):
        books.prediction.sent_by_run[moment.job, moment.now] += 1
