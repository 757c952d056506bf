package dev.hearth.server.cache;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.vertx.core.Context;
import io.vertx.core.buffer.Buffer;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.Request;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * What waits to be written to Redis, bounded by its bytes: beyond that it is dropped. Written in bundles, the next when the one
 * before is there, so that a slow Redis is not asked for more than it can do. Thread-safe.
 */
final class RedisWrites {

    private static final int BUNDLE = 256;

    /** Of a value that waits: key, request and queue. */
    private static final int OVERHEAD = 256;

    /** So long a bundle may take before its connection is given up. */
    private static final int PATIENCE_SECONDS = 10;

    private final RedisLink link;
    private final Context loop;
    private final RedisOptions options;
    private final RedisMeters meters;

    private record Write(Buffer key, Buffer value, Duration ttl) {
        int size() {
            return OVERHEAD + value.length();
        }
    }

    @GuardedBy("this")
    private final ArrayDeque<Write> waiting = new ArrayDeque<>();

    @GuardedBy("this")
    private long bytes;

    @GuardedBy("this")
    private boolean busy;

    RedisWrites(RedisLink link, Context loop, RedisOptions options, RedisMeters meters) {
        this.link = link;
        this.loop = loop;
        this.options = options;
        this.meters = meters;
    }

    void add(Buffer key, Buffer value, Duration ttl) {
        Write write = new Write(key, value, ttl);
        boolean begin;
        synchronized (this) {
            if (bytes + write.size() > options.writeBytes()) {
                begin = false;
                write = null;
            } else {
                waiting.add(write);
                bytes += write.size();
                begin = !busy;
                busy = true;
            }
        }
        if (write == null) {
            meters.failed("dropped");
        }
        if (begin) {
            loop.runOnContext(here -> next());
        }
    }

    private void next() {
        List<Request> bundle = new ArrayList<>();
        long written = 0;
        synchronized (this) {
            while (bundle.size() < BUNDLE && !waiting.isEmpty()) {
                Write write = waiting.remove();
                bytes -= write.size();
                written += write.value().length();
                bundle.add(request(write));
            }
            busy = !bundle.isEmpty();
        }
        if (bundle.isEmpty()) {
            return;
        }
        long size = written;
        link.send(bundle).timeout(PATIENCE_SECONDS, TimeUnit.SECONDS).onComplete(result -> {
            if (result.succeeded()) {
                meters.bytesWritten.add(size);
            } else {
                meters.failed("write");
            }
            // The end of a wait is told on a thread of its own; the connection belongs to the loop.
            loop.runOnContext(here -> {
                if (result.cause() instanceof TimeoutException) {
                    link.reset();
                }
                next();
            });
        });
    }

    private static Request request(Write write) {
        Request set = Request.cmd(Command.SET).arg(write.key()).arg(write.value());
        return write.ttl().isZero()
                ? set
                : set.arg("PX").arg(Math.max(1, write.ttl().toMillis()));
    }

    /** On the event loop: what was sent and not answered is given up. */
    void reset() {
        link.reset();
    }
}
