package dev.hearth.server.flags;

import dev.hearth.server.flags.Flag.Kind;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;

/** Every flag of TensorFlow Serving's model server (main.cc, 2.20 line), and the few that Hearth adds. */
public final class FlagTable {

    private static final List<Flag> FLAGS = new ArrayList<>();

    private static final UnaryOperator<String> SAME = text -> text;
    private static final UnaryOperator<String> SECONDS = text -> "PT" + text + "S";
    private static final UnaryOperator<String> MILLIS =
            text -> Duration.ofMillis(Long.parseLong(text)).toString();
    private static final UnaryOperator<String> MICROS =
            text -> Duration.ofNanos(Math.multiplyExact(Math.max(0, Long.parseLong(text)), 1000L))
                    .toString();

    static {
        sets("port", Kind.INT32, "8500", "hearth.grpc.port", SAME, "Port for gRPC (REST answers there, too); 0 = off.");
        sets("grpc_socket_path", Kind.STRING, "", "hearth.grpc.socket-path", SAME, "Also listen on this Unix socket.");
        sets(
                "rest_api_port",
                Kind.INT32,
                "8501",
                "hearth.rest.port",
                SAME,
                "Port for REST (gRPC answers there, too); 0 = off. TensorFlow Serving's default is off.");
        ignored(
                "rest_api_num_threads",
                Kind.INT32,
                "4 x CPUs",
                "No effect: requests do not hold a thread while they wait.");
        sets(
                "rest_api_timeout_in_ms",
                Kind.INT32,
                "30000",
                "hearth.rest.timeout",
                MILLIS,
                "Deadline of a REST call, in milliseconds.");
        sets(
                "rest_api_enable_cors_support",
                Kind.BOOL,
                "false",
                "hearth.rest.cors",
                SAME,
                "Send CORS headers on REST answers.");
        sets("enable_batching", Kind.BOOL, "false", "hearth.batching.enabled", SAME, "Group requests into batches.");
        sets(
                "batching_parameters_file",
                Kind.STRING,
                "",
                "hearth.batching.parameters-file",
                SAME,
                "Text file of BatchingParameters; needs enable_batching.");
        sets(
                "enable_per_model_batching_parameters",
                Kind.BOOL,
                "false",
                "hearth.batching.per-model-parameters",
                SAME,
                "Read batching_params.pbtxt in each version folder; a model without it is not batched.");
        sets(
                "allow_version_labels_for_unavailable_models",
                Kind.BOOL,
                "false",
                "hearth.labels.allow-unavailable",
                SAME,
                "New labels may point to versions that are not loaded yet.");
        sets(
                "model_config_file",
                Kind.STRING,
                "",
                "hearth.model-config-file",
                SAME,
                "Text file of ModelServerConfig; wins over model_name and model_base_path.");
        sets(
                "model_config_file_poll_wait_seconds",
                Kind.INT32,
                "0",
                "hearth.model-config-file-poll-wait",
                SECONDS,
                "Period for re-reading the model config file; 0 = never.");
        sets("model_name", Kind.STRING, "default", "hearth.model-name", SAME, "Name of the single model.");
        sets(
                "model_base_path",
                Kind.STRING,
                "",
                "hearth.model-base-path",
                SAME,
                "Folder of the single model, holding one folder per version.");
        sets(
                "model_store_path",
                Kind.STRING,
                "",
                "hearth.model-store-path",
                SAME,
                "Hearth's addition: serve every model folder below this one under its own name.");
        sets(
                "num_load_threads",
                Kind.INT32,
                "0",
                "hearth.lifecycle.load-threads",
                SAME,
                "Threads that load versions; 0 = automatic. Loading never delays predictions.");
        sets(
                "num_unload_threads",
                Kind.INT32,
                "0",
                "hearth.lifecycle.unload-threads",
                SAME,
                "Threads that unload versions; 0 = automatic.");
        sets(
                "max_num_load_retries",
                Kind.INT32,
                "5",
                "hearth.lifecycle.max-load-retries",
                SAME,
                "Tries after a first failed load.");
        sets(
                "load_retry_interval_micros",
                Kind.INT64,
                "60000000",
                "hearth.lifecycle.load-retry-interval",
                MICROS,
                "Wait between tries, in microseconds; negative = none.");
        sets(
                "file_system_poll_wait_seconds",
                Kind.INT32,
                "1",
                "hearth.lifecycle.poll-wait",
                SECONDS,
                "Period for looking for new versions; 0 = once at start, negative = never after the start.");
        ignored(
                "flush_filesystem_caches",
                Kind.BOOL,
                "true",
                "No effect: Hearth reads local folders and keeps no file-system cache.");
        sets(
                "tensorflow_session_parallelism",
                Kind.INT64,
                "0",
                "hearth.tensorflow.session-parallelism",
                SAME,
                "Threads for both intra-op and inter-op parallelism; 0 = automatic.");
        sets(
                "tensorflow_intra_op_parallelism",
                Kind.INT64,
                "0",
                "hearth.tensorflow.intra-op-parallelism",
                SAME,
                "Threads inside one op; 0 = automatic.");
        sets(
                "tensorflow_inter_op_parallelism",
                Kind.INT64,
                "0",
                "hearth.tensorflow.inter-op-parallelism",
                SAME,
                "Ops that run at once; 0 = automatic.");
        sets(
                "tensorflow_session_config_file",
                Kind.STRING,
                "",
                "hearth.tensorflow.session-config-file",
                SAME,
                "Text file of ConfigProto, merged under the flags.");
        sets(
                "ssl_config_file",
                Kind.STRING,
                "",
                "hearth.grpc.ssl-config-file",
                SAME,
                "Text file of SSLConfig: TLS on the gRPC port.");
        ignored(
                "use_alts_credentials",
                Kind.BOOL,
                "false",
                "No effect: ALTS works on Google Cloud only; use ssl_config_file.");
        sets(
                "platform_config_file",
                Kind.STRING,
                "",
                "hearth.platform-config-file",
                SAME,
                "Text file of PlatformConfigMap; session, batching and warm-up settings are taken from it.");
        sets(
                "per_process_gpu_memory_fraction",
                Kind.FLOAT,
                "0",
                "hearth.tensorflow.gpu-memory-fraction",
                SAME,
                "Share of the GPU's memory to take; 0 = TensorFlow decides.");
        sets(
                "saved_model_tags",
                Kind.STRING,
                "serve",
                "hearth.tensorflow.saved-model-tags",
                SAME,
                "Comma-separated tags of the MetaGraph to load.");
        ignored(
                "grpc_channel_arguments",
                Kind.STRING,
                "",
                "No effect: arguments of gRPC's C++ core; sizes are set by hearth.limits keys.");
        ignored(
                "grpc_max_threads",
                Kind.INT32,
                "4 x CPUs",
                "No effect: calls do not hold a thread; in-flight work is bounded by hearth.limits keys.");
        sets(
                "enable_model_warmup",
                Kind.BOOL,
                "true",
                "hearth.warmup.enabled",
                SAME,
                "Run warm-up requests before a version serves.");
        sets(
                "num_request_iterations_for_warmup",
                Kind.INT32,
                "0",
                "hearth.warmup.iterations",
                SAME,
                "Times each warm-up record runs; 0 = once.");
        sets(
                "monitoring_config_file",
                Kind.STRING,
                "",
                "hearth.monitoring-config-file",
                SAME,
                "Text file of MonitoringConfig: TensorFlow Serving's metrics page.");
        ignored(
                "remove_unused_fields_from_bundle_metagraph",
                Kind.BOOL,
                "true",
                "No effect: Hearth never keeps more than the signatures of a MetaGraph.");
        sets(
                "prefer_tflite_model",
                Kind.BOOL,
                "false",
                "hearth.tflite.prefer",
                SAME,
                "Where a version folder has both, use model.tflite.");
        sets(
                "num_tflite_pools",
                Kind.INT32,
                "CPUs",
                "hearth.tflite.interpreters",
                SAME,
                "TensorFlow Lite interpreters per version.");
        ignored(
                "num_tflite_interpreters_per_pool",
                Kind.INT32,
                "1",
                "No effect: one batch is not cut over several interpreters; use num_tflite_pools.");
        sets(
                "enable_signature_method_name_check",
                Kind.BOOL,
                "false",
                "hearth.predict.method-name-check",
                SAME,
                "Refuse calls whose signature has another method name.");
        sets(
                "xla_cpu_compilation_enabled",
                Kind.BOOL,
                "false",
                "hearth.tensorflow.xla-cpu",
                SAME,
                "Compile clusters with XLA on the CPU.");
        sets(
                "xla_gpu_compilation_enabled",
                Kind.BOOL,
                "false",
                "hearth.tensorflow.xla-gpu",
                SAME,
                "Compile clusters with XLA on the GPU.");
        ignored(
                "enable_profiler",
                Kind.BOOL,
                "true",
                "No effect: TensorFlow's profiler service is not part of Hearth.");
        ignored(
                "thread_pool_factory_config_file",
                Kind.STRING,
                "",
                "No effect: no thread pool factory exists in TensorFlow Serving's open-source binary either.");
        sets(
                "mixed_precision",
                Kind.STRING,
                "",
                "hearth.tensorflow.mixed-precision",
                SAME,
                "bfloat16 = let TensorFlow rewrite float graphs to bfloat16.");
        ignored("skip_initialize_tpu", Kind.BOOL, "false", "No effect: Hearth does not use TPUs.");
        ignored(
                "enable_grpc_healthcheck_service",
                Kind.BOOL,
                "false",
                "No effect: grpc.health.v1 is always on and follows the real state.");
        sets(
                "enable_serialization_as_tensor_content",
                Kind.BOOL,
                "false",
                "hearth.grpc.tensor-content",
                SAME,
                "gRPC answers carry tensor_content instead of typed fields; REST is unaffected.");
    }

    private FlagTable() {}

    /** All flags in the order help prints them. */
    public static List<Flag> all() {
        return List.copyOf(FLAGS);
    }

    /** The flag of that name. */
    public static Optional<Flag> named(String name) {
        return FLAGS.stream().filter(flag -> flag.name().equals(name)).findFirst();
    }

    private static void sets(
            String name, Kind kind, String defaultText, String key, UnaryOperator<String> toValue, String sentence) {
        FLAGS.add(new Flag(name, kind, defaultText, key, toValue, sentence));
    }

    private static void ignored(String name, Kind kind, String defaultText, String why) {
        FLAGS.add(new Flag(name, kind, defaultText, null, SAME, why));
    }
}
