#!/usr/bin/python3
"""Makes the documentation's site from README.md and docs/*.md.

    docs/site/build.py build/docs

Plain pages that need no server and no script. A page that stands in no group below, and a link that leads nowhere, are
errors.
"""

import html
import re
import shutil
import sys
from pathlib import Path
from urllib.parse import urldefrag

import markdown
from markdown.extensions.toc import TocExtension

ROOT = Path(__file__).resolve().parents[2]
HERE = ROOT / "docs" / "site"

# What the sidebar shows, in its order: path of the source, and its title there.
GROUPS = {
    "Start": [("README.md", "keypool")],
    "Run it": [
        ("docs/cli.md", "Command line"),
        ("docs/clients.md", "Clients and budgets"),
        ("docs/dashboard.md", "Dashboard"),
        ("docs/api.md", "Admin API"),
        ("docs/metrics.md", "Metrics"),
        ("docs/providers.md", "Providers"),
        ("docs/troubleshooting.md", "Troubleshooting"),
        ("docs/from-other-gateways.md", "From other gateways"),
        ("docs/simulated-provider.md", "Simulated provider"),
    ],
    "How it works": [
        ("docs/selection.md", "How a key is chosen"),
        ("docs/architecture.md", "How it is built"),
        ("docs/performance.md", "Performance"),
        ("docs/coroutines.md", "Coroutines"),
        ("SECURITY.md", "Security"),
        ("CHANGELOG.md", "Changes"),
    ],
}


class Broken(Exception):
    """The sources do not make a whole site."""


def pages() -> dict[Path, str]:
    """Each source that there is, with its title."""
    listed = {ROOT / source: title for group in GROUPS.values() for source, title in group}
    present = {page: title for page, title in listed.items() if page.exists()}
    stray = set((ROOT / "docs").glob("*.md")) - set(present)
    if stray:
        raise Broken(f"{', '.join(str(page.relative_to(ROOT)) for page in sorted(stray))}: in no group of {__file__}")
    return present


def target_of(page: Path) -> str:
    return "index.html" if page.name == "README.md" else page.stem.lower() + ".html"


def sidebar(known: dict[Path, str], current: Path) -> str:
    parts = []
    for group, entries in GROUPS.items():
        links = []
        for source, title in entries:
            page = ROOT / source
            if page not in known:
                continue
            here = ' aria-current="page"' if page == current else ""
            links.append(f'<li><a href="{target_of(page)}"{here}>{html.escape(title)}</a></li>')
        parts.append(f"<h2>{group}</h2>\n<ul>{''.join(links)}</ul>")
    return "\n".join(parts)


def rewrite_links(body: str, page: Path, known: dict[Path, str], out: Path) -> str:
    """Leads links to pages to their targets, and copies what else is linked beside them."""

    def lead(match: re.Match) -> str:
        attribute, url = match.groups()
        path, fragment = urldefrag(html.unescape(url))
        if not path or re.match(r"[a-z]+:", path):
            return match.group()
        source = (page.parent / path).resolve()
        if not source.exists():
            raise Broken(f"{page.relative_to(ROOT)}: {url} leads nowhere")
        if source in known:
            target = target_of(source) + (f"#{fragment}" if fragment else "")
        elif source.is_dir():
            return match.group()  # a folder of the repository: there is nothing to show
        else:
            target = "files/" + str(source.relative_to(ROOT))
            (out / target).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, out / target)
        return f'{attribute}="{html.escape(target)}"'

    return re.sub(r'\b(href|src)="([^"]*)"', lead, body)


def check_fragments(out: Path) -> None:
    for page in out.glob("*.html"):
        for url in re.findall(r'href="([^"]+)"', page.read_text()):
            path, fragment = urldefrag(html.unescape(url))
            if not fragment or re.match(r"[a-z]+:", path):
                continue
            target = out / path if path else page
            if f'id="{fragment}"' not in target.read_text():
                raise Broken(f"{page.name}: {url}: no such heading")


def build(out: Path) -> int:
    known = pages()
    template = (HERE / "page.html").read_text()
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir(parents=True)
    shutil.copyfile(HERE / "style.css", out / "style.css")
    for page, title in known.items():
        converter = markdown.Markdown(extensions=[
            "fenced_code", "tables", "sane_lists", TocExtension(permalink="#", permalink_title="Link to this")])
        body = rewrite_links(converter.convert(page.read_text()), page, known, out)
        # A wide table scrolls by itself, so that the page does not.
        body = body.replace("<table>", '<div class="table"><table>').replace("</table>", "</table></div>")
        name = title if title == "keypool" else f"{title} · keypool"
        whole = (template.replace("{{title}}", html.escape(name)).replace("{{sidebar}}", sidebar(known, page))
                 .replace("{{body}}", body))
        (out / target_of(page)).write_text(whole)
    check_fragments(out)
    return len(known)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    try:
        count = build(Path(sys.argv[1]))
    except Broken as broken:
        sys.exit(f"docs: {broken}")
    print(f"{sys.argv[1]}/index.html: {count} pages")
