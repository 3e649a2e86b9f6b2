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
# In bytes: a page must be quick to send and to open.
LARGEST = 2_000_000
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
        self.paper = b""
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
        """Every table that sorts, by its last column of figures: upwards, then downwards."""
        count = self.browser.run(
            "return [...document.querySelectorAll('table.sorts')].map((table, i) => table.id ||= 'sorts-' + i).length"
        )
        self.that(count > 0, "no table sorts")
        for table in self.browser.run("return [...document.querySelectorAll('table.sorts')].map((t) => t.id)"):
            section = self.browser.run(f"return document.getElementById('{table}').closest('section').id")
            self.browser.click(f"#tab-{section}")
            column = self.browser.run(
                f"const rows = [...document.querySelectorAll('#{table} tbody tr')];"
                f"return [...document.querySelectorAll('#{table} thead th')].findLastIndex((_, i) =>"
                " rows.some((row) => row.cells[i]?.dataset.sort && !isNaN(row.cells[i].dataset.sort)))"
            )
            self.that(column >= 0, f"{table} has no column of figures")
            head = f"#{table} thead th:nth-child({column + 1})"
            values = (
                f"return [...document.querySelectorAll('#{table} tbody tr')]"
                f".map((row) => row.cells[{column}].dataset.sort).filter((text) => text).map(Number)"
            )
            for order, down in [("ascending", False), ("descending", True)]:
                self.browser.click(f"{head} button")
                got = self.browser.run(values)
                self.that(got == sorted(got, reverse=down), f"{table} is not sorted: {order}")
                said = self.browser.run(f"return document.querySelector('{head}').getAttribute('aria-sort')")
                self.that(said == order, f"{table} says it is {said}, not {order}")

    def details(self):
        """What is folded opens, and holds something: the reasons of a verdict, a month of the bulletin."""
        for tab, folded in [("verdict", "#table-verdict tbody details"), ("bulletin", "details.month")]:
            if not self.browser.run(f"return document.querySelector('{folded}') !== null"):
                continue
            self.browser.click(f"#tab-{tab}")
            self.browser.click(f"{folded} summary")
            text = self.browser.run(f"return document.querySelector('{folded}[open]').innerText")
            self.that(len(text) > 20, f"{folded} opens without anything in it")
            self.browser.click(f"{folded} summary")
            shut = self.browser.run(f"return document.querySelector('{folded}[open]') === null")
            self.that(shut, f"{folded} does not close")

    def slider(self):
        if not self.browser.run("return document.getElementById('map-day') !== null"):
            return
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
        wide = self.browser.run(
            "return [...document.querySelectorAll('main *')].filter((e) => getComputedStyle(e).overflowX === 'auto')"
            ".map((e) => e.className)"
        )
        self.that(not wide, f"paper does not scroll, but {wide} would")
        paper = self.browser.devtools("Page.printToPDF", preferCSSPageSize=True)
        self.that(len(paper["data"]) > 10_000, "the printed page is empty")
        self.paper = base64.b64decode(paper["data"])
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


def picture(browser, check, folder):
    """Each section in light and dark, and the paper."""
    folder.mkdir(parents=True, exist_ok=True)
    stem = f"{check.page.stem}-{check.name}"
    for scheme in ["light", "dark"]:
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        browser.devtools("Emulation.setEmulatedMedia", features=features)
        for section in browser.run("return [...document.querySelectorAll('main > section')].map((s) => s.id)"):
            browser.click(f"#tab-{section}")
            browser.run("scrollTo(0, 0)")
            shot = browser.devtools("Page.captureScreenshot", captureBeyondViewport=section == "season")
            (folder / f"{stem}-{scheme}-{section}.png").write_bytes(base64.b64decode(shot["data"]))
    browser.devtools("Emulation.setEmulatedMedia", features=[])
    (folder / f"{stem}.pdf").write_bytes(check.paper)


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
                size = page.stat().st_size
                check.that(size < LARGEST, f"{size} bytes")
                check.tabs()
                check.sorting()
                check.details()
                check.slider()
                check.printed()
                if axe:
                    check.accessible(axe)
                if options.pictures:
                    picture(browser, check, options.pictures)
                check.quiet()
                faults += check.faults
        browser.close()
    for fault in faults:
        print(fault, file=sys.stderr)
    print(f"{len(options.pages)} pages at {len(WIDTHS)} widths, {'with' if axe else 'without'} axe: {len(faults)} faults")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
