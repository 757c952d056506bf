"""Makes smaller and faster versions of a TensorFlow model, and says what each one costs in accuracy."""
