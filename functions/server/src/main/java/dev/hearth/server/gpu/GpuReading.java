package dev.hearth.server.gpu;

import java.util.Optional;

/**
 * How one GPU is. Figures that the device does not tell are not a number.
 *
 * @param index NVIDIA's number of the device on this machine; TensorFlow counts only the visible ones
 * @param uuid stays the same when devices are added
 * @param utilization share of the last moments during which a kernel ran, 0 to 1
 * @param memoryUsed bytes, of all processes
 * @param memoryTotal bytes
 * @param temperature degrees Celsius
 * @param power watts
 */
record GpuReading(
        String index,
        String uuid,
        double utilization,
        double memoryUsed,
        double memoryTotal,
        double temperature,
        double power) {

    /** The fields of {@code nvidia-smi --query-gpu} in the order of {@link #parse}. */
    static final String FIELDS = "index,uuid,utilization.gpu,memory.used,memory.total,temperature.gpu,power.draw";

    private static final int FIELD_COUNT = 7;
    private static final double MEBIBYTE = 1 << 20;

    /** Of a line with {@code --format=csv,noheader,nounits}; empty for any other line, e.g. an error's text. */
    static Optional<GpuReading> parse(String line) {
        String[] fields = line.split(",", -1);
        if (fields.length != FIELD_COUNT || !fields[0].strip().matches("\\d+")) {
            return Optional.empty();
        }
        return Optional.of(new GpuReading(
                fields[0].strip(),
                fields[1].strip(),
                number(fields[2]) / 100,
                number(fields[3]) * MEBIBYTE,
                number(fields[4]) * MEBIBYTE,
                number(fields[5]),
                number(fields[6])));
    }

    /** When the driver has stopped telling, an old figure would be a lie. */
    GpuReading unknown() {
        return new GpuReading(index, uuid, Double.NaN, Double.NaN, Double.NaN, Double.NaN, Double.NaN);
    }

    private static double number(String field) {
        try {
            return Double.parseDouble(field.strip());
        } catch (NumberFormatException notTold) {
            // [N/A], [Not Supported], [Unknown Error]
            return Double.NaN;
        }
    }
}
