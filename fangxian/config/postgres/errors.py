"""The one error that the launcher raises."""


class ServerError(RuntimeError):
    """The database server can't be used; the message names the cause and the mend."""
