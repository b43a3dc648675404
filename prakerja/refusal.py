"""Every "no" a person can be told."""


class Refusal(Exception):
    """A rule said no. ``message`` is the Indonesian sentence to show the person.

    One subclass per rule, defined just above the model or verb that raises it. Views
    catch ``Refusal`` and nothing wider.
    """

    message = "Permintaan ini tidak bisa diproses."
    # The way forward, where one page is it: words of a link, and a path of this site.
    action = ""
    address = ""

    def __init__(self, message: str = "") -> None:
        self.message = message or self.message
        super().__init__(self.message)
