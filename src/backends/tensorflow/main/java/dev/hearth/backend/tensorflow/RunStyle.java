package dev.hearth.backend.tensorflow;

import dev.hearth.engine.time.Ticker;

/** When runs use the calling thread; shared by all sessions of a model. */
record RunStyle(InlineRuns choice, Ticker ticker) {}
