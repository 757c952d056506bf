package dev.hearth.loadtests.report;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/** Rows of text under column titles; the first column is left-aligned, the others right. */
public final class Table {

    private final String title;
    private final List<String> columns;
    private final List<List<String>> rows = new ArrayList<>();

    public Table(String title, String... columns) {
        this.title = title;
        this.columns = List.of(columns);
    }

    /** Numbers are shortened to what can be read: three digits or so. */
    public Table row(Object... cells) {
        if (cells.length != columns.size()) {
            throw new IllegalArgumentException(cells.length + " cells for " + columns);
        }
        rows.add(Arrays.stream(cells).map(Table::show).toList());
        return this;
    }

    static String show(Object cell) {
        if (cell instanceof Double number) {
            double size = Math.abs(number);
            String format = size >= 100 ? "%,.0f" : size >= 10 ? "%.1f" : "%.2f";
            return Double.isNaN(number) ? "-" : String.format(Locale.ROOT, format, number);
        }
        return cell instanceof Long || cell instanceof Integer
                ? String.format(Locale.ROOT, "%,d", cell)
                : cell.toString();
    }

    String text() {
        return title + "\n" + text(rows, true);
    }

    private String text(List<List<String>> shown, boolean head) {
        int[] widths = new int[columns.size()];
        for (int i = 0; i < widths.length; i++) {
            widths[i] = Math.max(columns.get(i).length(), i == 0 ? 26 : 6);
            for (List<String> row : rows) {
                widths[i] = Math.max(widths[i], row.get(i).length());
            }
        }
        StringBuilder text = new StringBuilder();
        if (head) {
            line(text, columns, widths);
            text.append("-".repeat(Arrays.stream(widths).sum() + 2 * (widths.length - 1)))
                    .append('\n');
        }
        shown.forEach(row -> line(text, row, widths));
        return text.toString();
    }

    private static void line(StringBuilder text, List<String> cells, int[] widths) {
        StringBuilder line = new StringBuilder();
        for (int i = 0; i < widths.length; i++) {
            String blanks = " ".repeat(widths[i] - cells.get(i).length());
            line.append(i == 0 ? "" : "  ").append(i == 0 ? cells.get(i) + blanks : blanks + cells.get(i));
        }
        text.append(line.toString().stripTrailing()).append('\n');
    }

    String html() {
        StringBuilder html = new StringBuilder("<h2>" + Html.escape(title) + "</h2>\n<table><tr>");
        columns.forEach(column -> html.append("<th>").append(Html.escape(column)));
        for (List<String> row : rows) {
            html.append("\n<tr>");
            row.forEach(cell -> html.append("<td>").append(Html.escape(cell)));
        }
        return html.append("\n</table>\n").toString();
    }
}
