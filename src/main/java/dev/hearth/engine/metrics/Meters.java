package dev.hearth.engine.metrics;

import java.util.List;

/**
 * Every meter of Hearth: the one home of names, units and tags. Adapters make meters from it, and docs/metrics.md is
 * compared with it by a test. Names are Prometheus', with base units; tags never carry request data.
 */
public enum Meters {
    REQUEST(
            "hearth_request_duration_seconds",
            Kind.HISTOGRAM,
            "Time from the request's arrival at the engine to its answer, by outcome (OK or the canonical code).",
            "model",
            "version",
            "signature",
            "outcome"),
    QUEUE(
            "hearth_queue_duration_seconds",
            Kind.HISTOGRAM,
            "Time that a request waited for a run thread or a batch.",
            "model",
            "version",
            "signature"),
    RUN(
            "hearth_run_duration_seconds",
            Kind.HISTOGRAM,
            "Time of one run of the model; a batch counts once.",
            "model",
            "version",
            "signature"),
    DEVICE_RUNS(
            "hearth_device_runs_total",
            Kind.COUNTER,
            "Runs begun on a device that has sessions of a version.",
            "model",
            "version",
            "device"),
    BATCH_ROWS("hearth_batch_rows", Kind.HISTOGRAM, "Rows of requests in one batch.", "model", "version", "signature"),
    PADDING_ROWS(
            "hearth_batch_padding_rows_total",
            Kind.COUNTER,
            "Rows added to batches to reach an allowed size.",
            "model",
            "version",
            "signature"),
    BATCH_STARTS(
            "hearth_batch_starts_total",
            Kind.COUNTER,
            "Batches that the self-tuning batcher started, by its reason.",
            "model",
            "version",
            "signature",
            "reason"),
    BATCH_REFUSALS(
            "hearth_batch_refusals_total",
            Kind.COUNTER,
            "Requests refused on their way to a run, or dropped before it, by reason.",
            "model",
            "version",
            "signature",
            "reason"),
    PREDICTION_ERROR(
            "hearth_batch_prediction_error_seconds",
            Kind.HISTOGRAM,
            "How far batches end from the predicted time, by direction (late or early).",
            "model",
            "version",
            "signature",
            "direction"),
    BATCH_ROWS_LIMIT(
            "hearth_batch_rows_limit",
            Kind.GAUGE,
            "Rows of the largest batch that the self-tuning batcher forms now.",
            "model",
            "version",
            "signature"),
    PREDICTION_MARGIN(
            "hearth_batch_prediction_margin_seconds",
            Kind.GAUGE,
            "Time kept beside predicted finishes, negative where batches end earlier than predicted.",
            "model",
            "version",
            "signature"),
    IN_FLIGHT(
            "hearth_requests_in_flight",
            Kind.GAUGE,
            "Requests that the engine has taken and not yet answered.",
            "model",
            "version",
            "signature"),
    QUEUE_DEPTH("hearth_queue_depth", Kind.GAUGE, "What waits: requests (queue run) or rows (queue batch).", "queue"),
    IN_FLIGHT_BYTES(
            "hearth_in_flight_bytes",
            Kind.GAUGE,
            "Bytes of request bodies and messages that are being answered, and of answers that clients have yet to take."),
    CONNECTIONS("hearth_connections", Kind.GAUGE, "Connections that clients have open, over all ports."),
    CONNECTIONS_ENDED(
            "hearth_connections_ended_total",
            Kind.COUNTER,
            "Connections (over HTTP/2 also single streams) that the server ended: more than may be open (too_many), no"
                    + " request in time (silent), none under way for long (idle), an answer that is taken too slowly"
                    + " (answer_not_read), or not at all (stalled), a stream on which nothing comes (silent_stream), streams"
                    + " under way and none of them moving (nothing_moves).",
            "reason"),
    REFUSED(
            "hearth_refused_total",
            Kind.COUNTER,
            "Requests refused before the engine had them: too much to read (parsing), too many bytes (in_flight_bytes),"
                    + " no credentials or wrong ones (unauthenticated), too few rights (permission_denied), more than the"
                    + " client may (client_limits), too little memory left (memory), a body that does not arrive in"
                    + " time (slow_body).",
            "reason"),
    FALLBACK(
            "hearth_fallback_total",
            Kind.COUNTER,
            "Requests sent to the fallback, by why (refused, draining) and what came of it.",
            "model",
            "reason",
            "outcome"),
    REQUEST_LOG(
            "hearth_request_log_records_total",
            Kind.COUNTER,
            "Requests that were to be logged, by outcome: written, dropped (queue_full), or lost to a disk (failed).",
            "outcome"),
    REQUEST_LOG_QUEUE(
            "hearth_request_log_queue_bytes", Kind.GAUGE, "Bytes of requests and answers that wait to be logged."),
    ACCESS_LOG_DROPPED(
            "hearth_access_log_dropped_total",
            Kind.COUNTER,
            "Lines of the access log that were dropped because the log's reader is too slow."),
    TRACES_DROPPED(
            "hearth_traces_dropped_total",
            Kind.COUNTER,
            "Followed requests whose spans were dropped because the collector is too slow for them."),
    DEPENDENCY_OPEN(
            "hearth_dependency_circuit_open",
            Kind.GAUGE,
            "1 while something outside of the process is not asked since it failed, or is being tried out again.",
            "dependency"),
    DEPENDENCY_IN_FLIGHT(
            "hearth_dependency_in_flight",
            Kind.GAUGE,
            "Questions that something outside of the process has been asked and has not answered.",
            "dependency"),
    PARSE_LIMIT(
            "hearth_parse_limit",
            Kind.GAUGE,
            "Long bodies that may wait for workers or be read by them while workers are saturated."),
    LOOP_LAG(
            "hearth_event_loop_lag_seconds",
            Kind.GAUGE,
            "Time that the last round of the slowest event loop took from its first request on; 0 when idle."),
    LOAD(
            "hearth_load_duration_seconds",
            Kind.HISTOGRAM,
            "Time of one try to load a version, without warm-up, by outcome.",
            "model",
            "version",
            "outcome"),
    WARMUP(
            "hearth_warmup_duration_seconds",
            Kind.HISTOGRAM,
            "Time of the warm-up of a loaded version, by outcome.",
            "model",
            "version",
            "outcome"),
    UNLOAD(
            "hearth_unload_duration_seconds",
            Kind.HISTOGRAM,
            "Time from the end of a version's last lease until its memory was given back, by outcome.",
            "model",
            "version",
            "outcome"),
    PROBES(
            "hearth_probes_total",
            Kind.COUNTER,
            "Requests of its warm-up sent to a version that kept failing, to see whether it works, by outcome.",
            "model",
            "version",
            "outcome"),
    HEALING(
            "hearth_healing_duration_seconds",
            Kind.HISTOGRAM,
            "Time of one try to mend a version by opening its sessions anew, by outcome.",
            "model",
            "version",
            "outcome"),
    CANARY_COMPARISONS(
            "hearth_canary_comparisons_total",
            Kind.COUNTER,
            "Copies of requests sent to a candidate version, by what came of comparing answers.",
            "model",
            "version",
            "outcome"),
    CANARY_ROLLBACKS(
            "hearth_canary_rollbacks_total",
            Kind.COUNTER,
            "Candidate versions that get no more requests since they did worse.",
            "model",
            "version"),
    SLOW_LOADS(
            "hearth_slow_loads",
            Kind.GAUGE,
            "Loads and warm-ups that take longer than hearth.lifecycle.slow-load and go on.",
            "model",
            "version"),
    HUNG_RUNS("hearth_hung_runs", Kind.GAUGE, "Runs that do not come back and were given up.", "model", "version"),
    EVICTIONS(
            "hearth_evictions_total",
            Kind.COUNTER,
            "Models loaded on demand that were unloaded: nobody asked for them (idle), others needed the memory (room).",
            "model",
            "reason"),
    MEMORY(
            "hearth_memory_bytes",
            Kind.GAUGE,
            "Memory by part: limit, heap, direct, models (most they may take), reserved (by loaded models), held (by the process).",
            "part"),
    CACHE_REQUESTS(
            "hearth_cache_requests_total",
            Kind.COUNTER,
            "Requests to models that are cached, by what the cache did: hit, partial, joined, miss, bypass.",
            "model",
            "outcome"),
    CACHE_ROWS(
            "hearth_cache_rows_total",
            Kind.COUNTER,
            "Rows, or whole requests where these are cached, that a tier was asked for, by outcome (hit, miss).",
            "model",
            "tier",
            "outcome"),
    CACHE_LOOKUP(
            "hearth_cache_lookup_duration_seconds",
            Kind.HISTOGRAM,
            "Time that a tier took to look up what one request asks for.",
            "model",
            "tier"),
    CACHE_FAILURES(
            "hearth_cache_failures_total",
            Kind.COUNTER,
            "What a shared tier did not do: in time (timeout), read, write, clear, look (whether it answers), profile (measured times); dropped: not written.",
            "what"),
    CACHE_TRANSFERRED(
            "hearth_cache_transferred_bytes_total",
            Kind.COUNTER,
            "Bytes of answers read from and written to a shared tier.",
            "direction"),
    CACHE_BYTES(
            "hearth_cache_bytes", Kind.GAUGE, "Memory that kept answers take in this process, keys included.", "model"),
    CACHE_ENTRIES("hearth_cache_entries", Kind.GAUGE, "Answers kept in this process.", "model"),
    CACHE_EVICTIONS(
            "hearth_cache_evictions_total",
            Kind.COUNTER,
            "Answers dropped in this process for want of room or by age.",
            "model"),
    START("hearth_start_seconds", Kind.GAUGE, "How long each phase of the process's start took.", "phase"),
    START_END(
            "hearth_start_end_seconds",
            Kind.GAUGE,
            "When each phase of the process's start ended, counted from the begin of the process.",
            "phase"),
    VERSION_STATE(
            "hearth_version_state",
            Kind.GAUGE,
            "1 for the state that a version is in, 0 for the others it has been in.",
            "model",
            "version",
            "state"),
    STATE_CHANGES(
            "hearth_version_state_changes_total",
            Kind.COUNTER,
            "State changes of versions, by the state entered.",
            "model",
            "state"),
    GPU_UTILIZATION(
            "hearth_gpu_utilization_ratio", Kind.GAUGE, "Share of time in which the GPU ran something.", "gpu", "uuid"),
    GPU_MEMORY_USED(
            "hearth_gpu_memory_used_bytes", Kind.GAUGE, "Memory of the GPU that any process holds.", "gpu", "uuid"),
    GPU_MEMORY("hearth_gpu_memory_total_bytes", Kind.GAUGE, "Memory of the GPU.", "gpu", "uuid"),
    GPU_TEMPERATURE("hearth_gpu_temperature_celsius", Kind.GAUGE, "Temperature of the GPU.", "gpu", "uuid"),
    GPU_POWER("hearth_gpu_power_watts", Kind.GAUGE, "Power that the GPU draws.", "gpu", "uuid");

    /** How a meter is read. */
    public enum Kind {
        COUNTER,
        GAUGE,
        HISTOGRAM
    }

    private final String meterName;
    private final Kind kind;
    private final String sentence;
    private final List<String> tags;

    Meters(String meterName, Kind kind, String sentence, String... tags) {
        this.meterName = meterName;
        this.kind = kind;
        this.sentence = sentence;
        this.tags = List.of(tags);
    }

    /** Name on the metrics page; of a histogram without {@code _bucket}, {@code _sum}, {@code _count}. */
    public String meterName() {
        return meterName;
    }

    public Kind kind() {
        return kind;
    }

    /** What it measures, for people. */
    public String sentence() {
        return sentence;
    }

    /** Names of its tags, in order. */
    public List<String> tags() {
        return tags;
    }
}
