package dev.hearth.endpoints.codec.proto;

import com.google.protobuf.ByteString;
import dev.hearth.engine.predict.Classification;
import dev.hearth.engine.predict.Inference;
import dev.hearth.engine.predict.Regression;
import dev.hearth.protocol.serving.Class;
import dev.hearth.protocol.serving.ClassificationResult;
import dev.hearth.protocol.serving.Classifications;
import dev.hearth.protocol.serving.InferenceResult;
import dev.hearth.protocol.serving.RegressionResult;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** Answers about examples as messages ({@code classification.proto}, {@code regression.proto}, {@code inference.proto}). */
public final class InferenceResults {

    private InferenceResults() {}

    public static ClassificationResult of(Classification result) {
        ClassificationResult.Builder rows = ClassificationResult.newBuilder();
        for (List<Classification.Scored> row : result.rows()) {
            Classifications.Builder classes = rows.addClassificationsBuilder();
            for (Classification.Scored scored : row) {
                classes.addClasses(
                        Class.newBuilder().setLabelBytes(utf8(scored.label())).setScore(scored.score()));
            }
        }
        return rows.build();
    }

    public static RegressionResult of(Regression result) {
        RegressionResult.Builder rows = RegressionResult.newBuilder();
        for (float value : result.values()) {
            rows.addRegressionsBuilder().setValue(value);
        }
        return rows.build();
    }

    public static InferenceResult of(Inference result) {
        InferenceResult.Builder answer =
                InferenceResult.newBuilder().setModelSpec(ModelSpecs.ran(result.id(), result.signatureName()));
        if (result instanceof Classification classification) {
            answer.setClassificationResult(of(classification));
        } else {
            answer.setRegressionResult(of((Regression) result));
        }
        return answer.build();
    }

    /** A model may label with any bytes, but the field is text: what is not UTF-8 is replaced. */
    private static ByteString utf8(byte[] label) {
        ByteString bytes = ByteString.copyFrom(label);
        return bytes.isValidUtf8() ? bytes : ByteString.copyFromUtf8(new String(label, StandardCharsets.UTF_8));
    }
}
