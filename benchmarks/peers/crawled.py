"""A website of many pages on loopback, as cheap to serve as can be: the crawlers are to be measured.

python -m benchmarks.peers.crawled PORT PAGES
"""

import asyncio
import random
import sys

LINKS = 12
#: An article of some 900 words in five parts of three paragraphs.
PARTS, PARAGRAPHS, SENTENCES = 5, 3, 5
#: Beside it stand as many teasers as on other sites: a page has some 600 elements and 36 KB.
CARDS = 30
TEXT = """
    house river room garden morning evening breakfast dinner window street market bridge train
    summer winter water mountain forest letter table chair story music colour paper stone light
    open closed early late quiet small large old young warm cold near far always never often
"""
WORDS = TEXT.split()
#: A page that sends a byte now and then, and never ends.
DRIP = "/drip"


def pages(number: int) -> dict[str, bytes]:
    """Return the answers of the site by path; each page leads to some others, and all are reached."""
    chance = random.Random(7)
    answers = {"/robots.txt": answer(b"User-agent: *\nAllow: /\n", kind="text/plain")}
    for at in range(number):
        ahead = [(at * 3 + step) % number for step in (1, 2, 3)]
        links = ahead + [chance.randrange(number) for _ in range(LINKS - len(ahead))]
        answers[path_of(at)] = answer(page(at, links, chance))
    return answers


def path_of(number: int) -> str:
    """Return the path of a page."""
    return f"/page/{number}" if number else "/"


def page(number: int, links: list[int], chance: random.Random) -> bytes:
    """Return a page as a small magazine has it: a head, a menu, an article, a footer."""
    menu = "".join(f'<li><a href="{path_of(link)}">Page {link}</a></li>' for link in links)
    texts = (
        " ".join(chance.choices(WORDS, k=12)).capitalize() + f" {number}. " for _ in range(999)
    )

    def paragraph() -> str:
        return f"<p>{''.join(next(texts) for _ in range(SENTENCES))}</p>"

    article = "".join(
        f"<h2>Part {part}</h2>{''.join(paragraph() for _ in range(PARAGRAPHS))}"
        for part in range(PARTS)
    )
    return (
        f"<!doctype html><html lang=en><head><meta charset=utf-8><title>Page {number}</title>"
        f'<meta name=description content="What stands on page {number}.">'
        f"<style>{'.card { margin: 0; padding: 1rem }' * 200}</style>"
        f"<script>{'window.data = window.data || [];' * 300}</script></head>"
        f'<body class="site"><header class="head"><nav class="menu"><ul>{menu}</ul></nav></header>'
        f'<div class="wrap"><main><article><h1>Page {number}</h1>{article}</article></main>'
        f'<aside class="side">{cards(chance)}</aside></div>'
        f'<footer class="foot">{FOOT}<p>Made for a measurement.</p></footer></body></html>'
    ).encode()


def cards(chance: random.Random) -> str:
    """Return what stands beside an article: teasers of others."""
    return "".join(
        f'<div class="card"><div class="card-head"><span class="tag">{word}</span>'
        f'<a href="/page/{at + 1}"><span class="title">Read on about {word}</span></a></div>'
        f'<div class="card-body"><p class="teaser">The {word} and more.</p>'
        f'<ul class="meta"><li><span>{at} min</span></li><li><span>{word}</span></li></ul></div></div>'
        for at, word in enumerate(chance.sample(WORDS, CARDS))
    )


#: The foot of every page: columns of links.
FOOT = "".join(
    f'<div class="column"><h4>{word.capitalize()}</h4><ul>'
    + "".join(f'<li class="item"><a href="/page/{at + 1}">{other}</a></li>' for other in WORDS[:12])
    + "</ul></div>"
    for at, word in enumerate(WORDS[:6])
)


def answer(body: bytes, *, status: str = "200 OK", kind: str = "text/html; charset=utf-8") -> bytes:
    """Return a whole answer."""
    head = f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


async def serve(port: int, number: int) -> None:
    """Answer until somebody ends this process."""
    answers, missing = pages(number), answer(b"", status="404 Not Found")

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                path = head.split(b" ", 2)[1].decode()
                if path == DRIP:
                    await drip(writer)
                writer.write(answers.get(path, missing))
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    server = await asyncio.start_server(talk, "127.0.0.1", port)
    await server.serve_forever()


async def drip(writer: asyncio.StreamWriter) -> None:
    """Send a little now and then."""
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n")
    while True:
        writer.write(b"<p>")
        await writer.drain()
        await asyncio.sleep(0.1)


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]), int(sys.argv[2])))
