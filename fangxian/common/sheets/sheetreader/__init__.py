"""The part of reading and of marking that touches foreign bytes; runs alone in a capped process.

Nothing here imports Django or the rest of the project: the process starts in some ten milliseconds,
and a flaw in a parser meets an address space, a clock and a file table that are all small. `child`
speaks JSON lines on standard output (see `wire`), `marker` gives the edited workbook.
"""
