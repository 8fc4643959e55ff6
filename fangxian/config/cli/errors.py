"""The failure that a person can mend."""


class CommandFailed(Exception):
    """One clear sentence or two with the mend; `code` is the exit code."""

    def __init__(self, message: str, code: int = 2) -> None:
        super().__init__(message)
        self.code = code
