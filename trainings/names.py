"""Whether two spellings of a name are one name."""

import re
import unicodedata

# Gelar dan sapaan that stand before a name.
TITLES = "dr drs dra drg drh ir prof h hj kh ust apt tn ny nn sdr sdri bpk ibu"
# Gelar that stand after it, without full stops.
DEGREES = """
sag sap sars sd sds se sei sesy sfarm sgz sh shi shum shut sik sikom sip skeb sked
skel skep skes skg skh skm skom skpm sm smat smb sn sos sp spd spdi spi spsi spt ssi
ssn ssos sst sstp st stkom stp str strkeb strkep strkes
ma mag mak map mars mba med meng mes mfarm mh mhi mhum mikom mip mkeb mkep mkes mkm
mkn mkom mm mmpd mp mpd mpdi mph mpsi msc msi msn mt mti
ama amak amd amdfarm amdkeb amdkep amdkes amdkom amdt ap phd bsc ba bba beng ners ns
"""


def same_name(one: str, other: str) -> bool:
    """Return whether both are one person's name, spelled in two ways.

    Case, spaces, punctuation, accents, titles and degrees don't count; all else does:
    ``Muh. Ali`` and ``Muhammad Ali`` may be two people. Empty is nobody's name.
    """
    return bool(_bare(one)) and _bare(one) == _bare(other)


def _bare(name: str) -> str:
    """Return what identifies: ``Dr. Sari Dewi, S. Kom., M.T.`` is ``saridewi``."""
    head, *tail = name.split(",")
    words = head.split()
    while len(words) > 1 and _letters(words[0]) in TITLES.split():
        words.pop(0)
    # Without a comma only full stops tell a degree from a name: "Lina Ma", "Ali, M.A.".
    while len(words) > 1 and re.search(r"\w\.\w", words[-1]) and _is_degree(words[-1]):
        words.pop()
    words += [part for part in tail if not _is_degree(part)]
    return _letters("".join(words))


def _is_degree(part: str) -> bool:
    """Say whether a part is one degree, or several: ``S. Kom.`` or ``S.E. M.M.``."""
    degrees = DEGREES.split()
    every = all(_letters(word) in degrees for word in part.split())
    return every or _letters(part) in degrees


def _letters(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text.casefold())
    return "".join(letter for letter in plain if letter.isalpha())
