package dev.hearth.loadtests.scenario;

import dev.hearth.loadtests.drive.Call;
import dev.hearth.loadtests.drive.InferenceCalls;
import dev.hearth.loadtests.drive.Measurement;
import dev.hearth.loadtests.drive.Mix;
import dev.hearth.loadtests.drive.Protocol;
import dev.hearth.loadtests.report.Table;
import dev.hearth.loadtests.server.RunningServer;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * A picture of 224 x 224 x 3 floats there and back over the Open Inference Protocol, in each of its forms, in alternating
 * short runs of one server: the machine's speed changes between runs more than the forms of bytes differ.
 */
public final class BinaryScenario implements Scenario {

    private static final Subject SUBJECT =
            new Subject("half_plus_two", "config/models/half_plus_two", 1, "", "x", List.of(224, 224, 3), 255, 1);
    private static final int USERS = 4;
    private static final double LEAST_AGAINST_JSON = 10;
    private static final double MOST_AGAINST_RAW = 1.3;

    private static final class Form {
        private final String name;
        private final Protocol protocol;
        private final Call call;
        private final List<Double> rates = new ArrayList<>();
        private final List<Double> micros = new ArrayList<>();

        Form(String name, Call call) {
            this.name = name;
            this.protocol = call.protocol();
            this.call = call;
        }

        Mix mix() {
            return Mix.of(call);
        }

        double rate() {
            return median(rates);
        }
    }

    private static double median(List<Double> values) {
        return values.stream().sorted().toList().get(values.size() / 2);
    }

    @Override
    public String name() {
        return "binary";
    }

    @Override
    public String line() {
        return "a picture as JSON, plain bytes over HTTP and raw gRPC of the Open Inference Protocol";
    }

    @Override
    public void run(Lab lab) throws IOException, InterruptedException {
        int[] dims = SUBJECT.dims(1);
        float[] values = SUBJECT.values(1, 1);
        Form json = new Form("JSON", InferenceCalls.json(SUBJECT.name(), SUBJECT.input(), dims, values));
        Form bytes =
                new Form("HTTP, plain bytes", InferenceCalls.plainBytes(SUBJECT.name(), SUBJECT.input(), dims, values));
        Form raw = new Form("gRPC, raw contents", InferenceCalls.raw(SUBJECT.name(), SUBJECT.input(), dims, values));
        List<Form> forms = List.of(json, bytes, raw);
        try (RunningServer server = lab.hearth(lab.store(SUBJECT), List.of())) {
            for (Form form : forms) {
                lab.warm(server, form.name, times -> lab.closed(server, form.protocol, form.mix(), USERS, times));
            }
            for (int round = 1; round <= lab.pick(6, 3); round++) {
                for (Form form : forms) {
                    Measurement run = lab.closed(server, form.protocol, form.mix(), USERS, lab.times(1, 3));
                    lab.report().run("a picture", form.name + ", round " + round, run);
                    form.rates.add(run.throughput());
                    form.micros.add(run.serverMicros());
                    Levels.noErrors(lab, form.name + ": ", run);
                }
            }
        }
        Table table = lab.report()
                .table(
                        "602,112 bytes of floats there and back, " + USERS + " users, medians of the rounds",
                        "form",
                        "request bytes",
                        "answers/s",
                        "server us CPU");
        forms.forEach(
                form -> table.row(form.name, form.call.bytes().readableBytes(), form.rate(), median(form.micros)));
        verdicts(lab, json, bytes, raw);
    }

    private static void verdicts(Lab lab, Form json, Form bytes, Form raw) {
        lab.report()
                .verdict(
                        bytes.rate() >= LEAST_AGAINST_JSON * json.rate(),
                        "plain bytes over HTTP: at least 10 times JSON",
                        "%,.0f/s against %,.0f/s: %.1f times",
                        bytes.rate(),
                        json.rate(),
                        bytes.rate() / json.rate());
        lab.report()
                .verdict(
                        raw.rate() <= MOST_AGAINST_RAW * bytes.rate(),
                        "plain bytes over HTTP: within 1.3 of raw gRPC",
                        "%,.0f/s against %,.0f/s: %.2f times",
                        bytes.rate(),
                        raw.rate(),
                        raw.rate() / bytes.rate());
    }
}
