"""What an answer of the payment provider means for its circuit breaker."""

from shared.database.provider_breaker import ProviderBreaker
from shared.fees.collecting.collection import PROVIDER, Collection
from shared.fees.collecting.outcomes import NothingDone, UnderWay
from shared.gateways.payments import NotProcessed, OutcomeUnknown, PaymentCredentialsRefused


class PaymentBreaker(ProviderBreaker):
    """The provider's breaker in one run. `is_refused`: the provider does not accept our credentials."""

    def __init__(self, run: Collection) -> None:
        super().__init__(PROVIDER, run.worker, run.wall)
        self.is_refused = False

    def note(self, outcome: object) -> None:
        """Learn from what came of a request. `NothingDone` teaches nothing: the provider may not have been asked."""
        if isinstance(outcome, PaymentCredentialsRefused):
            self.is_refused = True
        if isinstance(outcome, NotProcessed | OutcomeUnknown) and not isinstance(outcome, NothingDone | UnderWay):
            self.failed(outcome.code)
        elif not isinstance(outcome, NothingDone):
            self.answered()
