package dev.hearth.backend.tensorflow;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hearth.engine.model.Signature;
import dev.hearth.engine.model.TensorSpec;
import dev.hearth.engine.servable.Feed;
import dev.hearth.engine.servable.RunRequest;
import dev.hearth.engine.tensor.Shape;
import dev.hearth.engine.tensor.Tensor;
import dev.hearth.engine.time.Deadline;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class PlansTest {

    private static final int OUTPUTS = 8;

    @Test
    void keepsFewPlansHoweverManySubsetsAreFetched() {
        byte[] config = SessionConfig.of(TensorFlowOptions.DEFAULTS);
        try (TfSession session = TfSession.load(Fixtures.fixture("all_types"), Set.of("serve"), config)) {
            List<Feed> feeds = new ArrayList<>();
            List<TensorSpec> outputs = new ArrayList<>();
            for (Signature signature : session.metaGraph().signatures().values()) {
                if (signature.name().startsWith("t_") && outputs.size() < OUTPUTS) {
                    TensorSpec x = signature.inputs().get("x");
                    feeds.add(new Feed(x.tensorName(), Tensor.zeros(x.type(), Shape.of(2))));
                    outputs.add(signature.outputs().get("y"));
                }
            }
            for (int bits = 1; bits < 1 << OUTPUTS; bits++) {
                List<TensorSpec> wanted = subset(outputs, bits);
                List<String> fetches =
                        wanted.stream().map(TensorSpec::tensorName).toList();
                Plans.Choice choice =
                        session.plans().choose(new PlanKey(new RunRequest(feeds, fetches, Deadline.NONE)));
                List<Tensor> answer = choice.wanted(session.run(choice.plan(), null, feeds));
                assertThat(answer)
                        .extracting(Tensor::type)
                        .isEqualTo(wanted.stream().map(TensorSpec::type).toList());
            }
            assertThat(session.plans().size()).isBetween(Plans.MOST_EXACT, Plans.MOST_EXACT + OUTPUTS);
        }
    }

    private static List<TensorSpec> subset(List<TensorSpec> all, int bits) {
        List<TensorSpec> some = new ArrayList<>();
        for (int i = 0; i < all.size(); i++) {
            if ((bits >> i & 1) == 1) {
                some.add(0, all.get(i));
            }
        }
        return some;
    }
}
