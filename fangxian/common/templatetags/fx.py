"""Tags and filters of every page. What each component takes: ``docs/rooms/common-ui.md``."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any
from urllib.parse import urlencode

from django import template
from django.forms import BaseFormSet, BoundField
from django.http import HttpRequest, QueryDict
from django.template.context import Context
from django.templatetags.static import static
from django.urls import NoReverseMatch, reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from fangxian.common.actor import Actor
from fangxian.common.facts import measures, tables
from fangxian.common.registries import NavItem
from fangxian.common.ui import bundle, formats, qr, units
from fangxian.common.ui import tags as components

register = template.Library()
register.tags.update(components.register.tags)

STYLE = '<link rel="stylesheet" href="{}">'
CHUNK = '<link rel="modulepreload" href="{}">'

register.simple_tag(qr.qr, name="qr")
register.filter("cn_date", formats.date)
register.filter("cn_datetime", formats.date_time)
register.filter("cn_time", formats.clock)
register.filter("num", formats.number)
register.filter("mask", formats.mask)
register.filter("who", formats.who)
register.filter("unit", units.unit)
register.filter("origin", formats.origin)
register.filter("browser", formats.browser)
register.filter("place_name", formats.place_name)


@register.filter
def html_lang(code: str) -> str:
    """Django's language code as HTML writes it: ``zh-hans`` as ``zh-Hans``."""
    language, _dash, rest = code.partition("-")
    return f"{language}-{rest.title()}" if rest else language


@register.filter
def percent(part: float | None, whole: float | None = 1) -> str:
    """``{{ done|percent:total }}``."""
    return formats.percent(part, whole)


@register.filter
def may(by: Actor | None, right: str) -> bool:
    """Whether who looks has a right: ``{% if actor|may:"organisations.view" %}``."""
    return by is not None and by.may(right)


@register.filter
def per_hundred(part: float | None, whole: float | None) -> str:
    """``part`` of ``whole`` as a number from 0 to 100 for drawing, with a dot in every language."""
    return f"{100 * part / whole:.2f}" if part and whole else "0"


@register.simple_tag
def asset(source: str) -> SafeString:
    """Script or style elements of an entry of the front end: ``{% asset "islands/main.ts" %}``."""
    built = bundle.entry(source)
    if source.endswith((".scss", ".css")):
        return format_html(STYLE, built.url)
    styles = format_html_join(
        "", '<link rel="stylesheet" href="{}">', ((url,) for url in built.styles)
    )
    chunks = format_html_join("", CHUNK, ((url,) for url in built.imports))
    return styles + chunks + format_html('<script type="module" src="{}"></script>', built.url)


@register.simple_tag
def icon(name: str, label: str = "") -> SafeString:
    """An icon of the sprite; with ``label`` it speaks, otherwise it is hidden from readers."""
    return _icon(name, str(label))


# A page shows dozens, all the same ones; STATIC_URL stays what it is.
@lru_cache(maxsize=512)
def _icon(name: str, label: str) -> SafeString:
    href = f"{static('common/icons.svg')}#{name}"
    if label:
        return format_html(
            '<svg class="fx-icon" role="img" aria-label="{}"><use href="{}"/></svg>', label, href
        )
    return format_html('<svg class="fx-icon" aria-hidden="true"><use href="{}"/></svg>', href)


@register.simple_tag(takes_context=True)
def url_with(context: Context, **changes: Any) -> str:
    """The page's query with changes: ``{% url_with status="open" after=None %}``.

    Other filters stay; None or an empty text removes one; a change of any filter drops the
    place in the list (``after``, ``before``) unless it is given.
    """
    request: HttpRequest | None = context.get("request")
    query = request.GET.copy() if request is not None else QueryDict(mutable=True)
    for name in ("after", "before"):
        query.pop(name, None)
    for name, value in changes.items():
        if value is None or value == "":
            query.pop(name, None)
        elif isinstance(value, list | tuple):
            query.setlist(name, [str(item) for item in value])
        else:
            query[name] = str(value)
    return f"?{query.urlencode()}"


@register.simple_tag(takes_context=True)
def th(
    context: Context,
    label: str,
    sort: str = "",
    num: bool = False,
    param: str = "sort",
    hide: bool = False,
) -> SafeString:
    """A header cell; with ``sort`` a link that sorts by it, again for the other way round.

    The view must look ``sort`` up in its own list of allowed columns.
    """
    css = mark_safe(' class="fx-num"') if num else ""
    if not sort:
        body = format_html('<span class="visually-hidden">{}</span>', label) if hide else label
        return format_html('<th scope="col"{}>{}</th>', css, body)
    request: HttpRequest | None = context.get("request")
    current = request.GET.get(param, "") if request is not None else ""
    way, mark, target = "none", "sort", sort
    if current == sort:
        way, mark, target = "ascending", "sort-up", f"-{sort}"
    elif current == f"-{sort}":
        way, mark = "descending", "sort-down"
    active = mark_safe(' aria-current="true"') if way != "none" else ""
    return format_html(
        '<th scope="col" aria-sort="{}"{}><a class="fx-sort" href="{}"{}>{}{}</a></th>',
        way,
        css,
        url_with(context, **{param: target}),
        active,
        label,
        icon(mark),
    )


@register.simple_tag
def field(bound: BoundField, **options: Any) -> SafeString:
    """One field with label, hint and errors: ``{% field form.phone full=True inline=True %}``.

    ``label``, ``hint`` replace the field's own; ``full`` takes the whole row of a form in
    columns; ``inline`` sets choices side by side; ``grow`` widens it in a filter bar.
    """
    renderer = bound.form.renderer
    context = {**bound.get_context(), "options": options}
    return mark_safe(renderer.render("common/forms/field.html", context))  # noqa: S308 - a template's output


@register.filter
def field_target(bound: BoundField) -> str:
    """Id of the control to jump to: of a group of choices its first."""
    if bound.id_for_label:
        return bound.id_for_label
    return (
        f"{bound.auto_id}_0"
        if getattr(bound.field.widget, "choices", None) is not None
        else bound.auto_id
    )


@register.filter
def errors_of(form: Any) -> list[dict[str, Any]]:
    """Errors of a form, a formset or several, each with its field: for the summary."""
    found: list[dict[str, Any]] = []
    for one in _forms(form):
        for message in one.non_field_errors():
            found.append({"message": message, "target": "", "label": ""})
        for bound in one:
            for message in bound.errors:
                found.append(
                    {"message": message, "target": field_target(bound), "label": bound.label}
                )
    return found


def _forms(form: Any) -> Iterable[Any]:
    if form is None or form == "":
        return []
    if isinstance(form, BaseFormSet):
        return list(form.forms)
    return form if isinstance(form, list | tuple) else [form]


@register.simple_tag(takes_context=True)
def nav_entries(context: Context) -> list[dict[str, Any]]:
    """Entries of the main navigation with the current one marked.

    ``nav_items`` in the context holds registered items or dicts with ``label url icon count``.
    """
    request: HttpRequest | None = context.get("request")
    path = request.path if request is not None else ""
    entries = [entry for item in context.get("nav_items") or () if (entry := _entry(item))]
    fitting = [len(entry["url"]) for entry in entries if _holds(entry["url"], path)]
    for entry in entries:
        entry["current"] = _holds(entry["url"], path) and len(entry["url"]) == max(fitting)
    return entries


def _entry(item: NavItem | dict[str, Any]) -> dict[str, Any] | None:
    if isinstance(item, dict):
        return dict(item)
    try:
        url = reverse(item.url_name)
    except NoReverseMatch:
        return None
    return {"label": item.label, "url": url, "icon": item.icon or "list", "count": 0}


def _holds(url: str, path: str) -> bool:
    # The start page is current only when it is shown itself.
    return path == url or (url != "/" and path.startswith(url))


@register.simple_tag(takes_context=True)
def working_areas(context: Context) -> list[dict[str, Any]]:
    """The viewer's grants as ``id place role current``, from ``grants`` and ``actor``."""
    actor = context.get("actor")
    chosen = getattr(actor, "grant_id", None)
    return [
        {
            "id": grant.id,
            "place": grant.region,
            "role": str(grant.role),
            "current": grant.id == chosen,
        }
        for grant in context.get("grants") or ()
    ]


@register.simple_tag(takes_context=True)
def figure_url(context: Context, name: str, place: str, which: Any = "") -> str:
    """The page behind a figure at a place; "" where the reader may not open it.

    ``which``: of what it is counted (the id of a sweep).
    """
    actor = getattr(context.get("request"), "actor", None)
    if actor is None or name not in measures or not actor.may("reporting.view"):
        return ""
    if not actor.may(tables.get(measures.get(name).table).right):
        return ""
    named = f"{name}:{which}" if which else name
    return f"{reverse('reporting:figure', args=[named])}?{urlencode({'place': place})}"


@register.simple_tag(takes_context=True)
def figure(
    context: Context,
    value: Any,
    name: str,
    at: str,
    which: Any = "",
    label: Any = "",
    unit: Any = "",
    id: str = "",  # noqa: A002 - the attribute's name
    bare: bool = False,
) -> SafeString:
    """A number that opens to how it is counted: ``{% figure n "field.gap" place.code %}``.

    ``which``: of what it is counted (or after a colon in ``name``); ``label``: what it is, where
    that isn't the measure's name; ``id``: of the link, so that a polled page keeps the focus. Where
    the reader may not open it the number stands alone, ``bare`` without an element of its own.
    """
    shown = formats.number(value)
    name, _colon, of = name.partition(":")
    which = which or of
    url = figure_url(context, name, at, which) if name else ""
    if not url:
        alone = "{}" if bare else '<span class="fx-num">{}</span>'
        return format_html(alone, shown)
    measure = measures.get(name)
    told = _("%(what)s: %(value)s, see how it is counted") % {
        "what": label or measure.label,
        "value": f"{shown} {unit or measure.unit}".strip(),
    }
    return format_html(
        '<a class="fx-figure fx-num" href="{}" data-figure="{}"{} aria-label="{}">{}</a>',
        url,
        f"{name}:{which}" if which else name,
        format_html(' id="{}"', id) if id else "",
        told,
        shown,
    )


@register.filter
def suffix(name: Any, more: Any) -> str:
    """``{{ id|suffix:forloop.counter }}``: an id of a part, "" where there is none of the whole."""
    return f"{name}-{more}" if name else ""


@register.simple_tag
def query(**values: Any) -> str:
    """``{% query q=name page=2 %}`` as an encoded query."""
    return urlencode({name: value for name, value in values.items() if value not in (None, "")})


@register.filter
def get(mapping: Mapping[str, Any] | None, key: str) -> Any:
    """``{{ row|get:column.key }}``: an item or an attribute."""
    if mapping is None:
        return ""
    if isinstance(mapping, Mapping):
        return mapping.get(key, "")
    return getattr(mapping, key, "")
