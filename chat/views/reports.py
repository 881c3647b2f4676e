"""The page of reports, for administrators and analysts, its downloads, and the worth that an administrator sets. It
stands here and not in `providers`, because it knows what people think of answers."""

from __future__ import annotations

from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from chat import access
from chat.reports.contents import BREAKDOWNS, breakdown_titles, table_named
from chat.reports.forms import PeriodForm, WorthForm, range_names
from chat.reports.page import report_page
from convoscope.errors import ValidationFailed
from providers.access import require_administrator
from providers.actions.worth import set_worth
from providers.models import Worth
from providers.reports.totals import Usage


@login_required
@require_GET
def reports(request: HttpRequest) -> HttpResponse:
    access.require_analyst(request.user)
    form = _period_form(request)
    status = 200 if form.is_valid() else 422
    return render(request, "chat/reports.html", _page(request, form), status=status)


@login_required
@require_GET
def report_download(request: HttpRequest, name: str) -> StreamingHttpResponse:
    access.require_analyst(request.user)
    make_table = table_named(name)
    form = _period_form(request)
    if make_table is None or not form.is_valid():
        raise Http404
    period = form.period()
    table = make_table(Usage(period))
    response = StreamingHttpResponse(table.csv_lines(), content_type="text/csv; charset=utf-8")
    file_name = f"convoscope-{name}-{period.first}-{period.last}.csv"
    response["Content-Disposition"] = f'attachment; filename="{file_name}"'
    return response


@login_required
@require_POST
def worth_set(request: HttpRequest) -> HttpResponse:
    person = require_administrator(request.user)
    form = WorthForm(request.POST, worth=None)
    try:
        if form.is_valid():
            set_worth(**form.worth(), by=person)
            messages.success(request, _("The worth of a resolved conversation is set."))
            return redirect(f"{reverse('reports')}?{request.GET.urlencode()}" if request.GET else "reports")
    except ValidationFailed as error:
        form.add_error(error.field, error.user_message)
    return render(
        request, "chat/reports.html", _page(request, _period_form(request)) | {"worth_form": form}, status=422
    )


def _period_form(request: HttpRequest) -> PeriodForm:
    return PeriodForm(request.GET, today=timezone.now().date())


def _page(request: HttpRequest, form: PeriodForm) -> dict[str, object]:
    period, name = form.period(), form.name()
    asked = request.GET.get("by", "")
    by = next((one for one in BREAKDOWNS if one == asked), BREAKDOWNS[0])
    query = urlencode({"range": name} if name else {"from": period.first, "to": period.last})
    return {
        "report": report_page(period, by=by, today=form.today),
        "form": form,
        "ranges": range_names().items(),
        "range": name,
        "query": query,
        "by": by,
        "breakdowns": breakdown_titles().items(),
        "worth_form": WorthForm(worth=Worth.objects.in_force()),
    }
