package dev.hearth.endpoints.requestlog;

import dev.hearth.endpoints.config.HearthConfig;
import dev.hearth.endpoints.config.LoggingSettings;
import dev.hearth.endpoints.metrics.MicrometerServingMetrics;
import dev.hearth.engine.metrics.Meters;
import dev.hearth.protocol.record.LogFileLimits;
import jakarta.annotation.PreDestroy;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.DoubleSupplier;
import java.util.function.Supplier;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Which answered requests are logged, and where.
 *
 * <p>A {@code logging_config} of the model config file or of a reload wins over Hearth's keys for its model. Only calls
 * that were answered are logged, since errors have no answer to compare with. Thread-safe; costs one look into a map for a
 * call that is not logged, and nothing at all where no model is.
 */
@Singleton
public final class RequestLog {

    private static final Logger LOG = Logger.getLogger(RequestLog.class);

    private final HearthConfig.RequestLog keys;
    private final LogFileLimits limits;
    private final RecordQueue queue;
    private final DoubleSupplier dice;
    private final Map<String, Collector> byKeys = new ConcurrentHashMap<>();
    private final boolean keysLog;
    private volatile Map<String, Collector> byFile = Map.of();
    private volatile boolean off;

    /** Where the records of one model go, and which share of its calls. */
    private record Collector(Path prefix, double rate) {}

    @Inject
    RequestLog(HearthConfig config, MicrometerServingMetrics metrics) {
        this(
                config.requestLog(),
                new RecordQueue(config.requestLog().queueBytes(), Clock.systemUTC(), Duration.ofSeconds(5)),
                () -> ThreadLocalRandom.current().nextDouble());
        metrics.counter(Meters.REQUEST_LOG, queue, RecordQueue::written, "written");
        metrics.counter(Meters.REQUEST_LOG, queue, RecordQueue::dropped, "queue_full");
        metrics.counter(Meters.REQUEST_LOG, queue, RecordQueue::failed, "failed");
        metrics.gauge(Meters.REQUEST_LOG_QUEUE, queue, RecordQueue::waitingBytes);
    }

    RequestLog(HearthConfig.RequestLog keys, RecordQueue queue, DoubleSupplier dice) {
        this.keys = keys;
        this.limits = new LogFileLimits(keys.fileBytes(), keys.filePeriod(), keys.totalBytes());
        this.queue = queue;
        this.dice = dice;
        checkRate("hearth.request-log.sampling-rate", keys.samplingRate());
        keys.models().forEach((model, rate) -> checkRate("hearth.request-log.models." + model, rate));
        boolean wanted =
                keys.samplingRate() > 0 || keys.models().values().stream().anyMatch(rate -> rate > 0);
        if (wanted && keys.prefix().isEmpty()) {
            throw new IllegalArgumentException(
                    "hearth.request-log.prefix must name where files go: requests are to be logged");
        }
        this.keysLog = wanted;
        this.off = !wanted;
    }

    private static void checkRate(String key, double rate) {
        if (!(rate >= 0 && rate <= 1)) {
            throw new IllegalArgumentException(key + " must be from 0 to 1, not " + rate);
        }
    }

    /** From now on as these settings say; models that they do not name follow Hearth's keys. */
    public void configure(Map<String, LoggingSettings> settings) {
        Map<String, Collector> next = new HashMap<>();
        settings.forEach((model, wanted) -> prefix(model, wanted.prefix())
                .ifPresent(prefix -> next.put(model, new Collector(prefix, wanted.samplingRate()))));
        byFile = Map.copyOf(next);
        off = next.isEmpty() && !keysLog;
    }

    /** A prefix that is named for one model is its own; that of the keys is for all. */
    private Optional<Path> prefix(String model, String named) {
        return named.isEmpty()
                ? keys.prefix().map(all -> Path.of(all + "-" + fileName(model)))
                : Optional.of(Path.of(named));
    }

    /**
     * A call of the model was answered: logs it where the dice say so. Returns at once and never throws.
     *
     * @param call made only where it is logged
     */
    public void answered(String model, Supplier<LoggedCall> call) {
        Collector collector = sampled(model);
        if (collector != null) {
            try {
                LoggedCall logged = call.get();
                queue.offer(
                        new RecordQueue.Entry(collector.prefix(), limits, collector.rate(), logged, logged.bytes()));
            } catch (RuntimeException e) {
                LOG.debug("A call was not logged", e);
            }
        }
    }

    private @Nullable Collector sampled(String model) {
        if (off) {
            return null;
        }
        Collector collector = byFile.get(model);
        if (collector == null && keysLog) {
            collector = byKeys.computeIfAbsent(model, this::ofKeys);
        }
        if (collector == null || collector.rate <= 0) {
            return null;
        }
        return collector.rate >= 1 || dice.getAsDouble() < collector.rate ? collector : null;
    }

    private Collector ofKeys(String model) {
        double rate = keys.models().getOrDefault(model, keys.samplingRate());
        return new Collector(prefix(model, "").orElseThrow(), rate);
    }

    /** Names of models come from outside: nothing in them may mean a folder. */
    static String fileName(String model) {
        StringBuilder name = new StringBuilder(model.length());
        model.chars().forEach(c -> {
            boolean plain = c < 128 && (Character.isLetterOrDigit(c) || c == '-' || c == '_');
            if (plain) {
                name.append((char) c);
            } else {
                name.append('%').append(Integer.toHexString(c));
            }
        });
        return name.toString();
    }

    /** Writes what waits, for a few seconds at most, and finishes the files. */
    @PreDestroy
    void close() {
        off = true;
        queue.close();
    }
}
