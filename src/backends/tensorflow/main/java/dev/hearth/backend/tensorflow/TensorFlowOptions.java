package dev.hearth.backend.tensorflow;

import java.util.Set;

/**
 * How SavedModels are loaded and run. Start from {@link #DEFAULTS} and change single values with the {@code with}
 * methods.
 *
 * @param tags the MetaGraph that is loaded is the one with exactly these tags
 * @param intraOpThreads threads that one op may use; 0 leaves it to TensorFlow
 * @param interOpThreads threads on which ops of one run overlap; 0 leaves it to TensorFlow
 * @param sessionConfig a serialized {@code tensorflow.ConfigProto} on top of which the other options are set; empty for
 *     none. The array is given away
 * @param gpuMemoryFraction share of the GPU's memory that a process may take; 0 leaves it to TensorFlow
 * @param gpuAllowGrowth take GPU memory when needed instead of all at once
 * @param visibleDevices CUDA device numbers such as {@code 0,1}; empty for all
 * @param gpuRequired a load fails when TensorFlow found no GPU, instead of running on the CPU
 * @param sessions copies of a model, each with its own variables; 0 is automatic: one a core while all copies fit
 *     {@link #AUTOMATIC_COPIES_BYTES} and runs change no variable, otherwise one; always one on a GPU
 * @param runsPerSession runs at once on one session; 0 is automatic
 * @param inlineRuns whether runs use the calling thread
 * @param xla compile clusters of ops with XLA
 * @param bfloat16 let the optimizer compute in bfloat16 where it deems it safe
 */
public record TensorFlowOptions(
        Set<String> tags,
        int intraOpThreads,
        int interOpThreads,
        byte[] sessionConfig,
        double gpuMemoryFraction,
        boolean gpuAllowGrowth,
        String visibleDevices,
        boolean gpuRequired,
        int sessions,
        int runsPerSession,
        InlineRuns inlineRuns,
        boolean xla,
        boolean bfloat16) {

    /** Memory up to which a model is loaded once per core: 256 MiB. */
    public static final long AUTOMATIC_COPIES_BYTES = 256L << 20;

    public static final TensorFlowOptions DEFAULTS = new TensorFlowOptions(
            Set.of("serve"), 0, 0, new byte[0], 0, false, "", false, 0, 0, InlineRuns.AUTO, false, false);

    public TensorFlowOptions {
        tags = Set.copyOf(tags);
        if (intraOpThreads < 0 || interOpThreads < 0) {
            throw new IllegalArgumentException("negative threads: " + intraOpThreads + ", " + interOpThreads);
        }
        if (!(gpuMemoryFraction >= 0 && gpuMemoryFraction <= 1)) {
            throw new IllegalArgumentException("GPU memory fraction " + gpuMemoryFraction + " is not in [0, 1]");
        }
        if (sessions < 0 || runsPerSession < 0) {
            throw new IllegalArgumentException("negative sessions or runs: " + sessions + ", " + runsPerSession);
        }
    }

    public TensorFlowOptions withTags(Set<String> value) {
        return new TensorFlowOptions(
                value,
                intraOpThreads,
                interOpThreads,
                sessionConfig,
                gpuMemoryFraction,
                gpuAllowGrowth,
                visibleDevices,
                gpuRequired,
                sessions,
                runsPerSession,
                inlineRuns,
                xla,
                bfloat16);
    }

    public TensorFlowOptions withThreads(int intraOp, int interOp) {
        return new TensorFlowOptions(
                tags,
                intraOp,
                interOp,
                sessionConfig,
                gpuMemoryFraction,
                gpuAllowGrowth,
                visibleDevices,
                gpuRequired,
                sessions,
                runsPerSession,
                inlineRuns,
                xla,
                bfloat16);
    }

    public TensorFlowOptions withSessionConfig(byte[] value) {
        return new TensorFlowOptions(
                tags,
                intraOpThreads,
                interOpThreads,
                value,
                gpuMemoryFraction,
                gpuAllowGrowth,
                visibleDevices,
                gpuRequired,
                sessions,
                runsPerSession,
                inlineRuns,
                xla,
                bfloat16);
    }

    public TensorFlowOptions withGpu(double memoryFraction, boolean allowGrowth, String devices, boolean required) {
        return new TensorFlowOptions(
                tags,
                intraOpThreads,
                interOpThreads,
                sessionConfig,
                memoryFraction,
                allowGrowth,
                devices,
                required,
                sessions,
                runsPerSession,
                inlineRuns,
                xla,
                bfloat16);
    }

    public TensorFlowOptions withSessions(int copies, int runsPerCopy) {
        return new TensorFlowOptions(
                tags,
                intraOpThreads,
                interOpThreads,
                sessionConfig,
                gpuMemoryFraction,
                gpuAllowGrowth,
                visibleDevices,
                gpuRequired,
                copies,
                runsPerCopy,
                inlineRuns,
                xla,
                bfloat16);
    }

    public TensorFlowOptions withInlineRuns(InlineRuns value) {
        return new TensorFlowOptions(
                tags,
                intraOpThreads,
                interOpThreads,
                sessionConfig,
                gpuMemoryFraction,
                gpuAllowGrowth,
                visibleDevices,
                gpuRequired,
                sessions,
                runsPerSession,
                value,
                xla,
                bfloat16);
    }

    public TensorFlowOptions withCompilation(boolean xlaOn, boolean bfloat16On) {
        return new TensorFlowOptions(
                tags,
                intraOpThreads,
                interOpThreads,
                sessionConfig,
                gpuMemoryFraction,
                gpuAllowGrowth,
                visibleDevices,
                gpuRequired,
                sessions,
                runsPerSession,
                inlineRuns,
                xlaOn,
                bfloat16On);
    }
}
