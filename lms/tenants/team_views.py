"""The admin's screens of a house's team: people, roles, invitations."""

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.generic import ListView, TemplateView, View
from django.views.generic.edit import FormView
from wagtail.admin import messages

from lms.common import clock
from lms.common.errors import DomainError, NotFound
from lms.common.states import IllegalMove

from . import invitations, team
from .house import HouseScreen
from .limits import reading
from .models import Limit, Role, StaffInvitation
from .permissions import Code, forget_roles
from .states import Invited
from .team_forms import InvitationForm, RolesForm, initial_of

UNDO, LINKS = "team_undo", "team_links"
PER_PAGE = 25


class TeamScreen(HouseScreen):
    """Who may see it: those who give and take roles at the house."""

    code = Code.MANAGE_MEMBERS
    header_icon = "group"
    page_title = gettext_lazy("Team")

    def get_breadcrumbs_items(self) -> list[dict[str, Any]]:
        items = super().get_breadcrumbs_items()
        above = {"url": reverse("team:index"), "label": _("Team")}
        return items if self.request.resolver_match.url_name == "index" else [
            *items[:-1], above, items[-1],
        ]  # fmt: skip

    def refused(self, error: DomainError) -> None:
        messages.error(self.request, str(error.message))


class TeamView(TeamScreen, ListView):
    """Everybody who works at the house, by name, with search; approving several at once."""

    template_name = "tenants/admin/team.html"
    paginate_by = PER_PAGE
    page_kwarg = "p"

    def get_queryset(self) -> Any:
        words = self.request.GET.get("q", "").strip()[:100].replace("\x00", "")
        return team.staff_of(self.provider, actor=self.request.user, words=words)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        page = context["page_obj"]
        people = team.colleagues(self.provider, page.object_list)
        undo = self.request.session.get(UNDO)
        return {
            **context,
            "colleagues": people,
            "some_wait": any(person.waits for person in people),
            "words": self.request.GET.get("q", ""),
            "undo": undo if undo and undo["provider"] == str(self.provider.pk) else None,
            "open_invitations": invitations.open_count(self.provider, at=clock.now()),
            "places": reading(self.provider, Limit.INSTRUCTORS),
            "elided_page_range": page.paginator.get_elided_page_range(page.number),
        }


class PersonScreen(TeamScreen):
    """About one colleague, `self.person`; the others are missing."""

    @cached_property
    def person(self) -> team.Colleague:
        return team.colleague(
            self.provider,
            self.kwargs["user_id"],
            actor=self.request.user,
        )

    def get_page_title(self) -> str:
        return str(self.person.user)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(person=self.person, **kwargs)


class PersonView(PersonScreen, FormView):
    """What a colleague does at the house."""

    template_name = "tenants/admin/colleague.html"
    form_class = RolesForm

    def get_initial(self) -> dict[str, Any]:
        return initial_of(self.person)

    def form_valid(self, form: RolesForm) -> HttpResponse:
        try:
            team.change_roles(
                provider=self.provider,
                user=self.person.user,
                roles=form.cleaned_data["roles"],
                approved=form.cleaned_data["approved"],
                actor=self.request.user,
            )
        except DomainError as error:
            form.add_error(None, str(error.message))
            return self.form_invalid(form)
        messages.success(self.request, _("Saved: %(name)s.") % {"name": self.person.user})
        return redirect(_way_on(self.request, self.person.user, form.cleaned_data["roles"]))


class RemoveView(PersonScreen, TemplateView):
    """Asks, with what stays, and removes a colleague from the house."""

    template_name = "tenants/admin/remove_colleague.html"

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        user = self.person.user
        try:
            past = team.dismiss(provider=self.provider, user=user, actor=request.user)
        except DomainError as error:
            self.refused(error)
            return redirect("team:person", user.pk)
        request.session[UNDO] = {
            "provider": str(self.provider.pk),
            "user": str(user.pk),
            "name": str(user),
            "past": past,
        }
        return redirect(_way_on(request, user, []))


class UndoView(TeamScreen, View):
    """Brings back whom one has removed last."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        undo = request.session.get(UNDO)
        if not undo or undo["provider"] != str(self.provider.pk):
            raise NotFound
        try:
            team.bring_back(
                provider=self.provider,
                user_id=undo["user"],
                past=undo["past"],
                actor=request.user,
            )
        except DomainError as error:
            self.refused(error)
        else:
            del request.session[UNDO]
            messages.success(request, _("%(name)s is back.") % {"name": undo["name"]})
        return redirect("team:index")


class ApproveView(TeamScreen, View):
    """Approves the instructors that were ticked in the list."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        ids = [each for text in request.POST.getlist("person")[:PER_PAGE] if (each := _uuid(text))]
        people = team.approve_all(provider=self.provider, user_ids=ids, actor=request.user)
        if people:
            names = ", ".join(str(person) for person in people)
            text = _("May publish without asking now: %(names)s.") % {"names": names}
            messages.success(request, text)
        else:
            messages.warning(request, _("Nobody was chosen who waits for approval."))
        return redirect("team:index")


class InvitationsView(TeamScreen, ListView):
    """The house's invitations, the newest first."""

    template_name = "tenants/admin/invitations.html"
    page_title = gettext_lazy("Invitations")
    paginate_by = PER_PAGE
    page_kwarg = "p"

    def get_queryset(self) -> Any:
        return invitations.invitations_of(self.provider, actor=self.request.user)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        page, now = context["page_obj"], clock.now()
        rows = [(row, row.state_at(now)) for row in page.object_list]
        return {
            **context,
            "rows": [
                (row, state, state in (Invited.SENT, Invited.EXPIRED), state == Invited.SENT)
                for row, state in rows
            ],
            # Once: only their hashes are kept.
            "links": self.request.session.pop(LINKS, None),
            "elided_page_range": page.paginator.get_elided_page_range(page.number),
        }


class InviteView(TeamScreen, FormView):
    """Invites people by e-mail."""

    template_name = "tenants/admin/invite.html"
    page_title = gettext_lazy("Invite people")
    form_class = InvitationForm
    initial = {"roles": [Role.INSTRUCTOR.value]}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        places = reading(self.provider, Limit.INSTRUCTORS)
        return super().get_context_data(places=places, days=invitations.VALID.days, **kwargs)

    def form_valid(self, form: InvitationForm) -> HttpResponse:
        try:
            outcome = invitations.invite(
                provider=self.provider,
                **form.cleaned_data,
                actor=self.request.user,
                at=clock.now(),
            )
        except DomainError as error:
            form.add_error(None, str(error.message))
            return self.form_invalid(form)
        self._report(outcome)
        return redirect("team:invitations")

    def _report(self, outcome: invitations.Outcome) -> None:
        if number := len(outcome.links):
            self.request.session[LINKS] = outcome.links
            text = ngettext("%(number)s invitation sent.", "%(number)s invitations sent.", number)
            messages.success(self.request, text % {"number": number})
        for text, emails in (
            (_("On your team already: %(who)s. Their roles stand in the list."), outcome.working),
            (_("Invited already: %(who)s. You can send it again below."), outcome.waiting),
        ):
            if emails:
                messages.warning(self.request, text % {"who": ", ".join(emails)})


class InvitationView(TeamScreen, View):
    """Sends an invitation again, makes a link to pass on by hand, or takes it back."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        rows = invitations.invitations_of(self.provider, actor=request.user)
        row = rows.select_related("provider").filter(pk=kwargs["invitation_id"]).first()
        deed = {"resend": self._resend, "link": self._link, "withdraw": self._withdraw}.get(
            request.POST.get("deed", "")
        )
        if row is None or deed is None:
            raise NotFound
        try:
            deed(row)
        except IllegalMove:
            messages.error(request, _("This invitation was answered or taken back meanwhile."))
        except DomainError as error:
            self.refused(error)
        return redirect("team:invitations")

    def _resend(self, row: StaffInvitation) -> None:
        invitations.renew(row, actor=self.request.user, at=clock.now(), by_mail=True)
        text = _("Sent again to %(email)s. Links in earlier mails no longer work.")
        messages.success(self.request, text % {"email": row.email})

    def _link(self, row: StaffInvitation) -> None:
        url = invitations.renew(row, actor=self.request.user, at=clock.now(), by_mail=False)
        self.request.session[LINKS] = {row.email: url}
        text = _("Here is a new link for %(email)s. The one in the mail no longer works.")
        messages.success(self.request, text % {"email": row.email})

    def _withdraw(self, row: StaffInvitation) -> None:
        invitations.withdraw(row, actor=self.request.user, at=clock.now())
        text = _("The invitation of %(email)s is taken back.")
        messages.success(self.request, text % {"email": row.email})


def _way_on(request: HttpRequest, user: Any, roles: list[Role]) -> str:
    """Back to the list; for one who has just given up managing, to the start page."""
    if user.pk != request.user.pk or Role.ADMIN in roles:
        return reverse("team:index")
    forget_roles(request.user)
    return reverse("wagtailadmin_home")


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
