package dev.hearth.engine.lifecycle;

import dev.hearth.engine.metrics.ServingMetrics;
import dev.hearth.engine.servable.WarmupHook;

/** What the harnesses of one manager share. */
record LoadEnvironment(
        ManagerOptions options,
        LifecycleThreads threads,
        Clocks clocks,
        WarmupHook warmup,
        ResourceTracker resources,
        ServingMetrics metrics) {}
