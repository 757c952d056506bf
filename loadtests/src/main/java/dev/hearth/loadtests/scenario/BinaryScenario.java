package dev.hearth.loadtests.scenario;

import dev.hearth.loadtests.drive.Call;
import dev.hearth.loadtests.drive.Client;
import dev.hearth.loadtests.drive.ClosedLoop;
import dev.hearth.loadtests.drive.GrpcClient;
import dev.hearth.loadtests.drive.InferenceCalls;
import dev.hearth.loadtests.drive.LoadTimes;
import dev.hearth.loadtests.drive.Measurement;
import dev.hearth.loadtests.drive.Mix;
import dev.hearth.loadtests.drive.RestClient;
import dev.hearth.loadtests.report.Table;
import dev.hearth.loadtests.server.RunningServer;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/**
 * A picture of 224 x 224 x 3 floats there and back over the Open Inference Protocol, in each of its forms, in alternating
 * short runs of one server: the machine's speed changes between runs more than the forms of bytes differ.
 */
public final class BinaryScenario implements Scenario {

    private static final Subject SUBJECT =
            new Subject("half_plus_two", "config/models/half_plus_two", 1, "", "x", List.of(224, 224, 3), 255, 1);
    private static final String OUTPUT = "y";
    private static final int USERS = 4;
    private static final double LEAST_AGAINST_JSON = 10;
    private static final double MOST_AGAINST_RAW = 1.3;

    private static final class Form {
        private final String name;
        private final Call call;
        private final Function<RunningServer, Client> client;
        private final List<Double> rates = new ArrayList<>();
        private final List<Double> millis = new ArrayList<>();
        private final List<Double> micros = new ArrayList<>();

        Form(String name, Call call, Function<RunningServer, Client> client) {
            this.name = name;
            this.call = call;
            this.client = client;
        }

        void add(Measurement run) {
            rates.add(run.throughput());
            millis.add(run.millis(50));
            micros.add(run.serverMicros());
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
        return "a picture over the Open Inference Protocol: JSON, plain bytes, raw gRPC, streams, shared memory";
    }

    @Override
    public void run(Lab lab) throws IOException, InterruptedException {
        int[] dims = SUBJECT.dims(1);
        float[] values = SUBJECT.values(1, 1);
        String model = SUBJECT.name();
        String input = SUBJECT.input();
        try (RunningServer server =
                        lab.hearth(lab.store(SUBJECT), List.of("--hearth.open-inference.shared-memory=true"));
                PictureRegions memory = new PictureRegions(server, values)) {
            Form json = rest("JSON", InferenceCalls.json(model, input, dims, values));
            Form bytes = rest("HTTP, plain bytes", InferenceCalls.plainBytes(model, input, dims, values));
            Call message = InferenceCalls.raw(model, input, dims, values);
            Form one = new Form("gRPC, raw contents, one connection", message, there -> grpc(there, 1));
            Form raw = new Form("gRPC, raw contents", message, there -> grpc(there, USERS));
            Form stream = new Form(
                    "gRPC, raw contents in streams",
                    InferenceCalls.streamed(model, input, dims, values),
                    there -> GrpcClient.streams(there.grpcPort(), USERS));
            Form region = rest(
                    "HTTP, shared memory",
                    InferenceCalls.regions(model, input, dims, memory.in(), OUTPUT, memory.out()));
            Form regionMessage = new Form(
                    "gRPC, shared memory",
                    InferenceCalls.regionsMessage(model, input, dims, memory.in(), OUTPUT, memory.out()),
                    there -> grpc(there, USERS));
            List<Form> forms = List.of(json, bytes, one, raw, stream, region, regionMessage);
            for (Form form : forms) {
                lab.warm(server, form.name, times -> run(server, form, times));
            }
            for (int round = 1; round <= lab.pick(5, 3); round++) {
                for (Form form : forms) {
                    Measurement run = run(server, form, lab.times(0.5, 2));
                    lab.report().run("a picture", form.name + ", round " + round, run);
                    form.add(run);
                    Levels.noErrors(lab, form.name + ": ", run);
                }
            }
            // The answer in memory is that of the model: x / 2 + 2.
            float computed = memory.answered(values.length - 1);
            lab.report()
                    .verdict(
                            computed == values[values.length - 1] / 2 + 2,
                            "the answer is in the shared memory",
                            "%f for %f",
                            computed,
                            values[values.length - 1]);
            table(lab, forms);
            verdicts(lab, json, bytes, one.rate() > raw.rate() ? one : raw);
        }
    }

    private static Form rest(String name, Call call) {
        return new Form(name, call, there -> new RestClient(there.restPort(), USERS));
    }

    private static Client grpc(RunningServer there, int connections) {
        return new GrpcClient(there.grpcPort(), connections);
    }

    private static Measurement run(RunningServer server, Form form, LoadTimes times) throws InterruptedException {
        try (Client client = form.client.apply(server)) {
            return new ClosedLoop(client, Mix.of(form.call), server.pid(), times, USERS).run();
        }
    }

    private static void table(Lab lab, List<Form> forms) {
        Table table = lab.report()
                .table(
                        "602,112 bytes of floats there and back, " + USERS
                                + " users with a connection each, medians of the rounds",
                        "form",
                        "request bytes",
                        "answers/s",
                        "p50 ms",
                        "server us CPU");
        forms.forEach(form -> table.row(
                form.name, form.call.bytes().readableBytes(), form.rate(), median(form.millis), median(form.micros)));
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
