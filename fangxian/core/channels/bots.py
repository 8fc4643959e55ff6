"""Group bots of WeCom and DingTalk. Neither knows a delivery's id, so none is sent twice."""

from __future__ import annotations

import base64
import hashlib
import hmac
import time
from urllib.parse import quote_plus

import orjson

from fangxian.core.channels.base import ChannelError, Letter
from fangxian.core.channels.http import post
from fangxian.core.channels.webhook import endpoint

HEADERS = {"Content-Type": "application/json; charset=utf-8"}
# Both bots answer 200 with a code; these mean "too many messages, later".
BUSY = {45009, 130101, 410100}


def _check(answer: bytes) -> None:
    try:
        code = int(orjson.loads(answer).get("errcode", -1))
    except (ValueError, AttributeError, TypeError):
        raise ChannelError("bad_answer") from None
    if code:
        raise ChannelError(f"bot_{code}", final=code not in BUSY)


def _body(letter: Letter) -> bytes:
    return orjson.dumps({"msgtype": "text", "text": {"content": letter.text}})


class WeCom:
    name = "wecom"
    idempotent = False

    def send(self, letter: Letter) -> None:
        _check(post(endpoint(self.name, letter.target).url, _body(letter), HEADERS))


class DingTalk:
    name = "dingtalk"
    idempotent = False

    def send(self, letter: Letter) -> None:
        to = endpoint(self.name, letter.target)
        url = to.url
        if to.secret:
            moment = int(time.time() * 1000)
            text = f"{moment}\n{to.secret}".encode()
            digest = hmac.new(to.secret.encode(), text, hashlib.sha256).digest()
            sign = quote_plus(base64.b64encode(digest))
            url += f"{'&' if '?' in url else '?'}timestamp={moment}&sign={sign}"
        _check(post(url, _body(letter), HEADERS))
