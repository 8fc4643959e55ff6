"""Each promise of the middleware, with a view that breaks it planted behind it."""

from __future__ import annotations

from uuid import uuid4

import pytest
from django.http import Http404, HttpResponse, JsonResponse, StreamingHttpResponse
from django.template.response import TemplateResponse
from django.test import Client
from django.urls import include, path
from ninja import NinjaAPI

from fangxian.accounts.models import AccessLog, Role
from fangxian.accounts.policy import Needs, Undeclared, open_route, page
from fangxian.common import access
from fangxian.common.errors import Conflict, Forbidden, Invalid, OutOfScope, Problem, TooMany
from fangxian.common.scoping import current_actor

pytestmark = [pytest.mark.django_db, pytest.mark.urls(__name__)]

PERSON = uuid4()


def undeclared(request):
    return HttpResponse("secret")


@page()
def who(request):
    assert current_actor() == request.actor
    return JsonResponse({"area": request.actor.area, "purpose": request.actor.purpose})


@page("accounts.no_such_right")
def forbidden(request):
    return HttpResponse("secret")


def raising(error):
    @page(methods=("GET", "POST"))
    def view(request):
        Role.objects.create(code="planted", name="planted")
        access.note(PERSON)
        raise error

    return view


@page()
def writes_the_same_again(request):
    access.note(PERSON)
    Role.objects.bulk_create(Role(code="planted", name="planted") for _time in range(2))


@page()
def answers_500(request):
    Role.objects.create(code="planted", name="planted")
    return HttpResponse(status=500)


@page()
def reads(request):
    access.note(PERSON)
    return HttpResponse("read")


@page()
def reads_and_refuses_the_form(request):
    access.note(PERSON)
    return HttpResponse("the form again, with the person in it", status=422)


@page()
def streams(request):
    def rows():
        assert current_actor() is not None
        access.note(PERSON)
        yield b"a"
        yield b"b"

    return StreamingHttpResponse(rows(), headers={"X-Kept": "1"})


@page()
def lazy(request):
    class Late:
        def __str__(self):
            assert current_actor() is not None
            access.note(PERSON)
            return "late"

    response = TemplateResponse(request, "404.html", {"problems": [Late()]})
    response.status_code = 200
    return response


@page()
def cached(request):
    return HttpResponse("x", headers={"Cache-Control": "private, no-cache"})


api = NinjaAPI(urls_namespace="planted", auth=Undeclared(), docs_url=None, openapi_url=None)


@api.get("/undeclared")
def api_undeclared(request):
    return "secret"


@api.get("/any", auth=Needs())
def api_any(request):
    return request.auth.area


@api.post("/right", auth=Needs("accounts.see"))
def api_right(request):
    Role.objects.create(code="planted", name="planted")
    return "done"


@api.get("/invalid", auth=Needs())
def api_invalid(request, number: int):
    return number


@api.get("/gone", auth=Needs())
def api_gone(request):
    Role.objects.create(code="planted", name="planted")
    raise Http404


@api.get("/conflict", auth=Needs())
def api_conflict(request):
    Role.objects.create(code="planted", name="planted")
    raise Conflict("changed")


ERRORS = {
    "out": (OutOfScope("x"), 404),
    "gone": (Http404("x"), 404),
    "forbidden": (Forbidden("x"), 403),
    "invalid": (Invalid(Problem("bad", field="name", mend="Mend it.")), 422),
    "conflict": (Conflict("changed"), 409),
    "many": (TooMany("slowly"), 429),
}

urlpatterns = [
    path("planted/undeclared/", undeclared),
    path("planted/who/", who),
    path("planted/right/", forbidden),
    *[path(f"planted/raise/{name}/", raising(error)) for name, (error, _s) in ERRORS.items()],
    path("planted/raise/bug/", raising(ZeroDivisionError())),
    path("planted/twice/", writes_the_same_again),
    path("planted/answers-500/", answers_500),
    path("planted/reads/", reads),
    path("planted/form/", reads_and_refuses_the_form),
    path("planted/streams/", streams),
    path("planted/lazy/", lazy),
    path("planted/cached/", cached),
    path("planted/open/", open_route(lambda _r: HttpResponse("open"))),
    path("api/planted/", api.urls),
    path("", include("fangxian.config.urls")),
]


@pytest.fixture
def client(client_of):
    return client_of("alice")


def planted():
    return Role.objects.filter(code="planted").exists()


def test_a_view_without_a_policy_is_refused_to_everybody(client):
    assert client.get("/planted/undeclared/").status_code == 403
    response = Client().get("/planted/undeclared/")
    assert response.status_code == 403
    assert b"secret" not in response.content


def test_a_view_runs_as_the_actor_with_its_purpose(client, places):
    seen = client.get("/planted/who/").json()
    assert seen["area"] == places.community
    assert seen["purpose"] == f"page {__name__}.who"


def test_a_missing_right_is_403(client):
    response = client.get("/planted/right/")
    assert response.status_code == 403
    assert b"secret" not in response.content


@pytest.mark.parametrize("name", ERRORS)
def test_an_error_is_answered_and_rolled_back_with_its_log(client, name):
    response = client.get(f"/planted/raise/{name}/")
    assert response.status_code == ERRORS[name][1]
    assert not planted()
    assert not AccessLog.objects.exists()


def test_what_somebody_else_has_just_written_is_a_conflict(client):
    response = client.get("/planted/twice/")
    assert response.status_code == 409
    assert "duplicate key" not in response.content.decode()
    assert not planted()
    assert not AccessLog.objects.exists()


def test_what_is_wrong_and_how_to_mend_it_is_said(client):
    text = client.get("/planted/raise/invalid/").content.decode()
    assert "bad" in text
    assert "Mend it." in text


@pytest.mark.parametrize("name", ERRORS)
def test_a_fragment_is_answered_by_status_and_header(client, name):
    response = client.get(f"/planted/raise/{name}/", headers={"HX-Request": "true"})
    # 422 is for a form with its errors, which is swapped in; a bare refusal is not.
    assert response.status_code == {422: 400}.get(ERRORS[name][1], ERRORS[name][1])
    assert response.content == b""
    if name in ("invalid", "conflict", "many"):
        assert response["X-Message"]


def test_an_unforeseen_error_is_rolled_back_too(client):
    client.raise_request_exception = False
    assert client.get("/planted/raise/bug/").status_code == 500
    assert not planted()
    assert client.get("/planted/answers-500/").status_code == 500
    assert not planted()


@pytest.mark.parametrize("name", ["reads", "form", "streams", "lazy"])
def test_what_was_shown_is_logged(client, name, places):
    response = client.get(f"/planted/{name}/")
    assert response.content
    row = AccessLog.objects.get()
    assert row.persons == [PERSON]
    assert (row.actor, row.area, row.role) == ("alice", places.community, "community_staff")
    assert row.source == "web 127.0.0.1"


def test_a_stream_is_read_within_the_transaction(client):
    response = client.get("/planted/streams/")
    assert not response.streaming
    assert response.content == b"ab"
    assert response["X-Kept"] == "1"


def test_signed_in_pages_are_not_kept(client):
    assert client.get("/planted/who/")["Cache-Control"] == "private, no-store"
    assert client.get("/planted/right/")["Cache-Control"] == "private, no-store"
    assert client.get("/planted/cached/")["Cache-Control"] == "private, no-cache"
    assert "Cache-Control" not in Client().get("/planted/open/")


def test_an_account_without_any_grant_sees_nothing(cast):
    cast.user("alice").grants.all().delete()
    client = Client()
    client.force_login(cast.user("alice"))
    assert client.get("/planted/who/").status_code == 403


# The API


def test_the_api_answers_strangers_with_401():
    assert Client().get("/api/planted/any").status_code == 401


def test_an_operation_that_declares_no_right_is_refused(client):
    response = client.get("/api/planted/undeclared")
    assert response.status_code == 403
    assert "secret" not in response.content.decode()


def test_an_operation_knows_its_actor(client, places):
    assert client.get("/api/planted/any").json() == places.community


def test_an_operation_checks_its_right(client, client_of):
    assert client.post("/api/planted/right").status_code == 403
    assert not planted()
    assert client_of("system_administrator").post("/api/planted/right").status_code == 200
    assert planted()


def test_a_change_by_the_api_needs_the_token(cast, client_of):
    signed = client_of("system_administrator")
    client = Client(enforce_csrf_checks=True)
    client.cookies = signed.cookies
    assert client.post("/api/planted/right").status_code == 403
    assert not planted()


@pytest.mark.parametrize(("name", "status"), [("invalid", 422), ("gone", 404), ("conflict", 409)])
def test_errors_of_the_api_are_json_and_rolled_back(client, name, status):
    response = client.get(f"/api/planted/{name}")
    assert response.status_code == status
    assert response["Content-Type"].startswith("application/json")
    assert not planted()
