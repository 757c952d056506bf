package dev.hearth.endpoints.openinference;

import dev.hearth.engine.error.ErrorCode;
import dev.hearth.engine.error.ServingException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Regions of POSIX shared memory that clients on this machine have registered, to put tensors there instead of sending
 * them. A region is a part of one plain file directly in the folder of shared memory; names with a slash, other kinds of
 * files and links are refused, so nothing outside of it can be read or written. Files are read and written, not mapped: a
 * client that cuts its file short gets an error and takes nothing down with it.
 *
 * <p>Thread-safe. {@link #read} and {@link #write} block as long as copying takes. Keeps the files open until they are
 * unregistered or this is closed.
 */
public final class SharedMemory implements AutoCloseable {

    private static final Path FOLDER = Path.of("/dev/shm");
    private static final int LONGEST_NAME = 255;
    private static final int MOST_REGIONS = 1024;

    /** Copied in pieces: the JDK keeps native memory of the size of what is read at once. */
    private static final int PIECE = 256 << 10;

    private final boolean enabled;
    private final Path folder;
    private final Map<String, Region> regions = new ConcurrentHashMap<>();

    /**
     * One region.
     *
     * @param name that requests use
     * @param key of the shared memory object, which is a file's name
     * @param offset of its begin in the file
     */
    public record Region(String name, String key, long offset, long byteSize, FileChannel file) {}

    /** @param enabled false refuses everything */
    public SharedMemory(boolean enabled) {
        this(enabled, FOLDER);
    }

    SharedMemory(boolean enabled, Path folder) {
        this.enabled = enabled;
        this.folder = folder;
    }

    public boolean enabled() {
        return enabled;
    }

    private void requireEnabled() {
        if (!enabled) {
            throw ServingException.unimplemented(
                    "system shared memory is off; hearth.open-inference.shared-memory=true switches it on");
        }
    }

    /** @throws ServingException ALREADY_EXISTS, INVALID_ARGUMENT, or UNIMPLEMENTED where it is off */
    public void register(String name, String key, long offset, long byteSize) {
        requireEnabled();
        if (name.isEmpty() || name.length() > LONGEST_NAME) {
            throw ServingException.invalidArgument("a shared memory region must have a name of 1 to 255 characters");
        }
        Path path = path(name, key);
        if (regions.size() >= MOST_REGIONS) {
            throw new ServingException(
                    ErrorCode.RESOURCE_EXHAUSTED, "there are " + MOST_REGIONS + " shared memory regions already");
        }
        Region region = open(name, key, path, offset, byteSize);
        if (regions.putIfAbsent(name, region) != null) {
            close(region);
            throw new ServingException(
                    ErrorCode.ALREADY_EXISTS, "shared memory region '" + name + "' already in manager");
        }
    }

    private Path path(String name, String key) {
        String file = key.startsWith("/") ? key.substring(1) : key;
        boolean plain = !file.isEmpty()
                && file.length() <= LONGEST_NAME
                && !file.equals(".")
                && !file.equals("..")
                && file.chars().noneMatch(c -> c == '/' || c == '\\' || Character.isISOControl(c));
        if (!plain) {
            throw ServingException.invalidArgument(
                    "the key of shared memory region '" + name + "' is no name of a shared memory object");
        }
        return folder.resolve(file);
    }

    private static Region open(String name, String key, Path path, long offset, long byteSize) {
        FileChannel file = null;
        try {
            if (!Files.isRegularFile(path, LinkOption.NOFOLLOW_LINKS)) {
                throw ServingException.invalidArgument("unable to open shared memory region '" + name
                        + "': there is no shared memory object '" + key + "'");
            }
            file = FileChannel.open(path, StandardOpenOption.READ, StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS);
            long size = file.size();
            if (offset < 0 || byteSize < 1 || offset > size || byteSize > size - offset) {
                throw ServingException.invalidArgument(
                        "shared memory region '" + name + "' of " + byteSize + " bytes at offset " + offset
                                + " does not lie within the " + size + " bytes of '" + key + "'");
            }
            Region region = new Region(name, key, offset, byteSize, file);
            file = null;
            return region;
        } catch (IOException e) {
            throw ServingException.invalidArgument(
                    "unable to open shared memory region '" + name + "': " + e.getMessage());
        } finally {
            if (file != null) {
                close(file);
            }
        }
    }

    /** Forgets one region, or all where the name is empty; forgetting what is not there is no error. */
    public void unregister(String name) {
        requireEnabled();
        for (String known : name.isEmpty() ? List.copyOf(regions.keySet()) : List.of(name)) {
            Region region = regions.remove(known);
            if (region != null) {
                close(region);
            }
        }
    }

    /**
     * The region of this name, or all where it is empty, by name.
     *
     * @throws ServingException NOT_FOUND, or UNIMPLEMENTED where it is off
     */
    public Map<String, Region> status(String name) {
        requireEnabled();
        if (name.isEmpty()) {
            return new TreeMap<>(regions);
        }
        Region region = regions.get(name);
        if (region == null) {
            throw ServingException.notFound("Unable to find system shared memory region: '" + name + "'");
        }
        return Map.of(name, region);
    }

    /**
     * Reads a tensor's bytes.
     *
     * @param what names the tensor in errors
     * @throws ServingException INVALID_ARGUMENT, or UNIMPLEMENTED where it is off
     */
    public ByteBuffer read(String what, RegionSlice slice) {
        Region region = find(what, slice);
        ByteBuffer bytes = ByteBuffer.allocate(size(what, slice));
        long at = region.offset() + slice.offset();
        try {
            while (bytes.hasRemaining()) {
                bytes.limit(Math.min(bytes.capacity(), bytes.position() + PIECE));
                int read = region.file().read(bytes, at);
                if (read < 0) {
                    throw ServingException.invalidArgument(
                            "shared memory region '" + region.name() + "' of " + what + " has become shorter");
                }
                at += read;
                bytes.limit(bytes.capacity());
            }
        } catch (IOException e) {
            throw unusable(what, region, e);
        }
        return bytes.flip();
    }

    /** Writes a tensor's bytes, which must fit; throws as {@link #read}. */
    public void write(String what, RegionSlice slice, ByteBuffer source) {
        Region region = find(what, slice);
        if (source.remaining() > slice.byteSize()) {
            throw ServingException.invalidArgument("shared memory size specified with the request for " + what + " ("
                    + slice.byteSize() + " bytes) should be at least " + source.remaining() + " bytes");
        }
        ByteBuffer bytes = source.duplicate();
        int end = bytes.limit();
        long at = region.offset() + slice.offset();
        try {
            while (bytes.position() < end) {
                bytes.limit(Math.min(end, bytes.position() + PIECE));
                at += region.file().write(bytes, at);
            }
        } catch (IOException e) {
            throw unusable(what, region, e);
        }
    }

    private static int size(String what, RegionSlice slice) {
        if (slice.byteSize() > Integer.MAX_VALUE - 64) {
            throw ServingException.invalidArgument(what + " takes more than 2 GiB");
        }
        return (int) slice.byteSize();
    }

    private Region find(String what, RegionSlice slice) {
        requireEnabled();
        Region region = regions.get(slice.region());
        if (region == null) {
            throw ServingException.invalidArgument(
                    "Unable to find shared memory region: '" + slice.region() + "' of " + what);
        }
        if (slice.offset() > region.byteSize() || slice.byteSize() > region.byteSize() - slice.offset()) {
            throw ServingException.invalidArgument("Invalid offset + byte size for shared memory region: '"
                    + slice.region() + "' of " + what + ": " + slice.byteSize() + " bytes at " + slice.offset()
                    + " do not lie within its " + region.byteSize() + " bytes");
        }
        return region;
    }

    private static ServingException unusable(String what, Region region, IOException why) {
        return ServingException.invalidArgument(
                "cannot use shared memory region '" + region.name() + "' of " + what + ": " + why);
    }

    private static void close(Region region) {
        close(region.file());
    }

    private static void close(FileChannel file) {
        try {
            file.close();
        } catch (IOException e) {
            throw ServingException.internal("cannot close shared memory", e);
        }
    }

    /** Forgets all regions. */
    @Override
    public void close() {
        regions.values().forEach(SharedMemory::close);
        regions.clear();
    }
}
