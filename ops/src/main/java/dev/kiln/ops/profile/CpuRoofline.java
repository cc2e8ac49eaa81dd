package dev.kiln.ops.profile;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.kiln.compiler.ir.DType;
import dev.kiln.kernels.product.Matmul;
import dev.kiln.runtime.AtomicFile;
import dev.kiln.runtime.Device;
import dev.kiln.runtime.Grid;
import dev.kiln.runtime.KernelModule;
import dev.kiln.runtime.KilnException;
import dev.kiln.runtime.Launch;
import dev.kiln.runtime.NdArray;
import dev.kiln.runtime.cache.CacheSettings;
import dev.kiln.runtime.profile.DoBench;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Measures what a CPU can do at best, by small kernels, and keeps it in the folder of the compile
 * cache. The best of many runs counts: whatever else the machine does makes figures smaller, never
 * larger.
 */
final class CpuRoofline {
  /** Numbers of a stream: three of them are far larger than any cache. */
  private static final int STREAM = 1 << 24;

  private static final int STREAM_BLOCK = 4096;
  private static final int STREAM_RUNS = 20;

  /** Numbers for multiply-adds: they stay in the nearest cache. */
  private static final int CHAINS = 1 << 16;

  private static final int CHAINS_BLOCK = 512;
  private static final int ROUNDS = 16;
  private static final int CHAIN_FLOPS = 8 * 2 * ROUNDS;
  private static final int CHAIN_RUNS = 100;

  /** Rows and columns of a product, whose kernel may do better than chains do. */
  private static final int PRODUCT = 768;

  private static final int PRODUCT_RUNS = 10;

  private static final ObjectMapper JSON = new ObjectMapper();

  private final Device device;
  private final KernelModule kernels =
      KernelModule.resource(CpuRoofline.class, "/dev/kiln/ops/profile/roofline.py");

  private CpuRoofline(Device device) {
    this.device = device;
  }

  /**
   * @param anew whether to measure even if that was done before
   */
  static DeviceRoofline of(Device device, boolean anew) {
    Optional<File> file =
        CacheSettings.ofProcess()
            .folder()
            .map(folder -> new File(folder, "roofline-" + machine(device) + ".json"));
    Optional<DeviceRoofline> kept = anew ? Optional.empty() : file.flatMap(CpuRoofline::read);
    if (kept.isPresent()) {
      return kept.get();
    }
    var roofline = new CpuRoofline(device);
    double bandwidth = Math.max(roofline.triad(), roofline.reading());
    double flops = Math.max(roofline.multiplyAdds(), roofline.product());
    file.ifPresent(target -> write(target, bandwidth, flops));
    return roofline(bandwidth, flops);
  }

  /** Where one machine's figures are not another's: model, processors, SIMD width, threads. */
  private static String machine(Device device) {
    String text = device.model() + " " + processor();
    return text.replaceAll("[^A-Za-z0-9]+", "-").replaceAll("-$", "");
  }

  /** The processor's name, where the operating system tells it. */
  static String processor() {
    try {
      return Files.readAllLines(new File("/proc/cpuinfo").toPath()).stream()
          .filter(line -> line.startsWith("model name"))
          .map(line -> line.substring(line.indexOf(':') + 1).strip())
          .findFirst()
          .orElse(System.getProperty("os.arch"));
    } catch (IOException e) {
      return System.getProperty("os.arch");
    }
  }

  /** Elements of 16 bits are computed in fp32. */
  private static DeviceRoofline roofline(double bandwidth, double flops) {
    Map<DType, Double> peaks = new EnumMap<>(DType.class);
    Entry.FLOATS.forEach(dtype -> peaks.put(dtype, flops));
    return new DeviceRoofline(
        "measured on this machine: the best of streams, and of multiply-adds",
        List.of(new DeviceRoofline.Bandwidth(Long.MAX_VALUE, bandwidth)),
        peaks,
        peaks);
  }

  private static Optional<DeviceRoofline> read(File file) {
    try {
      JsonNode node = JSON.readTree(file);
      double bandwidth = node.path("bytesPerSecond").asDouble();
      double flops = node.path("flopsPerSecond").asDouble();
      return bandwidth > 0 && flops > 0
          ? Optional.of(roofline(bandwidth, flops))
          : Optional.empty();
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  /** A cache that cannot be written to costs time, nothing else. */
  private static void write(File file, double bandwidth, double flops) {
    ObjectNode node = JSON.createObjectNode();
    node.put("bytesPerSecond", bandwidth);
    node.put("flopsPerSecond", flops);
    try {
      AtomicFile.write(file.toPath(), out -> out.write(JSON.writeValueAsBytes(node)));
    } catch (KilnException e) {
      // Measured again next time.
    }
  }

  // Measurements, each in so much a second

  private double triad() {
    try (NdArray a = NdArray.zeros(device, DType.FP32, STREAM);
        NdArray b = NdArray.zeros(device, DType.FP32, STREAM);
        NdArray c = NdArray.zeros(device, DType.FP32, STREAM)) {
      Launch launch =
          kernels
              .kernel("triad_kernel")
              .on(device)
              .arg("a", a)
              .arg("b", b)
              .arg("c", c)
              .arg("n", STREAM)
              .arg("BLOCK", STREAM_BLOCK);
      return 3.0 * STREAM * Float.BYTES / best(launch, STREAM / STREAM_BLOCK, STREAM_RUNS);
    }
  }

  private double reading() {
    try (NdArray a = NdArray.zeros(device, DType.FP32, STREAM);
        NdArray c = NdArray.zeros(device, DType.FP32, STREAM / STREAM_BLOCK)) {
      Launch launch =
          kernels
              .kernel("read_kernel")
              .on(device)
              .arg("a", a)
              .arg("c", c)
              .arg("n", STREAM)
              .arg("BLOCK", STREAM_BLOCK);
      return 1.0 * STREAM * Float.BYTES / best(launch, STREAM / STREAM_BLOCK, STREAM_RUNS);
    }
  }

  private double multiplyAdds() {
    try (NdArray a = NdArray.zeros(device, DType.FP32, CHAINS);
        NdArray c = NdArray.zeros(device, DType.FP32, CHAINS)) {
      Launch launch =
          kernels
              .kernel("multiply_add_kernel")
              .on(device)
              .arg("a", a)
              .arg("c", c)
              .arg("n", CHAINS)
              .arg("ROUNDS", ROUNDS)
              .arg("BLOCK", CHAINS_BLOCK);
      return (double) CHAINS * CHAIN_FLOPS / best(launch, CHAINS / CHAINS_BLOCK, CHAIN_RUNS);
    }
  }

  private double product() {
    try (NdArray a = NdArray.zeros(device, DType.FP32, PRODUCT, PRODUCT);
        NdArray c = NdArray.zeros(device, DType.FP32, PRODUCT, PRODUCT);
        Matmul matmul = new Matmul(device)) {
      double flops = 2.0 * PRODUCT * PRODUCT * PRODUCT;
      return flops / best(() -> matmul.run(a, a, c), PRODUCT_RUNS);
    }
  }

  private double best(Launch launch, int programs, int runs) {
    Grid grid = Grid.of(programs);
    return best(() -> launch.launch(grid.x(), grid.y(), grid.z()), runs);
  }

  /** Seconds of the fastest run, when the JIT compiler has done its work. */
  private double best(Runnable work, int runs) {
    return DoBench.on(device).flush(false).runs(runs, runs).run(work).min() * 1e-9;
  }
}
