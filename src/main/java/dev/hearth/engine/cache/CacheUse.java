package dev.hearth.engine.cache;

/**
 * What one request wants of the cache, and afterwards what the cache did for it. Whoever makes the request keeps it and reads
 * the result when the answer is there. One request, one object; safe to hand between threads.
 */
public final class CacheUse {

    /** What a request wants. */
    public enum Wish {
        /** Any answer to an equal request of this version. */
        USE,
        /** A fresh answer, which others may then get. */
        REFRESH,
        /** A fresh answer, of which nothing is kept. */
        AVOID
    }

    /** For those who do not want to know what the cache did. */
    public static final CacheUse UNWATCHED = new CacheUse(Wish.USE, false);

    private final Wish wish;
    private final boolean watched;
    private volatile CacheResult result = CacheResult.NONE;

    private CacheUse(Wish wish, boolean watched) {
        this.wish = wish;
        this.watched = watched;
    }

    public static CacheUse of(Wish wish) {
        return new CacheUse(wish, true);
    }

    public Wish wish() {
        return wish;
    }

    /** For the cache, before the answer is given. */
    public void tell(CacheResult told) {
        if (watched) {
            result = told;
        }
    }

    /** {@link CacheResult#NONE} until the answer is there, and where the model is not cached. */
    public CacheResult result() {
        return result;
    }
}
