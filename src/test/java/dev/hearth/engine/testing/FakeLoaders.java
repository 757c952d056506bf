package dev.hearth.engine.testing;

import dev.hearth.engine.model.ServableId;
import dev.hearth.engine.model.Signature;
import dev.hearth.engine.servable.Loader;
import dev.hearth.engine.servable.LoaderFactory;
import dev.hearth.engine.servable.ResourceEstimate;
import dev.hearth.engine.servable.RunRequest;
import dev.hearth.engine.servable.Servable;
import dev.hearth.engine.tensor.Tensor;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * A backend whose loads do what a test says: succeed, fail some times, stop until released. Counts what is open and
 * notices use after close. Thread-safe.
 */
public final class FakeLoaders implements LoaderFactory {

    private final String name;
    private final Map<ServableId, Script> scripts = new ConcurrentHashMap<>();
    private final List<Loaded> everLoaded = new CopyOnWriteArrayList<>();
    private volatile boolean recognises = true;
    private volatile boolean startsThreads;

    private static final class Script {
        private final Queue<Throwable> failures = new ConcurrentLinkedQueue<>();
        private final Queue<Throwable> closeFailures = new ConcurrentLinkedQueue<>();
        private final AtomicInteger loads = new AtomicInteger();
        private volatile ResourceEstimate estimate = ResourceEstimate.NONE;
        private volatile @Nullable Rendezvous stop;
        private volatile @Nullable Rendezvous closeStop;
    }

    public FakeLoaders() {
        this("fake");
    }

    public FakeLoaders(String name) {
        this.name = name;
    }

    /** The next loads of the version fail, one with each throwable. */
    public FakeLoaders failing(ServableId id, Throwable... failures) {
        script(id).failures.addAll(List.of(failures));
        return this;
    }

    /** Closing the version fails once. */
    public FakeLoaders failingToClose(ServableId id, Throwable failure) {
        script(id).closeFailures.add(failure);
        return this;
    }

    public FakeLoaders estimating(ServableId id, long hostBytes) {
        script(id).estimate = new ResourceEstimate(hostBytes, 0);
        return this;
    }

    public FakeLoaders recognisingNothing() {
        recognises = false;
        return this;
    }

    /** Loads start threads that later runs need. */
    public FakeLoaders startingThreads() {
        startsThreads = true;
        return this;
    }

    /** Loads of the version stop there until released. */
    public Rendezvous stopLoading(ServableId id) {
        Rendezvous stop = new Rendezvous();
        script(id).stop = stop;
        return stop;
    }

    /** Closing the version stops there until released. */
    public Rendezvous stopClosing(ServableId id) {
        Rendezvous stop = new Rendezvous();
        script(id).closeStop = stop;
        return stop;
    }

    /** Loads of the version begun so far. */
    public int loads(ServableId id) {
        return script(id).loads.get();
    }

    /** Versions that are loaded and not closed. */
    public List<ServableId> open() {
        return everLoaded.stream()
                .filter(servable -> servable.closes.get() == 0)
                .map(servable -> servable.id)
                .toList();
    }

    /** Every servable ever loaded, in order. */
    public List<Loaded> everLoaded() {
        return List.copyOf(everLoaded);
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public boolean recognises(Path versionFolder) {
        return recognises;
    }

    @Override
    public Loader loader(ServableId id, Path versionFolder) {
        Script script = script(id);
        return new Loader() {
            @Override
            public ResourceEstimate estimate() {
                return script.estimate;
            }

            @Override
            public Servable load() {
                script.loads.incrementAndGet();
                Rendezvous stop = script.stop;
                if (stop != null) {
                    stop.arriveAndWait();
                }
                Throwable failure = script.failures.poll();
                if (failure instanceof Error error) {
                    throw error;
                }
                if (failure instanceof RuntimeException exception) {
                    throw exception;
                }
                Loaded servable = new Loaded(id, script);
                everLoaded.add(servable);
                return servable;
            }

            @Override
            public boolean startsThreads() {
                return startsThreads;
            }
        };
    }

    private Script script(ServableId id) {
        return scripts.computeIfAbsent(id, key -> new Script());
    }

    /** What a fake load gives. */
    public static final class Loaded implements Servable {

        private final ServableId id;
        private final Script script;
        private final String loadedBy = Thread.currentThread().getName();
        private volatile String closedBy = "";
        private final AtomicInteger closes = new AtomicInteger();
        private final AtomicInteger inUse = new AtomicInteger();

        private Loaded(ServableId id, Script script) {
            this.id = id;
            this.script = script;
        }

        public ServableId id() {
            return id;
        }

        /** Name of the thread. */
        public String loadedBy() {
            return loadedBy;
        }

        public String closedBy() {
            return closedBy;
        }

        public int closes() {
            return closes.get();
        }

        /** Fails when the servable is closed before, or while, it is used. */
        public void use() {
            inUse.incrementAndGet();
            try {
                if (closes.get() != 0) {
                    throw new AssertionError(id + " used after close");
                }
            } finally {
                inUse.decrementAndGet();
            }
        }

        @Override
        public Map<String, Signature> signatures() {
            return Map.of();
        }

        @Override
        public String device() {
            return "FAKE:0";
        }

        @Override
        public ResourceEstimate resources() {
            return script.estimate;
        }

        @Override
        public List<Tensor> run(RunRequest request) {
            use();
            return request.feeds().stream().map(feed -> feed.value()).toList();
        }

        @Override
        public void close() {
            Rendezvous stop = script.closeStop;
            if (stop != null) {
                stop.arriveAndWait();
            }
            closedBy = Thread.currentThread().getName();
            closes.incrementAndGet();
            if (inUse.get() != 0) {
                throw new AssertionError(id + " closed in use");
            }
            Throwable failure = script.closeFailures.poll();
            if (failure instanceof RuntimeException exception) {
                throw exception;
            }
        }
    }
}
