"""The screen on which a school's admins change how it looks, and its preview."""

from copy import copy
from dataclasses import asdict
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.generic import View
from django.views.generic.edit import FormView
from wagtail.admin import messages

from lms.tenants.actions import reset_look
from lms.tenants.hosts import provider_origin
from lms.tenants.house import HouseScreen

from .actions import change_brand, restore_brand
from .brand_forms import BrandForm, brand_panels
from .brand_previews import KINDS


class BrandScreen(HouseScreen):
    """Fills the form with the house's values: a copy's, which the form may write to."""

    def get_form_class(self) -> type[BrandForm]:
        # Not at import: Wagtail's choosers of pictures are known to forms only later.
        return brand_panels.get_form_class()

    def get_form_kwargs(self) -> dict[str, Any]:
        return {
            "instance": copy(self.provider),
            "for_user": self.request.user,
            "initial": {
                "accent_colour": self.provider.accent_colour or self.provider.secondary_colour
            },
        }


class BrandView(BrandScreen, FormView):
    """Who may see it: those who change the school's settings."""

    template_name = "home/admin/brand.html"
    page_title = gettext_lazy("Brand")
    header_icon = "view"

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**FormView.get_form_kwargs(self), **super().get_form_kwargs()}

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if "restore" in request.POST:
            restore_brand(self.provider, actor=request.user)
            messages.success(request, _("It is as it was before."))
        elif "reset" in request.POST:
            reset_look(self.provider, actor=request.user)
            messages.success(request, _("Your school wears the platform's look."))
        else:
            return super().post(request, *args, **kwargs)
        return redirect("brand")

    def form_valid(self, form: BrandForm) -> HttpResponse:
        change_brand(self.provider, form.changes(), actor=self.request.user)
        messages.success(
            self.request,
            _("Saved. Everybody sees it from now on."),
            buttons=[messages.button(provider_origin(self.provider) + "/", _("View live"))],
        )
        return redirect("brand")

    def form_invalid(self, form: BrandForm) -> HttpResponse:
        messages.validation_error(
            self.request, _("Nothing is saved yet: please look at the marked fields."), form
        )
        return super().form_invalid(form)

    @cached_property
    def kinds(self) -> list[tuple[str, str]]:
        """What the preview can show."""
        return [
            ("front", _("Front page")),
            ("course", _("Course")),
            ("mail", _("E-mail")),
            ("certificate", _("Certificate")),
        ]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        form = context["form"]
        panel = brand_panels.get_bound_panel(
            instance=form.instance, request=self.request, form=form
        )
        return {
            **context,
            "panel": panel,
            "media": panel.media + form.media,
            "action_url": reverse("brand"),
            "submit_button_label": _("Save"),
            "submit_button_active_label": _("Saving…"),
            "has_unsaved_changes": form.is_bound,
            "can_restore": self.provider.brand_before is not None,
            "kinds": self.kinds,
            "advice": [asdict(each) for each in form.advice()],
        }


class BrandPreview(BrandScreen, View):
    """`?show=` one of KINDS, with the posted values; nothing is saved.

    Who may see it: those who change the school's settings.
    """

    http_method_names = ["post"]

    def post(self, request: HttpRequest) -> JsonResponse:
        """`html` of the page, `head` above it, and `advice` on colours. A value that can't be used
        is shown as it was."""
        show = KINDS.get(request.GET.get("show", "front"))
        if show is None:
            raise Http404
        form = self.get_form_class()(request.POST, **self.get_form_kwargs())
        form.is_valid()
        found = show(form.draft(), request)
        return JsonResponse(
            {
                "html": found.html,
                "head": found.head,
                "advice": [asdict(each) for each in form.advice()],
            }
        )
