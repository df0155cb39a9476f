"""What a decline means for a fee: the issuer's advice first, then the code (https://docs.stripe.com/declines/codes)."""

import pytest

from shared.rules.collecting import Verdict, is_tried_again, verdict


@pytest.mark.parametrize(
    ("code", "advice", "expected"),
    [
        ("do_not_honor", None, Verdict.AGAIN),
        ("insufficient_funds", None, Verdict.AGAIN),
        ("lost_card", None, Verdict.NEVER),
        ("stolen_card", None, Verdict.NEVER),
        ("fraudulent", None, Verdict.NEVER),
        ("expired_card", None, Verdict.NEVER),
        ("authentication_required", None, Verdict.CUSTOMER),
        ("unheard_of", None, Verdict.ONCE_MORE),
        ("insufficient_funds", "do_not_try_again", Verdict.NEVER),
        ("insufficient_funds", "confirm_card_data", Verdict.NEVER),
        ("lost_card", "try_again_later", Verdict.AGAIN),
        ("lost_card", "unheard_of", Verdict.NEVER),
        ("do_not_honor", "authentication_required", Verdict.CUSTOMER),
        ("authentication_required", "try_again_later", Verdict.CUSTOMER),
        ("authentication_required", "do_not_try_again", Verdict.CUSTOMER),
    ],
)
def test_the_issuers_advice_counts_before_the_code(code: str, advice: str | None, expected: Verdict) -> None:
    assert verdict(code, advice) is expected


def test_a_card_that_may_never_be_tried_again_is_not() -> None:
    tried = {found: (is_tried_again(found, 0), is_tried_again(found, 1)) for found in Verdict}
    assert tried == {
        Verdict.AGAIN: (True, True),
        Verdict.ONCE_MORE: (True, False),
        Verdict.NEVER: (False, False),
        Verdict.CUSTOMER: (False, False),
        Verdict.CONFIGURATION: (False, False),
    }
