"""Bring the vendored front-end files up to date, or check that nobody has touched them.

``python -m devtools.vendor --update`` needs npm and the network: it installs what package.json
pins into a temporary folder, copies the files listed in vendor.json, builds the icon sprite and
writes versions and hashes. ``python -m devtools.vendor --check`` needs neither.
"""

import argparse
import base64
import hashlib
import json
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
STATIC = ROOT / "webapp" / "static"
MANIFEST = ROOT / "vendor.json"
SPRITE = "icons.svg"
ICONS_PACKAGE = "@tabler/icons"
SHAPE = re.compile(r"<svg[^>]*>(.*)</svg>", re.DOTALL)
BOUNDING_BOX = re.compile(r'<path stroke="none" d="M0 0h24v24H0z" fill="none" ?/>')
SYMBOL = (
    '<symbol id="{name}" viewBox="0 0 24 24" fill="none" stroke="currentColor" '
    'stroke-width="2" stroke-linecap="round" stroke-linejoin="round">{shape}</symbol>'
)


def read_manifest() -> dict[str, Any]:
    """Return vendor.json: ``files`` (where each comes from, and its hash) and ``icons`` (names)."""
    manifest: dict[str, Any] = json.loads(MANIFEST.read_text(encoding="utf-8"))
    return manifest


def sha384(path: Path) -> str:
    """Return a file's hash in the form of a subresource-integrity value."""
    digest = hashlib.sha384(path.read_bytes()).digest()
    return "sha384-" + base64.b64encode(digest).decode("ascii")


def problems() -> list[str]:
    """Return a sentence for each vendored file that is missing, changed or not listed."""
    entries = read_manifest()["files"]
    listed = {STATIC / entry["file"]: entry for entry in entries}
    found = {path for path in (STATIC / "vendor").rglob("*") if path.is_file()}
    wrong = [
        f"{path.relative_to(ROOT)} is not listed in vendor.json" for path in found - set(listed)
    ]
    for path, entry in listed.items():
        if not path.is_file():
            wrong.append(f"{path.relative_to(ROOT)} is missing")
        elif sha384(path) != entry["sha384"]:
            wrong.append(
                f"{path.relative_to(ROOT)} is not the file of {entry['package']} {entry['version']}"
            )
    return sorted(wrong)


def sprite(folder: Path, names: Iterable[str]) -> str:
    """Return one SVG with a symbol for each named outline icon of the package in ``folder``."""
    notice = (folder / "LICENSE").read_text(encoding="utf-8").split("\n\n")[1].strip()
    lines = [
        '<svg xmlns="http://www.w3.org/2000/svg">',
        f"<!-- Tabler Icons, MIT. {notice} -->",
    ]
    for name in sorted(names):
        drawing = (folder / "icons" / "outline" / f"{name}.svg").read_text(encoding="utf-8")
        shape = SHAPE.search(drawing)
        if shape is None:
            raise ValueError(f"{name}.svg holds no drawing")
        parts = BOUNDING_BOX.sub("", shape[1]).split("\n")
        lines.append(SYMBOL.format(name=name, shape="".join(part.strip() for part in parts)))
    return "\n".join([*lines, "</svg>", ""])


def refresh(entry: dict[str, Any], modules: Path, *, icons: list[str]) -> None:
    """Write one file of vendor.json anew and note its version, licence and hash in ``entry``."""
    folder = modules / entry["package"]
    package = json.loads((folder / "package.json").read_text(encoding="utf-8"))
    old, new = entry["version"], package["version"]
    target = STATIC / entry["file"].replace(f"-{old}/", f"-{new}/")
    target.parent.mkdir(parents=True, exist_ok=True)
    if entry["package"] == ICONS_PACKAGE:
        target.write_text(sprite(folder, icons), encoding="utf-8")
    else:
        shutil.copyfile(folder / entry["source"], target)
    entry.update(
        file=target.relative_to(STATIC).as_posix(),
        version=new,
        sha384=sha384(target),
        licence=package["license"],
    )


def update() -> None:
    """Replace webapp/static/vendor and the sprite by what package.json and its lock pin."""
    manifest = read_manifest()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for part in ("package.json", "package-lock.json", ".npmrc"):
            shutil.copyfile(ROOT / part, folder / part)
        subprocess.run(["npm", "ci", "--ignore-scripts", "--no-audit"], cwd=folder, check=True)
        shutil.rmtree(STATIC / "vendor", ignore_errors=True)
        for entry in manifest["files"]:
            refresh(entry, folder / "node_modules", icons=manifest["icons"])
    MANIFEST.write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8")


def main() -> int:
    """Run the command line; 1 when the check finds something."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    choice = parser.add_mutually_exclusive_group(required=True)
    choice.add_argument("--update", action="store_true")
    choice.add_argument("--check", action="store_true")
    if parser.parse_args().update:
        update()
    found = problems()
    for line in found:
        print(line, file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
