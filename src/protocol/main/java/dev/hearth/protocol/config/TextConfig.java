package dev.hearth.protocol.config;

import com.google.protobuf.Message;
import com.google.protobuf.TextFormat;
import com.google.protobuf.TypeRegistry;
import dev.hearth.protocol.serving.BatchingParameters;
import dev.hearth.protocol.serving.ModelServerConfig;
import dev.hearth.protocol.serving.MonitoringConfig;
import dev.hearth.protocol.serving.PlatformConfigMap;
import dev.hearth.protocol.serving.SSLConfig;
import dev.hearth.protocol.serving.SavedModelBundleSourceAdapterConfig;
import dev.hearth.protocol.serving.SessionBundleConfig;
import dev.hearth.protocol.serving.SessionBundleSourceAdapterConfig;
import dev.hearth.protocol.serving.ThreadPoolFactoryConfig;
import dev.hearth.protocol.tensorflow.ConfigProto;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Readers for the text-format files that TensorFlow Serving's flags name. Stateless and thread-safe.
 *
 * <p>All of the syntax is understood: comments, both separators, both braces, lists, adjacent strings, both quotes, and
 * {@code Any} messages spelled out by type. As in TensorFlow Serving an unknown field is an error, and so is a second
 * value for a field that takes one. An empty file is an empty message. What the values mean is checked elsewhere.
 *
 * <p>Every method throws {@link IOException} when the file cannot be read and {@link ConfigFormatException} when it
 * cannot be understood.
 */
public final class TextConfig {

    private static final int BYTE_ORDER_MARK = 0xFEFF;

    private static final TextFormat.Parser PARSER = TextFormat.Parser.newBuilder()
            .setSingularOverwritePolicy(TextFormat.Parser.SingularOverwritePolicy.FORBID_SINGULAR_OVERWRITES)
            .setTypeRegistry(TypeRegistry.newBuilder()
                    .add(SavedModelBundleSourceAdapterConfig.getDescriptor())
                    .add(SessionBundleSourceAdapterConfig.getDescriptor())
                    .add(SessionBundleConfig.getDescriptor())
                    .add(ModelServerConfig.getDescriptor())
                    .add(ThreadPoolFactoryConfig.getDescriptor())
                    .build())
            .build();

    private TextConfig() {}

    /** {@code --model_config_file}. */
    public static ModelServerConfig modelServerConfig(Path file) throws IOException, ConfigFormatException {
        return read(file, ModelServerConfig.getDefaultInstance());
    }

    /** {@code --batching_parameters_file} and {@code batching_params.pbtxt} of a version folder. */
    public static BatchingParameters batchingParameters(Path file) throws IOException, ConfigFormatException {
        return read(file, BatchingParameters.getDefaultInstance());
    }

    /** {@code --monitoring_config_file}. */
    public static MonitoringConfig monitoringConfig(Path file) throws IOException, ConfigFormatException {
        return read(file, MonitoringConfig.getDefaultInstance());
    }

    /** {@code --ssl_config_file}; the values are PEM texts, not paths. */
    public static SSLConfig sslConfig(Path file) throws IOException, ConfigFormatException {
        return read(file, SSLConfig.getDefaultInstance());
    }

    /** {@code --platform_config_file}. */
    public static PlatformConfigMap platformConfigMap(Path file) throws IOException, ConfigFormatException {
        return read(file, PlatformConfigMap.getDefaultInstance());
    }

    public static SessionBundleConfig sessionBundleConfig(Path file) throws IOException, ConfigFormatException {
        return read(file, SessionBundleConfig.getDefaultInstance());
    }

    /** {@code --tensorflow_session_config_file}. */
    public static ConfigProto sessionConfig(Path file) throws IOException, ConfigFormatException {
        return read(file, ConfigProto.getDefaultInstance());
    }

    /** Any other text-format file: a message of the prototype's type. */
    public static <M extends Message> M read(Path file, M prototype) throws IOException, ConfigFormatException {
        return parse(file.toString(), Files.readAllBytes(file), prototype);
    }

    /**
     * The same for bytes that are already at hand.
     *
     * @param name how errors call the source
     */
    public static <M extends Message> M parse(String name, byte[] content, M prototype) throws ConfigFormatException {
        String text = decode(name, content);
        Message.Builder builder = prototype.newBuilderForType();
        try {
            PARSER.merge(text, builder);
        } catch (TextFormat.ParseException e) {
            throw new ConfigFormatException(name, e.getLine(), e.getColumn(), reason(e), e);
        }
        @SuppressWarnings("unchecked") // the prototype's own builder builds its type
        M message = (M) builder.build();
        return message;
    }

    private static String decode(String name, byte[] content) throws ConfigFormatException {
        CharsetDecoder decoder = StandardCharsets.UTF_8.newDecoder();
        ByteBuffer bytes = ByteBuffer.wrap(content);
        try {
            String text = decoder.decode(bytes).toString();
            return !text.isEmpty() && text.charAt(0) == BYTE_ORDER_MARK ? text.substring(1) : text;
        } catch (CharacterCodingException e) {
            String before = new String(content, 0, bytes.position(), StandardCharsets.UTF_8);
            int lineStart = before.lastIndexOf('\n') + 1;
            int line = 1 + (int) before.chars().filter(c -> c == '\n').count();
            throw new ConfigFormatException(name, line, before.length() - lineStart + 1, "Not UTF-8.", e);
        }
    }

    /** The parser's sentence without the position that it puts in front. */
    private static String reason(TextFormat.ParseException e) {
        String message = String.valueOf(e.getMessage());
        String position = e.getLine() + ":" + e.getColumn() + ": ";
        return message.startsWith(position) ? message.substring(position.length()) : message;
    }
}
