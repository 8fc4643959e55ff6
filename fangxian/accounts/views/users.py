"""Accounts and their roles."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db.models import Q, QuerySet
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from fangxian.accounts import actions, looks, queries
from fangxian.accounts.forms import GrantForm, ReasonForm, UserFilter, UserForm
from fangxian.accounts.models import Device, Grant, Role, User
from fangxian.accounts.policy import SignedRequest, page
from fangxian.common.errors import Conflict, Invalid
from fangxian.common.history import history_of
from fangxian.common.registries import rights
from fangxian.common.ui.problems import show_problems

PAGE = 50
SHOWN_CHANGES = 50


def _told(rows: QuerySet[Any]) -> list[Any]:
    """The latest changes, each with its purpose in words as ``why``."""
    latest = list(rows[:SHOWN_CHANGES])
    for row in latest:
        row.why = looks.why((row.pgh_context or {}).get("why", ""))
    return latest


@page("accounts.see")
def users(request: SignedRequest) -> HttpResponse:
    """Accounts of the area, by user name."""
    form = UserFilter(request.GET)
    form.is_valid()
    text, active = form.cleaned_data.get("q", ""), form.cleaned_data.get("active", "")
    found = queries.users_in(request.actor.area)
    if text:
        found = found.filter(Q(username__icontains=text) | Q(display_name__icontains=text))
    if active:
        found = found.filter(is_active=active == "1")
    count = found.count()
    after = request.GET.get("after", "").replace("\x00", "")[:60]
    if after:
        found = found.filter(username__gt=after)
    rows = list(found[: PAGE + 1])
    return render(
        request,
        "accounts/users.html",
        {
            "form": form,
            "rows": rows[:PAGE],
            "count": count,
            "filtered": bool(text or active),
            "may_create": request.actor.may("accounts.create"),
            "next_after": rows[PAGE - 1].username if len(rows) > PAGE else "",
        },
    )


@page("accounts.create", methods=("GET", "POST"))
def create(request: SignedRequest) -> HttpResponse:
    """A new account; its temporary password is shown once."""
    by, duty = request.actor, _duty(request)
    if duty is None and request.GET.get("duty"):
        raise Conflict(_("Nobody needs this account any more. Open the list again."))
    initial = {"place": by.area}
    if duty is not None:
        initial = {"place": duty.place_code, "display_name": duty.name}
    form = UserForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            made = actions.create_user(
                by=by,
                username=given["username"],
                display_name=given["display_name"],
                region_code=given["place"],
                staff_number=given["staff_number"],
                person_id=duty.person_id if duty is not None else None,
            )
        except Invalid as error:
            show_problems(form, error)
        else:
            return _show_password(request, made)
    status = 422 if request.method == "POST" else 200
    return render(request, "accounts/create.html", {"form": form, "duty": duty}, status=status)


def _duty(request: SignedRequest) -> looks.Duty | None:
    """Whose account it will be: of who has the duty that the address names, if it names one."""
    try:
        key = UUID(request.GET.get("duty", ""))
    except ValueError:
        return None
    found = (find(request.actor, key) for find in looks.duties)
    return next((duty for duty in found if duty is not None), None)


def _show_password(request: SignedRequest, made: actions.NewPassword) -> HttpResponse:
    # Rendered, not redirected to: the password is neither stored nor put into an address.
    return render(request, "accounts/password.html", {"account": made.user, "made": made})


@page("accounts.see")
def detail(request: SignedRequest, user_id: UUID) -> HttpResponse:
    """One account: its roles, its state, its history, what may be done."""
    return _detail(request, user_id)


def _detail(
    request: SignedRequest, user_id: UUID, *, grant_form: GrantForm | None = None
) -> HttpResponse:
    by = request.actor
    account = queries.user_in(by.area, user_id)
    in_force = {grant.pk for grant in queries.grants_of(account)}
    grants = list(
        Grant.objects.filter(user=account)
        .select_related("role", "region", "granted_by")
        .order_by("-valid_from", "-id")
    )
    bodies = looks.named_organisations({g.organisation_id for g in grants if g.organisation_id})
    changes = history_of(User).objects.filter(pgh_obj_id=account.pk).order_by("-pgh_id")
    grant_changes = history_of(Grant).objects.filter(user_id=account.pk).order_by("-pgh_id")
    told = [_told(rows) if by.may("accounts.audit") else [] for rows in (changes, grant_changes)]
    context = {
        "account": account,
        "held": [
            {
                "grant": grant,
                "in_force": grant.pk in in_force,
                "organisation": bodies.get(grant.organisation_id, "")
                if grant.organisation_id
                else "",
            }
            for grant in grants
        ],
        "changes": told[0],
        "grant_changes": told[1],
        "people": queries.display_names(
            (row.pgh_context or {}).get("who", "") for rows in told for row in rows
        ),
        "is_own": account.pk == by.user_id,
        "phones": Device.objects.filter(user=account).count(),
        "may": {
            right: by.may(f"accounts.{right}") for right in ("create", "disable", "reset", "unlock")
        },
        "grant_form": (grant_form or GrantForm(by=by, account=account, initial=_asked(request)))
        if by.may("accounts.grant")
        else None,
    }
    status = 422 if grant_form is not None else 200
    return render(request, "accounts/detail.html", context, status=status)


def _asked(request: SignedRequest) -> dict[str, str]:
    """What the form of a role begins with: what the address asks for, as a task leads here."""
    known = ("role", "place", "valid_from", "valid_to")
    asked = {name: request.GET[name].replace("\x00", "") for name in known if name in request.GET}
    return {"place": request.actor.area} | asked


def _reason(request: SignedRequest) -> str:
    form = ReasonForm(request.POST)
    form.is_valid()
    return str(form.cleaned_data.get("reason") or request.POST.get("reason", ""))


def _change(
    right: str, change: Callable[..., Any], done: Any
) -> Callable[[SignedRequest, UUID], HttpResponse]:
    """A view that changes one account by an action with a reason and goes back to it."""

    @page(right, methods=("POST",))
    def view(request: SignedRequest, user_id: UUID) -> HttpResponse:
        change(by=request.actor, user_id=user_id, reason=_reason(request))
        messages.success(request, str(done))
        return redirect("accounts:user", user_id)

    return view


disable = _change("accounts.disable", actions.disable_user, lazy("The account is disabled."))
enable = _change("accounts.disable", actions.enable_user, lazy("The account is enabled."))
unlock = _change("accounts.unlock", actions.unlock_user, lazy("The lock is lifted."))
remove_factors = _change(
    "accounts.unlock", actions.reset_second_factor, lazy("The second factors are removed.")
)


@page("accounts.create", methods=("POST",))
def link_person(request: SignedRequest, user_id: UUID) -> HttpResponse:
    """Say whose account it is; an empty number says it belongs to nobody on record."""
    linked = actions.link_person(
        by=request.actor,
        user_id=user_id,
        number=request.POST.get("number", ""),
        reason=_reason(request),
    )
    told = _("The account is linked to the person.") if linked.person_id else _("It is unlinked.")
    messages.success(request, told)
    return redirect("accounts:user", user_id)


@page("accounts.create", methods=("POST",))
def name_holder(request: SignedRequest, user_id: UUID) -> HttpResponse:
    """Say by the staff number who holds the account."""
    actions.name_holder(
        by=request.actor,
        user_id=user_id,
        staff_number=request.POST.get("staff_number", ""),
        reason=_reason(request),
    )
    messages.success(request, _("The staff number is saved."))
    return redirect("accounts:user", user_id)


@page("accounts.reset", methods=("POST",))
def reset_password(request: SignedRequest, user_id: UUID) -> HttpResponse:
    """A new temporary password, shown once."""
    made = actions.reset_password(by=request.actor, user_id=user_id, reason=_reason(request))
    return _show_password(request, made)


@page("accounts.grant", methods=("POST",))
def grant(request: SignedRequest, user_id: UUID) -> HttpResponse:
    """Give a role."""
    by = request.actor
    account = queries.user_in(by.area, user_id)
    form = GrantForm(request.POST, by=by, account=account)
    if form.is_valid():
        given = form.cleaned_data
        try:
            actions.grant_role(
                by=by,
                user_id=user_id,
                role=given["role"],
                region_code=given["place"],
                valid_from=given["valid_from"],
                valid_to=given["valid_to"],
                staff_number=given["staff_number"],
                organisation_id=UUID(given["organisation"]) if given["organisation"] else None,
                reason=given["reason"],
            )
        except Invalid as error:
            show_problems(form, error)
        except Conflict as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, _("The role is given."))
            return redirect("accounts:user", user_id)
    return _detail(request, user_id, grant_form=form)


@page("accounts.grant", methods=("POST",))
def revoke(request: SignedRequest, grant_id: UUID) -> HttpResponse:
    """Take a role back."""
    taken = actions.revoke_grant(by=request.actor, grant_id=grant_id, reason=_reason(request))
    messages.success(request, _("The role is taken back; the account's sessions have ended."))
    return redirect("accounts:user", taken.user_id)


@page("accounts.see")
def roles(request: SignedRequest) -> HttpResponse:
    """Which role has which right."""
    every = list(Role.objects.all())
    rows = [
        {"label": right.label, "held": [name in role.rights for role in every]}
        for name, right in rights.items()
    ]
    return render(request, "accounts/roles.html", {"roles": every, "rows": rows})
