"""The operators' screen of legal documents: what the pages say now becomes what people agree to."""

from typing import Any, cast

from django import forms
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.generic.edit import FormView
from wagtail.admin import messages
from wagtail.admin.views.generic.base import WagtailAdminTemplateMixin

from lms.accounts import consents
from lms.accounts.models import DocumentVersion, LegalDocument, User
from lms.common import clock
from lms.common.errors import Conflict

from .admin_views import OperatorsOnly
from .models import InformationPage, MarketplacePage


def pages() -> dict[LegalDocument, InformationPage]:
    """The marketplace's live page of each document: it bears the document's name in its address
    (terms, privacy, news)."""
    top = MarketplacePage.objects.first()
    if top is None:
        return {}
    found = InformationPage.objects.child_of(top).live().filter(slug__in=LegalDocument.values)
    return {LegalDocument(page.slug): page for page in found}


class VersionForm(forms.Form):
    """Which document, and what is new in it."""

    document = forms.ChoiceField(choices=LegalDocument.choices, widget=forms.HiddenInput)
    changes = forms.CharField(
        label=gettext_lazy("What is new"),
        max_length=1000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=gettext_lazy("In plain words; people read it before they agree."),
    )


class DocumentsView(OperatorsOnly, WagtailAdminTemplateMixin, FormView):
    """Each document's page and versions; publishes the page as the next version. Who may see it:
    operators."""

    template_name = "home/admin/documents.html"
    page_title = gettext_lazy("Legal documents")
    header_icon = "doc-full"
    form_class = VersionForm

    def get_breadcrumbs_items(self) -> list[dict[str, Any]]:
        return [*self.breadcrumbs_items, {"url": "", "label": self.get_page_title()}]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        written, versions = pages(), DocumentVersion.objects.order_by("-number")
        current = {version.document: version for version in consents.current_versions()}
        rows = []
        for document in LegalDocument:
            page, version = written.get(document), current.get(document)
            rows.append(
                {
                    "document": document,
                    "page": page,
                    "version": version,
                    "is_new": page
                    and not (version and (version.title, version.text) == (page.title, page.body)),
                    "form": VersionForm(initial={"document": document}, auto_id=f"{document}-%s"),
                    "versions": [one for one in versions if one.document == document],
                }
            )
        return super().get_context_data(rows=rows, **kwargs)

    def form_valid(self, form: VersionForm) -> HttpResponse:
        document = LegalDocument(form.cleaned_data["document"])
        page = pages().get(document)
        if page is None:
            messages.error(self.request, _("Write and publish the page first."))
            return redirect("documents_admin")
        try:
            version = consents.publish(
                document,
                title=page.title,
                text=page.body,
                changes=form.cleaned_data["changes"],
                actor=cast(User, self.request.user),
                at=clock.now(),
            )
        except Conflict as refused:
            messages.error(self.request, refused.message)
        else:
            text = _("Version %(number)s counts from now on.") % {"number": version.number}
            messages.success(self.request, text)
        return redirect("documents_admin")

    def form_invalid(self, form: VersionForm) -> HttpResponse:
        messages.error(self.request, _("Nothing is published: please shorten what is new."))
        return redirect("documents_admin")
