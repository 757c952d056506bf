package dev.hearth.server.cache;

import dev.hearth.endpoints.config.HearthConfig;
import dev.hearth.endpoints.metrics.MicrometerServingMetrics;
import dev.hearth.engine.cache.SharedTier;
import dev.hearth.engine.metrics.Meters;
import dev.hearth.engine.predict.ProfileExchange;
import io.vertx.core.Vertx;
import io.vertx.redis.client.Redis;
import io.vertx.redis.client.RedisClientType;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.inject.Disposes;
import jakarta.enterprise.inject.Instance;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
import java.util.concurrent.atomic.LongAdder;
import org.eclipse.microprofile.config.Config;

/** Makes the tier in Redis, when it is asked for; where Redis is and how to get in is said by {@code quarkus.redis.*}. */
@ApplicationScoped
public class RedisProducer {

    /** @param redis looked up only here: injected, it would have to be there in every server */
    @Produces
    @Singleton
    SharedTier tier(
            HearthConfig config, Config all, Vertx vertx, Instance<Redis> redis, MicrometerServingMetrics metrics) {
        RedisClientType type = all.getOptionalValue("quarkus.redis.client-type", String.class)
                .map(name -> RedisClientType.valueOf(name.toUpperCase(java.util.Locale.ROOT)))
                .orElse(RedisClientType.STANDALONE);
        RedisMeters meters = new RedisMeters(metrics::count);
        metrics.counter(Meters.CACHE_TRANSFERRED, meters.bytesRead, LongAdder::sum, "read");
        metrics.counter(Meters.CACHE_TRANSFERRED, meters.bytesWritten, LongAdder::sum, "written");
        return new RedisTier(redis::get, vertx, RedisOptions.of(config.cache().redis(), type), meters);
    }

    @Produces
    @Singleton
    ProfileExchange profiles(HearthConfig config, Instance<Redis> redis, MicrometerServingMetrics metrics) {
        HearthConfig.Redis keys = config.cache().redis();
        return new RedisProfiles(redis::get, keys.prefix(), keys.loadBudget(), new RedisMeters(metrics::count));
    }

    void close(@Disposes SharedTier tier) throws Exception {
        if (tier instanceof AutoCloseable open) {
            open.close();
        }
    }
}
