# SPDX-License-Identifier: Apache-2.0
"""A real browser, driven by the WebDriver protocol (W3C Recommendation, 2018) with nothing but urllib."""
import base64
import json
import os
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request

from sbtest import need

SWITCHES = ["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"]


def _free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Browser:
    """`with Browser(folder) as b:`; the folder gets the profile."""

    def __init__(self, folder):
        need("chromium", "chromedriver")
        self.folder = os.path.join(folder, "browser")

    def _ask(self, method, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", data=data, method=method, headers={"Content-Type": "application/json"})
        try:
            with urllib.request.urlopen(request, timeout=120) as answer:
                return json.load(answer)["value"]
        except urllib.error.HTTPError as error:
            raise AssertionError(error.read().decode()[:2000]) from error

    def __enter__(self):
        os.makedirs(self.folder, exist_ok=True)
        self.port = _free_port()
        self.driver = subprocess.Popen(["chromedriver", f"--port={self.port}", "--log-level=OFF"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                       start_new_session=True, env=dict(os.environ, HOME=self.folder, TMPDIR=self.folder))
        deadline = time.monotonic() + 30
        while True:
            try:
                self._ask("GET", "/status")
                break
            except OSError:
                assert time.monotonic() < deadline, "chromedriver does not answer"
                time.sleep(0.1)
        switches = SWITCHES + [f"--user-data-dir={self.folder}/data", "--window-size=1100,900"]
        wanted = {"browserName": "chrome", "goog:loggingPrefs": {"browser": "ALL"}, "goog:chromeOptions": {"args": switches}}
        self.session = "/session/" + self._ask("POST", "/session", {"capabilities": {"alwaysMatch": wanted}})["sessionId"]
        self.screen()
        return self

    def __exit__(self, *_):
        try:
            self._ask("DELETE", self.session)
        finally:
            os.killpg(self.driver.pid, signal.SIGKILL)
            self.driver.wait()

    def tool(self, command, **arguments):
        return self._ask("POST", self.session + "/goog/cdp/execute", {"cmd": command, "params": arguments})

    def screen(self, width=1100, height=900, dark=False):
        """A screen of this size; a phone's is narrower than a window can be."""
        self.tool("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=width < 700)
        self.tool("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}])

    def open(self, path):
        self._ask("POST", self.session + "/url", {"url": "file://" + os.path.abspath(path)})

    def run(self, script, *arguments):
        return self._ask("POST", self.session + "/execute/sync", {"script": script, "args": list(arguments)})

    def log(self):
        return self._ask("POST", self.session + "/se/log", {"type": "browser"})

    def key(self, key):
        self._ask("POST", self.session + "/actions", {"actions": [{"type": "key", "id": "k", "actions": [{"type": "keyDown", "value": key}, {"type": "keyUp", "value": key}]}]})

    def picture(self, path, whole=True):
        options = {"format": "png"}
        if whole:
            size = self.tool("Page.getLayoutMetrics")["cssContentSize"]
            options.update(captureBeyondViewport=True, clip={"x": 0, "y": 0, "width": size["width"], "height": size["height"], "scale": 1})
        with open(path, "wb") as f:
            f.write(base64.b64decode(self.tool("Page.captureScreenshot", **options)["data"]))

    def pdf(self, path):
        with open(path, "wb") as f:
            f.write(base64.b64decode(self._ask("POST", self.session + "/print", {"background": True})))
