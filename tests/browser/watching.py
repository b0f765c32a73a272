"""What no page may do, watched in every test: errors in the console, blocked things, strangers."""

from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext, ConsoleMessage, Page, Request, Response

#: The browser's own line for any answer of 400 and more; `responses` looks at those that matter.
AN_ANSWER = "Failed to load resource"
#: What a person asks for may be refused; what a page is made of may not be missing.
MAY_BE_REFUSED = {"document", "xhr", "fetch"}


class Watch:
    """Notes what goes wrong in the pages of a context."""

    def __init__(self, *ours: str) -> None:
        self.ours = {urlsplit(url).netloc for url in ours}
        self.problems: list[str] = []

    def over(self, context: BrowserContext) -> None:
        """Begin to watch every page of a context."""
        context.on("console", self._console)
        context.on("weberror", lambda error: self.problems.append(f"script: {error.error}"))
        context.on("request", self._request)
        context.on("response", self._response)

    def _console(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"} and AN_ANSWER not in message.text:
            self.problems.append(f"console: {message.text}")

    def _request(self, request: Request) -> None:
        address = urlsplit(request.url)
        if address.scheme in {"http", "https"} and address.netloc not in self.ours:
            self.problems.append(f"a stranger was asked: {request.url}")

    def _response(self, response: Response) -> None:
        kind = response.request.resource_type
        if response.status >= 500 or (response.status >= 400 and kind not in MAY_BE_REFUSED):
            self.problems.append(f"{response.status} for {response.url}")


class Polls:
    """Counts how often a page asks for news, and with what it is answered; its bell does not count."""

    def __init__(self, page: Page) -> None:
        self.statuses: list[int] = []
        page.on("response", self._note)

    def _note(self, response: Response) -> None:
        if "seen=" in response.url and "/notices/bell" not in response.url:
            self.statuses.append(response.status)

    def __len__(self) -> int:
        return len(self.statuses)
