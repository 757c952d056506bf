"""The report as a picture: a bar for each variant's size, score and time. Plain SVG, so nothing has to be installed."""

from xml.sax.saxutils import escape

COLOURS = {"tensorflow": "#e8710a", "tflite": "#1a73e8"}
ROW, TOP, LEFT, WIDTH, GAP = 22, 64, 120, 190, 70


def svg(summary):
    rows = [row for row in summary["variants"] if "failed" not in row]
    panels = [("size, bytes", [row["bytes"] for row in rows], lambda value: f"{value:,}"),
              (f"{summary['metric']}, held out", [max(0, row["score"]) for row in rows], lambda value: f"{value:.4f}"),
              ("ms, 1 row", [row["latency_ms"]["1"] for row in rows], lambda value: f"{value:.3f}")]
    width = LEFT + len(panels) * (WIDTH + GAP)
    height = TOP + ROW * len(rows) + 24
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" font-family="sans-serif" '
             f'font-size="12"><rect width="100%" height="100%" fill="white"/>',
             f'<text x="8" y="20" font-size="15">{escape(summary["model"])}</text>']
    for x, (backend, colour) in zip((8, 110), COLOURS.items()):
        parts.append(f'<rect x="{x}" y="30" width="10" height="10" fill="{colour}"/>'
                     f'<text x="{x + 14}" y="39">{backend}</text>')
    for number, row in enumerate(rows):
        weight = "bold" if row["name"] == summary["served"] else "normal"
        parts.append(f'<text x="8" y="{TOP + ROW * number + 14}" font-weight="{weight}">{escape(row["name"])}</text>')
    for number, (title, values, label) in enumerate(panels):
        x = LEFT + number * (WIDTH + GAP)
        largest = max([value for value in values if value is not None], default=0) or 1
        parts.append(f'<text x="{x}" y="{TOP - 8}" font-weight="bold">{escape(title)}</text>')
        for line, value in enumerate(values):
            if value is None:
                continue
            y = TOP + ROW * line
            long = max(1.0, WIDTH * value / largest)
            colour = COLOURS[rows[line]["backend"]]
            parts.append(f'<rect x="{x}" y="{y + 3}" width="{long:.1f}" height="{ROW - 7}" fill="{colour}"/>'
                         f'<text x="{x + long + 4:.1f}" y="{y + 14}" font-size="10">{label(value)}</text>')
    return "\n".join(parts) + "\n</svg>\n"
