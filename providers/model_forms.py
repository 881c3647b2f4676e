"""What the pages of endpoints under names of their own, and of models, send."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Team, User
from convoscope.errors import ValidationFailed
from providers.actions.models import ModelFields
from providers.catalog import CatalogEntry, load_catalog
from providers.forms import DollarField, EndpointFields
from providers.models import Endpoint, ModelRow
from providers.money import typed_usd
from providers.rows import Limit

CAPABILITIES = (
    ("vision", gettext_lazy("Sees images")),
    ("tools", gettext_lazy("Calls tools")),
    ("reasoning", gettext_lazy("Reasons")),
    ("json", gettext_lazy("Answers in JSON")),
)


class NewEndpointFields(EndpointFields):
    name: str
    label: str
    adapter: str


class NewEndpointForm(forms.Form):
    """A server under a name of the administrator's own. What it takes is checked by the action."""

    name = forms.CharField(
        label=gettext_lazy("Name"),
        required=False,
        help_text=gettext_lazy("Stands before the slash of its models' names, such as lab in lab/llama."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false", "autocapitalize": "none"}),
    )
    label = forms.CharField(
        label=gettext_lazy("What people see"), required=False, help_text=gettext_lazy("Empty for the name.")
    )
    adapter = forms.ChoiceField(label=gettext_lazy("It speaks the protocol of"), choices=Endpoint.Adapter.choices)
    base_url = forms.CharField(
        label=gettext_lazy("Address of the API"),
        required=False,
        help_text=gettext_lazy("Such as https://host/v1."),
        widget=forms.URLInput(attrs={"autocomplete": "off"}),
    )
    api_key = forms.CharField(
        label=gettext_lazy("Key, if it asks for one"),
        required=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
        help_text=gettext_lazy("It is stored encrypted and never shown again."),
    )
    default_model = forms.CharField(
        label=gettext_lazy("Model of new conversations"),
        required=False,
        help_text=gettext_lazy(
            "Its name as the server writes it; the test asks it, which takes ten seconds at most. Left empty, you are "
            "told which there are."
        ),
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )

    def endpoint(self) -> NewEndpointFields:
        return {
            "name": self.data.get("name", ""),
            "label": self.data.get("label", ""),
            "adapter": self.data.get("adapter", ""),
            "api_key": self.data.get("api_key", ""),
            "base_url": self.data.get("base_url", ""),
            "default_model": self.data.get("default_model", ""),
        }


def refuse(form: forms.Form, error: ValidationFailed) -> None:
    """Put what an action refused beside its field, where the form itself says nothing yet."""
    for field, message in error.by_field.items():
        if field not in form.errors:
            form.add_error(field if field in form.fields else None, message)


def _tokens(label: Any) -> forms.IntegerField:
    return forms.IntegerField(
        label=label,
        required=False,
        widget=forms.NumberInput(attrs={"inputmode": "numeric", "min": "1"}),
        error_messages={"invalid": gettext_lazy("Enter a whole number of tokens.")},
    )


def _usd(label: Any) -> DollarField:
    return DollarField(
        label=label,
        required=False,
        max_digits=16,
        decimal_places=8,
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
        error_messages={"invalid": gettext_lazy("Enter an amount of US dollars, such as 2.50.")},
    )


CLASSES = [
    ("", "—"),
    (ModelRow.Class.ECONOMY, gettext_lazy("Economy")),
    (ModelRow.Class.STANDARD, gettext_lazy("Standard")),
    (ModelRow.Class.PREMIUM, gettext_lazy("Premium")),
]
CONTINUATIONS = [
    ("", "—"),
    (ModelRow.Continuation.PREFILL, gettext_lazy("Takes the beginning for its own")),
    (ModelRow.Continuation.INSTRUCTION, gettext_lazy("Is told to go on from its end")),
    (ModelRow.Continuation.NONE, gettext_lazy("Not at all")),
]


class AccessForm(forms.Form):
    """Who may use an endpoint, with all its models, or one model. Nothing chosen is everybody."""

    teams = forms.ModelMultipleChoiceField(
        label=gettext_lazy("Only for teams"),
        required=False,
        queryset=Team.objects.none(),
        widget=forms.CheckboxSelectMultiple,
    )
    tiers = forms.MultipleChoiceField(
        label=gettext_lazy("Only for tiers"),
        required=False,
        choices=User.Tier.choices,
        widget=forms.CheckboxSelectMultiple,
    )

    def __init__(self, data: Any = None, *, limit: Limit | None, initial: dict[str, object] | None = None) -> None:
        chosen = {"teams": list(limit.teams or ()), "tiers": list(limit.tiers)} if limit else {}
        super().__init__(data, initial=chosen | (initial or {}))
        teams = self.fields["teams"]
        assert isinstance(teams, forms.ModelMultipleChoiceField)
        teams.queryset = Team.objects.order_by("name")
        if limit is not None and limit.teams is not None and not limit.teams:
            teams.help_text = _(
                "The teams it was for are deleted, so nobody may use it. Saved without a team, everybody may."
            )


class ModelRowForm(AccessForm):
    """What an administrator says of a model; an empty field leaves what the catalog says, which it shows faintly."""

    model_id = forms.CharField(
        label=gettext_lazy("Model"),
        help_text=gettext_lazy("Its name as the provider writes it."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false", "autocapitalize": "none"}),
        error_messages={"required": gettext_lazy("Write the model's name as the provider does.")},
    )
    label = forms.CharField(label=gettext_lazy("What people see"), required=False)
    aliases = forms.CharField(
        label=gettext_lazy("Further names"),
        required=False,
        help_text=gettext_lazy("By which it may be asked for, with commas between."),
    )
    context_window_tokens = _tokens(gettext_lazy("Window, in tokens"))
    max_output_tokens = _tokens(gettext_lazy("Longest answer, in tokens"))
    input_usd = _usd(gettext_lazy("Input"))
    output_usd = _usd(gettext_lazy("Output"))
    cached_usd = _usd(gettext_lazy("Input read from the provider's cache"))
    cache_write_usd = _usd(gettext_lazy("Input written to it"))
    model_class = forms.ChoiceField(label=gettext_lazy("Class, by price"), required=False, choices=CLASSES)
    continuation = forms.ChoiceField(
        label=gettext_lazy("How it goes on with a cut answer"),
        required=False,
        choices=CONTINUATIONS,
    )
    capabilities = forms.MultipleChoiceField(
        label=gettext_lazy("What it can do"),
        required=False,
        choices=CAPABILITIES,
        widget=forms.CheckboxSelectMultiple,
    )
    retires_on = forms.DateField(
        label=gettext_lazy("Retires on"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text=gettext_lazy("People are told for thirty days before; from then on another model answers."),
    )
    is_hidden = forms.BooleanField(label=gettext_lazy("Hide it: nobody is offered it any more"), required=False)

    def __init__(
        self, data: Any = None, *, row: ModelRow | None, entry: CatalogEntry | None, limit: Limit | None
    ) -> None:
        super().__init__(data, limit=limit, initial=_initial(row, entry))
        self._full_id = entry.model.full_id if entry else ""
        if entry is not None:
            self.fields["model_id"].widget.attrs["readonly"] = True
            self._show_known(entry)

    def fields_of_model(self) -> ModelFields:
        """Of a valid form."""
        data = self.cleaned_data
        return ModelFields(
            label=data["label"],
            aliases=tuple(alias for alias in data["aliases"].split(",") if alias.strip()),
            is_hidden=data["is_hidden"],
            context_window_tokens=data["context_window_tokens"],
            max_output_tokens=data["max_output_tokens"],
            capabilities=self._capabilities(data["capabilities"]),
            model_class=data["model_class"],
            continuation=data["continuation"],
            input_usd=data["input_usd"],
            output_usd=data["output_usd"],
            cached_usd=data["cached_usd"],
            cache_write_usd=data["cache_write_usd"],
            retires_on=data["retires_on"],
        )

    def _capabilities(self, ticked: list[str]) -> tuple[str, ...] | None:
        """None where it is what the catalog says: a later catalog may know more."""
        known = load_catalog().entries.get(self._full_id)
        return None if known is not None and set(ticked) == set(capabilities_of(known)) else tuple(ticked)

    def _show_known(self, entry: CatalogEntry) -> None:
        """What holds while a field is empty, faintly in it."""
        price = entry.price
        known: dict[str, object] = {
            "label": entry.model.id,
            "context_window_tokens": entry.model.context_window_tokens,
            "max_output_tokens": entry.model.max_output_tokens,
            "input_usd": _typed(price.input_usd) if price else _("unknown"),
            "output_usd": _typed(price.output_usd) if price else _("unknown"),
            "cached_usd": _typed(price.cached_usd) if price else _("unknown"),
            "cache_write_usd": _typed(price.cache_write_usd) if price else _("unknown"),
        }
        for name, value in known.items():
            self.fields[name].widget.attrs["placeholder"] = str(value)


def _initial(row: ModelRow | None, entry: CatalogEntry | None) -> dict[str, object]:
    found: dict[str, object] = {}
    if entry is not None:
        found |= {"model_id": entry.model.id, "capabilities": capabilities_of(entry)}
    if row is not None:
        found |= {name: getattr(row, name) for name in ModelFields.__slots__}
        found |= {"model_id": row.model_id, "aliases": ", ".join(row.aliases)}
        found |= {name: _typed(found[name]) for name in ("input_usd", "output_usd", "cached_usd", "cache_write_usd")}
        found["capabilities"] = capabilities_of(entry) if entry else []
    return found


def capabilities_of(entry: CatalogEntry) -> list[str]:
    model = entry.model
    has = {
        "vision": model.has_vision,
        "tools": model.has_tools,
        "reasoning": model.has_reasoning,
        "json": entry.has_json,
    }
    return [name for name, is_there in has.items() if is_there]


def _typed(price: object) -> str:
    return typed_usd(price) if isinstance(price, Decimal) else ""
