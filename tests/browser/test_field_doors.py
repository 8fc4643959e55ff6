"""At the door on the real server: enrolled by the officer's code, no signal, four touches at most.

Then every screen of the phone, at each size, in the dark and in the elders' edition.
"""

from __future__ import annotations

import datetime as dt
import struct
import zlib
from pathlib import Path
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect
from qrcode.constants import ERROR_CORRECT_M
from qrcode.main import QRCode

from fangxian.common.scoping import acting
from fangxian.field.actions.gates import open_gate
from fangxian.field.actions.outreach import write_message
from fangxian.field.actions.rounds import NewPoint, plan_round
from fangxian.field.models import (
    Campaign,
    Disinfection,
    GateEntry,
    Message,
    Outreach,
    Photo,
    Point,
    RoundCheck,
    Visit,
)
from fangxian.field.tests.conftest import begin
from fangxian.regions.queries import at
from fangxian.register.actions import create_household, move_in
from fangxian.register.tests.ledgers import identity
from tests.browser.keys import shoot, write_word
from tests.browser.kit import (
    DESK,
    FLAGS,
    NARROW,
    PHONE,
    axe,
    no_sideways_scroll,
    program,
    screenshot,
    settled,
    sign_in,
    touch_targets,
    visitor,
)
from tests.browser.phones import PATHS, PIN, enrol, kept, offline, online, phone, touch, until
from tests.kit.cast import START

pytestmark = [pytest.mark.browser, pytest.mark.slow(20), pytest.mark.timeout(300)]
CARD = identity(902)
# ms, a little more than frontend/field/duty.tsx has it.
BLINK = 400
# For a visit where all is well, and how long it may take, ms.
MOST_TOUCHES, LONGEST = 4, 15_000
# Fields of which the browser itself would write down what stands in them.
REMEMBERED = ":is(input:not([type=file]), textarea, select):not([autocomplete])"
# What a hand does to the page from now on, until the app says that it has saved.
WATCH_HAND = """() => {
    const hand = window.hand = { touches: 0, clicks: 0, keys: 0, began: 0, ended: 0 }
    const watch = (kind, seen) => addEventListener(kind, event => {
        if (event.isTrusted && !hand.ended) seen(event)
    }, { capture: true, passive: true })
    watch('touchstart', event => {
        hand.began ||= event.timeStamp
        hand.touches += event.changedTouches.length
    })
    watch('click', () => hand.clicks++)
    watch('keydown', () => hand.keys++)
    new MutationObserver(() => {
        if (document.body.innerText.includes('已存：')) hand.ended ||= performance.now()
    }).observe(document.body, { subtree: true, childList: true, characterData: true })
}"""


@pytest.fixture
def campaign(cast: Any, places: Any) -> Campaign:
    hq = cast.actor("headquarters")
    for room in ("101", "102", "201"):
        home = create_household(by=hq, place_code=places.unit, room=room)
        for name, relation, sex in (("查甲", "head", "1"), ("查乙", "spouse", "2")):
            move_in(by=hq, household_id=home.id, on=START, name=name, relation=relation, sex=sex)
    return begin(hq, places)


@pytest.fixture
def duties(cast: Any, places: Any) -> None:
    hq, today = cast.actor("headquarters"), timezone.localdate()
    with acting(hq):
        grid = at(places.grid)
    open_gate(by=hq, place=grid, name="南门卡口", kind="road")
    plan_round(
        by=hq,
        place=grid,
        name="楼栋巡查",
        times=1,
        first_at=dt.time(0, 0),
        last_at=dt.time(23, 59),
        points=[NewPoint("南门"), NewPoint("配电房")],
    )
    write_message(
        by=hq,
        place=places[places.county],
        text="出门请戴口罩，勤洗手、常通风、少聚集。外地返回人员请主动向社区报告。",
        kind="loudspeaker",
        from_date=today,
        to_date=today + dt.timedelta(days=3),
    )


def look(page: Page, room: str) -> None:
    """Read which door it is: what is touched sooner is not meant for it."""
    expect(page.get_by_role("heading", level=1)).to_contain_text(room)
    page.wait_for_timeout(BLINK)


def unlock(page: Page) -> None:
    page.get_by_label("六位数字密码").fill(PIN)


def synced(page: Page) -> None:
    """Have everything sent and fetched."""
    page.goto("/f/#/outbox")
    page.get_by_role("button", name="立即同步").click()
    expect(page.get_by_text("全部已上传")).to_be_visible()


def test_all_well_without_a_signal_in_four_taps_and_the_board_shows_it(
    browser: Browser, site: str, client_of: Any, campaign: Campaign, bob: Any, places: Any
) -> None:
    with visitor(browser, site, size=DESK) as desk:
        sign_in(desk, site, client_of("bob"))
        desk.goto(reverse("accounts:devices"))
        desk.locator("#enrol button").click()
        code = desk.locator(".fx-device-code__letters").inner_text()
    with phone(browser, site) as page:
        page.goto(f"/f/#enrol={''.join(code.split())}")
        page.get_by_label("六位数字密码").fill(PIN)
        page.get_by_label("再输一遍").fill(PIN)
        page.get_by_role("button", name="使用此密码").click()
        expect(page.get_by_text("共3户，还剩3户")).to_be_visible()
        kept(page)
        offline(page)
        page.evaluate(WATCH_HAND)
        page.get_by_role("link", name="下一户").tap()
        expect(page.get_by_text("查甲")).to_be_visible()
        look(page, "101")
        page.get_by_role("button", name="全员正常").tap()
        expect(page.get_by_text("已存：")).to_be_visible()
        expect(page.get_by_role("heading", level=1)).to_contain_text("102")
        hand = page.evaluate("hand")
        assert 1 < hand["touches"] <= MOST_TOUCHES, hand
        assert (hand["clicks"], hand["keys"]) == (hand["touches"], 0)
        assert 0 < hand["ended"] - hand["began"] <= LONGEST, hand
        # The app is closed and opened again where there is still no signal.
        # Not by way of another page: on its way there the browser forgets that it is offline.
        page.goto("/f/")
        unlock(page)
        expect(page.get_by_text("共3户，还剩2户")).to_be_visible()
        expect(page.get_by_role("link", name="1 条未传")).to_be_visible()
        with acting(bob):
            assert not Visit.objects.exists()
        online(page)
        synced(page)
        with acting(bob):
            assert Visit.objects.get().outcome == "all_well"
    with visitor(browser, site, size=DESK) as desk:
        sign_in(desk, site, client_of("headquarters"))
        desk.goto(reverse("command:board_place", args=[campaign.id, places.grid]))
        settled(desk)
        tiles = desk.locator(".fx-tile__value").all_inner_texts()
        assert [one.strip() for one in tiles[:4]] == ["3", "1", "0", "2"]


def test_an_exception_with_its_form_and_a_corrected_mistake(
    browser: Browser, site: str, campaign: Campaign, bob: Any
) -> None:
    with phone(browser, site) as page:
        enrol(page, bob)
        kept(page)
        offline(page)
        page.get_by_role("link", name="下一户").tap()
        page.get_by_role("link", name="有异常").tap()
        page.get_by_role("button", name="保存：有异常").tap()
        expect(page.get_by_text("尚未保存")).to_be_visible()
        axe(page)
        page.get_by_label("有", exact=True).check()
        page.get_by_label("体温").fill("38.5")
        page.get_by_role("button", name="添加一项").tap()
        page.get_by_label("来自").fill("武汉")
        # A call comes in, the app is thrown out: what was written is there again.
        page.wait_for_timeout(600)
        page.goto("/f/")
        unlock(page)
        page.get_by_role("link", name="下一户").tap()
        page.get_by_role("link", name="继续填写").tap()
        expect(page.get_by_label("来自")).to_have_value("武汉")
        page.get_by_role("button", name="保存：有异常").tap()
        look(page, "102")
        page.get_by_role("button", name="无人在家").tap()
        page.get_by_role("link", name="记错了").tap()
        look(page, "102")
        page.get_by_role("button", name="全员正常").tap()
        expect(page.get_by_role("heading", level=1)).to_contain_text("201")
        online(page)
        synced(page)
    with acting(bob):
        visits = list(Visit.objects.order_by("visited_at"))
        assert [one.outcome for one in visits] == ["exceptions", "absent", "all_well"]
        assert visits[0].exceptions == 1
        assert visits[2].corrects_id == visits[1].op_id


@pytest.mark.usefixtures("campaign", "duties")
def test_duties_are_recorded_without_a_signal(browser: Browser, site: str, bob: Any) -> None:
    with phone(browser, site) as page:
        enrol(page, bob)
        kept(page)
        offline(page)
        page.goto("/f/#/gates")
        page.get_by_label("车牌号").fill("冀j12345")
        # A gun shoots a card while an input method composes: it goes where it belongs.
        page.get_by_label("车牌号").focus()
        shoot(page, CARD)
        expect(page.get_by_label("身份证号")).to_have_value(CARD)
        expect(page.get_by_label("车牌号")).to_have_value("冀j12345")
        # The Enter by which a word is chosen is no Enter of the field.
        page.get_by_label("姓名").focus()
        write_word(page, "zhang", "张")
        expect(page.get_by_label("姓名")).to_have_value("张")
        expect(page.get_by_label("姓名")).to_be_focused()
        page.keyboard.press("Enter")
        expect(page.get_by_label("身份证号")).to_be_focused()
        page.get_by_label("体温").fill("379")
        expect(page.get_by_text("不得放行")).to_be_visible()
        touch(page, "移交处置")
        expect(page.get_by_text("已存：冀J12345")).to_be_visible()
        page.goto("/f/#/rounds")
        page.get_by_role("link", name="配电房").tap()
        touch(page, "正常")
        expect(page.get_by_text("已巡1个")).to_be_visible()
        page.goto("/f/#/disinfection")
        page.get_by_label("楼道").check()
        touch(page, "保存")
        expect(page.get_by_text("已存：楼道")).to_be_visible()
        page.goto("/f/#/messages")
        page.get_by_role("link", name="大喇叭").tap()
        touch(page, "已宣传")
        expect(page.get_by_text("已存：已宣传")).to_be_visible()
        online(page)
        synced(page)
    with acting(bob):
        entry = GateEntry.objects.get()
        assert (entry.decision, entry.fever, entry.plate) == ("referred", True, "冀J12345")
        assert (entry.who, entry.identity) == ("张", CARD)
        assert RoundCheck.objects.get().found == "fine"
        assert Disinfection.objects.get().site == "stairs"
        assert Outreach.objects.get().outcome == "said"


def picture(path: Path) -> Path:
    """A picture of one colour, as large as a phone takes it."""
    width, height = 2400, 1800
    row = b"\0" + bytes([40, 90, 160]) * width
    parts = [
        (b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)),
        (b"IDAT", zlib.compress(row * height)),
        (b"IEND", b""),
    ]
    chunks = (
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        for name, data in parts
    )
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + b"".join(chunks))
    return path


def test_a_photo_a_position_and_a_code_without_a_signal(
    browser: Browser, site: str, cast: Any, places: Any, bob: Any, tmp_path: Path
) -> None:
    hq = cast.actor("headquarters")
    create_household(by=hq, place_code=places.unit, room="101")
    asked = [
        {"name": "plate", "kind": "photo", "label": "门牌照片", "required": True},
        {"name": "where", "kind": "position", "label": "位置", "required": True},
        {"name": "card", "kind": "barcode", "label": "出入证", "required": True},
    ]
    begin(hq, places, schema={"questions": asked}, every_door=True)
    taken = picture(tmp_path / "plate.png")
    here = {"longitude": 116.8387, "latitude": 38.3046}
    with phone(browser, site, permissions=["geolocation"], geolocation=here) as page:
        enrol(page, bob)
        kept(page)
        offline(page)
        page.get_by_role("link", name="下一户").tap()
        page.get_by_role("link", name="全员正常").tap()
        page.get_by_label("门牌照片").set_input_files(taken)
        expect(page.get_by_alt_text("已拍照片")).to_be_visible()
        page.get_by_role("button", name="取当前位置").tap()
        expect(page.get_by_label("位置", exact=False).first).to_have_value("116.838700,38.304600")
        page.get_by_label("出入证").focus()
        shoot(page, "CARD-0042")
        expect(page.get_by_label("出入证")).to_have_value("CARD-0042")
        axe(page)
        page.get_by_role("button", name="保存：全员正常").tap()
        expect(page.get_by_text("共1户，还剩0户")).to_be_visible()
        online(page)
        synced(page)
    with acting(bob):
        visit, photo = Visit.objects.get(), Photo.objects.get()
        assert photo.visit_id == visit.pk
        assert photo.file.media_type == "image/jpeg"


def film(token: str, path: Path) -> Path:
    """A film of one picture that shows ``token`` as a QR code, as a camera would see it."""
    width, height, scale = 640, 480, 8
    light = bytearray([230]) * (width * height)
    code = QRCode(error_correction=ERROR_CORRECT_M, border=0)
    code.add_data(token)
    code.make(fit=True)
    rows = code.get_matrix()
    left, top = (width - len(rows) * scale) // 2, (height - len(rows) * scale) // 2
    for y, row in enumerate(rows):
        line = b"".join(bytes([20 if dark else 230]) * scale for dark in row)
        for part in range(scale):
            begin = (top + y * scale + part) * width + left
            light[begin : begin + len(line)] = line
    head = f"YUV4MPEG2 W{width} H{height} F10:1 Ip A1:1 C420jpeg\n".encode()
    path.write_bytes(head + b"FRAME\n" + bytes(light) + bytes([128]) * (width * height // 2))
    return path


@pytest.mark.usefixtures("campaign", "duties")
def test_the_camera_reads_the_code_of_a_point_without_a_signal(
    browser: Browser, site: str, bob: Any, tmp_path: Path
) -> None:
    with acting(bob):
        point = Point.objects.get(name="配电房")
    shown = film(point.token, tmp_path / "point.y4m")
    camera = browser.browser_type.launch(
        executable_path=program(),
        args=[
            *FLAGS,
            "--use-fake-device-for-media-stream",
            "--use-fake-ui-for-media-stream",
            f"--use-file-for-fake-video-capture={shown}",
        ],
    )
    try:
        with phone(camera, site, permissions=["camera"]) as page:
            enrol(page, bob)
            kept(page)
            # The reader is not part of the start: it follows when the app is there.
            until(page, lambda: [path for path in page.evaluate(PATHS) if path.endswith(".wasm")])
            offline(page)
            page.goto("/f/#/rounds")
            page.get_by_role("button", name="扫点位码").tap()
            expect(page.get_by_role("heading", level=1)).to_have_text("配电房")
            expect(page.get_by_text("已扫码")).to_be_visible()
            touch(page, "正常")
            expect(page.get_by_text("已存：配电房")).to_be_visible()
            online(page)
            synced(page)
    finally:
        camera.close()
    with acting(bob):
        assert RoundCheck.objects.get().scanned


@pytest.mark.usefixtures("campaign", "duties")
def test_every_screen_fits_every_hand_and_eye(browser: Browser, site: str, bob: Any) -> None:
    with phone(browser, site, size=NARROW) as page:
        enrol(page, bob)
        door = page.get_by_role("link", name="下一户").get_attribute("href") or ""
        with acting(bob):
            point, message = Point.objects.get(name="配电房"), Message.objects.get()
        paths = (
            "#/today", "#/doors", door, f"{door}/exceptions", f"{door}/home", "#/gates",
            "#/rounds", f"#/rounds/{point.round_id}/{point.id}", "#/disinfection", "#/messages",
            "#/messages/rumour", f"#/messages/say/{message.id}", "#/outbox", "#/more",
            "#/settings/sign-in",
        )  # fmt: skip

        def fits(least: int, *, read: bool) -> None:
            no_sideways_scroll(page)
            touch_targets(page, least)
            if read:
                axe(page)
            assert page.locator(REMEMBERED).count() == 0

        # The words of other languages are longer; how they are read is the same.
        looks = (("明亮", "", 44), ("深色", "30 像素", 60), ("English", "", 60))
        for theme, size, least in looks:
            page.goto("/f/#/settings")
            page.get_by_label(theme).check()
            if size:
                page.get_by_label(size).check()
                # From here on the gate is seen with a correction.
                page.goto("/f/#/gates")
                page.get_by_label("车牌号").fill("演A12345")
                touch(page, "放行")
                page.get_by_role("button", name="改正").tap()
                expect(page.get_by_text("本次记录将替代")).to_be_visible()
                correction = page.evaluate("location.hash")
                paths = tuple(correction if path == "#/gates" else path for path in paths)
            for path in paths:
                page.goto(f"/f/{path}")
                expect(page.get_by_role("heading", level=1)).to_be_visible()
                fits(least, read=theme != "English")
            # The app asks for the PIN.
            page.reload()
            field = page.locator("input[inputmode=numeric]")
            expect(field).to_be_visible()
            fits(least, read=theme != "English")
            field.fill(PIN)
            expect(page.get_by_role("navigation")).to_be_visible()


@pytest.mark.usefixtures("campaign", "duties")
def test_pictures_for_the_guide(browser: Browser, site: str, bob: Any) -> None:
    with phone(browser, site, size=PHONE) as page:
        enrol(page, bob)
        for path in ("today", "gates", "rounds", "messages"):
            page.goto(f"/f/#/{path}")
            expect(page.get_by_role("heading", level=1)).to_be_visible()
            screenshot(page, f"phone-{path}")
        page.goto("/f/#/today")
        page.get_by_role("link", name="下一户").tap()
        expect(page.get_by_role("button", name="全员正常")).to_be_visible()
        screenshot(page, "phone-door")
