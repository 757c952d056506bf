package dev.hearth.engine.predict;

import dev.hearth.engine.cache.KeyForm;
import dev.hearth.engine.cache.QuestionKind;
import dev.hearth.engine.cache.RowRule;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * Requests to one loaded version with the same inputs, types, row shapes and outputs: their keys, and what is known of whether
 * the answer to a row depends on that row alone, to the last bit. Thread-safe.
 */
final class CachedKind {

    /** One agreement may be chance, e.g. where an output is a class. */
    private static final int AGREEMENTS = 2;

    /** A model that takes no other number of rows than it is asked with fails every time. */
    private static final int MOST_FAILURES = 3;

    private final QuestionKind questions;
    private final AtomicBoolean trying = new AtomicBoolean();

    /** Null as long as it is not known. */
    private volatile @Nullable KeyForm form;

    private KeyForm seen = KeyForm.ROW_OR_REQUEST;
    private int agreements;
    private int failures;

    CachedKind(QuestionKind questions, RowRule rule) {
        this.questions = questions;
        this.form = switch (rule) {
            case AUTO -> null;
            case ALWAYS -> KeyForm.ROW_OR_REQUEST;
            case NEVER -> KeyForm.WHOLE;
        };
    }

    QuestionKind questions() {
        return questions;
    }

    /** What a request of so many rows is looked up by. */
    KeyForm form(int rows) {
        KeyForm known = form;
        return rows < 2 || known == null ? KeyForm.WHOLE : known;
    }

    /** Its outputs have been seen not to have the rows of the inputs. */
    void rowsDepend() {
        form = KeyForm.WHOLE;
    }

    /** Whether the caller is to try whether rows depend on each other; {@link #tried} or {@link #givenUp} follows. */
    boolean beginTrial() {
        return form == null && trying.compareAndSet(false, true);
    }

    /**
     * Pieces of a request gave the same as the whole, to this extent. Between {@link #beginTrial} and this there is one caller.
     */
    void tried(KeyForm result) {
        agreements++;
        if (result.compareTo(seen) < 0) {
            seen = result;
        }
        if (form == null && (seen == KeyForm.WHOLE || agreements == AGREEMENTS)) {
            form = seen;
        }
        trying.set(false);
    }

    /** The trial could not be made. */
    void givenUp() {
        failures++;
        if (form == null && failures == MOST_FAILURES) {
            form = KeyForm.WHOLE;
        }
        trying.set(false);
    }
}
