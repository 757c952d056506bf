package dev.hearth.endpoints.predict;

import dev.hearth.endpoints.access.AccessGate;
import dev.hearth.endpoints.access.ClientUse;
import dev.hearth.engine.error.ServingException;
import io.vertx.core.Context;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerRequest;
import org.jspecify.annotations.Nullable;

/**
 * The body of one REST request on its way: takes room for its bytes, of all requests and of its client, gives it up where it
 * comes too slowly, and refuses what is too long or has no room. What still comes of a refused body is dropped as it comes:
 * closing would lose the answer for clients that write on.
 *
 * <p>Everything happens on the request's event loop. Room is held until {@link #close}, which belongs to the end of the
 * exchange, however it ends.
 */
public final class IncomingBody {

    /** What becomes of a body: one of these is called, once, or none where the client goes away. */
    public interface Reader {

        void arrived(RequestBytes body);

        /** There is no room for it. */
        void refused(ServingException full);

        void tooLong(int limit);

        /** What comes after this long is not worth its connection, which other clients may want. */
        void tooSlow();
    }

    /**
     * What all bodies share.
     *
     * @param longest bytes of a body
     */
    public record Room(int longest, InFlightBytes inFlight, SlowBodies slow, AccessGate access) {}

    private final Room room;
    private final HttpServerRequest request;
    private final Reader reader;
    private final RequestBytes bytes = new RequestBytes();
    private final long announced;
    private final @Nullable ClientUse client;
    private SlowBodies.@Nullable Arrival arrival;
    private long taken;
    private long takenOfClient;
    private boolean refused;

    /** @param context of the request */
    public IncomingBody(Room room, HttpServerRequest request, Context context, Reader reader) {
        this.room = room;
        this.request = request;
        this.reader = reader;
        this.announced = AccessGate.announced(request);
        this.client = room.access().admitted(context).use();
    }

    /** Refuses a body that says itself that it is too long; false where it may be received. */
    public boolean refuseIfTooLong() {
        if (announced > room.longest()) {
            tooLong();
            return true;
        }
        return false;
    }

    /** Receives it. */
    public void receive() {
        try {
            take(announced);
        } catch (ServingException full) {
            refuse(full);
            return;
        }
        SlowBodies.Arrival coming = room.slow().begin(bytes, this::giveUp);
        arrival = coming;
        request.handler(this::add);
        request.endHandler(end -> {
            coming.end();
            if (!refused) {
                arrived();
            }
        });
        request.resume();
    }

    /** A client whose request cannot even be looked at is told so: it would wait for ever, and its room be held. */
    private void arrived() {
        try {
            reader.arrived(bytes);
        } catch (RuntimeException | Error e) {
            refuse(ServingException.from(e));
        }
    }

    private void add(Buffer chunk) {
        if (refused) {
            return;
        }
        long now = bytes.length() + (long) chunk.length();
        if (now > room.longest()) {
            tooLong();
            return;
        }
        try {
            take(now - taken);
        } catch (ServingException full) {
            refuse(full);
            return;
        }
        bytes.add(chunk);
    }

    private void take(long more) {
        if (more <= 0) {
            return;
        }
        // What was announced has been counted for the client by the gate.
        long unannounced = Math.max(0, taken + more - Math.max(announced, taken));
        if (client != null && unannounced > 0) {
            client.takeBytes(unannounced, announced + takenOfClient);
            takenOfClient += unannounced;
        }
        room.inFlight().take(more);
        taken += more;
    }

    /** Takes nothing more of it; what still comes is dropped. */
    public void refuse(ServingException why) {
        refused = true;
        reader.refused(why);
        request.resume();
    }

    private void tooLong() {
        refused = true;
        reader.tooLong(room.longest());
        request.resume();
    }

    private void giveUp() {
        refused = true;
        reader.tooSlow();
    }

    /** Gives its room back; the exchange is over. Idempotent. */
    public void close() {
        if (arrival != null) {
            arrival.end();
        }
        room.inFlight().release(taken);
        taken = 0;
        if (client != null) {
            client.releaseBytes(takenOfClient);
            takenOfClient = 0;
        }
    }
}
