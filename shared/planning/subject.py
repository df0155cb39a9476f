"""What each kind of text is about: how its subjects are read, checked and put into words."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from shared.domain.notifications import Member
from shared.domain.policy.models import ServedTenant
from shared.domain.reasons import Reason
from shared.domain.records import Kind, Owner
from shared.messages.rendering import Text


def _owner_of(subject: Any) -> Owner:
    owner: Owner = subject.owner
    return owner


@dataclass(frozen=True, slots=True)
class SubjectKind:
    """The functions that delivery and dry runs need of one kind of text. A subject is a record of any type.

    `read`: subjects, as they are now, by ids of the kind's own type; `objection`: why the text must not be sent (any
    more); `text`: the text as sent at an instant; `owner`: its recipient.
    """

    read: Callable[[Connection, Collection[Any]], Mapping[Any, Any]]
    objection: Callable[[Kind, Any, Member, ServedTenant], Reason | None]
    text: Callable[[Kind, ServedTenant, Sequence[Any], datetime], Text]
    owner: Callable[[Any], Owner] = _owner_of


SubjectKinds = Mapping[Kind, SubjectKind]
