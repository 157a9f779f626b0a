"""A real Chromium without a window and without JavaScript, driven through chromedriver (W3C
WebDriver)."""

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.integration.waiting import eventually

PROGRAMS = ("chromium", "chromedriver")
ELEMENT = "element-6066-11e4-a52e-4f735466cecf"
"""WebDriver §12.1: under this name stands an element's reference."""
OPTIONS = {
    "args": ["--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"],
    "prefs": {"profile.managed_default_content_settings.javascript": 2},  # 2: blocked
}


class Browser:
    """One session."""

    def __init__(self, driver: httpx.Client, session: str) -> None:
        self._driver = driver
        self._session = session

    def open(self, url: str) -> None:
        """Go there, and wait till it is shown."""
        self._ask("POST", "url", {"url": url})

    @property
    def url(self) -> str:
        """Where it is."""
        return str(self._ask("GET", "url"))

    def texts(self, css: str) -> list[str]:
        """The texts that can be seen in these elements."""
        return [str(self._ask("GET", f"element/{one}/text")) for one in self._find(css)]

    def type(self, css: str, text: str) -> None:
        """Press the keys of a text in the only such element."""
        (field,) = self._find(css)
        self._ask("POST", f"element/{field}/value", {"text": text})

    def click(self, css: str) -> None:
        """Click on the only such element."""
        (element,) = self._find(css)
        self._ask("POST", f"element/{element}/click", {})

    def follow(self, css: str) -> None:
        """Click on what leads to another page, and wait till this one is gone."""
        (page,) = self._find("html")
        self.click(css)
        eventually(lambda: self._find("html") != [page], "another page")

    def cookies(self) -> list[dict[str, Any]]:
        """Those of the page."""
        return list(self._ask("GET", "cookie"))

    def requested(self) -> list[str]:
        """Every URL that was asked for since this was last called."""
        lines = self._ask("POST", "se/log", {"type": "performance"})
        events = [json.loads(line["message"])["message"] for line in lines]
        sent = [one for one in events if one["method"] == "Network.requestWillBeSent"]
        return [str(one["params"]["request"]["url"]) for one in sent]

    def complaints(self) -> list[str]:
        """What the console says, a breach of the page's own policy among it."""
        lines = self._ask("POST", "se/log", {"type": "browser"})
        return [str(line["message"]) for line in lines]

    def _find(self, css: str) -> list[str]:
        asked = {"using": "css selector", "value": css}
        return [str(one[ELEMENT]) for one in self._ask("POST", "elements", asked)]

    def _ask(self, method: str, command: str, body: object = None) -> Any:
        path = f"/session/{self._session}/{command}"
        answered = self._driver.request(method, path, json=body)
        assert answered.is_success, answered.text
        return answered.json()["value"]


@contextmanager
def a_browser(profile: Path) -> Iterator[Browser]:
    """A browser with an empty profile; skips the test where there is none."""
    missing = [name for name in PROGRAMS if shutil.which(name) is None]
    if missing:
        pytest.skip(f"no {' and no '.join(missing)}: no page was seen in a browser")
    command = ["chromedriver", "--port=0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            found = None
            while found is None:
                line = process.stdout.readline()
                assert line, "chromedriver ended"
                found = re.search(r"started successfully on port ([0-9]+)", line)
            with httpx.Client(base_url=f"http://127.0.0.1:{found[1]}", timeout=60) as driver:
                args = [*OPTIONS["args"], f"--user-data-dir={profile}"]
                wanted = {
                    "browserName": "chrome",
                    "goog:chromeOptions": {**OPTIONS, "args": args},
                    "goog:loggingPrefs": {"performance": "ALL", "browser": "ALL"},
                }
                body = {"capabilities": {"alwaysMatch": wanted}}
                answered = driver.post("/session", json=body)
                assert answered.is_success, answered.text
                session = answered.json()["value"]["sessionId"]
                yield Browser(driver, session)
                driver.delete(f"/session/{session}")
        finally:
            process.terminate()
