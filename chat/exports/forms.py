"""What a person chooses of an archive."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy

from chat.models import ConversationExport


class ExportForm(forms.Form):
    format = forms.ChoiceField(label=gettext_lazy("Files in it"), choices=ConversationExport.Format.choices)
