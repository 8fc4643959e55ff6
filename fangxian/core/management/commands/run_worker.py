from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from fangxian.core import worker


class Command(BaseCommand):
    help = "Run jobs, fold counters and deliver messages until stopped (Ctrl-C or SIGTERM)."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--concurrency", type=int, default=2, help="jobs at the same time (default 2)"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        worker.run(options["concurrency"])
