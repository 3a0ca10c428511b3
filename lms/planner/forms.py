from django import forms

from .models import LONGEST_NOTE, Note


class NoteForm(forms.ModelForm):
    """A note to oneself."""

    class Meta:
        model = Note
        fields = ["text", "day"]
        widgets = {
            "text": forms.TextInput(attrs={"autocomplete": "off", "maxlength": LONGEST_NOTE}),
            "day": forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        }
