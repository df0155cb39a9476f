"""What the views show of both platforms, and what a write to them does."""

import re
from collections.abc import Callable
from threading import Thread
from typing import Any

from sqlalchemy import Engine, text

from shared.database.engine import open_engine
from shared.platform.schema_check import platform_lacks
from tests.platforms import catalog
from tests.platforms.adopting import adopt, check_in, execute, file_for
from tests.platforms.first import platform as first
from tests.platforms.second.platform import Second
from tests.platforms.story import FIRST, LONG_AGO, PEOPLE, SHOTS, VISITS, Platform


def ask(engine: Engine, statement: str, **parameters: Any) -> list[tuple[Any, ...]]:
    with engine.begin() as connection:
        found = connection.execute(text(statement), parameters)
        return [tuple(row) for row in found] if found.returns_rows else []


def test_a_file_that_nobody_touched_runs_and_serves_nobody_whose_zone_is_open(second_platform: Second) -> None:
    execute(second_platform.engine, file_for(second_platform.engine))
    found = ask(second_platform.engine, "SELECT DISTINCT is_active FROM petcare.tenants")
    assert found == [(False,)]


def test_a_file_that_nobody_touched_has_what_the_jobs_need(platform: Platform) -> None:
    execute(platform.engine, file_for(platform.engine))
    ours = open_engine(platform.engine.url.render_as_string(hide_password=False), "petcare")
    found = platform_lacks(ours)
    ours.dispose()
    assert found == []


def test_the_views_show_the_people_in_our_words(platform: Platform) -> None:
    adopt(platform.engine)
    tenants = "SELECT subdomain, business_name, timezone, currency, is_active AND status IN ('active', 'trial')"
    assert sorted(ask(platform.engine, f"{tenants} FROM petcare.tenants WHERE subdomain = 'tails'")) == [
        ("tails", "Happy Tails", "America/New_York", None, True)
    ]
    assert ask(platform.engine, f"{tenants} FROM petcare.tenants WHERE subdomain = 'closed'")[0][-1] is False
    owners = "SELECT first_name, last_name, phone FROM petcare.owners WHERE tenant_id = (SELECT id FROM petcare.tenants"
    found = ask(platform.engine, f"{owners} WHERE subdomain = 'tails') ORDER BY first_name")
    assert found == [(name, "Perez", phone) for name, phone in PEOPLE.items()]


def test_instants_and_money_are_ours(platform: Platform) -> None:
    adopt(platform.engine)
    its = "SELECT scheduled_start, status, total_amount, created_at FROM petcare.appointments WHERE id = :id"
    found = ask(platform.engine, its, id=platform.visit_of("Ana"))
    assert found == [(VISITS["Ana"], "confirmed", 8000, LONG_AGO)]
    assert set(ask(platform.engine, "SELECT price, name FROM petcare.services")) == {(8000, "Full groom")}


def test_consent_and_cards_are_as_the_platform_keeps_them(platform: Platform) -> None:
    adopt(platform.engine)
    its = "SELECT sms_opted_in, has_payment_method, no_show_count, reputation_score FROM petcare.owners WHERE id = :id"
    ids = platform.owner_ids()
    assert ask(platform.engine, its, id=ids["Ben"]) == [(False, False, 0, 100)]
    assert ask(platform.engine, its, id=ids["Dan"]) == [(True, True, 0, 100)]


def test_the_pets_of_a_visit_and_their_vaccinations_are_found(platform: Platform) -> None:
    adopt(platform.engine)
    pets = """
        SELECT p.name FROM petcare.appointment_pets JOIN petcare.pets p ON p.id = pet_id WHERE appointment_id = :id
        ORDER BY p.name"""
    found = [name for (name,) in ask(platform.engine, pets, id=platform.visit_of("Ana"))]
    assert found == (["Bella", "Max"] if isinstance(platform, first.First) else ["Bella"])
    shots = """
        SELECT p.name, v.type, v.expiry_date, v.status
        FROM petcare.vaccination_records v JOIN petcare.pets p ON p.id = v.pet_id"""
    wanted = {(name, vaccine, expires_on, "unknown") for name, (vaccine, expires_on) in SHOTS.items()}
    assert set(ask(platform.engine, shots)) == wanted


def test_only_the_jobs_own_settings_are_shown(first_platform: first.First) -> None:
    adopt(first_platform.engine)
    found = ask(first_platform.engine, "SELECT settings FROM petcare.tenants WHERE subdomain = 'tails'")
    assert found == [('{"no_show": {"fee_schedule": [3000, 4000]}}',)]


def test_the_platform_s_schema_is_as_it_was(platform: Platform) -> None:
    before = catalog.described(platform.engine)
    adopt(platform.engine)
    assert catalog.described(platform.engine) == before


def test_dropping_the_schema_takes_everything_back(platform: Platform) -> None:
    before = catalog.described(platform.engine)
    adopt(platform.engine)
    execute(platform.engine, "DROP SCHEMA petcare CASCADE")
    assert catalog.described(platform.engine) == before
    assert ask(platform.engine, "SELECT count(*) FROM pg_namespace WHERE nspname = 'petcare'") == [(0,)]


def test_what_was_kept_stays_when_the_file_is_run_again(platform: Platform) -> None:
    written = adopt(platform.engine)
    eve = platform.owner_ids()["Eve"]
    ask(platform.engine, "UPDATE petcare.owners SET reputation_score = 70 WHERE id = :id", id=eve)
    execute(platform.engine, written)
    assert ask(platform.engine, "SELECT reputation_score FROM petcare.owners WHERE id = :id", id=eve) == [(70,)]


def mark(connection: Any, platform: Platform, name: str) -> None:
    """Mark a visit as missed, as the jobs do."""
    statement = """
        UPDATE petcare.appointments SET status = 'no_show', updated_at = :now
        WHERE id = :id AND status IN ('pending', 'confirmed') AND arrived_at IS NULL AND actual_start IS NULL"""
    connection.execute(text(statement), {"id": platform.visit_of(name), "now": FIRST})


def test_a_missed_visit_and_its_fee_are_written_in_the_platform_s_words(platform: Platform) -> None:
    adopt(platform.engine)
    with platform.engine.begin() as connection:
        mark(connection, platform, "Dan")
    fee = "UPDATE petcare.appointments SET no_show_fee_charged = 2550, updated_at = :now WHERE id = :id"
    ask(platform.engine, fee, id=platform.visit_of("Dan"), now=FIRST)
    state, charged = platform.state_of("Dan")
    assert state in ("NO_SHOW", "missed")
    assert str(charged) in ("2550", "25.50")
    platform.read_everything()


def test_the_platform_s_own_trigger_finds_what_it_needs(second_platform: Second) -> None:
    adopt(second_platform.engine)
    with second_platform.engine.begin() as connection:
        mark(connection, second_platform, "Dan")
    assert second_platform.log() == [("booked", "missed")]


def test_an_opt_out_reaches_the_platform(platform: Platform) -> None:
    adopt(platform.engine)
    statement = "UPDATE petcare.owners SET sms_opted_in = false, updated_at = :now WHERE id = :id"
    ask(platform.engine, statement, id=platform.owner_ids()["Ana"], now=FIRST)
    assert not platform.wants_texts("Ana")
    assert platform.wants_texts("Cara")


def test_standings_and_statuses_are_kept(platform: Platform) -> None:
    adopt(platform.engine)
    dan = platform.owner_ids()["Dan"]
    for assigned in ("no_show_count = no_show_count + 1", "reputation_score = 80, last_reputation_update = :now"):
        statement = f"UPDATE petcare.owners SET {assigned}, updated_at = :now WHERE id = :id"
        ask(platform.engine, statement, id=dan, now=FIRST)
    its = "SELECT no_show_count, reputation_score, last_reputation_update FROM petcare.owners WHERE id = :id"
    assert ask(platform.engine, its, id=dan) == [(1, 80, FIRST)]
    ask(platform.engine, "UPDATE petcare.vaccination_records SET status = 'current', updated_at = :now", now=FIRST)
    assert set(ask(platform.engine, "SELECT status FROM petcare.vaccination_records")) == {("current",)}
    ask(platform.engine, "UPDATE petcare.pets SET vaccination_status = 'expired', updated_at = :now", now=FIRST)
    assert set(ask(platform.engine, "SELECT vaccination_status FROM petcare.pets")) == {("expired",)}
    platform.read_everything()


def test_what_the_platform_has_no_word_for_is_null(first_platform: first.First) -> None:
    adopt(first_platform.engine)
    ask(first_platform.engine, "UPDATE petcare.pets SET vaccination_status = 'expired'")
    ask(first_platform.engine, "UPDATE petcare.pets SET vaccination_status = 'unknown'")
    assert set(ask(first_platform.engine, "SELECT vaccination_status FROM pets")) == {(None,)}


def wait_for(engine: Engine, who: str, thread: Thread) -> None:
    """Wait until somebody waits for a lock."""
    waits = "SELECT count(*) FROM pg_stat_activity WHERE application_name = :who AND wait_event_type = 'Lock'"
    while ask(engine, waits, who=who) != [(1,)]:
        assert thread.is_alive()


def beside(engine: Engine, who: str, do: Callable[[Any], None]) -> Thread:
    """Do something in a transaction of its own, beside another that is open; return once it waits for that."""

    def work() -> None:
        with engine.begin() as connection:
            connection.execute(text("SELECT set_config('application_name', :who, true)"), {"who": who})
            do(connection)

    thread = Thread(target=work)
    thread.start()
    wait_for(engine, who, thread)
    return thread


def test_a_check_in_wins_that_commits_while_the_visit_is_marked(platform: Platform) -> None:
    adopt(platform.engine)
    with platform.engine.connect() as desk:
        check_in(platform)(desk)
        marking = beside(platform.engine, "marking", lambda connection: mark(connection, platform, "Dan"))
        desk.commit()
        marking.join()
    assert platform.state_of("Dan")[0] in ("IN_PROGRESS", "booked")


def test_a_check_in_wins_that_waits_for_the_mark(platform: Platform) -> None:
    """The platform writes what it wants; the next detection corrects the fee of whoever came."""
    adopt(platform.engine)
    with platform.engine.connect() as job:
        mark(job, platform, "Dan")
        desk = beside(platform.engine, "desk", check_in(platform))
        job.commit()
        desk.join()
    arrivals = "SELECT coalesce(arrived_at, actual_start) IS NOT NULL FROM petcare.appointments WHERE id = :id"
    assert ask(platform.engine, arrivals, id=platform.visit_of("Dan")) == [(True,)]


def test_the_suggested_index_finds_timestamps_without_a_zone(second_platform: Second) -> None:
    written = adopt(second_platform.engine)
    (index,) = re.findall(r"-- (CREATE INDEX ON public.bookings \(business_id, .*)", written)
    execute(second_platform.engine, "DROP INDEX bookings_by_start")
    execute(second_platform.engine, index.replace("UTC", "America/New_York"))
    with second_platform.engine.connect() as connection:
        connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
        its = "00000000-0000-0000-0000-000000000001"
        asked = f"SELECT id FROM petcare.appointments WHERE tenant_id = '{its}' AND scheduled_start > now()"
        plan = "\n".join(connection.exec_driver_sql(f"EXPLAIN {asked}").scalars())
    assert re.search(r"Index Cond: .*business_id.* AND .*start_time AT TIME ZONE 'America/New_York'", plan), plan
