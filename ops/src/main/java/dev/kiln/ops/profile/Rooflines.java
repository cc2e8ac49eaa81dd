package dev.kiln.ops.profile;

import dev.kiln.compiler.ir.DType;
import dev.kiln.runtime.Device;
import dev.kiln.runtime.cpu.CpuDevice;
import dev.kiln.runtime.cuda.CudaDevice;
import dev.kiln.runtime.cuda.CudaProperties;
import dev.kiln.runtime.sim.roofline.GpuModel;
import dev.kiln.runtime.sim.roofline.Quantity;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** What devices can do at best. */
public final class Rooflines {
  private Rooflines() {}

  /**
   * That of a device: measured on a CPU, by clocks and the table of GPUs on a GPU.
   *
   * @param anew whether to measure even if that was done on this machine before
   * @return empty for devices that imitate another
   */
  public static Optional<DeviceRoofline> of(Device device, boolean anew) {
    return switch (device) {
      case CudaDevice cuda -> Optional.of(of(cuda.properties()));
      case CpuDevice cpu -> Optional.of(CpuRoofline.of(cpu, anew));
      default -> Optional.empty();
    };
  }

  /**
   * That of a GPU: its own number of multiprocessors, clock and bandwidth, where its driver tells
   * them, with the rates of the multiprocessors of its nearest relative in the table.
   */
  static DeviceRoofline of(CudaProperties properties) {
    GpuModel relative = relative(properties);
    double clock =
        properties.clockKilohertz() == 0
            ? relative.get(Quantity.CLOCK_MHZ)
            : properties.clockKilohertz() * 1e-3;
    double tensorClock =
        properties.clockKilohertz() == 0 ? relative.get(Quantity.TENSOR_CLOCK_MHZ) : clock;
    double bandwidth =
        properties.memoryBandwidth() == 0
            ? relative.get(Quantity.DRAM_GIGABYTES) * 1e9
            : properties.memoryBandwidth();
    return of(
        "%s, by its clocks and the rates of %s".formatted(properties.name(), relative.title()),
        relative,
        properties.multiprocessors() * clock,
        properties.multiprocessors() * tensorClock,
        bandwidth);
  }

  /** The GPU of the table with that name, or else one for which the same code is made. */
  static GpuModel relative(CudaProperties properties) {
    String name = squeezed(properties.name());
    return GpuModel.all().stream()
        .filter(gpu -> name.contains(gpu.name()))
        .findFirst()
        .or(
            () ->
                GpuModel.all().stream()
                    .filter(gpu -> gpu.target() == properties.target())
                    .findFirst())
        .orElseGet(() -> GpuModel.all().getLast());
  }

  private static String squeezed(String text) {
    return text.toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9]", "");
  }

  /** That of a GPU of the table, by its data sheet. */
  public static DeviceRoofline of(GpuModel gpu) {
    double multiprocessors = gpu.get(Quantity.SMS);
    return of(
        gpu.title() + ", by its data sheet",
        gpu,
        multiprocessors * gpu.get(Quantity.CLOCK_MHZ),
        multiprocessors * gpu.get(Quantity.TENSOR_CLOCK_MHZ),
        gpu.get(Quantity.DRAM_GIGABYTES) * 1e9);
  }

  /**
   * @param cycles of all multiprocessors together, in 10^6 a second
   * @param tensorCycles the same at the clock of tensor cores
   */
  private static DeviceRoofline of(
      String source, GpuModel rates, double cycles, double tensorCycles, double bandwidth) {
    Map<DType, Double> flops = new EnumMap<>(DType.class);
    // Kiln computes elements of 16 bits in fp32. A multiply-add is two operations.
    Entry.FLOATS.forEach(dtype -> flops.put(dtype, 2e6 * cycles * rates.get(Quantity.FP32)));
    Map<DType, Double> products = new EnumMap<>(flops);
    for (DType dtype : List.of(DType.FP16, DType.BF16)) {
      GpuModel.Figure rate = rates.tensor().get(dtype == DType.FP16 ? "f32.f16" : "f32.bf16");
      if (rate != null) {
        products.put(dtype, 2e6 * tensorCycles * rate.value());
      }
    }
    return new DeviceRoofline(
        source, List.of(new DeviceRoofline.Bandwidth(Long.MAX_VALUE, bandwidth)), flops, products);
  }
}
