"""The one trouble that every place for files can have."""


class Away(Exception):
    """The storage did not answer or refused; trying again later may help."""
