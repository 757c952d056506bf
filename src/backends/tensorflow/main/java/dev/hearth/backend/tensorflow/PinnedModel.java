package dev.hearth.backend.tensorflow;

import dev.hearth.engine.error.ErrorCode;
import dev.hearth.engine.error.ServingException;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import org.tensorflow.proto.FunctionDef;
import org.tensorflow.proto.GraphDef;
import org.tensorflow.proto.MetaGraphDef;
import org.tensorflow.proto.NodeDef;
import org.tensorflow.proto.SavedModel;

/**
 * A version whose graph asks for one device: in a temporary folder a copy of the graph with the device on every node,
 * and links to the files beside it. TensorFlow's loader has no setting for this, and each process has one list of
 * visible devices for all its sessions.
 *
 * <p>What has no kernel for the device still runs on the CPU, since sessions place softly. Needed until the session is
 * loaded; closing deletes the folder.
 */
final class PinnedModel implements AutoCloseable {

    private final Path folder;

    private PinnedModel(Path folder) {
        this.folder = folder;
    }

    /**
     * Holds the graph in memory while it works.
     *
     * @param device such as {@code GPU:1}
     */
    static PinnedModel of(Path version, String device) {
        try {
            PinnedModel pinned = new PinnedModel(Files.createTempDirectory("hearth-pinned"));
            try {
                pinned.write(version, device);
                return pinned;
            } catch (IOException | RuntimeException e) {
                pinned.close();
                throw e;
            }
        } catch (IOException e) {
            throw new ServingException(
                    ErrorCode.INTERNAL, "Cannot pin " + version + " to " + device + ": " + e.getMessage(), e);
        }
    }

    private void write(Path version, String device) throws IOException {
        try (DirectoryStream<Path> files = Files.newDirectoryStream(version)) {
            for (Path file : files) {
                Path name = file.getFileName();
                if (name != null && !name.toString().equals(SavedModelFolder.BINARY)) {
                    Files.createSymbolicLink(folder.resolve(name), file.toAbsolutePath());
                }
            }
        }
        SavedModel.Builder model;
        try (InputStream in = new BufferedInputStream(Files.newInputStream(version.resolve(SavedModelFolder.BINARY)))) {
            model = SavedModel.newBuilder().mergeFrom(in);
        }
        model.getMetaGraphsBuilderList().stream()
                .map(MetaGraphDef.Builder::getGraphDefBuilder)
                .forEach(graph -> pin(graph, device));
        try (OutputStream out = Files.newOutputStream(folder.resolve(SavedModelFolder.BINARY))) {
            model.build().writeTo(out);
        }
    }

    private static void pin(GraphDef.Builder graph, String device) {
        graph.getNodeBuilderList().forEach(node -> pin(node, device));
        graph.getLibraryBuilder().getFunctionBuilderList().stream()
                .map(FunctionDef.Builder::getNodeDefBuilderList)
                .forEach(nodes -> nodes.forEach(node -> pin(node, device)));
    }

    /** A node that its author put on another kind of device stays there. */
    private static void pin(NodeDef.Builder node, String device) {
        String kind = device.substring(0, device.indexOf(':')).toLowerCase(Locale.ROOT);
        String wanted = node.getDevice().toLowerCase(Locale.ROOT);
        if (wanted.isEmpty() || wanted.contains("device:" + kind) || wanted.contains("/" + kind + ":")) {
            node.setDevice("/device:" + device);
        }
    }

    Path path() {
        return folder;
    }

    @Override
    public void close() {
        try (DirectoryStream<Path> files = Files.newDirectoryStream(folder)) {
            for (Path file : files) {
                // A link, not what it leads to.
                Files.delete(file);
            }
            Files.delete(folder);
        } catch (IOException e) {
            throw new ServingException(ErrorCode.INTERNAL, "Cannot delete " + folder + ": " + e.getMessage(), e);
        }
    }
}
