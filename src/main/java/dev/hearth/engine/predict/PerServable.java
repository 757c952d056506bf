package dev.hearth.engine.predict;

import dev.hearth.engine.model.ServableId;
import dev.hearth.engine.servable.Servable;
import dev.hearth.engine.servable.ServableHandle;
import java.lang.ref.WeakReference;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;

/**
 * Something worked out once per loaded servable and forgotten when it is gone. A version that is loaded again under the
 * same id is another servable and gets a value of its own. Thread-safe; values must not refer to the servable strongly.
 */
final class PerServable<V> {

    private final Map<ServableId, Entry<V>> entries = new ConcurrentHashMap<>();
    private final Function<ServableHandle, V> maker;

    private record Entry<V>(WeakReference<Servable> servable, V value) {}

    PerServable(Function<ServableHandle, V> maker) {
        this.maker = maker;
    }

    V of(ServableHandle handle) {
        Entry<V> entry = entries.get(handle.id());
        if (entry != null && entry.servable.refersTo(handle.servable())) {
            return entry.value;
        }
        V made = maker.apply(handle);
        entries.values().removeIf(old -> old.servable.refersTo(null));
        entries.put(handle.id(), new Entry<>(new WeakReference<>(handle.servable()), made));
        return made;
    }
}
