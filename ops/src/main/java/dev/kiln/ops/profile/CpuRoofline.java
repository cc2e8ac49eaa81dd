package dev.kiln.ops.profile;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.kiln.compiler.ir.DType;
import dev.kiln.kernels.product.Matmul;
import dev.kiln.ops.profile.DeviceRoofline.Bandwidth;
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
import java.util.ArrayList;
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
  /** Numbers of a stream: some may stay in caches, the last are far too many. */
  private static final List<Integer> STREAMS = List.of(1 << 18, 1 << 21, 1 << 24);

  /** Kernels that stream, and how many streams move. */
  private static final Map<String, Integer> PATTERNS =
      Map.of("read_kernel", 1, "update_kernel", 2, "triad_kernel", 3);

  private static final int STREAM_BLOCK = 4096;
  private static final int STREAM_RUNS = 12;

  /** Numbers for multiply-adds: they stay in the nearest cache. */
  private static final int CHAINS = 1 << 16;

  private static final int CHAINS_BLOCK = 512;
  private static final int ROUNDS = 16;
  private static final int CHAIN_FLOPS = 8 * 2 * ROUNDS;
  private static final int CHAIN_RUNS = 100;

  /** Rows and columns of a product, whose kernel may do better than chains do. */
  private static final int PRODUCT = 768;

  private static final int PRODUCT_RUNS = 10;

  private static final double WARM_MILLIS = 20;

  private static final String FLOPS = "flopsPerSecond";
  private static final String BANDWIDTHS = "bandwidths";

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
    ObjectNode figures = roofline.measured();
    file.ifPresent(target -> write(target, figures));
    return roofline(figures);
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
  private static DeviceRoofline roofline(JsonNode figures) {
    Map<DType, Double> peaks = new EnumMap<>(DType.class);
    double flops = figures.get(FLOPS).asDouble();
    Entry.FLOATS.forEach(dtype -> peaks.put(dtype, flops));
    List<Bandwidth> bandwidths = new ArrayList<>();
    for (JsonNode point : figures.get(BANDWIDTHS)) {
      bandwidths.add(new Bandwidth(point.get(0).asLong(), point.get(1).asDouble()));
    }
    return new DeviceRoofline(
        "measured on this machine, the best of several streams and loops",
        bandwidths,
        peaks,
        peaks);
  }

  private static Optional<DeviceRoofline> read(File file) {
    try {
      JsonNode node = JSON.readTree(file);
      return node.has(FLOPS) && node.has(BANDWIDTHS)
          ? Optional.of(roofline(node))
          : Optional.empty();
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  /** A cache that cannot be written to costs time, nothing else. */
  private static void write(File file, ObjectNode figures) {
    try {
      AtomicFile.write(file.toPath(), out -> out.write(JSON.writeValueAsBytes(figures)));
    } catch (KilnException e) {
      // Measured again next time.
    }
  }

  private ObjectNode measured() {
    ObjectNode figures = JSON.createObjectNode();
    figures.put(FLOPS, Math.max(multiplyAdds(), product()));
    double least = 0;
    List<Bandwidth> points = new ArrayList<>();
    for (int numbers : STREAMS.reversed()) {
      Bandwidth measured = stream(numbers);
      // Fewer bytes are no slower; what seems so is noise.
      least = Math.max(least, measured.perSecond());
      points.addFirst(new Bandwidth(measured.bytes(), least));
    }
    ArrayNode bandwidths = figures.putArray(BANDWIDTHS);
    points.forEach(p -> bandwidths.addArray().add(p.bytes()).add(p.perSecond()));
    return figures;
  }

  // Measurements, each in so much a second

  /**
   * The fastest pattern of streams, with cold caches as in profiles. Processors read and write side
   * by side, so that patterns differ.
   */
  private Bandwidth stream(int numbers) {
    double fastest = 0;
    try (NdArray a = NdArray.zeros(device, DType.FP32, numbers);
        NdArray b = NdArray.zeros(device, DType.FP32, numbers);
        NdArray c = NdArray.zeros(device, DType.FP32, numbers)) {
      for (var pattern : PATTERNS.entrySet()) {
        Launch launch =
            kernels
                .kernel(pattern.getKey())
                .on(device)
                .arg("a", a)
                .arg("b", b)
                .arg("c", c)
                .arg("n", numbers)
                .arg("BLOCK", STREAM_BLOCK);
        double seconds = best(launch, numbers / STREAM_BLOCK, STREAM_RUNS, true);
        fastest = Math.max(fastest, (double) pattern.getValue() * numbers * Float.BYTES / seconds);
      }
    }
    return new Bandwidth(2L * numbers * Float.BYTES, fastest);
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
      return (double) CHAINS * CHAIN_FLOPS / best(launch, CHAINS / CHAINS_BLOCK, CHAIN_RUNS, false);
    }
  }

  private double product() {
    try (NdArray a = NdArray.zeros(device, DType.FP32, PRODUCT, PRODUCT);
        NdArray c = NdArray.zeros(device, DType.FP32, PRODUCT, PRODUCT);
        Matmul matmul = new Matmul(device)) {
      double flops = 2.0 * PRODUCT * PRODUCT * PRODUCT;
      return flops / best(() -> matmul.run(a, a, c), PRODUCT_RUNS, false);
    }
  }

  private double best(Launch launch, int programs, int runs, boolean cold) {
    Grid grid = Grid.of(programs);
    return best(() -> launch.launch(grid.x(), grid.y(), grid.z()), runs, cold);
  }

  /** Seconds of the fastest run. */
  private double best(Runnable work, int runs, boolean cold) {
    WarmUp.of(device, work, WARM_MILLIS);
    return DoBench.on(device).flush(cold).runs(1, runs).run(work).min() * 1e-9;
  }
}
