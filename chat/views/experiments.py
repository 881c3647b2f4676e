"""The page of experiments: analysts see how they compare, administrators start and stop them."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from chat import access
from chat.actions.experiments import start_experiment, stop_experiment
from chat.experiments.forms import ExperimentForm
from chat.experiments.shown import show_experiments
from chat.models import Experiment
from convoscope.errors import ValidationFailed
from providers.access import require_administrator

# The newest; each is read from the answers that took part.
SHOWN_EXPERIMENTS = 20


@login_required
@require_GET
def experiments(request: HttpRequest) -> HttpResponse:
    access.require_analyst(request.user)
    return _page(request, ExperimentForm())


@login_required
@require_POST
def experiment_start(request: HttpRequest) -> HttpResponse:
    person = require_administrator(request.user)
    form = ExperimentForm(request.POST)
    try:
        if form.is_valid():
            experiment = start_experiment(**form.fields_of_experiment(), by=person)
            messages.success(request, _("“%(name)s” is running.") % {"name": experiment.name})
            return redirect("experiments")
    except ValidationFailed as error:
        form.add_error(error.field, error.user_message)
    return _page(request, form, status=422)


@login_required
@require_POST
def experiment_stop(request: HttpRequest, experiment_id: UUID) -> HttpResponse:
    experiment = access.get_experiment(request.user, experiment_id)
    stop_experiment(experiment=experiment)
    messages.info(request, _("“%(name)s” is stopped. Its results stay.") % {"name": experiment.name})
    return redirect("experiments")


def _page(request: HttpRequest, form: ExperimentForm, *, status: int = 200) -> HttpResponse:
    shown = show_experiments(Experiment.objects.order_by("-id")[:SHOWN_EXPERIMENTS])
    return render(request, "chat/experiments.html", {"experiments": shown, "form": form}, status=status)
