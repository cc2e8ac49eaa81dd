package dev.kiln.ops.profile;

import dev.kiln.compiler.ir.DType;
import dev.kiln.runtime.Device;
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
   * That of a device: measured on a CPU, from the table of GPUs on a GPU that stands there.
   *
   * @param anew whether to measure even if that was done on this machine before
   * @return empty for devices that imitate another, and for GPUs that are not known
   */
  public static Optional<DeviceRoofline> of(Device device, boolean anew) {
    return switch (device.name().replaceAll(":.*", "")) {
      case "cpu" -> Optional.of(CpuRoofline.of(device, anew));
      case "cuda" -> model(device.model()).map(Rooflines::of);
      default -> Optional.empty();
    };
  }

  /** The GPU of the table whose name stands in that of a device. */
  static Optional<GpuModel> model(String device) {
    String name = squeezed(device);
    return GpuModel.all().stream().filter(gpu -> name.contains(gpu.name())).findFirst();
  }

  private static String squeezed(String text) {
    return text.toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9]", "");
  }

  /** That of a GPU of the table. */
  public static DeviceRoofline of(GpuModel gpu) {
    double ordinary = 2e6 * gpu.get(Quantity.SMS) * gpu.get(Quantity.CLOCK_MHZ);
    Map<DType, Double> flops = new EnumMap<>(DType.class);
    // Kiln computes elements of 16 bits in fp32.
    Entry.FLOATS.forEach(dtype -> flops.put(dtype, ordinary * gpu.get(Quantity.FP32)));
    double tensor = 2e6 * gpu.get(Quantity.SMS) * gpu.get(Quantity.TENSOR_CLOCK_MHZ);
    Map<DType, Double> products = new EnumMap<>(flops);
    for (DType dtype : List.of(DType.FP16, DType.BF16)) {
      String key = "f32." + (dtype == DType.FP16 ? "f16" : "bf16");
      GpuModel.Figure rate = gpu.tensor().get(key);
      if (rate != null) {
        products.put(dtype, tensor * rate.value());
      }
    }
    return new DeviceRoofline(
        gpu.title() + ", by its data sheet",
        List.of(
            new DeviceRoofline.Bandwidth(Long.MAX_VALUE, gpu.get(Quantity.DRAM_GIGABYTES) * 1e9)),
        flops,
        products);
  }
}
