"""``{% csrf_token %}`` of every page: a page opened from a task hands the task on with its forms.

What a form posts elsewhere is done for the task too, so its history and what is read say so. The
tag is in every form that posts, so none can forget it.
"""

from __future__ import annotations

from django import template
from django.template.base import Parser, Token
from django.template.context import Context
from django.template.defaulttags import CsrfTokenNode
from django.utils.html import format_html
from django.utils.safestring import SafeString

register = template.Library()

FIELD = "task"


class TokenNode(CsrfTokenNode):
    def render(self, context: Context) -> SafeString:
        token = SafeString(super().render(context))
        task = getattr(context.get("request"), "for_task", None)
        if task is None or not token:
            return token
        return token + format_html('<input type="hidden" name="{}" value="{}">', FIELD, task)


@register.tag
def csrf_token(_parser: Parser, _token: Token) -> TokenNode:
    return TokenNode()
