package dev.hearth.loadtests.report;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ReportTest {

    private final Report report = new Report("a < b", new PrintStream(OutputStream.nullOutputStream()));

    @Test
    void oneMissedLevelIsAMiss() {
        report.verdict(true, "quick", "%d ms", 1);
        assertThat(report.met()).isTrue();

        report.verdict(false, "cheap", "%d us", 2);
        assertThat(report.met()).isFalse();
        assertThat(report.text()).contains("cheap").contains("2 us").contains("NO");
    }

    @Test
    void barsStandWherePhasesRan() {
        report.bars("start", "s").add("jvm", 0, 0.5).add("natives", 0.5, 1);

        assertThat(report.text())
                .contains("jvm                        |" + "#".repeat(30) + " ".repeat(30) + "| 0.00-0.50 s")
                .contains("natives                    |" + " ".repeat(30) + "#".repeat(30) + "| 0.50-1.00 s");
    }

    @Test
    void pageHasTheCurvesAndNeedsNoNetwork(@TempDir Path folder) throws IOException {
        Plot plot = report.plot("latency", "load", "ms");
        plot.add("p99", 50, 1.5);
        plot.add("p99", 100, 250);
        report.table("numbers", "name", "value").row("x", 1234.5);

        report.write(folder);

        assertThat(Files.readString(folder.resolve("report.html")))
                .contains("<svg", "a &lt; b", "1,235")
                .doesNotContain("http");
        assertThat(Files.readString(folder.resolve("report.txt"))).contains("1,235");
    }
}
