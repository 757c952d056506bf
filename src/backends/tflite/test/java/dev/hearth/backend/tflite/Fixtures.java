package dev.hearth.backend.tflite;

import dev.hearth.engine.error.ServingException;
import dev.hearth.engine.model.ServableId;
import dev.hearth.engine.model.Signature;
import dev.hearth.engine.servable.Feed;
import dev.hearth.engine.servable.RunRequest;
import dev.hearth.engine.servable.Servable;
import dev.hearth.engine.tensor.Tensor;
import dev.hearth.engine.time.Deadline;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The committed models, and the shortest way to run them. */
final class Fixtures {

    private static final Path ROOT = Path.of(System.getProperty("repository.root", "../../.."));

    private Fixtures() {}

    static Path fixture(String model) {
        return ROOT.resolve("src/backends/tflite/test/resources/models")
                .resolve(model)
                .resolve("1");
    }

    static Servable load(Path folder) {
        return load(folder, false);
    }

    static Servable load(Path folder, boolean floats) {
        return new TfliteLoaderFactory(new TfliteOptions(1, 2, floats))
                .loader(new ServableId("m", 1), folder)
                .load();
    }

    /** Inputs and outputs by alias, as a predict call has them. */
    static Map<String, Tensor> run(Servable servable, String signature, Map<String, Tensor> inputs) {
        Signature def = servable.signatures().get(signature);
        List<Feed> feeds = new ArrayList<>();
        inputs.forEach(
                (alias, value) -> feeds.add(new Feed(def.inputs().get(alias).tensorName(), value)));
        List<String> aliases = List.copyOf(def.outputs().keySet());
        List<String> fetches = aliases.stream()
                .map(alias -> def.outputs().get(alias).tensorName())
                .toList();
        List<Tensor> answer = servable.run(new RunRequest(feeds, fetches, Deadline.NONE));
        Map<String, Tensor> outputs = new LinkedHashMap<>();
        for (int i = 0; i < aliases.size(); i++) {
            outputs.put(aliases.get(i), answer.get(i));
        }
        return outputs;
    }

    /** Code and text of the failure. */
    static String failure(Runnable call) {
        try {
            call.run();
        } catch (ServingException e) {
            return e.code() + " " + e.getMessage();
        }
        throw new AssertionError("the call succeeded");
    }
}
