package dev.hearth.engine.repository;

import dev.hearth.engine.servable.AspiredVersions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.NavigableSet;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/** One configured model and what was last seen of it. Used by the polling thread only. */
final class PolledModel {

    private static final Logger LOG = Logger.getLogger(FileSystemModelRepository.class);

    private ServedModel model;
    private @Nullable AspiredVersions published;
    private List<String> complaints = List.of();

    PolledModel(ServedModel model) {
        this.model = model;
    }

    void reconfigure(ServedModel changed) {
        model = changed;
    }

    /** Looks at the base path; what should be published, or empty when that is what was published last. */
    Optional<AspiredVersions> poll(boolean unloadVanished) {
        List<String> now = new ArrayList<>();
        Optional<AspiredVersions> wish = look(unloadVanished, now);
        for (String complaint : now) {
            if (!complaints.contains(complaint)) {
                LOG.warn(complaint);
            }
        }
        if (now.isEmpty() && !complaints.isEmpty()) {
            LOG.infof("Nothing is wrong any more with servable %s under base path %s", model.name(), model.basePath());
        }
        complaints = List.copyOf(now);
        if (wish.isEmpty() || wish.get().equals(published)) {
            return Optional.empty();
        }
        published = wish.get();
        return wish;
    }

    private Optional<AspiredVersions> look(boolean unloadVanished, List<String> complaints) {
        if (model.policy() instanceof VersionPolicy.Specific specific) {
            if (specific.versions().isEmpty()) {
                complaints.add("The version policy of servable " + model.name() + " lists no version: serving nothing");
                return Optional.of(new AspiredVersions(model.name(), Map.of()));
            }
            Optional<AspiredVersions> direct = listedDirectly(specific);
            if (direct.isPresent()) {
                return direct;
            }
        }
        VersionFolders found;
        try {
            found = VersionFolders.list(model.basePath());
        } catch (IOException e) {
            complaints.add("Could not find base path " + model.basePath() + " for servable " + model.name()
                    + " with error " + e.getClass().getSimpleName() + ": " + e.getMessage() + keeping());
            return Optional.empty();
        }
        complaints.addAll(found.remarks());
        if (found.folders().isEmpty()) {
            complaints.add("No versions of servable " + model.name() + " found under base path " + model.basePath()
                    + ". Did you forget to name your leaf directory as a number (eg. '/1/')?"
                    + (unloadVanished ? "" : keeping()));
            return unloadVanished ? Optional.of(new AspiredVersions(model.name(), Map.of())) : Optional.empty();
        }
        NavigableSet<Long> wanted = model.policy().wanted(found.folders().navigableKeySet());
        if (model.policy() instanceof VersionPolicy.Specific specific) {
            for (Long missing : new TreeSet<>(specific.versions())) {
                if (!wanted.contains(missing)) {
                    complaints.add("Version " + missing + " of servable " + model.name()
                            + ", which its version policy lists, was not found under base path " + model.basePath());
                }
            }
        }
        Map<Long, Path> folders = new TreeMap<>(found.folders());
        folders.keySet().retainAll(wanted);
        return Optional.of(new AspiredVersions(model.name(), folders));
    }

    /** Spares the listing of a base path with many versions where a few are named and all are there. */
    private Optional<AspiredVersions> listedDirectly(VersionPolicy.Specific specific) {
        Map<Long, Path> folders = new TreeMap<>();
        for (Long version : specific.versions()) {
            Path folder = model.basePath().resolve(Long.toString(version));
            if (version < 0 || !Files.isDirectory(folder)) {
                return Optional.empty();
            }
            folders.put(version, folder);
        }
        return Optional.of(new AspiredVersions(model.name(), folders));
    }

    private String keeping() {
        Map<Long, Path> kept = published == null ? Collections.emptyMap() : published.folders();
        return kept.isEmpty() ? "" : " (versions " + kept.keySet() + " stay)";
    }
}
