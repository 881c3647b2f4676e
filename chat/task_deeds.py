"""The words for what background tasks did. A deed that has no word here, any more or yet, stands for itself."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext_lazy

from convoscope.background import Deed, Deeds

DEEDS: dict[Deed, Promise] = {
    "announced": ngettext_lazy(
        "the end of %(count)d conversation announced", "the end of %(count)d conversations announced", "count"
    ),
    "checked": ngettext_lazy("%(count)d provider checked", "%(count)d providers checked", "count"),
    "conversations_removed": ngettext_lazy(
        "%(count)d conversation removed", "%(count)d conversations removed", "count"
    ),
    "days_rolled_up": ngettext_lazy("%(count)d day summed up", "%(count)d days summed up", "count"),
    "days_unnamed": ngettext_lazy(
        "%(count)d sum of a person kept without the person",
        "%(count)d sums of a person kept without the person",
        "count",
    ),
    "discarded_or_taken_up_elsewhere": gettext_lazy("discarded meanwhile, or taken up by another process"),
    "erased": gettext_lazy("erased"),
    "expired": ngettext_lazy("%(count)d conversation expired", "%(count)d conversations expired", "count"),
    "failed_by_our_fault": gettext_lazy("not done, by a fault of ours: see the log"),
    "files_removed": ngettext_lazy("%(count)d file removed", "%(count)d files removed", "count"),
    "flagged": ngettext_lazy("%(count)d flag raised", "%(count)d flags raised", "count"),
    "folders_removed": ngettext_lazy("%(count)d folder removed", "%(count)d folders removed", "count"),
    "imported": gettext_lazy("imported"),
    "lines_unnamed": ngettext_lazy(
        "%(count)d line of the ledger kept without the person",
        "%(count)d lines of the ledger kept without the person",
        "count",
    ),
    "looked_through": gettext_lazy("looked through"),
    "made": gettext_lazy("made"),
    "messages_removed": ngettext_lazy("%(count)d message removed", "%(count)d messages removed", "count"),
    "not_reached": ngettext_lazy("%(count)d of them not reached", "%(count)d of them not reached", "count"),
    "not_read": gettext_lazy("the file couldn't be read"),
    "not_written": gettext_lazy("the file couldn't be written"),
    "out_of_time": gettext_lazy("its time was up; it is gone on with later"),
    "paused": ngettext_lazy("%(count)d conversation paused", "%(count)d conversations paused", "count"),
    "people_told": ngettext_lazy(
        "%(count)d person told, or to be erased", "%(count)d people told, or to be erased", "count"
    ),
    "queued": ngettext_lazy("%(count)d queued", "%(count)d queued", "count"),
    "refused": gettext_lazy("the file was refused"),
    "released": ngettext_lazy("%(count)d reservation released", "%(count)d reservations released", "count"),
    "reminded": ngettext_lazy("reminded of %(count)d breach", "reminded of %(count)d breaches", "count"),
    "removed": ngettext_lazy("%(count)d removed", "%(count)d removed", "count"),
    "steps": ngettext_lazy("done in %(count)d step", "done in %(count)d steps", "count"),
    "suggested": ngettext_lazy("%(count)d suggested", "%(count)d suggested", "count"),
}


def deed_words(deeds: Deeds) -> str:
    done = (DEEDS.get(deed, deed) % {"count": count} for deed, count in deeds.items() if count)
    return ", ".join(done) or _("nothing to do")
