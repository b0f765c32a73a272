"""Which column is what: guessed from the heading, and from what stands below it."""

import re
import unicodedata
from collections.abc import Callable, Sequence
from itertools import zip_longest

from webapp.campaigns.audience.naming import names_of
from webapp.campaigns.audience.numbers import read_number
from webapp.campaigns.audience.people import Columns, known_zone
from webapp.campaigns.audience.problems import Refused
from webapp.customers.contacts import NotAContact, parse_email

#: Parts of headings as ``_folded`` writes them, the surest first: English, German, Spanish,
#: Portuguese, French, Italian, Dutch, and Hindi as it is written with Latin letters.
HEADINGS = {
    "phone": (
        "whatsapp", "mobile", "mobil", "handy", "cell", "movil", "celular", "portable", "cellulare",
        "phone", "telefon", "telefone", "telephone", "tel", "fon", "sms", "msisdn", "mobail",
        "phon", "dur_bhash", "doorbhash", "rufnummer", "numero", "nummer", "number", "contact", "sampark",
    ),
    "email": ("email", "e_mail", "mail", "correo", "courriel", "posta", "epost"),
    "name": (
        "full_name", "fullname", "name", "vollstandiger_name", "nombre", "nom", "nome", "naam", "naav",
        "naav", "naam", "customer", "kunde", "cliente", "client", "grahak", "first_name", "vorname",
    ),
    "zone": ("time_zone", "timezone", "zeitzone", "zona_horaria", "fuseau_horaire", "tz", "zone"),
}  # fmt: skip
#: A heading with one of these names something else, whatever else is in it.
OTHER = {
    "phone": ("fax", "house", "haus", "order", "auftrag", "invoice", "rechnung", "customer_n", "kundenn",
              "account", "konto", "id", "post", "zip", "plz"),
    "email": ("opt", "consent", "subject"),
    "name": ("user", "company", "firma", "file", "last_name", "nachname", "surname", "apellido", "id",
             "number", "nummer", "campaign", "kundenn"),
    "zone": (),
}  # fmt: skip
CONTENT_WEIGHT = 100
ENOUGH = 0.3  # of the cells below: then a column is taken for what they are
LOOKS_LIKE_NAME = 0.7


def guess(rows: Sequence[Sequence[str]], region: str, *, header: bool | None = None) -> Columns:
    """Return what each column of the first rows seems to be; ``header`` None: guess that too."""
    if header is None:
        header = _has_header(rows, region)
    above = headings(rows, header=header)
    wide = len(above)
    below = list(zip_longest([""] * wide, *rows[1:] if header else rows, fillvalue=""))
    tests = _tests(region)
    taken: dict[str, int] = {}
    for part in ("email", "phone", "zone", "name"):
        scores = {
            column: _score(part, above[column], below[column], tests[part])
            for column in range(wide)
            if column not in taken.values()
        }
        best = max(scores, key=lambda column: scores[column], default=None)
        if best is not None and scores[best] > 0:
            taken[part] = best
    return Columns(tuple(names_of(above)), **taken, region=region, header=header)


def headings(rows: Sequence[Sequence[str]], *, header: bool) -> list[str]:
    """Return what stands above each column, "" for nothing.

    A heading that is shorter than most rows has forgotten columns; rows that are longer than it are
    broken.
    """
    if not header:
        return [""] * max(map(len, rows))
    lengths = [_length(row) for row in rows[1:]]
    wide = max(len(rows[0]), max(lengths, key=lengths.count, default=0))
    return [*rows[0], *[""] * (wide - len(rows[0]))]


def _length(row: Sequence[str]) -> int:
    """Return the number of cells without the empty ones at the end."""
    return max((number for number, cell in enumerate(row, start=1) if cell.strip()), default=0)


def _score(part: str, heading: str, cells: Sequence[str], test: Callable[[str], bool]) -> float:
    filled = [cell for cell in cells if cell.strip()]
    share = sum(map(test, filled)) / len(filled) if filled else 0.0
    named = _named(part, heading)
    if part in {"phone", "email", "zone"} and filled and share < ENOUGH:
        return named / CONTENT_WEIGHT if named and not share else share
    return (share * CONTENT_WEIGHT if part != "name" else 0) + named


def _named(part: str, heading: str) -> float:
    """Return how surely a heading names a part; 0 when it does not."""
    name = _folded(heading)
    words = name.split("_")
    if not name or any(other in words or name.startswith(other) for other in OTHER[part]):
        return 0.0
    known = HEADINGS[part]
    for place, one in enumerate(known):
        if name == one or one in words or (len(one) > 3 and one in name):
            exact = 10 if name == one else 0
            return float(len(known) - place + exact)
    return 0.0


def _folded(heading: str) -> str:
    """Return a heading in plain small letters, its words with lines between: “E-Mail” is ``e_mail``."""
    parts = unicodedata.normalize("NFKD", heading.replace("ß", "ss").lower())
    plain = "".join(sign for sign in parts if not unicodedata.combining(sign))
    return re.sub(r"[^a-z0-9]+", "_", plain).strip("_")


def _tests(region: str) -> dict[str, Callable[[str], bool]]:
    return {
        "phone": lambda cell: is_phone(cell, region),
        "email": is_email,
        "zone": lambda cell: known_zone(cell) is not None,
        "name": lambda cell: cell.replace(" ", "").isalpha(),
    }


def is_phone(cell: str, region: str) -> bool:
    """Say whether somebody may have meant a telephone number, though it be a wrong one."""
    try:
        read_number(cell, region)
    except Refused as problem:
        return problem.code in {"phone_shortened", "landline"}
    return True


def is_email(cell: str) -> bool:
    """Say whether it is an address."""
    try:
        parse_email(cell.strip())
    except NotAContact:
        return False
    return True


def _has_header(rows: Sequence[Sequence[str]], region: str) -> bool:
    """A heading holds no number and no address; where none is below either, it holds known words."""
    first = [cell.strip() for cell in rows[0]]
    if any(is_email(cell) or is_phone(cell, region) for cell in first):
        return False
    below = [cell for row in rows[1:] for cell in row]
    if any(is_email(cell) or is_phone(cell, region) for cell in below):
        return True
    return any(_named(part, cell) for part in HEADINGS for cell in first)
