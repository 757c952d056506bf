package dev.hearth.backend.tensorflow;

/** The same with XLA, which compiles for each number of rows: batches are filled up. */
class CompiledBatchesTest extends SelfTunedBatchesTest {

    @Override
    TensorFlowOptions options() {
        return TensorFlowOptions.DEFAULTS.withCompilation(true, false);
    }
}
