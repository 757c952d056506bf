package dev.hearth.engine;

import dev.hearth.engine.predict.ProfileStore;
import org.jspecify.annotations.Nullable;

/** Times that came with a package, for what nobody here has measured; they are never written. */
final class BroughtProfiles implements ProfileStore {

    private final ProfileStore first;
    private final ProfileFiles brought;

    BroughtProfiles(ProfileStore first, ProfileFiles brought) {
        this.first = first;
        this.brought = brought;
    }

    @Override
    public @Nullable Entry find(String contentHash, String kind) {
        Entry known = first.find(contentHash, kind);
        return known == null ? brought.find(contentHash, kind) : known;
    }

    @Override
    public void keep(String contentHash, String kind, Entry entry) {
        first.keep(contentHash, kind, entry);
    }
}
