package dev.hearth.engine.cache;

import org.jspecify.annotations.Nullable;

/**
 * What the cache did for one request.
 *
 * @param tier where the known part of the answer came from; null where none was known. Of both, the slower one
 * @param known rows that were known, or waited for; of a request that is not looked up by rows 1 or 0
 * @param asked rows that were looked up, or 1
 */
public record CacheResult(Outcome outcome, @Nullable Tier tier, int known, int asked) {

    /** The model is not cached. */
    public static final CacheResult NONE = new CacheResult(Outcome.NONE, null, 0, 0);

    public static final CacheResult BYPASS = new CacheResult(Outcome.BYPASS, null, 0, 0);

    private static final CacheResult MEMORY_HIT = new CacheResult(Outcome.HIT, Tier.MEMORY, 1, 1);
    private static final CacheResult MISS = new CacheResult(Outcome.MISS, null, 0, 1);

    /** Of a request. */
    public enum Outcome {
        NONE,
        /** Nothing was computed for it, here or elsewhere, since it came. */
        HIT,
        /** Some of its rows were known, and only the others were computed. */
        PARTIAL,
        /** What it needed was being computed for an equal request already. */
        JOINED,
        MISS,
        /** It wanted a fresh answer. */
        BYPASS
    }

    /** Where answers are kept. */
    public enum Tier {
        MEMORY("memory"),
        SHARED("redis");

        private final String text;

        Tier(String text) {
            this.text = text;
        }

        /** For people, headers and meters. */
        public String text() {
            return text;
        }
    }

    /**
     * From counts of rows.
     *
     * @param joined that were waited for
     */
    public static CacheResult of(int asked, int inMemory, int inShared, int joined) {
        if (asked == 1) {
            if (inMemory == 1) {
                return MEMORY_HIT;
            }
            if (inShared + joined == 0) {
                return MISS;
            }
        }
        int known = inMemory + inShared;
        Tier tier = inShared > 0 ? Tier.SHARED : inMemory > 0 ? Tier.MEMORY : null;
        Outcome outcome;
        if (known == asked) {
            outcome = Outcome.HIT;
        } else if (known + joined == asked) {
            outcome = Outcome.JOINED;
        } else {
            outcome = known + joined > 0 ? Outcome.PARTIAL : Outcome.MISS;
        }
        return new CacheResult(outcome, tier, known + joined, asked);
    }

    /** Whether nothing was computed for the request. */
    public boolean hit() {
        return outcome == Outcome.HIT;
    }

    /** As a header says it, e.g. {@code hit; tier=memory} or {@code partial; tier=redis; rows=90/100}. */
    public String text() {
        if (this == MEMORY_HIT) {
            return "hit; tier=memory";
        }
        StringBuilder text = new StringBuilder(outcome.name().toLowerCase(java.util.Locale.ROOT));
        if (tier != null) {
            text.append("; tier=").append(tier.text());
        }
        if (asked > 1) {
            text.append("; rows=").append(known).append('/').append(asked);
        }
        return text.toString();
    }
}
