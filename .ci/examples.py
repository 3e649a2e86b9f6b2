#!/usr/bin/env python3
"""Every public item has an example, or says where one is.

    .ci/examples.py            asks rustdoc, and tells what lacks one
    .ci/examples.py doc.json   reads what rustdoc has written before

The rule, which the crate's front page states too. A module, type, trait or free function has an example if

- its own documentation has a listing that the tests run, or, for a type or trait, that of one of its methods; or
- a listing that the tests run elsewhere in the documentation, or a program under `examples/`, uses its name; or
- for a module, if something in it has one of its own (chapters of the book are prose, and need none); or
- its documentation says `Example: [item]`, and that item has one of its own.

A function that makes a value of its type (`Type::new`) has one by the first or the third of these, or if such code calls it by that name
(`Type::new`, or `Self::new`); where a listing shows another that makes the type, the type's example stands for all.

rustdoc's JSON is unstable, so that `RUSTC_BOOTSTRAP` is set; of it only names, documentation and what lies in what are read, and a format
in which these are elsewhere is an error here, not a pass.
"""

import json
import os
import pathlib
import re
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent.parent
# Listings with these words behind the fence are no Rust, or are not run.
NOT_RUN = {"text", "console", "toml", "json", "sh", "diff", "csv", "ignore", "python"}


def rustdoc():
    """The crate as rustdoc sees it, all features on."""
    command = "cargo rustdoc --lib --all-features --locked -- -Z unstable-options --output-format json"
    target = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", HERE / "target")).absolute()
    # For rustdoc alone: where build scripts see it too, all that depends on them is compiled anew.
    bold = target / "rustdoc-with-unstable-options"
    target.mkdir(exist_ok=True)
    bold.write_text('#!/bin/sh\nRUSTC_BOOTSTRAP=1 exec rustdoc "$@"\n')
    bold.chmod(0o755)
    subprocess.run(command.split(), cwd=HERE, check=True, env=dict(os.environ, RUSTDOC=str(bold)))
    return target / "doc" / "riparian.json"


def listings(docs):
    """The code of the listings that the tests run."""
    code, inside, runs = [], None, False
    for line in (docs or "").splitlines():
        fence = re.match(r"\s*(`{3,}|~{3,})\s*(.*)$", line)
        if fence and inside is None:
            inside = fence.group(1)
            words = set(re.split(r"[,\s]+", fence.group(2).strip().lower()))
            runs = not words & NOT_RUN
        elif fence and fence.group(1).startswith(inside) and not fence.group(2):
            inside = None
        elif inside and runs:
            code.append(line)
    return "\n".join(code)


class Crate:
    def __init__(self, document):
        self.index = document["index"]
        self.items = {}
        self.walk(document["root"], [])
        if len(self.items) < 300:
            sys.exit(f"only {len(self.items)} items found: has rustdoc's format {document['format_version']} changed?")
        shown = [listings(item["docs"]) for item in self.index.values() if item["crate_id"] == 0]
        shown += [path.read_text() for path in sorted(HERE.glob("examples/**/*.rs"))]
        self.code = "\n".join(shown)
        self.words = set(re.findall(r"\w+", self.code))
        self.paths = set(re.findall(r"(\w+)::(?:<[^>]*>::)?(\w+)", self.code))

    def walk(self, number, path):
        """Everything public, by its path as a user writes it."""
        item = self.index.get(str(number))
        if item is None or str(number) in self.items:
            return
        ((kind, inner),) = item["inner"].items()
        if kind == "use":
            # Re-exports of our own items are found at home.
            return
        path = path + [item["name"]]
        if kind in ("module", "struct", "enum", "union", "trait", "function", "type_alias", "macro"):
            self.items[str(number)] = ("::".join(path), kind)
        if kind == "module":
            for child in inner["items"]:
                target = self.index.get(str(child))
                if target and "use" in target["inner"] and target["inner"]["use"]["id"] is not None:
                    home = self.index.get(str(target["inner"]["use"]["id"]))
                    if home and home["crate_id"] == 0:
                        self.walk(home["id"], path)
                else:
                    self.walk(child, path)
        for made in self.makers(item):
            self.items[str(made)] = ("::".join(path + [self.index[str(made)]["name"]]), "maker")

    def members(self, item):
        """The public items of a type's own impls, or of a trait."""
        ((kind, inner),) = item["inner"].items()
        if kind == "trait":
            return [self.index[str(i)] for i in inner["items"] if str(i) in self.index]
        found = []
        for number in inner.get("impls", []) if kind in ("struct", "enum", "union") else []:
            block = self.index.get(str(number))
            if block and block["inner"]["impl"]["trait"] is None:
                found += [self.index[str(i)] for i in block["inner"]["impl"]["items"] if str(i) in self.index]
        return [member for member in found if member["visibility"] == "public"]

    def makers(self, item):
        """Functions without `self` that give the type itself."""
        if not {"struct", "enum"} & item["inner"].keys():
            return
        for member in self.members(item):
            function = member["inner"].get("function")
            if function is None:
                continue
            inputs, output = function["sig"]["inputs"], json.dumps(function["sig"]["output"])
            takes_self = inputs and inputs[0][0] == "self"
            gives = '"Self"' in output or f'"id": {item["id"]}' in output
            if not takes_self and gives:
                yield member["id"]

    def own(self, number):
        """Whether an item's own documentation, or that of its members, has an example."""
        item = self.index[number]
        return any(listings(of["docs"]) for of in [item, *self.members(item)])

    def pointer(self, number):
        """Whether the documentation says where the example is, and it is there."""
        item = self.index[number]
        for name in re.findall(r"Examples?: \[`?([^\]`]+)`?\]", item["docs"] or ""):
            links = {key.strip("`"): str(to) for key, to in item["links"].items()}
            to = links.get(name) or next((to for key, to in links.items() if key.endswith(name)), None)
            if to in self.index and (self.own(to) or to in self.items and self.used(to)):
                return True
        return False

    def used(self, number):
        path, kind = self.items[number]
        *home, name = path.split("::")
        if kind == "maker":
            return (home[-1], name) in self.paths
        if kind == "module":
            inside = [n for n, (other, _) in self.items.items() if other.startswith(path + "::")]
            return any(self.own(n) for n in inside)
        if kind == "function":
            return bool(re.search(rf"\b{name}\s*(::<[^>]*>)?\(", self.code))
        return name in self.words

    def lacking(self):
        for number, (path, kind) in sorted(self.items.items(), key=lambda entry: entry[1]):
            if path.startswith("riparian::book"):
                continue
            if not (self.own(number) or self.used(number) or self.pointer(number)):
                yield path, kind, self.index[number]["span"]


def main():
    file = pathlib.Path(sys.argv[1]) if sys.argv[1:] else rustdoc()
    crate = Crate(json.loads(file.read_text()))
    lacking = list(crate.lacking())
    for path, kind, span in lacking:
        place = f"{span['filename']}:{span['begin'][0]}" if span else "?"
        print(f"{place}: {kind} {path} has no example, and does not say where one is")
    print(f"{len(crate.items)} public modules, types, traits, functions and makers; {len(lacking)} without an example")
    sys.exit(bool(lacking))


if __name__ == "__main__":
    main()
