package dev.hearth.loadtests.report;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Spans of time below each other on one axis, as text and as SVG: which phase ran when, and beside which others. */
public final class Bars {

    private static final int COLUMNS = 60;
    private static final int WIDTH = 760;
    private static final int LEFT = 220;
    private static final int ROW = 18;

    private record Bar(String name, double begin, double end) {}

    private final String title;
    private final String unit;
    private final List<Bar> bars = new ArrayList<>();

    Bars(String title, String unit) {
        this.title = title;
        this.unit = unit;
    }

    public Bars add(String name, double begin, double end) {
        bars.add(new Bar(name, begin, end));
        return this;
    }

    private double end() {
        return bars.stream().mapToDouble(Bar::end).max().orElse(1);
    }

    public String text() {
        double scale = COLUMNS / Math.max(end(), 1e-9);
        StringBuilder text = new StringBuilder(title).append('\n');
        for (Bar bar : bars) {
            int from = (int) Math.round(bar.begin() * scale);
            int to = Math.max(from + 1, (int) Math.round(bar.end() * scale));
            text.append(String.format(
                    Locale.ROOT,
                    "%-26s |%s%s%s| %s-%s %s%n",
                    bar.name(),
                    " ".repeat(from),
                    "#".repeat(to - from),
                    " ".repeat(Math.max(0, COLUMNS - to)),
                    Table.show(bar.begin()),
                    Table.show(bar.end()),
                    unit));
        }
        return text.toString();
    }

    String html() {
        double scale = (WIDTH - LEFT - 120) / Math.max(end(), 1e-9);
        StringBuilder svg = new StringBuilder(String.format(
                "<h2>%s</h2>%n<svg width=\"%d\" height=\"%d\">%n", Html.escape(title), WIDTH, ROW * bars.size() + 10));
        for (int i = 0; i < bars.size(); i++) {
            Bar bar = bars.get(i);
            double x = LEFT + bar.begin() * scale;
            double width = Math.max(1, (bar.end() - bar.begin()) * scale);
            svg.append(String.format(
                    Locale.ROOT,
                    "<text x=\"%d\" y=\"%d\" text-anchor=\"end\">%s</text>"
                            + "<rect x=\"%.1f\" y=\"%d\" width=\"%.1f\" height=\"%d\" fill=\"#1f77b4\"/>"
                            + "<text x=\"%.1f\" y=\"%d\">%s %s</text>%n",
                    LEFT - 8,
                    ROW * i + 14,
                    Html.escape(bar.name()),
                    x,
                    ROW * i + 4,
                    width,
                    ROW - 6,
                    x + width + 6,
                    ROW * i + 14,
                    Table.show(bar.end() - bar.begin()),
                    unit));
        }
        return svg.append("</svg>\n").toString();
    }
}
