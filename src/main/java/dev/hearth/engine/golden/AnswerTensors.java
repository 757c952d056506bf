package dev.hearth.engine.golden;

import dev.hearth.engine.predict.Classification;
import dev.hearth.engine.predict.Classification.Scored;
import dev.hearth.engine.predict.PredictResponse;
import dev.hearth.engine.predict.Regression;
import dev.hearth.engine.tensor.Shape;
import dev.hearth.engine.tensor.Tensor;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Answers of any kind as tensors by name, so that they are compared in one way. */
public final class AnswerTensors {

    private AnswerTensors() {}

    /**
     * Of what a predictor answers: outputs by alias; {@code scores} and {@code classes} of a classification, {@code values} of
     * a regression; those of each of several answers with its number in front, {@code 0/scores}.
     */
    public static Map<String, Tensor> of(Object answer) {
        if (answer instanceof PredictResponse predicted) {
            return predicted.outputs();
        }
        if (answer instanceof Classification classified) {
            return classes(classified.rows());
        }
        if (answer instanceof Regression regression) {
            return values(regression.values());
        }
        if (answer instanceof List<?> several) {
            return together(several.stream().map(AnswerTensors::of).toList());
        }
        throw new IllegalArgumentException("not an answer: " + answer.getClass());
    }

    /** Of several answers, each already as tensors. */
    public static Map<String, Tensor> together(List<Map<String, Tensor>> answers) {
        Map<String, Tensor> all = new HashMap<>();
        for (int i = 0; i < answers.size(); i++) {
            String number = i + "/";
            answers.get(i).forEach((name, tensor) -> all.put(number + name, tensor));
        }
        return Map.copyOf(all);
    }

    /** Of the values of a regression. */
    public static Map<String, Tensor> values(float... values) {
        return Map.of("values", Tensor.ofFloats(Shape.of(values.length), values));
    }

    /** Of the rows of a classification. */
    public static Map<String, Tensor> classes(List<List<Scored>> rows) {
        List<Scored> all = rows.stream().flatMap(List::stream).toList();
        float[] scores = new float[all.size()];
        byte[][] labels = new byte[all.size()][];
        for (int i = 0; i < scores.length; i++) {
            scores[i] = all.get(i).score();
            labels[i] = all.get(i).label();
        }
        return Map.of(
                "scores", Tensor.ofFloats(Shape.of(scores.length), scores),
                "classes", Tensor.ofStrings(Shape.of(labels.length), labels));
    }
}
