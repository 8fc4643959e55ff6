"""``{% ui %}`` and ``{% uiblock %}``: components with arguments and slots.

``{% ui "badge" kind="ok" label="Done" %}`` draws ``common/components/badge.html``.
``{% uiblock "panel" title="…" %}body{% slot actions %}…{% endslot %}{% enduiblock %}`` gives it its
body as ``body`` and each slot as ``slots.<name>``. A component sees its arguments and the request,
nothing else of the page.
"""

from __future__ import annotations

from typing import Any

from django import template
from django.template.base import FilterExpression, Node, NodeList, Parser, Token, token_kwargs
from django.template.context import Context
from django.template.exceptions import TemplateSyntaxError
from django.utils.safestring import SafeString, mark_safe

register = template.Library()

SHARED = ("request", "csrf_token", "user", "actor", "LANGUAGE_CODE")
_SLOTS = "fangxian.slots"


class ComponentNode(Node):
    child_nodelists = ("nodelist",)

    def __init__(
        self,
        name: FilterExpression,
        arguments: dict[str, FilterExpression],
        nodelist: NodeList | None,
    ) -> None:
        self.name = name
        self.arguments = arguments
        self.nodelist = nodelist or NodeList()

    def render(self, context: Context) -> SafeString:
        values: dict[str, Any] = {name: context[name] for name in SHARED if name in context}
        values |= {name: expression.resolve(context) for name, expression in self.arguments.items()}
        stack = _stack(context)
        stack.append({})
        try:
            body = self.nodelist.render(context).strip()
        finally:
            slots = stack.pop()
        values |= {"body": mark_safe(body), "slots": slots}  # noqa: S308 - rendered by the template itself
        name = f"common/components/{self.name.resolve(context)}.html"
        assert context.template is not None  # a node renders inside of a template
        template_ = context.template.engine.get_template(name)
        # A plain context: the page's own class would run all context processors again.
        return template_.render(
            Context(values, autoescape=context.autoescape, use_tz=context.use_tz)
        )


class SlotNode(Node):
    child_nodelists = ("nodelist",)

    def __init__(self, name: str, nodelist: NodeList) -> None:
        self.name = name
        self.nodelist = nodelist

    def render(self, context: Context) -> SafeString:
        stack = _stack(context)
        if not stack:
            raise TemplateSyntaxError(f"{{% slot {self.name} %}} stands outside of a uiblock")
        stack[-1][self.name] = mark_safe(self.nodelist.render(context).strip())  # noqa: S308 - as above
        return mark_safe("")


def _stack(context: Context) -> list[dict[str, SafeString]]:
    kept: Any = context.render_context
    stack: list[dict[str, SafeString]] = kept.setdefault(_SLOTS, [])
    return stack


def _parts(parser: Parser, token: Token) -> tuple[FilterExpression, dict[str, FilterExpression]]:
    tag, *bits = token.split_contents()
    if not bits:
        raise TemplateSyntaxError(f"{{% {tag} %}} needs the name of a component")
    name = parser.compile_filter(bits.pop(0))
    arguments = token_kwargs(bits, parser)
    if bits:
        raise TemplateSyntaxError(f"{{% {tag} {name.token} %}}: write {bits[0]!r} as name=value")
    return name, arguments


@register.tag
def ui(parser: Parser, token: Token) -> ComponentNode:
    return ComponentNode(*_parts(parser, token), None)


@register.tag
def uiblock(parser: Parser, token: Token) -> ComponentNode:
    parts = _parts(parser, token)
    nodelist = parser.parse(("enduiblock",))
    parser.delete_first_token()
    return ComponentNode(*parts, nodelist)


@register.tag
def slot(parser: Parser, token: Token) -> SlotNode:
    bits = token.split_contents()
    if len(bits) != 2:
        raise TemplateSyntaxError("{% slot name %}: give the slot's name")
    nodelist = parser.parse(("endslot",))
    parser.delete_first_token()
    return SlotNode(bits[1].strip("\"'"), nodelist)
