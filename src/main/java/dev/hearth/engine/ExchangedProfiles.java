package dev.hearth.engine;

import dev.hearth.engine.predict.ProfileExchange;
import dev.hearth.engine.predict.ProfileStore;
import org.jspecify.annotations.Nullable;

/**
 * Measured times of this machine first, then those that other instances have measured on machines of the same kind. What is
 * known here only is offered to them.
 */
final class ExchangedProfiles implements ProfileStore {

    private final ProfileStore here;
    private final ProfileExchange exchange;
    private final String machine;

    ExchangedProfiles(ProfileStore here, ProfileExchange exchange, int cores) {
        this.here = here;
        this.exchange = exchange;
        this.machine = ProfileFiles.machine(cores);
    }

    @Override
    public @Nullable Entry find(String contentHash, String kind) {
        if (contentHash.isEmpty()) {
            return null;
        }
        Entry known = here.find(contentHash, kind);
        if (known != null) {
            exchange.offer(group(contentHash), kind, ProfileFiles.line(kind, known));
            return known;
        }
        String line = exchange.find(group(contentHash), kind);
        Entry found = line == null ? null : ProfileFiles.read(line, kind);
        if (found != null) {
            here.keep(contentHash, kind, found);
        }
        return found;
    }

    @Override
    public void keep(String contentHash, String kind, Entry entry) {
        if (!contentHash.isEmpty()) {
            here.keep(contentHash, kind, entry);
            exchange.keep(group(contentHash), kind, ProfileFiles.line(kind, entry));
        }
    }

    private String group(String contentHash) {
        return contentHash + "-" + machine;
    }
}
