"""For administrators: what the claim rules make of claims, before anybody signs in with them and when somebody has."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

from django import forms
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts.actions import sso
from accounts.sso.access import recent_traces, require_administrator, rules
from accounts.sso.claims import evaluate
from accounts.sso.configured import configured_providers
from accounts.sso.faults import Reason

CLAIMS_MAX_CHARS = 64 * 1024


class ClaimsForm(forms.Form):
    provider = forms.ChoiceField(label=gettext_lazy("As claimed by"), required=False)
    claims = forms.CharField(
        label=gettext_lazy("Claims"),
        max_length=CLAIMS_MAX_CHARS,
        widget=forms.Textarea(attrs={"rows": 10, "spellcheck": "false"}),
        help_text=gettext_lazy("A JSON object, such as that of an ID token. Nothing is changed, and nothing is kept."),
        error_messages={"required": gettext_lazy('Paste claims, such as {"groups": ["bakers"]}.')},
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [(one.slug, one.name) for one in configured_providers()]
        self.fields["provider"].choices = [("", _("Any provider")), *choices]  # type: ignore[attr-defined]  # a choice

    def clean_claims(self) -> dict[str, Any]:
        """Raises: ValidationError that says where it can't be read."""
        text = self.cleaned_data["claims"]
        try:
            found = json.loads(text)
        except json.JSONDecodeError as exc:
            words = _("This is no JSON: line %(line)d, character %(column)d: %(fault)s.")
            raise forms.ValidationError(words % {"line": exc.lineno, "column": exc.colno, "fault": exc.msg}) from exc
        except RecursionError as exc:
            raise forms.ValidationError(_("This is nested too deeply.")) from exc
        if not isinstance(found, dict):
            raise forms.ValidationError(_("This is JSON, but no object: it has to begin with { and end with }."))
        return found


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def claim_mapping(request: HttpRequest) -> HttpResponse:
    require_administrator(request.user)
    tried, status = None, 200
    form = ClaimsForm(request.POST) if request.method == "POST" else ClaimsForm()
    if form.is_bound:
        if form.is_valid():
            tried = _tried(form.cleaned_data["claims"], form.cleaned_data["provider"])
        else:
            status = 422
    number = request.GET.get("trace", "").strip()
    traces = recent_traces(_as_uuid(number)) if number else recent_traces()
    context = {
        "form": form,
        "tried": tried,
        "number": number,
        "traces": [_shown(trace) for trace in traces],
        "rules": rules(),
        "days": sso.TRACE_DAYS,
    }
    return render(request, "accounts/claim_mapping.html", context, status=status)


def _tried(claims: dict[str, Any], provider: str) -> dict[str, Any]:
    outcome = evaluate(claims, sso.rules_of(provider))
    teams = [sso.name_of("team", team) for team in outcome.teams]
    return {
        "verdicts": [sso.as_row(ruling) for ruling in outcome.rulings],
        "roles": sorted(outcome.roles),
        "teams": sorted(teams),
        "tier": outcome.tier,
    }


def _shown(trace: Any) -> dict[str, Any]:
    reason = Reason(trace.reason).label if trace.reason in Reason.values else trace.reason
    claims = json.dumps(trace.claims, indent=2, ensure_ascii=False, sort_keys=True) if trace.claims else ""
    return {"trace": trace, "reason": reason, "claims": claims}


def _as_uuid(number: str) -> UUID | None:
    try:
        return UUID(number)
    except ValueError:
        return None
