"""The person at the desk, who presses again when no answer came."""

import random
import re
import time
from typing import NamedTuple

import requests
from selectolax.lexbor import LexborHTMLParser

from tests.chaos.accidents import keep_alive
from tests.live import GENEROUS
from tests.stack import Browser, Stack
from webapp.accounts.models import Role
from webapp.clock import now

PATIENCE = 120.0


class Pause(NamedTuple):
    """From when on nothing may leave, and until when."""

    began: float
    ended: float


class Operator:
    """Presses the buttons of one campaign."""

    def __init__(self, stack: Stack, campaign_id: int) -> None:
        self.stack = stack
        self.path = f"/campaigns/{campaign_id}"
        self.browser: Browser = stack.browser(Role.OPERATOR)
        self.pauses: list[Pause] = []
        self.repeated = 0

    def check(self) -> None:
        self.press("/check")

    def send(self) -> None:
        self.press("/send")

    def pause_and_go_on(self, chance: random.Random) -> None:
        """Let nothing leave for a while."""
        if self.press("/pause") not in {303, 409}:  # 409: it had come to its end before
            raise AssertionError("it could not be paused")
        began = now().timestamp()
        time.sleep(chance.uniform(0, 1.5))
        ended = now().timestamp()
        self.press("/go-on")
        self.pauses.append(Pause(began, ended))

    def press(self, button: str) -> int:
        """Press until there is an answer; return its status."""
        end = time.monotonic() + PATIENCE
        while True:
            keep_alive((self.stack.web, self.stack.worker, self.stack.beat))
            status = self._try(button)
            if status is not None and status < 500:
                assert status in {303, 409}, f"{button} was answered with {status}"
                return status
            assert time.monotonic() < end, f"{button} got no good answer, the last was {status}"
            self.repeated += 1
            time.sleep(0.2)

    def _try(self, button: str) -> int | None:
        """Return the status, or None when the answer got lost."""
        try:
            page = self.browser.session.get(self.stack.url + "/jobs", timeout=GENEROUS)
            token = re.search(r'name="csrf-token" content="([^"]+)"', page.text)
            if page.status_code != 200 or token is None:
                return None
            form = {"csrf_token": token[1]}
            where = self.stack.url + self.path + button
            answer = self.browser.session.post(where, form, allow_redirects=False, timeout=GENEROUS)
        except requests.RequestException:
            return None
        return answer.status_code

    def numbers(self) -> dict[str, int]:
        """Return the numbers that stand on the campaign's page, by state."""
        page = LexborHTMLParser(self.browser.read(self.path))
        found = {}
        for part in page.css("li.part"):
            mark, number = part.css_first(".part-mark"), part.css_first(".part-number")
            assert mark is not None
            assert number is not None
            state = (mark.attributes["class"] or "").split()[-1].removeprefix("part-")
            found[state] = int(number.text().replace(",", ""))
        return {state: number for state, number in found.items() if number}
