"""Keys as a Chinese input method lets them through, struck by a hand or by a barcode gun."""

from __future__ import annotations

import time
from typing import Any

from playwright.sync_api import CDPSession, Page

# Of a key that an input method has taken, its place is all that the page is told.
TAKEN = {"key": "Process", "windowsVirtualKeyCode": 229}
SHIFT = 8
# Seconds between two keys; the browser is told so, however fast or slowly the test strikes them.
OF_GUN, OF_HAND = 0.008, 0.12


def shoot(page: Page, code: str) -> None:
    """Let a gun type a code and Enter while an input method makes words of its letters."""
    line, began = page.context.new_cdp_session(page), time.time()
    for number, letter in enumerate(code):
        shift = {"modifiers": SHIFT} if letter.isupper() else {}
        _strike(line, place_of(letter), timestamp=began + number * OF_GUN, **shift)
        _compose(line, code[: number + 1].lower())
    _strike(line, "Enter", timestamp=began + len(code) * OF_GUN)
    line.detach()


def write_word(page: Page, letters: str, word: str) -> None:
    """Let a hand type letters and strike Enter, upon which the input method puts in the word."""
    line, began = page.context.new_cdp_session(page), time.time()
    for number, letter in enumerate(letters):
        _strike(line, place_of(letter), timestamp=began + number * OF_HAND)
        _compose(line, letters[: number + 1])
    # By its name the browser may tell this one.
    _strike(line, "Enter", key="Enter", timestamp=began + len(letters) * OF_HAND)
    line.send("Input.insertText", {"text": word})
    line.detach()


def place_of(letter: str) -> str:
    """The key of a letter on the keyboard that guns are set to."""
    if letter == "-":
        return "Minus"
    return f"Digit{letter}" if letter.isdigit() else f"Key{letter.upper()}"


def _strike(line: CDPSession, place: str, **more: Any) -> None:
    for kind in ("rawKeyDown", "keyUp"):
        line.send("Input.dispatchKeyEvent", {"type": kind, "code": place} | TAKEN | more)


def _compose(line: CDPSession, text: str) -> None:
    there = {"selectionStart": len(text), "selectionEnd": len(text)}
    line.send("Input.imeSetComposition", {"text": text, **there})
