package dev.hearth.backend.tensorflow;

import java.util.List;
import java.util.Set;

/**
 * How SavedModels are loaded and run. Start from {@link #DEFAULTS} and change parts with the {@code with} methods.
 *
 * @param tags the MetaGraph that is loaded is the one with exactly these tags
 * @param sessionConfig a serialized {@code tensorflow.ConfigProto} on top of which the other options are set; empty for
 *     none. The array is given away
 * @param inlineRuns whether runs use the calling thread
 * @param freezeUpToBytes models up to this size have their variables turned into constants, where runs change none and
 *     they run on the CPU; 0 for none
 */
public record TensorFlowOptions(
        Set<String> tags,
        byte[] sessionConfig,
        Threads threads,
        Gpu gpu,
        Sessions sessions,
        InlineRuns inlineRuns,
        Compilation compilation,
        long freezeUpToBytes) {

    /** Memory up to which a model is loaded once per core: 256 MiB. */
    public static final long AUTOMATIC_COPIES_BYTES = 256L << 20;

    /** Size up to which variables become constants: 4 MiB. Larger models gain little, and constants are held several times. */
    public static final long FREEZE_UP_TO_BYTES = 4L << 20;

    public static final TensorFlowOptions DEFAULTS = new TensorFlowOptions(
            Set.of("serve"),
            new byte[0],
            new Threads(0, 0, false),
            new Gpu(0, false, "", List.of(), false),
            new Sessions(0, 0),
            InlineRuns.AUTO,
            new Compilation(false, false),
            FREEZE_UP_TO_BYTES);

    /**
     * TensorFlow's own threads; 0 leaves a number to TensorFlow.
     *
     * @param intraOp threads that one op may use
     * @param interOp threads on which ops of one run overlap
     * @param spinning whether they look for more work for some time before they sleep. Where event loops and other runs
     *     use the same cores that time is taken from them
     */
    public record Threads(int intraOp, int interOp, boolean spinning) {

        public Threads {
            if (intraOp < 0 || interOp < 0) {
                throw new IllegalArgumentException("negative threads: " + intraOp + ", " + interOp);
            }
        }
    }

    /**
     * Use of GPUs.
     *
     * @param memoryFraction share of the GPU's memory that a process may take; 0 leaves it to TensorFlow
     * @param allowGrowth take memory when needed instead of all at once
     * @param visibleDevices CUDA device numbers such as {@code 0,1}; empty for all
     * @param virtualDevices memory in MiB of the devices that each visible GPU is cut into; empty for whole GPUs
     * @param required a load fails when TensorFlow found no GPU, instead of running on the CPU
     */
    public record Gpu(
            double memoryFraction,
            boolean allowGrowth,
            String visibleDevices,
            List<List<Integer>> virtualDevices,
            boolean required) {

        public Gpu {
            if (!(memoryFraction >= 0 && memoryFraction <= 1)) {
                throw new IllegalArgumentException("GPU memory fraction " + memoryFraction + " is not in [0, 1]");
            }
            if (memoryFraction > 0 && !virtualDevices.isEmpty()) {
                throw new IllegalArgumentException("a GPU memory fraction and virtual devices exclude each other");
            }
            virtualDevices = virtualDevices.stream().map(List::copyOf).toList();
        }
    }

    /**
     * Sessions of one model; 0 is automatic.
     *
     * @param copies each with its own variables; automatic is one a core while all copies fit
     *     {@link #AUTOMATIC_COPIES_BYTES} and runs change no variable, otherwise one; on GPUs one each
     * @param runsPerCopy runs at once on one session
     */
    public record Sessions(int copies, int runsPerCopy) {

        public Sessions {
            if (copies < 0 || runsPerCopy < 0) {
                throw new IllegalArgumentException("negative sessions or runs: " + copies + ", " + runsPerCopy);
            }
        }
    }

    /**
     * What the optimizer may do.
     *
     * @param xla compile clusters of ops with XLA
     * @param bfloat16 compute in bfloat16 where it deems that safe
     */
    public record Compilation(boolean xla, boolean bfloat16) {}

    public TensorFlowOptions {
        tags = Set.copyOf(tags);
    }

    public TensorFlowOptions withTags(Set<String> value) {
        return new TensorFlowOptions(
                value, sessionConfig, threads, gpu, sessions, inlineRuns, compilation, freezeUpToBytes);
    }

    public TensorFlowOptions withSessionConfig(byte[] value) {
        return new TensorFlowOptions(tags, value, threads, gpu, sessions, inlineRuns, compilation, freezeUpToBytes);
    }

    public TensorFlowOptions withThreads(int intraOp, int interOp) {
        Threads value = new Threads(intraOp, interOp, threads.spinning());
        return new TensorFlowOptions(
                tags, sessionConfig, value, gpu, sessions, inlineRuns, compilation, freezeUpToBytes);
    }

    public TensorFlowOptions withSpinning(boolean spinning) {
        Threads value = new Threads(threads.intraOp(), threads.interOp(), spinning);
        return new TensorFlowOptions(
                tags, sessionConfig, value, gpu, sessions, inlineRuns, compilation, freezeUpToBytes);
    }

    public TensorFlowOptions withGpu(Gpu value) {
        return new TensorFlowOptions(
                tags, sessionConfig, threads, value, sessions, inlineRuns, compilation, freezeUpToBytes);
    }

    public TensorFlowOptions withSessions(int copies, int runsPerCopy) {
        Sessions value = new Sessions(copies, runsPerCopy);
        return new TensorFlowOptions(
                tags, sessionConfig, threads, gpu, value, inlineRuns, compilation, freezeUpToBytes);
    }

    public TensorFlowOptions withInlineRuns(InlineRuns value) {
        return new TensorFlowOptions(tags, sessionConfig, threads, gpu, sessions, value, compilation, freezeUpToBytes);
    }

    public TensorFlowOptions withCompilation(boolean xla, boolean bfloat16) {
        Compilation value = new Compilation(xla, bfloat16);
        return new TensorFlowOptions(tags, sessionConfig, threads, gpu, sessions, inlineRuns, value, freezeUpToBytes);
    }

    public TensorFlowOptions withFreezeUpToBytes(long value) {
        return new TensorFlowOptions(tags, sessionConfig, threads, gpu, sessions, inlineRuns, compilation, value);
    }
}
