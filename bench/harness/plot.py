"""results.svg: the ratios of the table as bars on a logarithmic scale, with the goals as ticks."""

import html
import math

ROW = 34
LEFT = 400
WIDTH = 1000
SCALE = (0.03, 8.0)  # ratios from edge to edge
COLOURS = {True: "#2e7d4f", False: "#c0392b", None: "#6b7785"}


def _x(value):
    low, high = (math.log(edge) for edge in SCALE)
    share = (math.log(min(max(value, SCALE[0]), SCALE[1])) - low) / (high - low)
    return LEFT + share * (WIDTH - LEFT - 20)


def svg(figures, subtitle):
    """Only what is a ratio stands in the picture; the table has the rest."""
    shown = [figure for figure in figures if figure.ratio and not figure.absolute]
    height = 96 + ROW * len(shown)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" '
        'font-family="system-ui, sans-serif" font-size="13">',
        f'<rect width="{WIDTH}" height="{height}" fill="#ffffff"/>',
        '<text x="20" y="28" font-size="17" fill="#1c2733">keypool relative to others</text>',
        f'<text x="20" y="48" fill="#6b7785">{html.escape(subtitle)}</text>',
    ]
    for value in (0.1, 0.25, 0.5, 1, 2, 4):
        x = _x(value)
        parts.append(f'<line x1="{x:.0f}" x2="{x:.0f}" y1="64" y2="{height - 26}" '
                     f'stroke="{"#1c2733" if value == 1 else "#e3e7eb"}"/>')
        parts.append(f'<text x="{x:.0f}" y="{height - 10}" text-anchor="middle" fill="#6b7785">{value:g} ×</text>')
    for number, figure in enumerate(shown):
        parts += _bar(figure, 70 + ROW * number)
    return "\n".join([*parts, "</svg>\n"])


def _bar(figure, y):
    left, right = sorted((_x(1), _x(figure.ratio)))
    name = html.escape(f"{figure.what} ÷ {figure.against}")
    yield f'<text x="{LEFT - 12}" y="{y + 17}" text-anchor="end" fill="#1c2733">{name}</text>'
    yield (f'<rect x="{left:.0f}" y="{y + 4}" width="{max(2, right - left):.0f}" height="18" rx="2" '
           f'fill="{COLOURS[figure.met]}"/>')
    yield (f'<text x="{right + 6:.0f}" y="{y + 17}" fill="#1c2733">{figure.ratio:.2f}</text>')
    if figure.goal:
        goal = _x(figure.goal)
        yield (f'<line x1="{goal:.0f}" x2="{goal:.0f}" y1="{y}" y2="{y + 26}" stroke="#1c2733" '
               'stroke-width="2" stroke-dasharray="3 2"/>')
