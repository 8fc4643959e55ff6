"""The console command `fangxian`; Django is imported only by the commands that need it."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from fangxian import __version__
from fangxian.config.postgres import ServerError

from . import commands, database, demo, serve
from .errors import CommandFailed

# Words of the command before what is passed on.
_PASSED_ON = {
    "migrate": 1, "check": 1, "manage": 1, "worker": 1, "detect": 1, "import": 2, "user": 2,
}  # fmt: skip


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; its exit code. A failure that a person can mend is one line and exit 2."""
    parser = build_parser()
    head, passed_on = split_passed_on(list(sys.argv[1:] if argv is None else argv))
    options = parser.parse_args(head, argparse.Namespace(passed_on=passed_on))
    try:
        return int(options.run(options) or 0)
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        sys.stderr.close()
        return 141
    except CommandFailed as failure:
        print(f"fangxian: {failure}", file=sys.stderr)
        return failure.code
    except ServerError as failure:
        print(f"fangxian: {failure}", file=sys.stderr)
        return 2


def split_passed_on(arguments: Sequence[str]) -> tuple[list[str], list[str]]:
    """What this command reads, and what another program's parser shall read untouched."""
    if arguments[:2] == ["db", "psql"]:
        words = arguments.index("--") if "--" in arguments else len(arguments)
        return list(arguments[:words]), list(arguments[words + 1 :])
    words = _PASSED_ON.get(arguments[0], len(arguments)) if arguments else 0
    if any(word.startswith("-") for word in arguments[:words]):
        words = len(arguments)
    return list(arguments[:words]), list(arguments[words:])


def build_parser() -> argparse.ArgumentParser:
    """All subcommands; each sets `run`, a function of the parsed options."""
    parser = argparse.ArgumentParser(
        prog="fangxian",
        description="Fangxian: covering a county or city door by door when an epidemic comes.",
        epilog="Settings come from the environment: docs/guide/settings.md lists them.",
    )
    parser.add_argument("--version", action="version", version=f"fangxian {__version__}")
    subcommands = parser.add_subparsers(metavar="COMMAND", required=True)
    serve.add_commands(subcommands)
    demo.add_commands(subcommands)
    database.add_commands(subcommands)
    commands.add_commands(subcommands)
    return parser
