package dev.hearth.engine.predict;

import dev.hearth.engine.cache.CacheUse;
import dev.hearth.engine.error.ServingException;
import dev.hearth.engine.metrics.ServingMetrics;
import dev.hearth.engine.model.ServableId;
import dev.hearth.engine.model.Signature;
import dev.hearth.engine.servable.Feed;
import dev.hearth.engine.servable.RunRequest;
import dev.hearth.engine.servable.ServableHandle;
import dev.hearth.engine.tensor.Shape;
import dev.hearth.engine.tensor.Tensor;
import dev.hearth.engine.time.Ticker;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.function.BiFunction;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * From requests to answers: finds the signature, checks what was sent against it, has it run and shapes the answer.
 *
 * <p>Thread rule: every method may be called on any thread and never blocks; the futures complete on run threads (or at
 * once, where a check fails), always with a {@link ServingException} on failure. The caller keeps the handle open until
 * the future is done. Cancelling the returned future itself, not one derived from it, drops work that has not begun; of a
 * run that has begun the future ends when that does.
 *
 * <p>Checks and texts are TensorFlow Serving's (predict, classify, regress and multi-inference of its gRPC API).
 */
public final class Predictor {

    private final Execution execution;
    private final PredictorOptions options;
    private final Ticker ticker;
    private final PredictObserver observer;
    private final PerServable<ServablePlans> plans;

    /** With default options and without metrics. */
    public Predictor(Execution execution) {
        this(execution, PredictorOptions.DEFAULTS, ServingMetrics.NONE, Ticker.system());
    }

    public Predictor(Execution execution, PredictorOptions options, ServingMetrics metrics, Ticker ticker) {
        this(execution, options, metrics, ticker, PredictObserver.NONE);
    }

    /** @param observer sees predict requests that have passed their checks */
    public Predictor(
            Execution execution,
            PredictorOptions options,
            ServingMetrics metrics,
            Ticker ticker,
            PredictObserver observer) {
        this.execution = execution;
        this.observer = observer;
        this.options = options;
        this.ticker = ticker;
        this.plans = new PerServable<>(handle -> new ServablePlans(handle, metrics));
    }

    /** Runs a signature on named tensors. */
    public CompletableFuture<PredictResponse> predict(ServableHandle handle, PredictRequest request) {
        ServablePlans known = plans.of(handle);
        String name = ServablePlans.nameOrDefault(request.signatureName());
        SignaturePlan plan = known.find(name);
        if (plan == null) {
            return failed(
                    known,
                    null,
                    ServingException.failedPrecondition("Serving signature key \"" + name + "\" not found."));
        }
        RunRequest run;
        FetchPlan fetches;
        try {
            checkPredictMethod(plan.signature());
            List<Feed> feeds = plan.feeds(request.inputs());
            fetches = plan.fetches(request.outputFilter());
            plan.check(feeds);
            run = new RunRequest(feeds, fetches.tensorNames(), request.deadline(), request.priority());
        } catch (ServingException e) {
            return failed(known, plan, e);
        }
        ServableId id = handle.id();
        CompletableFuture<PredictResponse> answer = run(
                handle,
                run,
                request.cache(),
                known,
                plan,
                fetched -> new PredictResponse(id, name, fetches.byAlias(fetched)));
        observer.predicted(handle, request, answer);
        return answer;
    }

    /** Runs a classify signature on serialized examples. */
    public CompletableFuture<Classification> classify(ServableHandle handle, ExamplesRequest request) {
        return examples(handle, request, ClassifyPlan::of, ClassifyPlan::result);
    }

    /** Runs a regress signature on serialized examples. */
    public CompletableFuture<Regression> regress(ServableHandle handle, ExamplesRequest request) {
        return examples(handle, request, RegressPlan::of, RegressPlan::result);
    }

    /**
     * Answers several classify and regress questions about the same examples in one run.
     *
     * @param request whose signature name is ignored: each task names its own
     * @return a {@link Classification} or {@link Regression} per task, in task order
     */
    public CompletableFuture<List<Inference>> multiInference(
            ServableHandle handle, List<MultiInferenceTask> tasks, ExamplesRequest request) {
        ServablePlans known = plans.of(handle);
        SignaturePlan first = tasks.isEmpty()
                ? null
                : known.find(ServablePlans.nameOrDefault(tasks.get(0).signatureName()));
        List<ExamplePlan> questions;
        RunRequest run;
        try {
            questions = questions(known, tasks);
            run = examplesRun(questions, request);
        } catch (ServingException e) {
            return failed(known, first, e);
        }
        ServableId id = handle.id();
        int count = request.examples().size();
        return run(handle, run, request.cache(), known, first, fetched -> {
            known.metrics(first).examples(count);
            Map<String, Tensor> byName = byName(run.fetches(), fetched);
            List<Inference> results = new ArrayList<>(questions.size());
            for (ExamplePlan question : questions) {
                results.add(question.result(id, count, byName));
            }
            return results;
        });
    }

    private List<ExamplePlan> questions(ServablePlans known, List<MultiInferenceTask> tasks) {
        if (tasks.isEmpty()) {
            throw ServingException.invalidArgument("ModelSpec has no name specified.");
        }
        Map<String, ExamplePlan> questions = new HashMap<>();
        List<ExamplePlan> inOrder = new ArrayList<>(tasks.size());
        for (MultiInferenceTask task : tasks) {
            String name = ServablePlans.nameOrDefault(task.signatureName());
            if (questions.containsKey(name)) {
                throw ServingException.invalidArgument("Duplicate evaluation of signature: " + name);
            }
            SignaturePlan plan = known.find(name);
            if (plan == null) {
                throw ServingException.invalidArgument("Requested signature not found in model graph: " + name);
            }
            ExamplePlan question =
                    switch (task.methodName()) {
                        case Signature.CLASSIFY_METHOD -> ClassifyPlan.of(plan.signature(), options.checkMethodNames());
                        case Signature.REGRESS_METHOD -> RegressPlan.of(plan.signature(), options.checkMethodNames());
                        default ->
                            throw ServingException.unimplemented(
                                    "Unsupported signature method_name: " + task.methodName());
                    };
            questions.put(name, question);
            inOrder.add(question);
        }
        return inOrder;
    }

    private <P extends ExamplePlan, R extends Inference> CompletableFuture<R> examples(
            ServableHandle handle,
            ExamplesRequest request,
            BiFunction<Signature, Boolean, P> planner,
            Shaper<P, R> shaper) {
        ServablePlans known = plans.of(handle);
        String name = ServablePlans.nameOrDefault(request.signatureName());
        SignaturePlan plan = known.find(name);
        if (plan == null) {
            return failed(
                    known, null, ServingException.invalidArgument("No signature was found with the name: " + name));
        }
        P question;
        RunRequest run;
        try {
            question = planner.apply(plan.signature(), options.checkMethodNames());
            run = examplesRun(List.of(question), request);
        } catch (ServingException e) {
            return failed(known, plan, e);
        }
        ServableId id = handle.id();
        int count = request.examples().size();
        return run(handle, run, request.cache(), known, plan, fetched -> {
            known.metrics(plan).examples(count);
            return shaper.shape(question, id, count, byName(run.fetches(), fetched));
        });
    }

    @FunctionalInterface
    private interface Shaper<P, R> {
        R shape(P question, ServableId id, int examples, Map<String, Tensor> fetched);
    }

    /** One run for all questions: the same examples into every input they name, the union of their outputs. */
    private static RunRequest examplesRun(List<? extends ExamplePlan> questions, ExamplesRequest request) {
        if (request.examples().isEmpty()) {
            throw ServingException.invalidArgument("Input is empty.");
        }
        Tensor examples = Tensor.ofStrings(
                Shape.of(request.examples().size()), request.examples().toArray(new byte[0][]));
        TreeMap<String, ExamplePlan> inputs = new TreeMap<>();
        TreeSet<String> fetches = new TreeSet<>();
        for (ExamplePlan question : questions) {
            inputs.putIfAbsent(question.input().tensorName(), question);
            fetches.addAll(question.tensorNames());
        }
        List<Feed> feeds = new ArrayList<>(inputs.size());
        inputs.forEach((name, question) -> {
            SignaturePlan.requireType(feeds.size(), question.input().type(), examples.type());
            feeds.add(new Feed(name, examples));
        });
        return new RunRequest(feeds, List.copyOf(fetches), request.deadline(), request.priority());
    }

    private static Map<String, Tensor> byName(List<String> names, List<Tensor> fetched) {
        if (names.size() != fetched.size()) {
            throw ServingException.invalidArgument(
                    "Expected " + names.size() + " output tensor(s).  Got: " + fetched.size());
        }
        Map<String, Tensor> byName = new HashMap<>();
        for (int i = 0; i < names.size(); i++) {
            byName.put(names.get(i), fetched.get(i));
        }
        return byName;
    }

    private void checkPredictMethod(Signature signature) {
        String method = signature.methodName();
        if (options.checkMethodNames()
                && !method.equals(Signature.PREDICT_METHOD)
                && !method.equals(Signature.CLASSIFY_METHOD)
                && !method.equals(Signature.REGRESS_METHOD)) {
            throw ServingException.internal(
                    "Expected prediction signature method_name to be one of {" + Signature.PREDICT_METHOD + ", "
                            + Signature.CLASSIFY_METHOD + ", " + Signature.REGRESS_METHOD + "}. Was: " + method,
                    null);
        }
    }

    private <A> CompletableFuture<A> run(
            ServableHandle handle,
            RunRequest run,
            CacheUse cache,
            ServablePlans known,
            @Nullable SignaturePlan plan,
            Function<List<Tensor>, A> shaping) {
        Answer<A> answer = new Answer<>(shaping, known.metrics(plan), ticker);
        CompletableFuture<List<Tensor>> running;
        try {
            running = execution.run(handle, run, known.metrics(plan), cache);
        } catch (RuntimeException e) {
            answer.fail(e);
            return answer;
        }
        return answer.follow(running);
    }

    private <A> CompletableFuture<A> failed(ServablePlans known, @Nullable SignaturePlan plan, ServingException error) {
        Answer<A> answer = new Answer<>(
                fetched -> {
                    throw error;
                },
                known.metrics(plan),
                ticker);
        answer.fail(error);
        return answer;
    }
}
