"""Experiments: analysts see how their variants compare, administrators start and stop them."""

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
from chat.experiments.shown import show_experiment
from chat.models import Experiment
from convoscope.errors import ValidationFailed
from providers.access import require_administrator


@login_required
@require_GET
def experiments(request: HttpRequest) -> HttpResponse:
    access.require_analyst(request.user)
    return _page(request, ExperimentForm())


@login_required
@require_GET
def experiment(request: HttpRequest, experiment_id: UUID) -> HttpResponse:
    found = access.get_experiment_for_analyst(request.user, experiment_id)
    return render(request, "chat/experiment.html", {"experiment": found, "shown": show_experiment(found)})


@login_required
@require_POST
def experiment_start(request: HttpRequest) -> HttpResponse:
    person = require_administrator(request.user)
    form = ExperimentForm(request.POST)
    try:
        if form.is_valid():
            started = start_experiment(**form.fields_of_experiment(), by=person)
            messages.success(request, _("“%(name)s” is running.") % {"name": started.name})
            return redirect("experiments")
    except ValidationFailed as error:
        form.add_error(error.field, error.user_message)
    return _page(request, form, status=422)


@login_required
@require_POST
def experiment_stop(request: HttpRequest, experiment_id: UUID) -> HttpResponse:
    found = access.get_experiment(request.user, experiment_id)
    stop_experiment(experiment=found)
    messages.info(request, _("“%(name)s” is stopped. Its results stay.") % {"name": found.name})
    return redirect("experiments")


def _page(request: HttpRequest, form: ExperimentForm, *, status: int = 200) -> HttpResponse:
    newest_first = Experiment.objects.order_by("-id")
    return render(request, "chat/experiments.html", {"experiments": newest_first, "form": form}, status=status)
