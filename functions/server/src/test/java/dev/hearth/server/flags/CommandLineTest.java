package dev.hearth.server.flags;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class CommandLineTest {

    @Test
    void aFlagSetsItsKeyInTheKeysUnit() {
        CommandLine line = CommandLine.parse(
                "--port=9000", "--rest_api_timeout_in_ms=1500", "--load_retry_interval_micros=2500000");

        assertThat(line.settings())
                .containsEntry("hearth.grpc.port", "9000")
                .containsEntry("hearth.rest.timeout", "PT1.5S")
                .containsEntry("hearth.lifecycle.load-retry-interval", "PT2.5S");
    }

    @Test
    void aBooleanFlagNeedsNoValue() {
        assertThat(CommandLine.parse("--enable_batching").settings()).containsEntry("hearth.batching.enabled", "true");
        assertThat(CommandLine.parse("--enable_batching=FALSE").settings())
                .containsEntry("hearth.batching.enabled", "FALSE");
    }

    @Test
    void aFlagWithoutEffectIsAcceptedAndExplained() {
        CommandLine line = CommandLine.parse("--grpc_max_threads=8");

        assertThat(line.errors()).isEmpty();
        assertThat(line.notes()).singleElement().asString().contains("--grpc_max_threads", "No effect");
    }

    @Test
    void anUnknownArgumentIsReportedAndTheServerGoesOn() {
        CommandLine line = CommandLine.parse("--no_such_flag=1", "stray");

        assertThat(line.errors()).isEmpty();
        assertThat(line.notes()).containsExactly("unknown argument: --no_such_flag=1", "unknown argument: stray");
    }

    @Test
    void aBadValueStopsTheStart() {
        assertThat(CommandLine.parse("--port=many").errors())
                .containsExactly("Couldn't interpret value many for flag port.");
        assertThat(CommandLine.parse("--enable_batching=1").errors()).hasSize(1);
        assertThat(CommandLine.parse("--model_name").errors()).hasSize(1);
    }

    @Test
    void contradictionsStopTheStart() {
        assertThat(CommandLine.parse("--batching_parameters_file=/b").errors())
                .containsExactly("You supplied --batching_parameters_file without --enable_batching");
        assertThat(CommandLine.parse("--tensorflow_session_parallelism=2", "--tensorflow_intra_op_parallelism=2")
                        .errors())
                .hasSize(1);
        assertThat(CommandLine.parse("--mixed_precision=float16").errors()).hasSize(1);
    }

    @Test
    void everyKeyCanBeGivenAsAFlag() {
        assertThat(CommandLine.parse("--hearth.drain.timeout=5s").settings())
                .containsEntry("hearth.drain.timeout", "5s");
    }

    @Test
    void helpNamesEveryFlagOnOneLine() {
        String page = CommandLine.helpPage();

        assertThat(FlagTable.all()).allSatisfy(flag -> assertThat(page.lines())
                .anyMatch(line -> line.contains("--" + flag.name() + "=") && line.contains(flag.sentence())));
    }

    @Test
    void everyDefaultThatHelpPrintsIsAValueOfItsKind() {
        assertThat(FlagTable.all())
                .filteredOn(flag ->
                        flag.kind() != Flag.Kind.STRING && !flag.defaultText().contains("CPUs"))
                .allSatisfy(flag -> assertThat(flag.kind().accepts(flag.defaultText()))
                        .as(flag.name())
                        .isTrue());
    }
}
