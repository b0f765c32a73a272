"""Which addresses are pages of a website, each written in the one way in which it is stored."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit, urlunsplit

from webapp.websites.addresses import PORTS, Refused, host_of

if TYPE_CHECKING:
    from webapp.websites.models import Website

LONGEST = 2_000
#: Paths that grow without end: a link of a page to itself, read as one step further down.
MOST_STEPS, MOST_EQUAL_STEPS = 20, 3

UNRESERVED = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
_SAFE = "/%:@!$&'()*+,;=-._~"
_HEX = re.compile(r"%([0-9a-fA-F]{2})?")
_SESSION_IN_PATH = re.compile(r";(?:jsessionid|phpsessid|sid)=[^/;]*", re.IGNORECASE)
#: What says who came, and from where: the page is the same without.
_JUNK = re.compile(
    r"(?:utm_\w+|gclid|gbraid|wbraid|dclid|fbclid|msclkid|yclid|mc_[ce]id|_ga|_gl|igshid|"
    r"phpsessid|jsessionid|aspsessionid\w*|asp\.net_sessionid|cfid|cftoken|session_?id)(?:=|$)",
    re.IGNORECASE,
)
_SESSION = re.compile(r"(?:s|sid|sess|session|zenid|oscsid)=[0-9a-z]{16,}$", re.IGNORECASE)

#: No text is to be expected there.
MEDIA = frozenset(
    re.findall(
        r"\w+",
        """
        jpg jpeg png gif svg webp avif ico bmp tif tiff heic css js mjs map json xml rss atom woff
        woff2 ttf eot otf mp3 mp4 m4a m4v ogg ogv oga webm wav avi mov mkv flac zip gz tgz bz2 xz
        7z rar tar exe msi dmg iso apk deb rpm jar bin ics vcf swf wasm
        """,
    )
)
DOCUMENTS = {
    "pdf": "a PDF file", "docx": "a Word document", "doc": "a Word document",
    "xlsx": "an Excel file", "xls": "an Excel file", "pptx": "a presentation",
    "ppt": "a presentation", "csv": "a table", "odt": "a text document", "ods": "a table",
    "rtf": "a text document", "eml": "a mail", "epub": "a book",
}  # fmt: skip


def tidy(url: str) -> str | None:
    """Return a web address as it is stored: two ways of writing one address become the same.

    Host in small letters, no default port, fragment, session or campaign parameter. None for what
    is no address of the web, or holds a name and password, or is too long.
    """
    try:
        parts = urlsplit(url.strip())
        port = parts.port
    except ValueError:
        return None
    if parts.scheme not in PORTS or not parts.hostname or parts.username is not None:
        return None
    host = _host(parts.hostname)
    if host is None:
        return None
    netloc = host if port in {None, PORTS[parts.scheme]} else f"{host}:{port}"
    made = urlunsplit((parts.scheme, netloc, _path(parts.path), _query(parts.query), ""))
    return made if len(made) <= LONGEST else None


def _host(host: str) -> str | None:
    try:
        plain = host if host.isascii() else host.encode("idna").decode("ascii")
        plain = host_of(plain)
    except (UnicodeError, Refused):
        return None
    return f"[{plain}]" if ":" in plain else plain


def _path(path: str) -> str:
    path = _SESSION_IN_PATH.sub("", path) or "/"
    path = _HEX.sub(_one_way, quote(path, safe=_SAFE))
    return _without_dots(path) if "/." in path else path


def _one_way(code: re.Match[str]) -> str:
    """Write %7e as ~ and %c3 as %C3 (RFC 3986, 6.2.2)."""
    digits = code[1]
    if digits is None:
        return "%25"
    sign = chr(int(digits, 16))
    return sign if sign in UNRESERVED else f"%{digits.upper()}"


def _without_dots(path: str) -> str:
    """Take /./ and /../ out (RFC 3986, 5.2.4)."""
    kept: list[str] = []
    steps = path.split("/")[1:]
    for step in steps:
        if step == "..":
            kept = kept[:-1]
        elif step != ".":
            kept.append(step)
    if steps[-1] in {".", ".."}:
        kept.append("")
    return "/" + "/".join(kept)


def _query(query: str) -> str:
    if not query:
        return ""
    kept = [one for one in query.split("&") if one and not _JUNK.match(one)]
    kept = [one for one in kept if not _SESSION.fullmatch(one)]
    return _HEX.sub(_one_way, quote("&".join(kept), safe=_SAFE + "?[]"))


def siblings(one: str, other: str) -> bool:
    """Tell whether two hosts are the same but for a ``www.``."""
    return one.removeprefix("www.") == other.removeprefix("www.")


def ending(url: str) -> str:
    """Return what stands behind the last dot of the path: "pdf"; "" for nothing or what is no ending."""
    name, dot, end = urlsplit(url).path.rpartition("/")[2].rpartition(".")
    return end.lower() if name and dot and len(end) <= 5 else ""


def endless(url: str) -> bool:
    """Tell whether a path looks like one of those that grow with every click."""
    steps = [step for step in urlsplit(url).path.split("/") if step]
    if len(steps) > MOST_STEPS:
        return True
    return any(steps.count(step) > MOST_EQUAL_STEPS for step in set(steps))


def begun_from(url: str, *, whole_host: bool) -> str:
    """Return the scope of a crawl that begins at an address: its host, or what lies below its path.

    Of /help/start.html that is /help/; of /help it is /help and what lies below.
    """
    parts = urlsplit(url)
    folder, _, name = parts.path.rpartition("/")
    path = "/" if whole_host else f"{folder}/" if "." in name or not name else f"{parts.path}/"
    return urlunsplit((parts.scheme, parts.netloc, path, "", ""))


@dataclass(frozen=True)
class Scope:
    """A scheme, a host by all its names, and a path: what belongs to a website."""

    scheme: str
    netloc: str
    path: str
    #: Other names of the same host: a redirect led from there to here.
    also: frozenset[str] = frozenset()
    _seen: dict[str, str | None] = field(default_factory=dict, compare=False)

    @classmethod
    def of(cls, website: "Website") -> "Scope":
        """Return what belongs to a website."""
        parts, typed = urlsplit(website.scope), urlsplit(website.url)
        also = {typed.netloc} - {parts.netloc}
        return cls(parts.scheme, parts.netloc, parts.path, frozenset(also))

    def place(self, url: str) -> str | None:
        """Return an address of this website in the one way in which it is stored; else None."""
        if url not in self._seen:
            self._seen[url] = self._place(url)
        return self._seen[url]

    def _place(self, url: str) -> str | None:
        tidied = tidy(url)
        if tidied is None:
            return None
        parts = urlsplit(tidied)
        if parts.netloc not in self.names:
            return None
        if parts.path != self.path.rstrip("/") and not parts.path.startswith(self.path):
            return None
        return urlunsplit(parts._replace(scheme=self.scheme, netloc=self.netloc))

    @cached_property
    def names(self) -> frozenset[str]:
        """The host as it may stand in an address of this website."""
        return self.also | {self.netloc}

    def places(self, urls: Iterable[str]) -> list[str]:
        """Return those of some addresses that may be pages of this website, each once, in order."""
        found: dict[str, None] = {}
        for url in urls:
            place = self.place(url)
            if place is not None and ending(place) not in MEDIA and not endless(place):
                found[place] = None
        return list(found)


def moved(website: "Website", url: str) -> str | None:
    """Return the scope of a website whose first page turned out to be at another address.

    None when that is another site: only a www. more or less, or another scheme, is the same one.
    """
    old, new = urlsplit(website.scope), urlsplit(url)
    if new.hostname is None or not siblings(old.hostname or "", new.hostname):
        return None
    if new.port != old.port and {new.port, old.port} - {None, 80, 443}:
        return None
    path = old.path if (new.path + "/").startswith(old.path) else "/"
    return urlunsplit((new.scheme, new.netloc, path, "", ""))
