"""Every "no" a person can be told."""


class Refusal(Exception):
    """A rule said no. ``message`` is the Indonesian sentence to show the person.

    One subclass per rule, defined just above the model or verb that raises it. Views
    catch ``Refusal`` and nothing wider.
    """

    message = "Permintaan ini tidak bisa diproses."

    def __init__(self, message: str = "") -> None:
        self.message = message or self.message
        super().__init__(self.message)
