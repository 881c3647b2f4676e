"""How the candidates stand just now: whom not to ask and why, who is free again first, what is said if nobody is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil

from django.utils.translation import gettext as _

from providers.contract import Considered, EndpointConfig, Model
from providers.errors import ProviderError, ProviderUnavailable
from providers.resilience.breaker import BreakerView
from providers.resilience.levels import Pin
from providers.routing.candidates import Candidate


@dataclass(frozen=True, slots=True)
class Standing:
    ranked: Sequence[Candidate]
    endpoints: Mapping[str, EndpointConfig]
    breakers: BreakerView
    pin: Pin

    def unwell(self) -> dict[str, str]:
        """Why endpoints are not to be asked just now, by their names."""
        asked = self.ranked[0].model.endpoint
        names = {one.model.endpoint for one in self.ranked}
        unwell = {}
        if self.pin.level == "degraded" and (names - {asked}) & self.endpoints.keys():
            unwell[asked] = _("an administrator has the site run on stand-ins")
        for name in names:
            if self.breakers.state(name) == "open":
                unwell[name] = _("%(endpoint)s failed repeatedly and is asked again in %(seconds)d s") % {
                    "endpoint": label(self.endpoints, name),
                    "seconds": ceil(self.breakers.opens_in_s(name)),
                }
        return unwell

    def limited(self) -> dict[str, str]:
        """Why models are not to be asked just now although their endpoints are well, by their full ids."""
        return {
            model.full_id: _("%(endpoint)s is rate-limited for %(seconds)d s more")
            % {"endpoint": label(self.endpoints, model.endpoint), "seconds": ceil(left_s)}
            for model in self._models()
            if (left_s := self.breakers.limited_for_s(model.full_id))
        }

    def free_first(self, candidates: Sequence[Candidate], *, within_s: float) -> tuple[list[Candidate], float]:
        """The candidate whose rate limit ends first, if that is within so many seconds, and in how many."""
        if not candidates:
            return [], 0.0
        first = min(candidates, key=lambda one: self.breakers.limited_for_s(one.model.full_id))
        wait_s = self.breakers.limited_for_s(first.model.full_id)
        return ([first], wait_s) if wait_s <= within_s else ([], 0.0)

    def nobody(self, considered: Sequence[Considered]) -> ProviderError:
        """Why nobody may answer: what keeps the model that was asked for, and when to try again."""
        waits_s = [
            max(self.breakers.opens_in_s(model.endpoint), self.breakers.limited_for_s(model.full_id))
            for model in self._models()
        ]
        wait_s = min((wait for wait in waits_s if wait), default=None)
        words = {"model": self.ranked[0].model.id, "reason": considered[0].excluded}
        message = _("%(model)s can't answer: %(reason)s.") % words
        return ProviderUnavailable(message, detail="no candidate", retry_after_s=wait_s)

    def _models(self) -> list[Model]:
        return [one.model for one in self.ranked if one.model.endpoint in self.endpoints]


def label(endpoints: Mapping[str, EndpointConfig], name: str) -> str:
    """The endpoint's name for people."""
    endpoint = endpoints.get(name)
    return endpoint.label or name if endpoint else name
