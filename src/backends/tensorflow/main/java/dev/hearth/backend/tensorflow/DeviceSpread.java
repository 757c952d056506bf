package dev.hearth.backend.tensorflow;

import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Opens each session on the device that has the fewest, so that a replaced one comes back where it was, and counts runs
 * by device. The session that was loaded to look at is given out first; it is on the first device.
 *
 * <p>Thread-safe; a session is opened outside the lock, since that takes long.
 */
final class DeviceSpread implements Supplier<TfSession> {

    /** A device, how many sessions it has or is about to get, and their runs so far. */
    private static final class Place {

        final String device;
        final LongAdder runs = new LongAdder();
        int sessions;

        Place(String device) {
            this.device = device;
        }
    }

    private final List<Place> places;
    private final Function<String, TfSession> open;
    private final AtomicReference<@Nullable TfSession> first;
    private final Map<TfSession, Place> placeOf = new ConcurrentHashMap<>();

    /** @param open a session on one of the devices */
    DeviceSpread(Collection<String> devices, TfSession first, Function<String, TfSession> open) {
        this.places = devices.stream().map(Place::new).toList();
        this.first = new AtomicReference<>(first);
        this.open = open;
    }

    @Override
    public TfSession get() {
        TfSession loaded = first.getAndSet(null);
        Place place = take(loaded != null);
        try {
            TfSession session = loaded == null ? open.apply(place.device) : loaded;
            placeOf.put(session, place);
            return session;
        } catch (RuntimeException | Error e) {
            leave(place);
            throw e;
        }
    }

    void close(TfSession session) {
        Place place = placeOf.remove(session);
        if (place != null) {
            leave(place);
        }
        session.close();
    }

    void ran(TfSession session) {
        Place place = placeOf.get(session);
        if (place != null) {
            place.runs.increment();
        }
    }

    /** The devices that have sessions, in their order, and what has run on each. */
    synchronized Map<String, Long> runs() {
        Map<String, Long> runs = new LinkedHashMap<>();
        for (Place place : places) {
            if (place.sessions > 0) {
                runs.put(place.device, place.runs.sum());
            }
        }
        return runs;
    }

    private synchronized Place take(boolean onFirst) {
        Place fewest = places.get(0);
        for (Place place : places) {
            if (!onFirst && place.sessions < fewest.sessions) {
                fewest = place;
            }
        }
        fewest.sessions++;
        return fewest;
    }

    private synchronized void leave(Place place) {
        place.sessions--;
    }
}
