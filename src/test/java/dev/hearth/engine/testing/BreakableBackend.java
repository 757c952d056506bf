package dev.hearth.engine.testing;

import dev.hearth.engine.error.ErrorCode;
import dev.hearth.engine.error.ServingException;
import dev.hearth.engine.model.ServableId;
import dev.hearth.engine.model.Signature;
import dev.hearth.engine.servable.Loader;
import dev.hearth.engine.servable.LoaderFactory;
import dev.hearth.engine.servable.ResourceEstimate;
import dev.hearth.engine.servable.RunRequest;
import dev.hearth.engine.servable.Servable;
import dev.hearth.engine.tensor.Tensor;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** A backend whose models echo their input until a test breaks them. Every opening is remembered. Thread-safe. */
public final class BreakableBackend implements LoaderFactory {

    /** A run with this value in it fails as if the model were at fault. */
    public static final float POISON = 666;

    private final Signature signature;
    private final List<Opened> openings = new CopyOnWriteArrayList<>();
    private volatile Consumer<Opened> onOpening = opened -> {};

    public BreakableBackend(Signature signature) {
        this.signature = signature;
    }

    /** Called with what is about to be given out by each opening from now on; what it throws fails the opening. */
    public void onOpening(Consumer<Opened> action) {
        onOpening = action;
    }

    public List<Opened> openings() {
        return openings;
    }

    public Opened last() {
        return openings.get(openings.size() - 1);
    }

    @Override
    public String name() {
        return "breakable";
    }

    @Override
    public boolean recognises(Path versionFolder) {
        return true;
    }

    @Override
    public Loader loader(ServableId id, Path versionFolder) {
        return new Loader() {
            @Override
            public ResourceEstimate estimate() {
                return ResourceEstimate.NONE;
            }

            @Override
            public Servable load() {
                Opened opened = new Opened(signature);
                openings.add(opened);
                onOpening.accept(opened);
                return opened;
            }
        };
    }

    /** One opening. */
    public static final class Opened implements Servable {

        private final Signature signature;
        private final AtomicInteger inUse = new AtomicInteger();
        private final AtomicInteger closes = new AtomicInteger();
        private final AtomicInteger runs = new AtomicInteger();
        private volatile @Nullable ErrorCode broken;
        private volatile @Nullable Rendezvous stop;

        private Opened(Signature signature) {
            this.signature = signature;
        }

        /** Every run fails from now on. */
        public void breakDown() {
            breakDown(ErrorCode.INTERNAL);
        }

        public void breakDown(ErrorCode code) {
            broken = code;
        }

        /** The next run stops there until it is released. */
        public Rendezvous stopNextRun() {
            Rendezvous made = new Rendezvous();
            stop = made;
            return made;
        }

        public int runs() {
            return runs.get();
        }

        public int closes() {
            return closes.get();
        }

        @Override
        public Map<String, Signature> signatures() {
            return Map.of(signature.name(), signature);
        }

        @Override
        public String device() {
            return "FAKE:0";
        }

        @Override
        public ResourceEstimate resources() {
            return ResourceEstimate.NONE;
        }

        @Override
        public List<Tensor> run(RunRequest request) {
            inUse.incrementAndGet();
            try {
                if (closes.get() > 0) {
                    throw new AssertionError("used after close");
                }
                runs.incrementAndGet();
                Rendezvous here = stop;
                stop = null;
                if (here != null) {
                    here.arriveAndWait();
                }
                ErrorCode code = broken;
                if (code != null) {
                    throw new ServingException(code, "the state is gone");
                }
                Tensor input = request.feeds().get(0).value();
                FloatBuffer values = input.data().asFloatBuffer();
                while (values.hasRemaining()) {
                    if (values.get() == POISON) {
                        throw new ServingException(ErrorCode.INTERNAL, "poison");
                    }
                }
                return List.of(input);
            } finally {
                inUse.decrementAndGet();
            }
        }

        @Override
        public void close() {
            closes.incrementAndGet();
            if (inUse.get() > 0) {
                throw new AssertionError("closed in use");
            }
        }
    }
}
