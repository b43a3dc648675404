"""Rupiah as people write it: whole amounts, dot between thousands, no space."""

from django.template import Library

register = Library()


@register.filter
def rupiah(amount: int) -> str:
    """Return ``amount`` (whole rupiah) as ``Rp1.000.000``, or ``-Rp50.000``."""
    sign = "-" if amount < 0 else ""
    return f"{sign}Rp{abs(amount):,}".replace(",", ".")
