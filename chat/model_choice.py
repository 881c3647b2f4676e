"""The models a person may choose among, what they are called, and what is refused."""

from __future__ import annotations

from itertools import groupby
from typing import TypedDict
from uuid import UUID

from django.conf import settings
from django.utils.translation import gettext as _

from convoscope.errors import ValidationFailed
from providers.catalog import current_catalog, resolve_model
from providers.configured import configured_endpoints, effective_catalog
from providers.errors import ModelNotFound
from providers.model_access import refusals, usable_models
from providers.personal import endpoints_for

# The name that lets the gateway choose a model for each question.
AUTO = "auto"


def model_groups(user_id: UUID) -> list[tuple[str, list[tuple[str, str]]]]:
    """Shape: `(endpoint's label, [(full id, name)])`, as a form's choices are grouped."""
    labels = {name: endpoint.label for name, endpoint in effective_catalog().endpoints.items()}
    groups = [
        (labels[endpoint], [(entry.model.full_id, entry.name) for entry in entries])
        for endpoint, entries in groupby(usable_models(user_id), key=lambda entry: entry.model.endpoint)
    ]
    return [(_("Chosen for each question"), [(AUTO, _("Auto"))]), *groups] if settings.AUTO_MODEL_ENABLED else groups


def model_label(name: str) -> str:
    """What people see a model as, without the endpoint that serves it."""
    if name == AUTO:
        return _("Auto")
    catalog = current_catalog()
    if (entry := catalog.entries.get(name)) is not None:
        return entry.name
    endpoint, _slash, model_id = name.partition("/")
    return model_id if model_id and endpoint in {one.name for one in configured_endpoints()} else name


def is_usable(name: str, user_id: UUID) -> bool:
    """Whether an endpoint that is on has it, and the person may use it."""
    if name == AUTO:
        return bool(settings.AUTO_MODEL_ENABLED)
    full_id = found_id(name, user_id)
    return bool(full_id) and not refusals(user_id, [full_id])


def is_served(name: str) -> bool:
    """Whether one of the site's endpoints that are on has it, whoever may use it."""
    try:
        resolve_model(name, endpoints={endpoint.name for endpoint in configured_endpoints()})
    except ModelNotFound:
        return False
    return True


def found_id(name: str, user_id: UUID) -> str:
    """The full id of the model that answers this person by that name, blank if none does."""
    try:
        return resolve_model(name, endpoints={endpoint.name for endpoint in endpoints_for(user_id)}).full_id
    except ModelNotFound:
        return ""


def can_see(name: str, user_id: UUID) -> bool:
    """Whether the model that answers this person by that name can read images; Auto can if any that it may choose can.
    True for one that nobody knows: the provider says so then."""
    if name == AUTO:
        return any(entry.model.has_vision for entry in usable_models(user_id))
    try:
        model = resolve_model(name, endpoints={endpoint.name for endpoint in endpoints_for(user_id)})
    except ModelNotFound:
        return True
    return model.has_vision or not model.is_known


def require_sight(name: str, user_id: UUID) -> None:
    """Raises: ValidationFailed for a model that can't read the images it would be sent."""
    if can_see(name, user_id):
        return
    if name == AUTO:
        words = _("None of the models you may use can read images. Remove the images, then send again.")
    else:
        words = _(
            "%(model)s can't read images. Choose a model that can, such as one marked “vision”, or remove the images."
        ) % {"model": model_label(found_id(name, user_id) or name)}
    raise ValidationFailed(words, field="model")


def refusal(name: str, user_id: UUID) -> str:
    """Why this person may not use the model, in a sentence; blank if they may. Whether there is such a model at all is
    the gateway's to say."""
    full_id = name and found_id(name, user_id)
    reason = refusals(user_id, [full_id]).get(full_id) if full_id else None
    return (
        _("%(model)s: %(reason)s. Choose another model.") % {"model": model_label(full_id), "reason": reason}
        if reason
        else ""
    )


def refuse_forbidden(name: str, user_id: UUID) -> None:
    """Raises: ValidationFailed for a model that this person may not use."""
    if words := refusal(name, user_id):
        raise ValidationFailed(words, field="model")


def require_usable(name: str, user_id: UUID) -> None:
    """Raises: ValidationFailed for a model that this person may not use, or that no endpoint which is on has."""
    refuse_forbidden(name, user_id)
    if not is_usable(name, user_id):
        raise ValidationFailed(_("This model isn't switched on here. Choose one of the list."), field="model")


class InForce(TypedDict):
    model_in_force: str
    is_blind: bool


def in_force(name: str, user_id: UUID) -> InForce:
    """What the chip shows of the model that is to answer: its name, and whether it can't read images."""
    return {"model_in_force": model_label(name), "is_blind": not can_see(name, user_id)}
