package dev.hearth.engine.cache;

import com.dynatrace.hash4j.hashing.HashValue128;
import com.dynatrace.hash4j.hashing.Hasher128;
import com.dynatrace.hash4j.hashing.Hasher64;
import com.dynatrace.hash4j.hashing.Hashing;
import dev.hearth.engine.tensor.Tensor;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What questions to one loaded version with the same inputs, types, row shapes and outputs have in common: makes their keys
 * and keeps their answers. Thread-safe.
 *
 * <p>Keys within the process are XXH3 and komihash with seeds of the process that nobody outside learns, so that nobody can
 * make up requests that collide; a collision by chance is caught by the second of the two.
 */
public final class QuestionKind {

    private static final SecureRandom RANDOM = new SecureRandom();
    private static final Hasher128 NAMES = Hashing.xxh3_128(RANDOM.nextLong());
    private static final Hasher64 CHECKS = Hashing.komihash5_0(RANDOM.nextLong());

    private final Object owner;
    private final long high;
    private final long low;
    private final byte[] sharedPrefix;
    private volatile @Nullable Layout last;

    /**
     * @param owner the loaded version, by identity
     * @param ownerNumber of that version alone in this process
     * @param content what tells the version from all others of any process; empty where nothing does
     * @param description of the kind, in full
     */
    public QuestionKind(Object owner, long ownerNumber, byte[] content, byte[] description) {
        this.owner = owner;
        byte[] all = ByteBuffer.allocate(8 + description.length)
                .putLong(ownerNumber)
                .put(description)
                .array();
        HashValue128 id = NAMES.hashBytesTo128Bits(all);
        this.high = id.getMostSignificantBits();
        this.low = id.getLeastSignificantBits();
        this.sharedPrefix = content.length == 0 ? content : sha256(content, 0, content.length, description);
    }

    /** Whether its answers can be in a tier that processes share. */
    public boolean isShareable() {
        return sharedPrefix.length > 0;
    }

    /**
     * The key of one row, or of the whole request.
     *
     * @param row means nothing for a whole request
     */
    public PredictionKey key(long epoch, Question question, KeyForm form, int row) {
        ByteBuffer bytes = question.bytes(form.byRow() ? row : -1);
        byte[] room = bytes.array();
        ByteBuffer.wrap(room).putLong(high).putLong(low).putLong(epoch).putLong(form.number(question.rows()));
        HashValue128 name = NAMES.hashBytesTo128Bits(room, 0, bytes.limit());
        return new PredictionKey(
                name.getMostSignificantBits(),
                name.getLeastSignificantBits(),
                CHECKS.hashBytesToLong(room, 0, bytes.limit()));
    }

    /** The same for the tier that processes share. */
    public SharedKey sharedKey(long epoch, Question question, KeyForm form, int row) {
        ByteBuffer bytes = question.bytes(form.byRow() ? row : -1);
        byte[] room = bytes.array();
        ByteBuffer.wrap(room).putLong(0).putLong(0).putLong(epoch).putLong(form.number(question.rows()));
        byte[] hash = sha256(room, 0, bytes.limit(), sharedPrefix);
        return new SharedKey(Arrays.copyOf(hash, 16), Arrays.copyOfRange(hash, 16, 32));
    }

    /** A copy to keep; null where it is too large. */
    public @Nullable KeptAnswer keep(List<Tensor> outputs, long mostBytes) {
        return KeptAnswer.copyOf(layout(outputs), outputs, mostBytes);
    }

    private Layout layout(List<Tensor> outputs) {
        Layout known = last;
        if (known == null || !known.fits(outputs)) {
            known = Layout.of(owner, outputs);
            last = known;
        }
        return known;
    }

    /** The value for the tier that processes share. */
    public static byte[] encode(KeptAnswer answer, SharedKey key, int compressFromBytes) {
        return ValueFormat.encode(answer, key, compressFromBytes);
    }

    /** The answer in a value of that tier; null where the value is not one of this question. */
    public @Nullable KeptAnswer decode(byte[] value, SharedKey key) {
        List<Tensor> outputs = ValueFormat.decode(value, key);
        return outputs == null ? null : keep(outputs, Integer.MAX_VALUE - 64);
    }

    private static byte[] sha256(byte[] bytes, int from, int length, byte[] more) {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            digest.update(more);
            digest.update(bytes, from, length);
            return digest.digest();
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }
}
