package dev.hearth.server.cache;

import dev.hearth.endpoints.config.HearthConfig;
import io.vertx.redis.client.RedisClientType;
import java.time.Duration;

/**
 * How Redis is used.
 *
 * @param prefix of every key
 * @param budget how long a request may wait for Redis
 * @param pause between tries to reach a Redis that does not answer, and between looks at what others have cleared
 * @param writeBytes values that may wait to be written
 * @param together whether several keys may be asked for in one command; not in a cluster, where each has its own node
 */
record RedisOptions(String prefix, Duration budget, Duration pause, long writeBytes, boolean together) {

    RedisOptions {
        if (budget.compareTo(Duration.ofMillis(1)) < 0 || writeBytes < 1) {
            throw new IllegalArgumentException(
                    "hearth.cache.redis.budget must be a millisecond at least, .write-bytes positive");
        }
    }

    static RedisOptions of(HearthConfig.Redis config, RedisClientType type) {
        return new RedisOptions(
                config.prefix(),
                config.budget(),
                Duration.ofSeconds(1),
                config.writeBytes(),
                type != RedisClientType.CLUSTER);
    }
}
