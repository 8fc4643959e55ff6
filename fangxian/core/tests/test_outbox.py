"""The outbox: written with the change, delivered once, and never into our own network."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import orjson
import pytest
from django.db import connections
from django.utils import timezone

from fangxian.common.keyring import keyring
from fangxian.common.scoping import acting
from fangxian.core import actions, outbox
from fangxian.core.channels import ChannelError, http
from fangxian.core.channels.webhook import signature
from fangxian.core.messages import text_of
from fangxian.core.models import (
    DeliveryState,
    Endpoint,
    Notification,
    OutboxDelivery,
    OutboxMessage,
)
from fangxian.core.tests.working import SYSTEM, until, working


class Receiver:
    """A real HTTP server that keeps what it gets and answers as told."""

    def __init__(self) -> None:
        self.got: list[tuple[str, dict[str, str], bytes]] = []
        self.answers: list[tuple[int, bytes, dict[str, str]]] = []
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.got.append((self.path, dict(self.headers), body))
                status, answer, headers = (
                    receiver.answers.pop(0) if receiver.answers else (200, b'{"errcode":0}', {})
                )
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *_args: Any) -> None:
                """Quiet."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        self.thread = threading.Thread(target=self.server.serve_forever)
        self.thread.start()

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


@pytest.fixture
def receiver(settings: Any) -> Iterator[Receiver]:
    settings.FANGXIAN_OUTBOX_ALLOW = ["127.0.0.1"]
    server = Receiver()
    yield server
    server.close()


def _endpoint(channel: str, url: str, secret: str | None = "s3cret") -> Endpoint:
    endpoint = Endpoint(name=channel, channel=channel, url=url, secret=secret)
    endpoint.save(force_insert=True)
    return endpoint


def _notify(channel: str, **more: Any) -> OutboxDelivery:
    context = {"who": "张三"}
    given: dict[str, Any] = {"template": "Visit %(who)s", "context": context, "by": SYSTEM}
    message = actions.notify(**(given | {"channels": [channel]} | more))
    return OutboxDelivery.objects.get(message=message)


def _again(delivery: OutboxDelivery) -> None:
    OutboxDelivery.objects.filter(id=delivery.id).update(next_at=timezone.now())


def test_a_webhook_is_signed_and_sent_once(db: None, receiver: Receiver) -> None:
    _endpoint("webhook", receiver.url + "/in")
    delivery = _notify("webhook")
    assert outbox.deliver_due() == 1
    assert outbox.deliver_due() == 0
    ((path, headers, body),) = receiver.got
    assert path == "/in"
    assert orjson.loads(body)["text"] == "Visit 张三"
    assert headers["X-Fangxian-Delivery"] == str(delivery.id)
    moment = int(headers["X-Fangxian-Signature"].split(",")[0][2:])
    assert headers["X-Fangxian-Signature"] == signature("s3cret", moment, body)
    assert abs(moment - timezone.now().timestamp()) < 60
    delivery.refresh_from_db()
    assert delivery.state == DeliveryState.SENT


def test_bots_get_their_own_form(db: None, receiver: Receiver) -> None:
    _endpoint("dingtalk", receiver.url + "/robot/send?access_token=t")
    _endpoint("wecom", receiver.url + "/cgi-bin/webhook/send?key=k")
    _notify("dingtalk")
    _notify("wecom")
    assert outbox.deliver_due() == 2
    paths = sorted(path for path, _headers, _body in receiver.got)
    assert paths[0] == "/cgi-bin/webhook/send?key=k"
    assert paths[1].startswith("/robot/send?access_token=t&timestamp=")
    assert "&sign=" in paths[1]
    for _path, _headers, body in receiver.got:
        assert orjson.loads(body) == {"msgtype": "text", "text": {"content": "Visit 张三"}}


def test_a_bot_that_refuses_is_not_asked_again(db: None, receiver: Receiver) -> None:
    _endpoint("wecom", receiver.url)
    receiver.answers = [(200, b'{"errcode": 93000}', {})]
    delivery = _notify("wecom")
    outbox.deliver_due()
    delivery.refresh_from_db()
    assert (delivery.state, delivery.error_code) == (DeliveryState.DEAD, "bot_93000")


def test_a_failure_is_tried_again_later_and_given_up_at_last(db: None, receiver: Receiver) -> None:
    _endpoint("webhook", receiver.url)
    receiver.answers = [(503, b"", {})] * outbox.MAX_ATTEMPTS
    delivery = _notify("webhook")
    waits = []
    for _attempt in range(outbox.MAX_ATTEMPTS):
        _again(delivery)
        assert outbox.deliver_due() == 1
        assert outbox.deliver_due() == 0
        delivery.refresh_from_db()
        waits.append((delivery.next_at - timezone.now()).total_seconds())
    assert delivery.state == DeliveryState.DEAD
    assert delivery.error_code == "http_503"
    assert waits[:-1] == sorted(waits[:-1])
    ids = {headers["X-Fangxian-Delivery"] for _path, headers, _body in receiver.got}
    assert ids == {str(delivery.id)}


def test_what_was_cut_short_is_sent_again_only_where_repeats_are_dropped(
    db: None, receiver: Receiver
) -> None:
    for channel, state, sent in (
        ("webhook", DeliveryState.SENT, 1),
        ("wecom", DeliveryState.DEAD, 0),
    ):
        receiver.got.clear()
        _endpoint(channel, receiver.url)
        delivery = _notify(channel)
        OutboxDelivery.objects.filter(id=delivery.id).update(
            state=DeliveryState.SENDING, attempts=1, next_at=timezone.now() - timedelta(minutes=1)
        )
        outbox.deliver_due()
        delivery.refresh_from_db()
        assert (delivery.state, len(receiver.got)) == (state, sent)


@pytest.mark.parametrize(("channel", "sent"), [("webhook", 1), ("wecom", 0)])
def test_who_lost_a_letter_to_another_worker_does_not_send_it(
    db: None, receiver: Receiver, channel: str, sent: int
) -> None:
    _endpoint(channel, receiver.url)
    delivery = _notify(channel)
    (mine,) = outbox._claim()
    # Those before it in the batch took so long that its lease ran out, and another took it.
    _again(delivery)
    assert outbox.deliver_due() == sent
    outbox._deliver(mine)
    assert len(receiver.got) == sent


def test_a_receiver_that_answers_for_ever_is_left(settings: Any, monkeypatch: Any) -> None:
    settings.FANGXIAN_OUTBOX_ALLOW = ["127.0.0.1"]
    monkeypatch.setattr(http, "DEADLINE", 0.5)
    over = threading.Event()

    def drip(listener: socket.socket) -> None:
        peer, _address = listener.accept()
        with peer, suppress(OSError):
            peer.sendall(b"HTTP/1.1 200 OK\r\nX-Slow: ")
            while not over.wait(0.05):
                peer.sendall(b".")

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=drip, args=(listener,))
        thread.start()
        try:
            with pytest.raises(ChannelError, match="too_slow"):
                http.post(f"http://127.0.0.1:{listener.getsockname()[1]}/", b"", {})
        finally:
            over.set()
            thread.join()


def test_a_redirect_is_not_followed(db: None, receiver: Receiver) -> None:
    _endpoint("webhook", receiver.url)
    receiver.answers = [(302, b"", {"Location": "http://169.254.169.254/"})]
    delivery = _notify("webhook")
    outbox.deliver_due()
    delivery.refresh_from_db()
    assert (delivery.state, delivery.error_code) == (DeliveryState.DEAD, "http_302")
    assert len(receiver.got) == 1


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/",
        "http://localhost/",
        "http://10.0.0.1/",
        "http://192.168.1.1/",
        "http://169.254.169.254/latest/meta-data/",
        "http://[::1]/",
        "http://[::ffff:127.0.0.1]/",
        "http://[::7f00:1]/",
        "http://[64:ff9b::7f00:1]/",
        "http://[2002:7f00:1::]/",
        "http://[fe80::1]/",
        "http://0.0.0.0/",
        "http://100.64.0.1/",
        "http://224.0.0.1/",
        "http://user@1.1.1.1/",
        "file:///etc/passwd",
        "gopher://1.1.1.1/",
        "http://1.1.1.1:99999/",
    ],
)
def test_our_own_network_is_out_of_reach(url: str, settings: Any) -> None:
    settings.FANGXIAN_OUTBOX_ALLOW = []
    with pytest.raises(ChannelError) as refused:
        http.post(url, b"", {})
    assert refused.value.final
    assert refused.value.code in ("private_address", "bad_address")


def test_any_private_address_of_a_name_refuses_it(
    settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.FANGXIAN_OUTBOX_ALLOW = []
    answers = [(0, 0, 0, "", ("1.1.1.1", 80)), (0, 0, 0, "", ("10.0.0.1", 80))]
    monkeypatch.setattr(http.socket, "getaddrinfo", lambda *_a, **_k: answers)
    with pytest.raises(ChannelError, match="private_address"):
        http.resolve("example.org", 80)
    settings.FANGXIAN_OUTBOX_ALLOW = ["10.0.0.0/8"]
    assert http.resolve("example.org", 80) == "1.1.1.1"


def test_text_messages_of_a_demonstration_go_to_a_file(
    db: None, settings: Any, tmp_path: Any
) -> None:
    settings.FANGXIAN_SMS, settings.FANGXIAN_DATA = "file", tmp_path
    _notify("sms", targets={"sms": ["13800000000", "13800000000"]})
    assert outbox.deliver_due() == 1
    line = orjson.loads((tmp_path / "sms.jsonl").read_bytes())
    assert (line["phone"], line["text"]) == ("13800000000", "Visit 张三")


def test_text_messages_go_through_the_gateway(db: None, settings: Any, receiver: Receiver) -> None:
    settings.FANGXIAN_SMS, settings.FANGXIAN_SMS_URL = "http", receiver.url + "/sms"
    settings.FANGXIAN_SMS_TOKEN = "token"
    delivery = _notify("sms", targets={"sms": ["13800000000"]})
    outbox.deliver_due()
    ((_path, headers, body),) = receiver.got
    assert headers["Authorization"] == "Bearer token"
    assert headers["Idempotency-Key"] == str(delivery.id)
    assert orjson.loads(body)["phone"] == "13800000000"


def test_without_a_gateway_a_text_message_is_given_up(db: None) -> None:
    delivery = _notify("sms", targets={"sms": ["13800000000"]})
    outbox.deliver_due()
    delivery.refresh_from_db()
    assert (delivery.state, delivery.error_code) == (DeliveryState.DEAD, "sms_not_configured")


def test_the_queue_holds_no_plain_text(db: None) -> None:
    _notify("sms", targets={"sms": ["13800000000"]})
    with connections["default"].cursor() as cursor:
        cursor.execute("SELECT context FROM core_outboxmessage")
        assert "张三".encode() not in bytes(cursor.fetchone()[0])
        cursor.execute("SELECT target FROM core_outboxdelivery")
        assert b"138" not in bytes(cursor.fetchone()[0])


def test_a_message_of_an_ended_emergency_is_not_sent(alice: Any, places: Any) -> None:
    emergency = actions.create_emergency(
        by=SYSTEM, name="e", disease="d", place_code=places.county, level=4
    )
    delivery = _notify("sms", targets={"sms": ["13800000000"]}, emergency_id=emergency.id)
    keyring().destroy_emergency(emergency.id)
    outbox.deliver_due()
    delivery = OutboxDelivery.objects.defer("target").get(id=delivery.id)
    assert (delivery.state, delivery.error_code) == (DeliveryState.DEAD, "destroyed")


def test_a_change_that_is_rolled_back_tells_nobody(alice: Any, bob: Any) -> None:
    with pytest.raises(RuntimeError), acting(alice):
        _roll_back(alice, bob)
    assert not OutboxMessage.objects.exists()
    with acting(bob):
        assert not Notification.objects.exists()


def _roll_back(alice: Any, bob: Any) -> None:
    actions.notify(by=alice, user_id=bob.user_id, template="Come")
    raise RuntimeError


def test_texts_are_in_the_readers_language(db: None) -> None:
    english = text_of("core.task_escalated", {"count": 3}, "en")
    assert english.startswith("3 tasks")
    chinese = text_of("core.task_escalated", {"count": 3}, "zh-hans")
    assert "3" in chinese


def test_many_workers_deliver_each_letter_once(fresh_database: str, receiver: Receiver) -> None:
    _endpoint("webhook", receiver.url)
    for _n in range(60):
        _notify("webhook")

    def drain() -> None:
        while outbox.deliver_due():
            pass
        connections.close_all()

    threads = [threading.Thread(target=drain) for _n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    ids = [headers["X-Fangxian-Delivery"] for _path, headers, _body in receiver.got]
    assert len(ids) == len(set(ids)) == 60
    assert OutboxDelivery.objects.filter(state=DeliveryState.SENT).count() == 60


def test_the_worker_delivers(fresh_database: str, receiver: Receiver) -> None:
    _endpoint("webhook", receiver.url)
    with working(1):
        delivery = _notify("webhook")
        until(lambda: receiver.got)
        until(lambda: OutboxDelivery.objects.get(id=delivery.id).state == DeliveryState.SENT)
    assert len(receiver.got) == 1
