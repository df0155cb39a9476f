"""What each kind of text is about: how its subjects are read, what speaks against them, how they are written."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from shared.domain.notifications import Member
from shared.domain.policy import ServedTenant
from shared.domain.reasons import Reason
from shared.domain.records import Kind, Owner
from shared.messages.rendering import Text


def _owner_of(subject: Any) -> Owner:
    owner: Owner = subject.owner
    return owner


@dataclass(frozen=True, slots=True)
class SubjectKind:
    """The functions that delivery and dry runs need of one kind of text. A subject is a record of any type.

    `read`: subjects by their ids, each kind's of its own type, as they are now; `objection`: why the text must not go
    (any more); `text`: what it says when sent at an instant; `owner`: whom it goes to.
    """

    read: Callable[[Connection, Collection[Any]], Mapping[Any, Any]]
    objection: Callable[[Kind, Any, Member, ServedTenant], Reason | None]
    text: Callable[[Kind, ServedTenant, Sequence[Any], datetime], Text]
    owner: Callable[[Any], Owner] = _owner_of


SubjectKinds = Mapping[Kind, SubjectKind]
