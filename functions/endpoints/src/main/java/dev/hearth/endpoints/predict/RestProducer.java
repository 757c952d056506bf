package dev.hearth.endpoints.predict;

import dev.hearth.endpoints.codec.json.JsonLimits;
import dev.hearth.endpoints.config.HearthConfig;
import dev.hearth.endpoints.metrics.MicrometerServingMetrics;
import dev.hearth.endpoints.requestlog.RequestLog;
import dev.hearth.engine.ServingEngine;
import dev.hearth.engine.admission.ParseLimits;
import dev.hearth.engine.metrics.Meters;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.inject.Disposes;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
import java.time.Duration;

/** Makes what the REST side shares. */
@ApplicationScoped
public class RestProducer {

    /** A number takes two bytes in JSON at least and eight in a tensor at most. */
    private static final int TENSOR_PER_BODY = 4;

    @Produces
    @Singleton
    RestOptions options(HearthConfig config) {
        HearthConfig.Limits limits = config.limits();
        long longest = Math.max(limits.messageBytes(), limits.decompressedBytes());
        return new RestOptions(
                config.rest().timeout(),
                Math.toIntExact(limits.messageBytes()),
                Math.toIntExact(limits.decompressedBytes()),
                limits.inFlightBytes(),
                new JsonLimits(TENSOR_PER_BODY * longest),
                config.rest().cors(),
                config.rest().gzipFromBytes());
    }

    @Produces
    @Singleton
    RestWorkers workers() {
        return new RestWorkers(workerCount());
    }

    private static int workerCount() {
        return Math.max(2, Runtime.getRuntime().availableProcessors());
    }

    void close(@Disposes RestWorkers workers) {
        workers.close();
    }

    @Produces
    @Singleton
    InFlightBytes inFlight(RestOptions options, MicrometerServingMetrics metrics) {
        // Bodies are read into the heap, and their answers need some, too.
        InFlightBytes inFlight = new InFlightBytes(
                Math.min(options.inFlightBytes(), Runtime.getRuntime().maxMemory() / 2));
        metrics.gauge(Meters.IN_FLIGHT_BYTES, inFlight, InFlightBytes::taken);
        metrics.counter(Meters.REFUSED, inFlight, InFlightBytes::refused, "in_flight_bytes");
        return inFlight;
    }

    @Produces
    @Singleton
    SlowBodies slowBodies(HearthConfig config, ServingEngine engine, MicrometerServingMetrics metrics) {
        SlowBodies slow = new SlowBodies(config.limits().bodyTime(), engine.ticker());
        metrics.counter(Meters.REFUSED, slow, SlowBodies::givenUp, "slow_body");
        return slow;
    }

    @Produces
    @Singleton
    UnreadAnswers unread(
            HearthConfig config, ServingEngine engine, InFlightBytes inFlight, MicrometerServingMetrics metrics) {
        UnreadAnswers unread =
                new UnreadAnswers(new SlowBodies(config.limits().answerTime(), engine.ticker()), inFlight);
        metrics.counter(Meters.CONNECTIONS_ENDED, unread, UnreadAnswers::givenUp, "answer_not_read");
        return unread;
    }

    @Produces
    @Singleton
    ParseGate gate(HearthConfig config, ServingEngine engine, MicrometerServingMetrics metrics) {
        Duration wait = config.limits().parseWait();
        // Reading may not use up what the objective leaves for the model.
        Duration half = config.slo().map(objective -> objective.dividedBy(2)).orElse(wait);
        ParseLimits limits = new ParseLimits(
                half.compareTo(wait) < 0 ? half : wait, config.limits().parsePatience());
        ParseGate gate = new ParseGate(limits, engine.ticker(), workerCount());
        metrics.counter(Meters.REFUSED, gate, ParseGate::refused, "parsing");
        metrics.gauge(Meters.PARSE_LIMIT, gate, ParseGate::limit);
        metrics.gauge(Meters.LOOP_LAG, gate, ParseGate::lagSeconds);
        return gate;
    }

    @Produces
    @Singleton
    RestCalls calls(ServingEngine engine, RestOptions options, RestWorkers workers, RequestLog log) {
        return new RestCalls(engine, options.json(), workers, log);
    }
}
