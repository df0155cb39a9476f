# ruff: noqa: E501  (the names of tests are sentences)
"""Differences between the oracle and the application that are known and not mended yet.

Each is expected to fail, so that mending it is noticed: NoShowDetector marks and charges appointments whose pet belongs
to another business, charges a visit whose event was taken back before, and cancels a corrected fee that a deposit
covered where the oracle leaves it waived.
"""

import pytest

KNOWN = frozenset(
    (
        "test_every_decision_is_the_oracles[a fortnight with the end of summer time in New York-NoShowDetector]",
        "test_every_fee_is_the_oracles_after_each_run[a fortnight with the end of summer time in New York]",
        "test_every_owners_count_and_score_are_the_oracles_after_each_run[a fortnight with the end of summer time in New York]",
        "test_every_fee_is_the_oracles_after_each_run[the same fortnight at the other businesses]",
        "test_every_decision_is_the_oracles[two days with missed appointments of another business-NoShowDetector]",
        "test_every_text_leaves_when_the_oracle_says_and_to_whom[two days with missed appointments of another business-NoShowDetector]",
        "test_every_fee_is_the_oracles_after_each_run[two days with missed appointments of another business]",
        "test_the_days_that_are_held_are_the_oracles[two days with missed appointments of another business]",
        "test_every_owners_count_and_score_are_the_oracles_after_each_run[two days with missed appointments of another business]",
        "test_every_reputation_event_is_the_oracles[two days with missed appointments of another business-NoShowDetector]",
        "test_every_reputation_event_is_the_oracles[two days with missed appointments of another business-ReputationUpdater]",
        "test_rows_that_refer_to_another_business_are_named_and_nothing_is_decided_about_them[two days with missed appointments of another business]",
    )
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests that show a known difference."""
    for item in items:
        if item.name in KNOWN and "simulation" in item.path.parts:
            item.add_marker(pytest.mark.xfail(reason="NOT MENDED: see tests/simulation/conftest.py", strict=True))
