"""What an administrator does to models: add one, change what is known of one, say who may use it."""

from __future__ import annotations

import datetime
import logging
from collections.abc import Collection, Iterable
from dataclasses import asdict, dataclass
from decimal import Decimal

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Team, User
from convoscope.errors import ValidationFailed
from providers.actions.endpoints import rows_changed
from providers.catalog import Catalog
from providers.catalog import Endpoint as KnownEndpoint
from providers.configured import effective_catalog
from providers.models import AccessLimit, ModelRow
from providers.models.model_row import PRICES

logger = logging.getLogger(__name__)

MODEL_ID_MAX_CHARS = 200
LABEL_MAX_CHARS = 100
MAX_TOKENS = 100_000_000
MAX_USD = Decimal(1_000_000)


@dataclass(frozen=True, slots=True)
class ModelFields:
    """What may be said of a model; None and blank leave what the catalog says. Prices are US dollars per million
    tokens."""

    label: str = ""
    aliases: tuple[str, ...] = ()
    is_hidden: bool = False
    context_window_tokens: int | None = None
    max_output_tokens: int | None = None
    capabilities: tuple[str, ...] | None = None
    model_class: str = ""
    continuation: str = ""
    input_usd: Decimal | None = None
    output_usd: Decimal | None = None
    cached_usd: Decimal | None = None
    cache_write_usd: Decimal | None = None
    retires_on: datetime.date | None = None


def save_model(*, known: KnownEndpoint, model_id: str, fields: ModelFields, by: User) -> ModelRow:
    """Store what is said of this model of the endpoint, in place of what was said before.

    Raises: ValidationFailed, with the field.
    """
    model_id = clean_model_id(model_id)
    full_id = f"{known.name}/{model_id}"
    catalog = effective_catalog()
    _check_limits(fields, catalog, full_id, known)
    _check_price(fields)
    values = asdict(fields) | {
        "label": _clean_label(fields.label),
        "aliases": _clean_aliases(fields.aliases, catalog, full_id, known),
        "capabilities": None if fields.capabilities is None else sorted(fields.capabilities),
    }
    try:
        with transaction.atomic():
            row, _is_new = ModelRow.objects.update_or_create(
                endpoint=known.name, model_id=model_id, defaults=values, create_defaults=values | {"created_by": by}
            )
    except IntegrityError as exc:
        raise ValidationFailed(_("Somebody else saved this model meanwhile. Try again."), field="model_id") from exc
    _tell(full_id, "saved", by)
    return row


def forget_model(*, known: KnownEndpoint, model_id: str, by: User) -> None:
    """Back to what the catalog says; one that it doesn't know is no longer listed. Who may use it stays as it is."""
    ModelRow.objects.filter(endpoint=known.name, model_id=model_id).delete()
    _tell(f"{known.name}/{model_id}", "forgotten", by)


def add_found_models(*, known: KnownEndpoint, model_ids: Iterable[str], by: User | None = None) -> int:
    """Store models as an endpoint listed them: their price is unknown and their limits are cautious until somebody says
    more. Those that have a row stay as they are. Says how many are new."""
    wanted = [clean_model_id(model_id) for model_id in dict.fromkeys(model_ids)]
    rows = ModelRow.objects.filter(endpoint=known.name)
    with transaction.atomic():
        before = rows.count()
        ModelRow.objects.bulk_create(
            [ModelRow(endpoint=known.name, model_id=model_id, created_by=by) for model_id in wanted],
            ignore_conflicts=True,
        )
        added = rows.count() - before
    _tell(known.name, f"{added} models added", by)
    return added


def note_gone_models(*, known: KnownEndpoint, gone: Collection[str], listed: Collection[str]) -> None:
    """Remember which models the endpoint's own list lacks, and which of those came back."""
    now = timezone.now()
    with transaction.atomic():
        for model_id in gone:
            ModelRow.objects.get_or_create(endpoint=known.name, model_id=model_id, defaults={"gone_at": now})
        rows = ModelRow.objects.filter(endpoint=known.name)
        rows.filter(model_id__in=gone, gone_at=None).update(gone_at=now, updated_at=now)
        rows.filter(model_id__in=listed).exclude(gone_at=None).update(gone_at=None, updated_at=now)
    transaction.on_commit(rows_changed)


def limit_access(*, name: str, teams: Collection[Team], tiers: Collection[str], by: User) -> None:
    """Let only these use an endpoint or a model, by its name or full id; nothing named lets everybody.

    Raises: ValidationFailed for a tier that doesn't exist.
    """
    if not set(tiers) <= set(User.Tier.values):
        raise ValidationFailed(_("There is no such tier."), field="tiers")
    with transaction.atomic():
        if not teams and not tiers:
            AccessLimit.objects.filter(name=name).delete()
        else:
            limit, _is_new = AccessLimit.objects.update_or_create(
                name=name, defaults={"is_by_team": bool(teams), "tiers": sorted(tiers)}
            )
            limit.teams.set(teams)
        _tell(name, f"limited to {len(teams)} teams and {len(tiers)} tiers", by)


def clean_model_id(value: str) -> str:
    """Raises: ValidationFailed."""
    model_id = value.strip()
    if not model_id or len(model_id) > MODEL_ID_MAX_CHARS or not model_id.isprintable():
        message = _("Write the model's name as the provider does, in %(count)d characters at most.")
        raise ValidationFailed(message % {"count": MODEL_ID_MAX_CHARS}, field="model_id")
    return model_id


def _clean_label(value: str) -> str:
    label = " ".join(value.split())
    if len(label) > LABEL_MAX_CHARS or not label.isprintable():
        message = _("Write what people see in %(count)d characters at most.") % {"count": LABEL_MAX_CHARS}
        raise ValidationFailed(message, field="label")
    return label


def _clean_aliases(aliases: Iterable[str], catalog: Catalog, full_id: str, known: KnownEndpoint) -> list[str]:
    """Raises: ValidationFailed for one that leads to another model of the same endpoint, or to any of another
    endpoint: that one would no longer be found by it."""
    cleaned = list(dict.fromkeys(clean for alias in aliases if (clean := alias.strip())))
    for alias in cleaned:
        if len(alias) > MODEL_ID_MAX_CHARS or not alias.isprintable() or alias.lower() == "auto":
            raise ValidationFailed(_("“%(alias)s” can't be a name.") % {"alias": alias[:80]}, field="aliases")
        held = {*catalog.names.get(alias.lower(), ()), *catalog.names.get(f"{known.name}/{alias}".lower(), ())}
        if others := held - {full_id}:
            words = {"alias": alias, "model": min(others)}
            raise ValidationFailed(_("“%(alias)s” is a name of %(model)s already.") % words, field="aliases")
        first = alias.partition("/")[0].lower()
        if "/" in alias and first in catalog.endpoints:
            words = {"alias": alias, "endpoint": catalog.endpoints[first].label}
            raise ValidationFailed(_("“%(alias)s” would be asked of %(endpoint)s.") % words, field="aliases")
    return cleaned


def _check_limits(fields: ModelFields, catalog: Catalog, full_id: str, known: KnownEndpoint) -> None:
    """Raises: ValidationFailed if an answer would be longer than the window it has to fit in."""
    for name in ("context_window_tokens", "max_output_tokens"):
        value = getattr(fields, name)
        if value is not None and not 0 < value <= MAX_TOKENS:
            raise ValidationFailed(_("Enter a whole number of tokens, from 1 to 100,000,000."), field=name)
    if fields.max_output_tokens is None:
        return
    entry = catalog.entries.get(full_id)
    window_tokens = fields.context_window_tokens or (
        entry.model.context_window_tokens if entry else known.unknown_window_tokens
    )
    if fields.max_output_tokens > window_tokens:
        message = _("The longest answer can't be longer than the window of %(tokens)d tokens.")
        raise ValidationFailed(message % {"tokens": window_tokens}, field="max_output_tokens")


def _check_price(fields: ModelFields) -> None:
    """Raises: ValidationFailed for half a price or a negative one."""
    for name in PRICES:
        value = getattr(fields, name)
        if value is not None and (not value.is_finite() or not 0 <= value < MAX_USD):
            raise ValidationFailed(_("A price is 0 or more, in US dollars per million tokens."), field=name)
    is_named = any(getattr(fields, name) is not None for name in PRICES)
    for name in ("input_usd", "output_usd"):
        if is_named and getattr(fields, name) is None:
            message = _("Give both the price of input and that of output, or none: it is unknown then.")
            raise ValidationFailed(message, field=name)


def _tell(name: str, what: str, by: User | None) -> None:
    logger.info("%s: %s by %s", name, what, by.id if by else "a command")
    transaction.on_commit(rows_changed)
