"""Who answers an appeal: somebody else than who took the decision, as long as there is somebody."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from django.utils.translation import gettext as _

from accounts.models import Role, User
from accounts.roles import has_role, is_let_into_admin, may_act_on, people_with
from chat.actions.flags import why_not
from chat.models import ModerationAction


@dataclass(frozen=True, slots=True)
class Judges:
    """Moderators and administrators by id, as they were when they were asked for. Everybody else has none of these
    roles."""

    people: Mapping[UUID, User]

    def refusal(self, by: User, action: ModerationAction) -> str:
        """Why this moderator can't answer an appeal against it; blank if they can."""
        person = self._person_of(action)
        if (refused := why_not(by, person)) or not self._has_other(action, by):
            return refused
        if has_role(person, Role.MODERATOR):
            return _("You took this decision: another administrator answers the appeal.")
        return _("You took this decision: another moderator or administrator answers the appeal.")

    def is_only_one(self, by: User, action: ModerationAction) -> bool:
        """Whether who took the decision answers since nobody else may."""
        return action.by_id == by.id and not self.refusal(by, action)

    def _has_other(self, action: ModerationAction, by: User) -> bool:
        """Whether they decided, and somebody else might answer."""
        person = self._person_of(action)
        others = (one for one in self.people.values() if one.id != by.id)
        return action.by_id == by.id and any(is_let_into_admin(one) and may_act_on(one, person) for one in others)

    def _person_of(self, action: ModerationAction) -> User:
        if (known := self.people.get(action.person_id)) is not None:
            return known
        action.person.role_names = frozenset()
        return action.person


def load_judges() -> Judges:
    people = people_with(Role.MODERATOR).prefetch_related("groups")
    for one in people:
        one.role_names = frozenset(group.name for group in one.groups.all())
    return Judges({one.id: one for one in people})
