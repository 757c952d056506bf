package dev.hearth.server.cache;

import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.redis.client.Redis;
import io.vertx.redis.client.RedisConnection;
import io.vertx.redis.client.Request;
import io.vertx.redis.client.Response;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One connection to Redis, on which commands follow each other without waiting for answers. Belongs to one event loop: every
 * method is called there, and futures complete there. Opened with the first command, and again after it has broken.
 */
final class RedisLink {

    private final Redis redis;
    private final Context loop;
    private @Nullable RedisConnection connection;
    private @Nullable Future<RedisConnection> opening;

    RedisLink(Redis redis, Context loop) {
        this.redis = redis;
        this.loop = loop;
    }

    /** Answers to the requests in their order; fails as a whole where any could not be sent or was refused. */
    Future<List<Response>> send(List<Request> requests) {
        return open().compose(link -> {
            List<Future<Response>> answers = new ArrayList<>(requests.size());
            for (Request request : requests) {
                answers.add(link.send(request));
            }
            return Future.join(answers)
                    .map(all -> answers.stream().map(Future::result).toList());
        });
    }

    private Future<RedisConnection> open() {
        RedisConnection link = connection;
        if (link != null) {
            return Future.succeededFuture(link);
        }
        Future<RedisConnection> coming = opening;
        if (coming == null) {
            Promise<RedisConnection> opened = Promise.promise();
            coming = opened.future();
            opening = coming;
            redis.connect()
                    .onComplete(result -> loop.runOnContext(here -> {
                        opening = null;
                        if (result.succeeded()) {
                            use(result.result());
                            opened.complete(result.result());
                        } else {
                            opened.fail(result.cause());
                        }
                    }));
        }
        return coming;
    }

    private void use(RedisConnection link) {
        connection = link;
        link.exceptionHandler(failure -> loop.runOnContext(here -> drop(link)));
        link.endHandler(ended -> loop.runOnContext(here -> drop(link)));
    }

    /** What was sent on it and not answered fails by itself. */
    private void drop(RedisConnection link) {
        if (connection == link) {
            connection = null;
            var unused = link.close();
        }
    }

    /** The next command opens another. */
    void reset() {
        RedisConnection link = connection;
        if (link != null) {
            drop(link);
        }
    }
}
