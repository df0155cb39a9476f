"""`tenants` and `tenants check`: who is served, by which settings, and what is wrong."""

import re
from datetime import UTC, datetime, timedelta

from tests.cli.shell import AT, JOB, Done, Shell


def test_the_businesses_are_listed_with_who_is_served_since_when_not_and_how_many_texts(petcare: Shell) -> None:
    petcare("run", JOB, "--at", AT)
    began = petcare.sql("SELECT substr(started_at, 1, 16) FROM runs")[0][0]
    lately = f"{datetime.now(UTC) - timedelta(days=29):%Y-%m-%d %H:%M:%S.%f}"
    petcare.sql("UPDATE notifications SET sent_at = ? WHERE rowid % 2 = 0", lately)  # the others long ago
    done = petcare("tenants")
    assert (done.code, done.err) == (0, "")
    *businesses, total = done.out.splitlines()
    assert total == "6 of 8 are served."
    lines = {line.split()[0]: line for line in businesses}
    assert lines["prairie-clips"].endswith("  NOT served: it is suspended")
    assert lines["hudson-paws"].endswith("  served")
    assert lines["mile-high-mutts"].endswith(
        f" NOT served: its settings, since {began} UTC; run: python -m shared tenants check mile-high-mutts"
    )
    told = {name: int(re.findall(r"(\d+) texts? in 30 days", line)[0]) for name, line in lines.items()}
    count = "SELECT t.subdomain, count(*) FROM notifications n JOIN tenants t ON t.id = n.tenant_id"
    recent = dict(petcare.sql(f"{count} WHERE n.sent_at = ? GROUP BY t.subdomain", lately))
    assert {name: n for name, n in told.items() if n} == recent != {}


def test_the_settings_in_force_are_shown_with_where_each_comes_from(petcare: Shell) -> None:
    done = petcare("tenants", "check", "heelwork", NO_SHOW_GRACE_PERIOD_MINUTES="20")
    assert (done.code, done.err) == (0, "")
    title, *settings = done.out.splitlines()
    assert title == "Heelwork Dog Training (heelwork): served"
    told = {key: (value, source) for key, value, source in (re.split(r" {2,}", line.strip()) for line in settings)}
    assert told["no_show.grace_minutes"] == ("20", "NO_SHOW_GRACE_PERIOD_MINUTES")
    assert told["no_show.fee_cap"] == ('"price"', "its own")
    assert told["sms.quiet_hours"] == ('"20:00-09:00"', "its own")
    assert told["vaccination.thresholds"] == ("[30, 14, 7]", "default")
    assert told["timezone"] == ("Europe/London", "its own")


def test_everything_that_is_wrong_is_told_at_once_in_the_words_of_a_run(petcare: Shell) -> None:
    settings = '{"no_show": {"grace_minutes": "abc", "fee_shedule": [1]}}'
    petcare.sql("UPDATE tenants SET settings = ?, timezone = 'Mars' WHERE subdomain = 'heelwork'", settings)
    done = petcare("tenants", "check", "heelwork")
    faults = [
        "no_show.grace_minutes: 'abc' is not a whole number",
        "no_show.fee_shedule: unknown key; did you mean fee_schedule?",
        "timezone: 'Mars' is not an IANA time zone; write it like America/New_York",
    ]
    told = [f"  wrong: {each}" for each in faults]
    assert done == Done(1, "\n".join(["Heelwork Dog Training (heelwork): NOT served: its settings", *told, ""]), "")
    assert f"error: heelwork: settings: {'; '.join(faults)}\n" in petcare("run", JOB, "--at", AT).out
    everybody = petcare("tenants", "check")
    assert everybody.code == 1
    assert everybody.out.endswith("\n2 of 7 have something wrong\n")
    mended = "settings = NULL, timezone = 'Europe/London'"
    petcare.sql(f"UPDATE tenants SET {mended} WHERE subdomain IN ('heelwork', 'mile-high-mutts')")
    assert petcare("tenants", "check") == Done(0, "all 7 are sound\n", "")


def test_what_is_wrong_with_a_business_that_is_served_all_the_same_is_told_too(petcare: Shell) -> None:
    sender = '{"sms": {"from": "+12025550143"}}'
    petcare.sql("UPDATE tenants SET settings = ? WHERE subdomain IN ('heelwork', 'hudson-paws')", sender)
    petcare.sql("UPDATE tenants SET phone = NULL, timezone = 'Etc/UTC' WHERE subdomain = 'heelwork'")
    done = petcare("tenants", "check", "heelwork")
    title, country, shared, *rest = done.out.splitlines()
    assert (done.code, title) == (1, "Heelwork Dog Training (heelwork): served, with something wrong")
    assert country.startswith("  wrong: neither its phone nor its time zone (Etc/UTC) says which country it is in")
    assert shared == "  wrong: sms.from is also the sender of hudson-paws; give each business its own"
    assert "+12025550143" not in done.out
    assert any("+1•••••0143" in line for line in rest)


def test_a_business_that_the_platform_does_not_serve_is_no_fault(petcare: Shell) -> None:
    done = petcare("tenants", "check", "prairie-clips")
    assert (done.code, done.out.splitlines()[0]) == (0, "Prairie Clips (prairie-clips): NOT served: it is suspended")


def test_without_any_business_the_list_says_so(migrated: Shell) -> None:
    assert migrated("tenants") == Done(0, "there is no tenant\n", "")
    assert migrated("tenants", "check") == Done(0, "all 0 are sound\n", "")
