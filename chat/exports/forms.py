"""What a person chooses of an archive."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy

from chat.models import ConversationExport

# The file of everything is asked for on the page of privacy.
_FORMATS = [one for one in ConversationExport.Format.choices if one[0] != ConversationExport.Format.EVERYTHING]


class ExportForm(forms.Form):
    format = forms.ChoiceField(label=gettext_lazy("Files in it"), choices=_FORMATS)
