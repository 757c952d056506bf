package dev.hearth.server.gpu;

import dev.hearth.endpoints.metrics.MicrometerServingMetrics;
import dev.hearth.engine.metrics.Meters;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.ToDoubleFunction;

/** Gauges of each GPU, made when it is heard of first. */
final class GpuMeters {

    private final MicrometerServingMetrics metrics;
    private final Map<String, Device> devices = new ConcurrentHashMap<>();

    GpuMeters(MicrometerServingMetrics metrics) {
        this.metrics = metrics;
    }

    void update(GpuReading reading) {
        devices.computeIfAbsent(reading.uuid(), uuid -> device(reading)).last = reading;
    }

    /** Nobody tells any more. */
    void forget() {
        devices.values().forEach(device -> device.last = device.last.unknown());
    }

    private Device device(GpuReading first) {
        Device device = new Device(first);
        gauge(Meters.GPU_UTILIZATION, device, GpuReading::utilization);
        gauge(Meters.GPU_MEMORY_USED, device, GpuReading::memoryUsed);
        gauge(Meters.GPU_MEMORY, device, GpuReading::memoryTotal);
        gauge(Meters.GPU_TEMPERATURE, device, GpuReading::temperature);
        gauge(Meters.GPU_POWER, device, GpuReading::power);
        return device;
    }

    private void gauge(Meters meter, Device device, ToDoubleFunction<GpuReading> figure) {
        metrics.gauge(meter, device, now -> figure.applyAsDouble(now.last), device.last.index(), device.last.uuid());
    }

    /** One GPU and what it said last. */
    private static final class Device {

        private volatile GpuReading last;

        Device(GpuReading first) {
            this.last = first;
        }
    }
}
