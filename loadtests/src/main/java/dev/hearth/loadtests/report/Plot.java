package dev.hearth.loadtests.report;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Curves over one axis, drawn as SVG; the y axis is logarithmic, as latencies need it. */
public final class Plot {

    private static final int WIDTH = 760;
    private static final int HEIGHT = 360;
    private static final int LEFT = 70;
    private static final int BOTTOM = 45;
    private static final int TOP = 20;
    private static final int RIGHT = 170;
    private static final String[] COLOURS = {"#1f77b4", "#d62728", "#2ca02c", "#9467bd", "#ff7f0e", "#8c564b"};

    private record Point(double x, double y) {}

    private record Curve(String name, List<Point> points) {}

    private final String title;
    private final String xTitle;
    private final String yTitle;
    private final List<Curve> curves = new ArrayList<>();

    public Plot(String title, String xTitle, String yTitle) {
        this.title = title;
        this.xTitle = xTitle;
        this.yTitle = yTitle;
    }

    /** Adds a point to the curve of that name; points come in the order of x. Values that are not positive are left out. */
    public void add(String curve, double x, double y) {
        if (!(y > 0)) {
            return;
        }
        Curve found =
                curves.stream().filter(c -> c.name().equals(curve)).findFirst().orElse(null);
        if (found == null) {
            found = new Curve(curve, new ArrayList<>());
            curves.add(found);
        }
        found.points().add(new Point(x, y));
    }

    String html() {
        List<Point> all =
                curves.stream().flatMap(curve -> curve.points().stream()).toList();
        if (all.isEmpty()) {
            return "";
        }
        double maxX = all.stream().mapToDouble(Point::x).max().orElse(1);
        int low = (int)
                Math.floor(Math.log10(all.stream().mapToDouble(Point::y).min().orElse(1)));
        int high = Math.max(low + 1, (int)
                Math.ceil(Math.log10(all.stream().mapToDouble(Point::y).max().orElse(1))));
        StringBuilder svg = new StringBuilder();
        svg.append(String.format("<h2>%s</h2>%n<svg width=\"%d\" height=\"%d\">%n", Html.escape(title), WIDTH, HEIGHT));
        for (int decade = low; decade <= high; decade++) {
            double y = y(Math.pow(10, decade), low, high);
            line(svg, LEFT, y, WIDTH - RIGHT, y, "#ddd");
            text(svg, LEFT - 8, y + 4, "end", label(Math.pow(10, decade)));
        }
        double step = step(maxX);
        for (double x = 0; x <= maxX * 1.001; x += step) {
            double at = x(x, maxX);
            line(svg, at, TOP, at, HEIGHT - BOTTOM, "#eee");
            text(svg, at, HEIGHT - BOTTOM + 16, "middle", label(x));
        }
        text(svg, (LEFT + WIDTH - RIGHT) / 2.0, HEIGHT - 8, "middle", Html.escape(xTitle));
        text(svg, LEFT, TOP - 6, "middle", Html.escape(yTitle));
        for (int i = 0; i < curves.size(); i++) {
            curve(svg, curves.get(i), COLOURS[i % COLOURS.length], maxX, low, high);
            text(
                    svg,
                    WIDTH - RIGHT + 26,
                    TOP + 8 + 18 * i,
                    "start",
                    Html.escape(curves.get(i).name()));
            line(
                    svg,
                    WIDTH - RIGHT + 6,
                    TOP + 4 + 18 * i,
                    WIDTH - RIGHT + 22,
                    TOP + 4 + 18 * i,
                    COLOURS[i % COLOURS.length]);
        }
        return svg.append("</svg>\n").toString();
    }

    private static void curve(StringBuilder svg, Curve curve, String colour, double maxX, int low, int high) {
        StringBuilder path = new StringBuilder();
        for (Point point : curve.points()) {
            double x = x(point.x(), maxX);
            double y = y(point.y(), low, high);
            path.append(String.format(Locale.ROOT, "%s%.1f %.1f", path.length() == 0 ? "M" : "L", x, y));
            svg.append(String.format(
                    Locale.ROOT,
                    "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"3\" fill=\"%s\"><title>%s: %s, %s</title></circle>%n",
                    x,
                    y,
                    colour,
                    Html.escape(curve.name()),
                    Table.show(point.x()),
                    Table.show(point.y())));
        }
        svg.append(String.format("<path d=\"%s\" fill=\"none\" stroke=\"%s\" stroke-width=\"1.5\"/>%n", path, colour));
    }

    private static double x(double value, double max) {
        return LEFT + value / max * (WIDTH - LEFT - RIGHT);
    }

    private static double y(double value, int low, int high) {
        return TOP + (high - Math.log10(value)) / (high - low) * (HEIGHT - TOP - BOTTOM);
    }

    private static double step(double max) {
        double power = Math.pow(10, Math.floor(Math.log10(max)));
        return max / power < 2 ? power / 5 : max / power < 5 ? power / 2 : power;
    }

    private static String label(double value) {
        return value >= 1 || value == 0
                ? String.format(Locale.ROOT, value == Math.rint(value) ? "%,.0f" : "%,.1f", value)
                : String.format(Locale.ROOT, "%s", value);
    }

    private static void line(StringBuilder svg, double x1, double y1, double x2, double y2, String colour) {
        svg.append(String.format(
                Locale.ROOT,
                "<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" stroke=\"%s\"/>%n",
                x1,
                y1,
                x2,
                y2,
                colour));
    }

    private static void text(StringBuilder svg, double x, double y, String anchor, String text) {
        svg.append(String.format(
                Locale.ROOT, "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\">%s</text>%n", x, y, anchor, text));
    }
}
