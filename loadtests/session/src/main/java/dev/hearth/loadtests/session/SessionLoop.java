package dev.hearth.loadtests.session;

import com.sun.management.OperatingSystemMXBean;
import java.lang.management.ManagementFactory;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.tensorflow.Result;
import org.tensorflow.SavedModelBundle;
import org.tensorflow.Session;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.proto.ConfigProto;
import org.tensorflow.proto.RunOptions;
import org.tensorflow.types.TFloat32;

/**
 * Runs a SavedModel in a loop with inputs made beforehand: threads x batch size, plain and on the calling thread.
 * Prints one line a cell: {@code threads intra-op inline batch rows-per-second cpu-micros-per-row p50-micros}.
 *
 * <p>Arguments: folder of the version, name of the input, dims of a row ({@code 8,8,1}, empty for a
 * number), milliseconds a cell, batch
 * sizes separated by commas. All inputs are floats, and the signature is {@code serving_default}.
 */
public final class SessionLoop {

    private static final OperatingSystemMXBean MACHINE =
            (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();

    private final String feed;
    private final List<String> fetches;
    private final long[] row;
    private final long cellNanos;

    private SessionLoop(String feed, List<String> fetches, long[] row, long cellNanos) {
        this.feed = feed;
        this.fetches = fetches;
        this.row = row;
        this.cellNanos = cellNanos;
    }

    public static void main(String[] args) throws InterruptedException {
        long[] row = Arrays.stream(args[2].split(","))
                .filter(size -> !size.isEmpty())
                .mapToLong(Long::parseLong)
                .toArray();
        long cellNanos = Long.parseLong(args[3]) * 1_000_000;
        int[] batches =
                Arrays.stream(args[4].split(",")).mapToInt(Integer::parseInt).toArray();
        // Two threads with one intra-op thread each do not fight for the cores; one thread may use both.
        for (int[] shape : new int[][] {{1, 2}, {2, 1}, {2, 2}, {1, 1}}) {
            ConfigProto config = ConfigProto.newBuilder()
                    .setIntraOpParallelismThreads(shape[1])
                    .build();
            try (SavedModelBundle bundle = SavedModelBundle.loader(args[0])
                    .withTags("serve")
                    .withConfigProto(config)
                    .load()) {
                var signature = bundle.metaGraphDef().getSignatureDefOrThrow("serving_default");
                SessionLoop loop = new SessionLoop(
                        signature.getInputsOrThrow(args[1]).getName(),
                        signature.getOutputsMap().values().stream()
                                .map(output -> output.getName())
                                .toList(),
                        row,
                        cellNanos);
                for (int batch : batches) {
                    for (boolean inline : new boolean[] {true, false}) {
                        loop.cell(bundle.session(), shape[0], shape[1], inline, batch);
                    }
                }
            }
        }
    }

    private void cell(Session session, int threads, int intraOp, boolean inline, int batch)
            throws InterruptedException {
        run(session, threads, inline, batch, cellNanos / 3);
        long begun = System.nanoTime();
        long cpu = MACHINE.getProcessCpuTime();
        long[][] micros = run(session, threads, inline, batch, cellNanos);
        double seconds = (System.nanoTime() - begun) / 1e9;
        cpu = MACHINE.getProcessCpuTime() - cpu;
        long[] all =
                Arrays.stream(micros).flatMapToLong(Arrays::stream).sorted().toArray();
        double rows = (double) all.length * batch;
        System.out.printf(
                "%d %d %b %d %.0f %.2f %d%n",
                threads, intraOp, inline, batch, rows / seconds, cpu / 1e3 / rows, all[all.length / 2]);
    }

    private long[][] run(Session session, int threads, boolean inline, int batch, long nanos)
            throws InterruptedException {
        long[][] micros = new long[threads][];
        CountDownLatch done = new CountDownLatch(threads);
        for (int i = 0; i < threads; i++) {
            int index = i;
            Thread thread = new Thread(
                    () -> {
                        micros[index] = loop(session, inline, batch, nanos);
                        done.countDown();
                    },
                    "session-loop-" + i);
            thread.setDaemon(true);
            thread.start();
        }
        done.await();
        return micros;
    }

    private long[] loop(Session session, boolean inline, int batch, long nanos) {
        long[] dims = new long[row.length + 1];
        dims[0] = batch;
        System.arraycopy(row, 0, dims, 1, row.length);
        RunOptions options =
                RunOptions.newBuilder().setInterOpThreadPool(inline ? -1 : 0).build();
        long[] micros = new long[1024];
        int count = 0;
        try (TFloat32 input = TFloat32.tensorOf(Shape.of(dims))) {
            long end = System.nanoTime() + nanos;
            long before = System.nanoTime();
            while (before < end) {
                Session.Runner runner = session.runner().setOptions(options).feed(feed, input);
                fetches.forEach(runner::fetch);
                try (Result result = runner.run()) {
                    if (result.size() != fetches.size()) {
                        throw new IllegalStateException("answers are missing");
                    }
                }
                long after = System.nanoTime();
                if (count == micros.length) {
                    micros = Arrays.copyOf(micros, count * 2);
                }
                micros[count++] = (after - before) / 1000;
                before = after;
            }
        }
        return Arrays.copyOf(micros, count);
    }
}
