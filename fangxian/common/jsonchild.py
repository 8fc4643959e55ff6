"""The process that reads an uploaded JSON file; run as a file, it knows nothing but Python.

JSON on standard input, the same JSON on standard output, and 0; 2 if it is none, 3 if it holds more
than any page takes. Little memory, little time, no files: see ``uploads.read_json``.
"""

from __future__ import annotations

import json
import resource
import sys

MEMORY = 768 * 1024 * 1024
SECONDS = 15
MOST_VALUES = 4_000_000
DEEPEST = 64


def main() -> int:
    for limit, most in (
        (resource.RLIMIT_AS, MEMORY),
        (resource.RLIMIT_CPU, SECONDS),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NOFILE, 3),
    ):
        resource.setrlimit(limit, (most, most))
    try:
        value = json.loads(sys.stdin.buffer.read(), parse_constant=_refuse)
    except RecursionError:
        return 3
    except ValueError:
        return 2
    except MemoryError:
        return 3
    if not _is_small(value):
        return 3
    sys.stdout.write(json.dumps(value, ensure_ascii=True, separators=(",", ":")))
    return 0


def _refuse(name: str) -> object:
    raise ValueError(name)


def _is_small(value: object) -> bool:
    count, level = 0, [value]
    for _depth in range(DEEPEST):
        below: list[object] = []
        for one in level:
            if isinstance(one, dict):
                below.extend(one.values())
            elif isinstance(one, list):
                below.extend(one)
        count += len(below)
        if count > MOST_VALUES:
            return False
        if not below:
            return True
        level = below
    return False


if __name__ == "__main__":
    sys.exit(main())
