"""The process that sets a paper; run by itself, it knows nothing but Python and Typst.

JSON on standard input, a PDF on standard output and 0; 3 and JSON that says what is wrong. Little
memory, little time, no files written: see ``papers.pdf``.
"""

from __future__ import annotations

import datetime as dt
import json
import resource
import sys

import typst

MEMORY = 1024 * 1024 * 1024
SECONDS = 20


def main() -> int:
    caps = [
        (resource.RLIMIT_CPU, SECONDS),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
    ]
    if sys.platform != "darwin":  # macOS refuses or ignores a cap of the address space
        caps.append((resource.RLIMIT_AS, MEMORY))
    for limit, most in caps:
        resource.setrlimit(limit, (most, most))
    asked = json.loads(sys.stdin.buffer.read())
    folders = [asked["folder"]] if asked.get("folder") else []
    fonts = typst.Fonts(font_paths=folders)
    known = set(fonts.families())
    for wanted in asked["fonts"]:
        if wanted not in known:
            return _refuse(missing=wanted)
    day = dt.datetime.combine(dt.date.fromisoformat(asked["day"]), dt.time(), dt.UTC)
    picture = float(asked.get("picture") or 0)
    try:
        made = typst.compile(
            asked["template"].encode(),
            font_paths=fonts,
            format="png" if picture else "pdf",
            ppi=picture or None,
            sys_inputs={"data": asked["data"]},
            timestamp=day,
        )
    except typst.TypstError as error:
        return _refuse(error=str(error))
    sys.stdout.buffer.write(made)
    sys.stdout.buffer.flush()
    return 0


def _refuse(**why: str) -> int:
    sys.stdout.write(json.dumps(why))
    sys.stdout.flush()
    return 3


if __name__ == "__main__":
    sys.exit(main())
