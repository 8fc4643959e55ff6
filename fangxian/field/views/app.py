"""The phone app's page. It holds no data, so it is open: who may see what is asked by the sync."""

from __future__ import annotations

from csp.decorators import csp_update
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.templatetags.static import static
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import to_locale
from django_permissions_policy.decorators import permissions_policy_override

from fangxian.common.policy import open_route
from fangxian.field import shell

# By it the service worker knows our server from a network's sign-in page.
MARK = "X-Fangxian"
# Only here: the reader of barcodes is WebAssembly, and photos are shown before they are sent.
POLICY = {"script-src": ["'wasm-unsafe-eval'"], "img-src": ["blob:"]}
CAMERA: dict[str, str | list[str] | tuple[str]] = {
    **settings.PERMISSIONS_POLICY,
    "camera": ["self"],
}


@open_route
@csp_update(POLICY)
@permissions_policy_override(CAMERA)
def page(request: HttpRequest) -> HttpResponse:
    """The shell, the same for everybody."""
    return _ours(render(request, "field/app.html"))


@open_route
def worker(request: HttpRequest) -> HttpResponse:
    """The service worker; a browser asks for it again by itself."""
    return _ours(HttpResponse(shell.worker(), content_type="text/javascript; charset=utf-8"))


@open_route
def texts(request: HttpRequest, language: str) -> HttpResponse:
    """All texts of a language, to be kept on the phone."""
    return _ours(HttpResponse(shell.texts(language), content_type="application/json"))


@open_route
def manifest(request: HttpRequest, language: str) -> HttpResponse:
    """What the phone shows of the app among the others, in the language that the app speaks."""
    if language not in dict(settings.LANGUAGES):
        raise Http404
    start = reverse("app:page")
    sizes = ("192x192", "512x512", "512x512")
    icons = [
        {
            "src": static(name),
            "sizes": size,
            "type": "image/png",
            "purpose": "maskable" if "maskable" in name else "any",
        }
        for name, size in zip(shell.ICONS, sizes, strict=True)
    ]
    with translation.override(language):
        name, short = _("Fangxian at the door"), _("Fangxian")
        about = _("Doors, gates, rounds and disinfection, with or without a network.")
    told = {
        "id": start,
        "name": name,
        "short_name": short,
        "description": about,
        "lang": to_locale(language).replace("_", "-"),
        "dir": "ltr",
        "categories": ["government", "productivity"],
        "start_url": start,
        "scope": start,
        "display": "standalone",
        "orientation": "portrait",
        "background_color": "#f4f5f7",
        "theme_color": "#0052d9",
        "icons": icons,
    }
    response = JsonResponse(told, content_type="application/manifest+json")
    return _ours(response)


def _ours(response: HttpResponse) -> HttpResponse:
    response[MARK] = "app"
    response["Cache-Control"] = "no-cache"
    return response
