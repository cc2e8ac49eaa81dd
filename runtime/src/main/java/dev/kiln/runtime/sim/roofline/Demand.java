package dev.kiln.runtime.sim.roofline;

import dev.kiln.runtime.sim.monitor.count.Counters;
import dev.kiln.runtime.sim.monitor.count.Measure;
import dev.kiln.runtime.sim.monitor.count.TensorWork;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** What a launch asks of each resource of a GPU, in seconds with all SMs evenly busy. */
final class Demand {
  private static final int LANES = 32;
  private static final int SECTOR = 32;
  private static final List<String> WIDE = List.of("s64", "u64", "b64", "f64");
  private static final List<String> FLOATS =
      List.of("f32", "f64", "f16", "bf16", "f16x2", "bf16x2", "tf32");

  private final Counters counters;
  private final GpuModel gpu;
  private final Map<Resource, Double> seconds = new EnumMap<>(Resource.class);
  private final Set<String> unknownProducts = new LinkedHashSet<>();

  Demand(Counters counters, GpuModel gpu) {
    this.counters = counters;
    this.gpu = gpu;
    for (Resource resource : Resource.values()) {
      seconds.put(resource, 0.0);
    }
    counters.lines().forEach(this::add);
    memory();
  }

  /**
   * Takes what was counted to be a part.
   *
   * @param factor how much more the whole is
   * @param reachableBytes what DRAM holds of it
   */
  void scale(double factor, long reachableBytes) {
    if (factor != 1) {
      seconds.replaceAll((resource, part) -> factor * part);
      double most = 2.0 * reachableBytes / (gpu.get(Quantity.DRAM_GIGABYTES) * 1e9);
      seconds.merge(Resource.DRAM, most, Math::min);
    }
  }

  double seconds(Resource resource) {
    return seconds.get(resource);
  }

  /** Products that the GPU's tensor cores do not do, as far as is known; they cost nothing here. */
  List<String> unknownProducts() {
    return List.copyOf(unknownProducts);
  }

  private void add(Counters.Line line) {
    long issued = line.measures().get(Measure.EXECUTIONS);
    if (issued == 0) {
      return;
    }
    spend(Resource.ISSUE, issued, gpu.get(Quantity.ISSUE_SLOTS), Quantity.CLOCK_MHZ);
    line.tensor().ifPresent(work -> multiply(line, work));
    long lanes = (issued - line.measures().get(Measure.PREDICATED_OFF)) * LANES;
    switch (line.kind()) {
      case FP32 -> lanes(Resource.FP32, Quantity.FP32, lanes * (has(line, "f32x2") ? 2 : 1));
      case FP64 -> lanes(Resource.FP64, Quantity.FP64, lanes);
      case FP16 -> lanes(Resource.FP16, Quantity.FP16, lanes);
      case INTEGER -> lanes(Resource.INTEGER, Quantity.INTEGER, lanes * integerParts(line));
      case SPECIAL -> lanes(Resource.SPECIAL, Quantity.SPECIAL, lanes);
      case SHUFFLE -> lanes(Resource.SHUFFLE, Quantity.SHUFFLE, lanes);
      case CONVERSION -> convert(line, lanes);
      default -> {} // Memory is counted by what it touches; the others only take issue slots.
    }
  }

  /** A 64-bit integer is two of 32 bits. */
  private static int integerParts(Counters.Line line) {
    return hasAny(line, WIDE) ? 2 : 1;
  }

  /** Between integers, a conversion is a move or a mask. */
  private void convert(Counters.Line line, long lanes) {
    if (!hasAny(line, FLOATS) && !line.mnemonic().contains("x2")) {
      lanes(Resource.INTEGER, Quantity.INTEGER, lanes);
    } else {
      Quantity rate = hasAny(line, WIDE) ? Quantity.CONVERSION_64 : Quantity.CONVERSION;
      lanes(Resource.CONVERSION, rate, lanes);
    }
  }

  private static boolean has(Counters.Line line, String word) {
    return Arrays.asList(line.mnemonic().split("\\.")).contains(word);
  }

  private static boolean hasAny(Counters.Line line, List<String> words) {
    return Arrays.stream(line.mnemonic().split("\\.")).anyMatch(words::contains);
  }

  private void multiply(Counters.Line line, TensorWork work) {
    var rate = gpu.tensorRate(work);
    if (rate.isEmpty()) {
      unknownProducts.add(work.name());
      return;
    }
    // The peak for doubles is stated at the clock of ordinary arithmetic.
    boolean doubles = line.mnemonic().contains(".f64");
    Quantity clock = doubles ? Quantity.CLOCK_MHZ : Quantity.TENSOR_CLOCK_MHZ;
    long products = line.measures().get(Measure.MULTIPLY_ADDS);
    spend(Resource.TENSOR, products, rate.get().value(), clock);
  }

  private void lanes(Resource resource, Quantity rate, double lanes) {
    spend(resource, lanes, gpu.get(rate), Quantity.CLOCK_MHZ);
  }

  /** Adds work that all SMs share evenly. */
  private void spend(Resource resource, double work, double rate, Quantity clock) {
    double each = rate * gpu.get(clock) * 1e6 * gpu.get(Quantity.SMS);
    seconds.merge(resource, work / each, Double::sum);
  }

  private void memory() {
    double shared =
        counters.total().get(Measure.SHARED_WAVEFRONTS) * 128.0
            + counters.total().get(Measure.TENSOR_SHARED_BYTES);
    spend(Resource.SHARED, shared, gpu.get(Quantity.SHARED_BYTES), Quantity.CLOCK_MHZ);
    double clock = gpu.get(Quantity.CLOCK_MHZ) * 1e6;
    double sectors = counters.total().get(Measure.GLOBAL_SECTORS);
    seconds.put(Resource.L2, sectors * SECTOR / (gpu.get(Quantity.L2_BYTES) * clock));
    double distinct = counters.unique().read() + counters.unique().written();
    seconds.put(Resource.DRAM, distinct * SECTOR / (gpu.get(Quantity.DRAM_GIGABYTES) * 1e9));
  }
}
