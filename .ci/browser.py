#!/usr/bin/env python3
"""Opens report pages in headless Chromium, clicks through them and looks for faults.

    .ci/browser.py PAGE... [--axe FILE] [--pictures FOLDER]

Speaks WebDriver to chromedriver with the standard library alone. With `--axe`, the script of axe-core, pages are
checked for accessibility too.
"""

import argparse
import base64
import json
import pathlib
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

WIDTHS = {"desktop": (1280, 900), "phone": (390, 844)}
FLAGS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync", "--hide-scrollbars",
]


class Browser:
    """One session of Chromium."""

    def __init__(self, profile):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        self.driver = subprocess.Popen(
            ["chromedriver", f"--port={port}"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        self.base = f"http://127.0.0.1:{port}"
        self.session = ""
        options = {"args": [*FLAGS, f"--user-data-dir={profile}"]}
        wanted = {"browserName": "chrome", "goog:chromeOptions": options, "goog:loggingPrefs": {"browser": "ALL"}}
        for _ in range(100):
            try:
                answer = self.call("POST", "/session", {"capabilities": {"alwaysMatch": wanted}})
                break
            except (urllib.error.URLError, ConnectionError):
                time.sleep(0.2)
        else:
            sys.exit("chromedriver does not answer")
        self.session = f"/session/{answer['sessionId']}"

    def call(self, method, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.base + self.session + path, data, method=method)
        try:
            with urllib.request.urlopen(request, timeout=120) as answer:
                return json.load(answer)["value"]
        except urllib.error.HTTPError as error:
            sys.exit(f"{method} {path}: {error.read().decode()[:600]}")

    def run(self, script, *arguments):
        return self.call("POST", "/execute/sync", {"script": script, "args": list(arguments)})

    def later(self, script, *arguments):
        return self.call("POST", "/execute/async", {"script": script, "args": list(arguments)})

    def find(self, selector):
        found = self.call("POST", "/element", {"using": "css selector", "value": selector})
        return next(iter(found.values()))

    def click(self, selector):
        self.call("POST", f"/element/{self.find(selector)}/click", {})

    def keys(self, selector, text):
        self.call("POST", f"/element/{self.find(selector)}/value", {"text": text})

    def devtools(self, command, **parameters):
        return self.call("POST", "/goog/cdp/execute", {"cmd": command, "params": parameters})

    def close(self):
        self.call("DELETE", "")
        self.driver.terminate()
        self.driver.wait()


class Check:
    """What is wrong with a page."""

    def __init__(self, browser, page, name):
        self.browser, self.page, self.name = browser, page, name
        self.faults = []

    def that(self, holds, what):
        if not holds:
            self.faults.append(f"{self.page.name}, {self.name}: {what}")

    def shown(self):
        return self.browser.run(
            "return [...document.querySelectorAll('main > section')]"
            ".filter((s) => getComputedStyle(s).display !== 'none').map((s) => s.id)"
        )

    def tabs(self):
        sections = self.browser.run("return [...document.querySelectorAll('main > section')].map((s) => s.id)")
        for section in sections:
            self.browser.click(f"#tab-{section}")
            self.that(self.shown() == [section], f"the tab {section} shows {self.shown()}")
        self.browser.click(f"#tab-{sections[0]}")
        self.browser.keys(f"#tab-{sections[0]}", "\ue014")
        self.that(self.shown() == [sections[1]], "the right arrow does not show the second tab")
        self.browser.click("#tab-all")
        self.that(self.shown() == sections, "not all sections are shown together")
        wide = self.browser.run("return document.documentElement.scrollWidth - innerWidth")
        self.that(wide <= 0, f"the page is {wide} pixels wider than the window")
        self.browser.click(f"#tab-{sections[0]}")

    def sorting(self):
        if not self.browser.run("return document.getElementById('table-verdict') !== null"):
            return
        self.browser.click("#table-verdict thead th:nth-child(7) button")
        values = (
            "return [...document.querySelectorAll('#table-verdict tbody tr')]"
            ".map((row) => row.cells[6].dataset.sort).filter((text) => text).map(Number)"
        )
        up = self.browser.run(values)
        self.that(up == sorted(up), "the first click on a title does not sort upwards")
        self.browser.click("#table-verdict thead th:nth-child(7) button")
        down = self.browser.run(values)
        self.that(down == sorted(down, reverse=True), "the second click does not sort downwards")
        self.browser.click("#table-verdict tbody details summary")
        text = self.browser.run("return document.querySelector('#table-verdict details[open]').innerText")
        self.that(len(text) > 20, "an obligation opens without details")

    def slider(self):
        self.browser.click("#tab-basin")
        first = self.browser.run("return document.getElementById('map-date').textContent")
        flows = "return [...document.querySelectorAll('[data-flow]')].map((t) => t.textContent).join()"
        before = self.browser.run(flows)
        self.browser.keys("#map-day", "\ue010")
        last = self.browser.run("return document.getElementById('map-date').textContent")
        self.that(last > first, f"the end of the slider shows {last}, the start {first}")
        self.that(self.browser.run(flows) != before, "the flows of the last day are those of the first")
        self.browser.click("#map-back")
        back = self.browser.run("return document.getElementById('map-date').textContent")
        self.that(first < back < last, f"the day before the last is {back}")
        self.browser.click("#map-play")
        time.sleep(1)
        end = self.browser.run("return document.getElementById('map-date').textContent")
        self.that(end == last, f"played to its end the map shows {end}")
        self.browser.click("#tab-verdict")

    def printed(self):
        self.browser.devtools("Emulation.setEmulatedMedia", media="print")
        count = self.browser.run("return document.querySelectorAll('main > section').length")
        self.that(len(self.shown()) == count, "print leaves sections out")
        nav = self.browser.run("return getComputedStyle(document.querySelector('nav')).display")
        self.that(nav == "none", "print shows the tabs")
        paper = self.browser.devtools("Page.printToPDF")
        self.that(len(paper["data"]) > 10_000, "the printed page is empty")
        self.browser.devtools("Emulation.setEmulatedMedia", media="")

    def accessible(self, script):
        self.browser.click("#tab-all")
        self.browser.run(script + ";return null;")
        for scheme in ["light", "dark"]:
            features = [{"name": "prefers-color-scheme", "value": scheme}]
            self.browser.devtools("Emulation.setEmulatedMedia", features=features)
            found = self.browser.later(
                "const done = arguments[0]; axe.run(document, {resultTypes: ['violations']})"
                ".then((r) => done(r.violations.map((v) => [v.impact, v.id, v.help, v.nodes.length, v.nodes[0].html])))"
                ".catch((e) => done([['critical', 'axe', String(e), 1, '']]))"
            )
            for impact, rule, text, count, html in found:
                self.that(
                    impact not in ("serious", "critical"), f"{scheme}: {rule} ({text}), {count} times: {html[:200]}"
                )
        self.browser.devtools("Emulation.setEmulatedMedia", features=[])
        self.browser.click("#tab-verdict")

    def quiet(self):
        for line in self.browser.call("POST", "/se/log", {"type": "browser"}):
            self.that(line["level"] != "SEVERE", line["message"])


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("pages", nargs="+", type=pathlib.Path)
    parser.add_argument("--axe", type=pathlib.Path)
    parser.add_argument("--pictures", type=pathlib.Path)
    options = parser.parse_args()
    axe = options.axe and options.axe.read_text()
    faults = []
    with tempfile.TemporaryDirectory() as profile:
        browser = Browser(profile)
        browser.call("POST", "/timeouts", {"script": 120_000})
        for page in options.pages:
            for name, (width, height) in WIDTHS.items():
                browser.devtools(
                    "Emulation.setDeviceMetricsOverride",
                    width=width, height=height, deviceScaleFactor=1, mobile=name == "phone",
                )
                browser.call("POST", "/url", {"url": page.resolve().as_uri()})
                check = Check(browser, page, name)
                check.tabs()
                check.sorting()
                check.slider()
                check.printed()
                if axe:
                    check.accessible(axe)
                if options.pictures:
                    options.pictures.mkdir(parents=True, exist_ok=True)
                    for section in ["verdict", "parties", "points", "season", "basin", "balance", "bulletin"]:
                        browser.click(f"#tab-{section}")
                        picture = browser.devtools("Page.captureScreenshot", captureBeyondViewport=section == "season")
                        file = options.pictures / f"{page.stem}-{name}-{section}.png"
                        file.write_bytes(base64.b64decode(picture["data"]))
                check.quiet()
                faults += check.faults
        browser.close()
    for fault in faults:
        print(fault, file=sys.stderr)
    print(f"{len(options.pages)} pages at {len(WIDTHS)} widths, {'with' if axe else 'without'} axe: {len(faults)} faults")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
