package dev.hearth.loadtests.report;

import dev.hearth.loadtests.drive.Measurement;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/** Collects what a scenario finds, tells it on the terminal while it comes in, and writes the two reports at the end. */
public final class Report {

    private final String title;
    private final PrintStream terminal;
    private final List<String> notes = new ArrayList<>();
    private final Map<String, Table> tables = new LinkedHashMap<>();
    private final List<Plot> plots = new ArrayList<>();
    private final List<Bars> bars = new ArrayList<>();
    private final List<Verdict> verdicts = new ArrayList<>();
    private final Map<String, Integer> reasons = new TreeMap<>();

    public Report(String title, PrintStream terminal) {
        this.title = title;
        this.terminal = terminal;
    }

    /** A sentence for the head of the report; also from another thread than the scenario's. */
    public synchronized void note(String format, Object... values) {
        String text = String.format(Locale.ROOT, format, values);
        notes.add(text);
        terminal.println(text);
    }

    /** What goes on, for the terminal only. */
    public void progress(String format, Object... values) {
        terminal.println(String.format(Locale.ROOT, format, values));
    }

    public Table table(String name, String... columns) {
        return tables.computeIfAbsent(name, key -> new Table(key, columns));
    }

    /** A line in the table of runs of that name. */
    public void run(String table, String name, Measurement run) {
        Table runs = tables.computeIfAbsent(table, RunTable::table);
        RunTable.row(runs, name, run);
        run.counts().reasons().forEach((text, count) -> reasons.merge(name + ": " + text, count, Integer::sum));
        terminal.printf(
                Locale.ROOT,
                "  %-45s %8s ok/s  p50 %.2f  p99 %.2f ms  in time %.1f %%  refused %d in %.1f ms  failed %d  server %.0f us  other CPUs %.2f%n",
                name,
                Table.show(run.throughput()),
                run.millis(50),
                run.millis(99),
                run.inTimeShare() * 100,
                run.counts().refused(),
                run.counts().refusals().getValueAtPercentile(99) / 1e3,
                run.counts().failed(),
                run.serverMicros(),
                run.usage().otherCpus());
    }

    public Plot plot(String name, String xTitle, String yTitle) {
        Plot plot = new Plot(name, xTitle, yTitle);
        plots.add(plot);
        return plot;
    }

    /** A chart of spans; its text is in the text report, too. */
    public Bars bars(String name, String unit) {
        Bars chart = new Bars(name, unit);
        bars.add(chart);
        return chart;
    }

    public void verdict(boolean met, String goal, String format, Object... values) {
        verdicts.add(new Verdict(goal, String.format(Locale.ROOT, format, values), met));
    }

    public List<Verdict> verdicts() {
        return List.copyOf(verdicts);
    }

    public boolean met() {
        return verdicts.stream().allMatch(Verdict::met);
    }

    public String text() {
        StringBuilder text = new StringBuilder(title).append("\n\n");
        notes.forEach(note -> text.append(note).append('\n'));
        tables.values().forEach(table -> text.append('\n').append(table.text()));
        bars.forEach(chart -> text.append('\n').append(chart.text()));
        if (!reasons.isEmpty()) {
            text.append("\nwhat was not answered\n");
            reasons.forEach((reason, count) -> text.append(String.format(Locale.ROOT, "%,8d  %s%n", count, reason)));
        }
        return text.append('\n').append(verdictTable().text()).toString();
    }

    private Table verdictTable() {
        Table table = new Table("verdict", "goal", "measured", "met");
        verdicts.forEach(verdict -> table.row(verdict.goal(), verdict.measured(), verdict.met() ? "yes" : "NO"));
        return table;
    }

    private String html() {
        StringBuilder body = new StringBuilder();
        notes.forEach(note -> body.append("<p>").append(Html.escape(note)).append("</p>\n"));
        body.append(verdictTable()
                .html()
                .replace("<td>yes", "<td class=\"met\">yes")
                .replace("<td>NO", "<td class=\"missed\">NO"));
        plots.forEach(plot -> body.append(plot.html()));
        bars.forEach(chart -> body.append(chart.html()));
        tables.values().forEach(table -> body.append(table.html()));
        if (!reasons.isEmpty()) {
            body.append("<h2>what was not answered</h2><pre>");
            reasons.forEach((reason, count) ->
                    body.append(count).append("  ").append(Html.escape(reason)).append('\n'));
            body.append("</pre>");
        }
        return Html.page(title, body.toString());
    }

    /** Writes report.txt and report.html. */
    public void write(Path folder) throws IOException {
        Files.createDirectories(folder);
        Files.writeString(folder.resolve("report.txt"), text());
        Files.writeString(folder.resolve("report.html"), html());
    }

    public void printVerdicts() {
        terminal.println();
        terminal.print(verdictTable().text());
    }
}
