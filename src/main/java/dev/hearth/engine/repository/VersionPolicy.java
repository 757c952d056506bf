package dev.hearth.engine.repository;

import java.util.NavigableSet;
import java.util.Set;
import java.util.TreeSet;

/** Which of the versions found are wanted: a pure choice. */
public sealed interface VersionPolicy {

    /** What a model without a policy gets: the highest version. */
    VersionPolicy DEFAULT = new Latest(1);

    /** The wanted ones among {@code found}; never a version that was not found. */
    NavigableSet<Long> wanted(NavigableSet<Long> found);

    /**
     * The highest versions.
     *
     * @param count how many; 0 counts as 1, as in TensorFlow Serving
     */
    record Latest(int count) implements VersionPolicy {

        public Latest {
            if (count < 0) {
                throw new IllegalArgumentException("latest " + count + " versions");
            }
            count = Math.max(1, count);
        }

        @Override
        public NavigableSet<Long> wanted(NavigableSet<Long> found) {
            NavigableSet<Long> wanted = new TreeSet<>();
            for (Long version : found.descendingSet()) {
                if (wanted.size() == count) {
                    break;
                }
                wanted.add(version);
            }
            return wanted;
        }
    }

    /** Every version. */
    record All() implements VersionPolicy {

        @Override
        public NavigableSet<Long> wanted(NavigableSet<Long> found) {
            return new TreeSet<>(found);
        }
    }

    /** The listed versions as far as they exist; an empty list serves nothing. */
    record Specific(Set<Long> versions) implements VersionPolicy {

        public Specific {
            versions = Set.copyOf(versions);
        }

        @Override
        public NavigableSet<Long> wanted(NavigableSet<Long> found) {
            NavigableSet<Long> wanted = new TreeSet<>(versions);
            wanted.retainAll(found);
            return wanted;
        }
    }
}
