"""Posts: the list, a new one, one with its shifts and its QR."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from fangxian.accounts.policy import SignedRequest, page
from fangxian.common.errors import OutOfScope
from fangxian.common.ui.changes import hold, refused
from fangxian.common.ui.pages import posted
from fangxian.common.ui.problems import tried
from fangxian.common.ui.qr import qr
from fangxian.mobilise import actions, lacking, queries
from fangxian.mobilise.actions.posts import PLAN, VIEW
from fangxian.mobilise.duties import duties_of
from fangxian.mobilise.forms import (
    ChangePostForm,
    LayOutForm,
    PatternSet,
    PostForm,
    pattern_rows,
    skills_written,
)
from fangxian.mobilise.holidays import not_announced
from fangxian.mobilise.models import Pattern, Post
from fangxian.mobilise.rules import label, post_rules
from fangxian.mobilise.views.common import SHOWN, frame
from fangxian.regions.queries import called, full_name

# Groups of the token below its QR, to be typed where it can't be read.
GROUP = 4
SHIFTS = 20


def post_of(post_id: UUID) -> Post:
    """A post of the actor's area. Raises OutOfScope."""
    found = Post.objects.select_related("organisation", "emergency").filter(id=post_id).first()
    if found is None:
        raise OutOfScope(str(post_id))
    return found


@page(VIEW)
def every(request: SignedRequest) -> HttpResponse:
    """The posts of a place."""
    place, _day, context = frame(request, "posts")
    closed = request.GET.get("show") == "closed"
    rules = post_rules()
    found = queries.inside(Post.objects.filter(closed_on__isnull=not closed), place)
    rows = list(found.select_related("organisation").order_by("place_code", "name")[: SHOWN + 1])
    context |= {
        "lines": [{"post": one, "kind": label(rules.kinds, one.kind)} for one in rows[:SHOWN]],
        "full": len(rows) > SHOWN,
        "most": SHOWN,
        "closed": closed,
        "places": called({one.place_code for one in rows}),
    }
    return render(request, "mobilise/posts.html", context)


@page(PLAN, methods=("GET", "POST"))
def new(request: SignedRequest) -> HttpResponse:
    """Open a post with the shifts that recur there."""
    form = PostForm(posted(request), by=request.actor, rules=post_rules())
    rows = PatternSet(posted(request), prefix="shift")
    if form.is_bound and form.is_valid() and rows.is_valid():
        made = tried(
            form,
            lambda: actions.open_post(
                by=request.actor, patterns=rows.patterns(), **form.cleaned_data
            ),
        )
        if made is not None:
            messages.success(request, _("Opened. Now lay out its shifts."))
            return redirect("mobilise:post", made.id)
    return _page(request, form, rows, _("Open a post"), reverse("mobilise:posts"))


@page(PLAN, methods=("GET", "POST"))
def edit(request: SignedRequest, post_id: UUID) -> HttpResponse:
    """Change a post and the shifts that recur there."""
    if request.method == "POST":
        hold(Post, post_id)
    found = post_of(post_id)
    patterns = _patterns(found)
    initial = {
        "name": found.name,
        "kind": found.kind,
        "organisation": found.organisation.name if found.organisation else "",
        "duties": "\n".join(found.duties),
    }
    form = ChangePostForm(posted(request), initial=initial, rules=post_rules())
    rows = PatternSet(
        posted(request),
        prefix="shift",
        initial=pattern_rows(patterns),
        form_kwargs={"present": {one.id: one for one in patterns}},
    )
    if form.is_bound and form.is_valid() and rows.is_valid():
        given = {
            "name": found.name,
            "kind": found.kind,
            "organisation": found.organisation,
            "duties": found.duties,
            **form.cleaned_data,
        }
        done = tried(
            form,
            lambda: actions.change_post(
                by=request.actor, post=found, patterns=rows.patterns(), **given
            ),
        )
        if done is not None:
            messages.success(request, _("The change is saved."))
            return redirect("mobilise:post", found.id)
    back = reverse("mobilise:post", args=[found.id])
    return _page(request, form, rows, _("Change the post"), back, sub=found.name)


def _page(
    request: SignedRequest, form: Any, rows: Any, title: str, back: str, sub: str = ""
) -> HttpResponse:
    context = {"form": form, "rows": rows, "title": title, "back": back, "sub": sub}
    met = {refused(one) for one in (form, *rows.forms)} if request.method == "POST" else {200}
    status = 409 if 409 in met else max(met)
    return render(request, "mobilise/post_form.html", context, status=status)


def _patterns(post: Post) -> list[Pattern]:
    return list(Pattern.objects.filter(post=post, ended_on=None).order_by("starts", "name"))


@page(VIEW)
def detail(request: SignedRequest, post_id: UUID) -> HttpResponse:
    """One post: its duties, the shifts that recur there, those to come."""
    return _detail(request, post_of(post_id), None)


@page(PLAN, methods=("POST",))
def lay_out(request: SignedRequest, post_id: UUID) -> HttpResponse:
    """Lay out a post's shifts."""
    found = post_of(post_id)
    form = LayOutForm(request.POST)
    if form.is_valid():
        made = tried(
            form, lambda: actions.lay_out(by=request.actor, post=found, **form.cleaned_data)
        )
        if made is not None:
            messages.success(request, _("Shifts laid out: %(n)d.") % {"n": made})
            if unknown := not_announced(**form.cleaned_data):
                messages.warning(request, unknown)
            return redirect("mobilise:post", found.id)
    return _detail(request, found, form)


def _detail(request: SignedRequest, found: Post, sent: LayOutForm | None) -> HttpResponse:
    rules = post_rules()
    patterns = _patterns(found)
    shifts = lacking.standing().filter(post=found, ends_at__gt=timezone.now())
    context = {
        "post": found,
        "where": full_name(found.place_code),
        "kind": label(rules.kinds, found.kind),
        "duties": duties_of(found, rules),
        "patterns": [
            {"row": row, "skills": skills_written(one.skills, rules)}
            for one, row in zip(patterns, pattern_rows(patterns), strict=True)
        ],
        "shifts": list(shifts.order_by("starts_at", "name")[:SHIFTS]),
        "form": sent or LayOutForm(),
        "may_plan": request.actor.may(PLAN, found.place_code) and found.closed_on is None,
    }
    return render(request, "mobilise/post.html", context, status=refused(sent) if sent else 200)


@page(PLAN, methods=("POST",))
def close(request: SignedRequest, post_id: UUID) -> HttpResponse:
    """Close a post."""
    actions.close_post(by=request.actor, post=post_of(post_id))
    messages.success(request, _("Closed. What was served there stays."))
    return redirect("mobilise:post", post_id)


@page(PLAN)
def sheet(request: SignedRequest, post_id: UUID) -> HttpResponse:
    """The QR at which people check in, to be printed and put up at the post."""
    found = post_of(post_id)
    address = request.build_absolute_uri(reverse("mobilise:check_in", args=[found.token]))
    context = {
        "post": found,
        "where": full_name(found.place_code),
        "qr": qr(address, found.name, 280),
        "words": " ".join(found.token[at : at + GROUP] for at in range(0, len(found.token), GROUP)),
    }
    return render(request, "mobilise/post_sheet.html", context)
