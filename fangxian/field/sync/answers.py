"""How phones are answered: every answer is marked, every refusal says a code for the app."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from ninja import NinjaAPI, Schema
from ninja.errors import AuthenticationError, HttpError, ValidationError

from fangxian.accounts.devices import DeviceRefused
from fangxian.common.errors import Conflict, Forbidden, Invalid, OutOfScope, TooMany
from fangxian.field.sync.document import with_sealed

MARK = "X-Fangxian"
# Seconds after which a phone that was told to wait asks again.
LATER = 60


class RefusedOut(Schema):
    """Why it was refused: ``code`` for the app, the rest for the person; ``wipe`` when disabled."""

    code: str
    message: str
    mend: str = ""
    wipe: bool | None = None


def answer(body: Any, status: int = 200) -> HttpResponse:
    """A JSON answer of the protocol."""
    data = orjson.dumps(body)
    response = _marked(HttpResponse(data, content_type="application/json", status=status))
    if status == 429:
        response["Retry-After"] = str(LATER)
    return response


def _marked(response: HttpResponse) -> HttpResponse:
    # A hotel's sign-in page answers 200 as well; and nothing of it is kept on the way.
    response[MARK] = "sync"
    response["Cache-Control"] = "no-store"
    return response


def refused(status: int, code: str, message: object = "", mend: object = "") -> HttpResponse:
    """A refusal in the words of :class:`RefusedOut`."""
    return answer({"code": code, "message": str(message), "mend": str(mend)}, status)


class PhoneApi(NinjaAPI):
    """The API of phones."""

    def get_openapi_schema(self, **kwargs: Any) -> Any:
        """The document, with the pull token that a pull needs beside the cookie, and with what
        travels sealed. Anybody may read it: it tells of nobody.
        """
        schema = super().get_openapi_schema(**kwargs)
        schemes = schema["components"].setdefault("securitySchemes", {})
        schemes["PullToken"] = {"type": "http", "scheme": "bearer"}
        return with_sealed(schema)

    def create_response(self, request: HttpRequest, data: Any, **kwargs: Any) -> HttpResponse:
        return _marked(super().create_response(request, data, **kwargs))

    def on_exception(self, request: HttpRequest, exc: Any) -> HttpResponse:
        """Answer what can go wrong. What cannot is raised on: the phone sends it again later."""
        if isinstance(exc, DeviceRefused):
            return answer(exc.body(), exc.status)
        if isinstance(exc, AuthenticationError):
            again = _("Enrol it with a code of “My phones” on the website.")
            return refused(401, "not_enrolled", _("This phone is not enrolled."), again)
        if isinstance(exc, ValidationError):
            where = ", ".join(".".join(map(str, one["loc"][2:])) for one in exc.errors)
            message = _("Not what the protocol says: %(where)s.") % {"where": where}
            return refused(422, "malformed", message, _("Update the app."))
        if isinstance(exc, HttpError):
            return refused(exc.status_code, "malformed", exc.message)
        if isinstance(exc, Invalid):
            first = exc.problems[0]
            return refused(422, first.code, first.message, first.mend)
        for kind, (status, code) in _STATUS.items():
            if isinstance(exc, kind):
                told = "" if isinstance(exc, Forbidden | OutOfScope) else exc
                return refused(status, code, told)
        return super().on_exception(request, exc)


_STATUS: Mapping[type[Exception], tuple[int, str]] = {
    Forbidden: (403, "forbidden"),
    OutOfScope: (404, "not_found"),
    Conflict: (409, "conflict"),
    TooMany: (429, "too_many"),
}
