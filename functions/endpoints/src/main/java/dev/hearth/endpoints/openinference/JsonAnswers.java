package dev.hearth.endpoints.openinference;

import dev.hearth.endpoints.codec.json.ByteSink;
import dev.hearth.endpoints.codec.json.CompactJson;
import dev.hearth.endpoints.metrics.VersionCounts;
import java.util.Collection;
import java.util.List;
import java.util.Map;

/** The JSON of every answer but that to inference. Stateless. */
final class JsonAnswers {

    private static final int SHORT = 512;

    private JsonAnswers() {}

    static ByteSink error(String text) {
        return new CompactJson(text.length() + 32)
                .startObject()
                .member("error", text)
                .endObject()
                .text();
    }

    static ByteSink flag(String name, boolean value) {
        return new CompactJson(SHORT)
                .startObject()
                .member(name, value)
                .endObject()
                .text();
    }

    static ByteSink modelReady(String model, boolean ready) {
        return new CompactJson(SHORT)
                .startObject()
                .member("name", model)
                .member("ready", ready)
                .endObject()
                .text();
    }

    static ByteSink server(String name, String version, List<String> extensions) {
        CompactJson json =
                new CompactJson(SHORT).startObject().member("name", name).member("version", version);
        json.key("extensions").startArray();
        extensions.forEach(json::value);
        return json.endArray().endObject().text();
    }

    static ByteSink models(Collection<String> names) {
        CompactJson json = new CompactJson(SHORT).startObject();
        json.key("models").startArray();
        names.forEach(json::value);
        return json.endArray().endObject().text();
    }

    static ByteSink metadata(ModelCards.Metadata model) {
        CompactJson json = new CompactJson(SHORT).startObject().member("name", model.name());
        json.key("versions").startArray();
        model.versions().forEach(json::value);
        json.endArray().member("platform", model.platform());
        json.key("inputs").startArray();
        model.inputs().forEach(tensor -> tensor(json, tensor));
        json.endArray().key("outputs").startArray();
        model.outputs().forEach(tensor -> tensor(json, tensor));
        return json.endArray().endObject().text();
    }

    private static void tensor(CompactJson json, ModelCards.TensorCard tensor) {
        json.startObject().member("name", tensor.name()).member("datatype", tensor.datatype());
        json.key("shape").numbers(longs(tensor.shape())).endObject();
    }

    private static long[] longs(List<Long> numbers) {
        return numbers.stream().mapToLong(Long::longValue).toArray();
    }

    static ByteSink configuration(ModelCards.Configuration model) {
        CompactJson json = new CompactJson(SHORT)
                .startObject()
                .member("name", model.name())
                .member("platform", model.platform())
                .member("backend", model.backend());
        json.key("version_policy").startObject();
        if (model.latest() > 1) {
            json.key("specific")
                    .startObject()
                    .key("versions")
                    .numbers(longs(model.versions()))
                    .endObject();
        } else {
            json.key("latest").startObject().member("num_versions", 1).endObject();
        }
        json.endObject().member("max_batch_size", model.maxRows());
        json.key("input").startArray();
        model.inputs().forEach(tensor -> configured(json, tensor));
        json.endArray().key("output").startArray();
        model.outputs().forEach(tensor -> configured(json, tensor));
        json.endArray().key("instance_group").startArray().endArray();
        if (model.batched()) {
            json.key("dynamic_batching").startObject().key("preferred_batch_size");
            json.numbers(longs(model.preferredRows()))
                    .member("max_queue_delay_microseconds", model.delayMicros())
                    .member("priority_levels", ModelCards.PRIORITIES)
                    .member("default_priority_level", ModelCards.USUAL_PRIORITY)
                    .endObject();
        }
        json.key("model_transaction_policy")
                .startObject()
                .member("decoupled", false)
                .endObject();
        return json.endObject().text();
    }

    private static void configured(CompactJson json, ModelCards.TensorCard tensor) {
        json.startObject().member("name", tensor.name()).member("data_type", tensor.configType());
        json.key("dims").numbers(longs(tensor.shape())).endObject();
    }

    static ByteSink index(List<RepositoryCalls.Entry> entries) {
        CompactJson json = new CompactJson(SHORT).startArray();
        for (RepositoryCalls.Entry entry : entries) {
            json.startObject().member("name", entry.name());
            if (!entry.version().isEmpty()) {
                json.member("version", entry.version());
            }
            json.member("state", entry.state()).member("reason", entry.reason()).endObject();
        }
        return json.endArray().text();
    }

    static ByteSink statistics(List<OpenInference.Statistics> all) {
        CompactJson json = new CompactJson(SHORT).startObject();
        json.key("model_stats").startArray();
        all.forEach(one -> statistics(json, one));
        return json.endArray().endObject().text();
    }

    private static void statistics(CompactJson json, OpenInference.Statistics one) {
        VersionCounts.Snapshot counts = one.counts();
        json.startObject()
                .member("name", one.id().name().value())
                .member("version", Long.toString(one.id().version()))
                .member("last_inference", one.lastMillis())
                .member("inference_count", counts.inferences())
                .member("execution_count", counts.executions());
        json.key("inference_stats").startObject();
        duration(json, "success", counts.succeeded());
        duration(json, "fail", counts.failed());
        duration(json, "queue", counts.queued());
        computed(json, counts.computed());
        duration(json, "cache_hit", counts.hits());
        duration(json, "cache_miss", counts.misses());
        json.endObject().key("batch_stats").startArray();
        for (VersionCounts.Batch batch : counts.batches()) {
            json.startObject().member("batch_size", batch.rows());
            computed(json, batch.runs());
            json.endObject();
        }
        json.endArray().key("memory_usage").startArray().endArray();
        json.key("response_stats").startObject().endObject();
        json.endObject();
    }

    private static void computed(CompactJson json, VersionCounts.Computed runs) {
        duration(json, "compute_input", runs.inputs());
        duration(json, "compute_infer", runs.model());
        duration(json, "compute_output", runs.outputs());
    }

    private static void duration(CompactJson json, String name, VersionCounts.Duration duration) {
        json.key(name)
                .startObject()
                .member("count", duration.count())
                .member("ns", duration.nanos())
                .endObject();
    }

    static ByteSink settings(Map<String, Object> settings) {
        return new CompactJson(SHORT).scalars(settings).text();
    }

    static ByteSink trace(Map<String, List<String>> settings) {
        CompactJson json = new CompactJson(SHORT).startObject();
        settings.forEach((name, values) -> {
            json.key(name);
            if (name.equals("trace_level")) {
                json.startArray();
                values.forEach(json::value);
                json.endArray();
            } else {
                json.value(values.get(0));
            }
        });
        return json.endObject().text();
    }

    static ByteSink regions(Collection<SharedMemory.Region> regions) {
        CompactJson json = new CompactJson(SHORT).startArray();
        for (SharedMemory.Region region : regions) {
            json.startObject()
                    .member("name", region.name())
                    .member("key", region.key())
                    .member("offset", region.offset())
                    .member("byte_size", region.byteSize())
                    .endObject();
        }
        return json.endArray().text();
    }
}
