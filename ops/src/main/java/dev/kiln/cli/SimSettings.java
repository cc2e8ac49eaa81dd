package dev.kiln.cli;

import dev.kiln.runtime.sim.SimOptions;
import dev.kiln.runtime.sim.exec.ExecutorOptions;
import dev.kiln.runtime.sim.exec.TensorMode;
import dev.kiln.runtime.sim.monitor.Sanitizer;
import dev.kiln.runtime.sim.monitor.count.LaunchCounting;
import dev.kiln.runtime.sim.roofline.GpuModel;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.Stack;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import picocli.CommandLine.IParameterPreprocessor;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.TypeConversionException;

/** The options of {@code kiln sim} that say how the simulator behaves. */
final class SimSettings {
  private static final String ALL = "all";

  /** Counters of the launch as a whole. */
  static final String LAUNCH = "launch";

  private static final String LINES = "lines";

  @Option(
      names = "--sanitize",
      arity = "0..1",
      fallbackValue = ALL,
      preprocessor = OnlyWords.class,
      paramLabel = "memory,init,race,sync|all",
      description =
          "Watches for faults that leave no trace in the results; exit 1 where something is found."
              + " Without a value: all.")
  private String sanitizers;

  @Option(
      names = "--counters",
      arity = "0..1",
      fallbackValue = LAUNCH,
      preprocessor = OnlyWords.class,
      paramLabel = "lines",
      description =
          "Counts instructions, sectors, wavefronts and more, exactly; with =lines also beside each"
              + " line of the PTX.")
  private String counters;

  @Option(
      names = "--gpu",
      paramLabel = "NAME",
      description =
          "Estimates how long the launch takes at least on a100, h100, h200, rtx4090 or b200.")
  private String gpu;

  @Option(
      names = "--schedule",
      paramLabel = "seed=N",
      description = "Interleaves warps at random, the same for the same seed.")
  private String schedule;

  @Option(
      names = "--tensor",
      paramLabel = "rounded|truncated",
      description =
          "How matrix instructions add up (default: ${DEFAULT-VALUE}): each sum rounded, or cut"
              + " off as hardware may do it.",
      defaultValue = "rounded")
  private TensorMode tensorMode;

  @Option(
      names = "--threads",
      paramLabel = "N",
      description = "Threads of this machine (default: all processors).")
  private Integer threads;

  @Option(
      names = "--relaxed",
      description =
          "Runs blocks side by side even where the results of atomics may then differ from run to"
              + " run.")
  private boolean relaxed;

  @Option(
      names = "--limit-instructions",
      paramLabel = "N",
      description = "Stops a launch after about so many warp instructions.")
  private Long maxInstructions;

  @Option(
      names = "--limit-memory",
      paramLabel = "BYTES",
      converter = ByteCount.class,
      description =
          "The most that arrays, variables and the blocks that run may take; 64K, 2M and 1G are"
              + " understood.")
  private Long maxMemory;

  @Option(
      names = "--limit-seconds",
      paramLabel = "N",
      description = "Stops a launch after so long.")
  private Double maxSeconds;

  /**
   * The device's options.
   *
   * @throws UsageException if a value is not possible
   */
  SimOptions options() {
    ExecutorOptions executor = ExecutorOptions.standard().withRelaxedOrder(relaxed);
    if (threads != null) {
      requirePositive("--threads", threads);
      executor = executor.withThreads(threads);
    }
    if (schedule != null) {
      executor = executor.withSeed(seed());
    }
    executor = executor.withLimits(instructions(), nanos());
    SimOptions options =
        SimOptions.standard()
            .withTensorMode(tensorMode)
            .withExecutor(executor)
            .withSanitizers(chosenSanitizers());
    if (maxMemory != null) {
      requirePositive("--limit-memory", maxMemory);
      options = options.withMemory(maxMemory);
    }
    return counting().counts() ? options.watchedBy(new LaunchCounting()) : options;
  }

  /** What to count, and what to show of it. */
  SimCounting counting() {
    return counting(counters, Optional.ofNullable(gpu).map(SimSettings::model));
  }

  /**
   * What to count.
   *
   * @param counters the value of {@code --counters}, or {@code null}
   * @param gpu for which to estimate times
   * @throws UsageException if the value is none
   */
  static SimCounting counting(String counters, Optional<GpuModel> gpu) {
    if (counters != null && !counters.equals(LAUNCH) && !counters.equals(LINES)) {
      throw new UsageException("--counters takes no value, or 'lines', got '" + counters + "'");
    }
    return new SimCounting(counters != null, LINES.equals(counters), gpu);
  }

  static GpuModel model(String name) {
    return GpuModel.find(name)
        .orElseThrow(
            () ->
                new UsageException(
                    "there is no GPU '%s'; there are %s"
                        .formatted(
                            name,
                            GpuModel.all().stream()
                                .map(GpuModel::name)
                                .collect(Collectors.joining(", ")))));
  }

  /** What to watch for. */
  Set<Sanitizer> chosenSanitizers() {
    if (sanitizers == null) {
      return Set.of();
    }
    if (sanitizers.equals(ALL)) {
      return EnumSet.allOf(Sanitizer.class);
    }
    Set<Sanitizer> chosen = EnumSet.noneOf(Sanitizer.class);
    for (String name : sanitizers.split(",", -1)) {
      chosen.add(sanitizer(name));
    }
    return chosen;
  }

  private static Sanitizer sanitizer(String name) {
    return Arrays.stream(Sanitizer.values())
        .filter(sanitizer -> sanitizer.label().equals(name))
        .findFirst()
        .orElseThrow(
            () ->
                new UsageException(
                    "there is no sanitizer '%s'; there are %s, and 'all'"
                        .formatted(
                            name,
                            Arrays.stream(Sanitizer.values())
                                .map(Sanitizer::label)
                                .collect(Collectors.joining(", ")))));
  }

  private long seed() {
    try {
      if (schedule.startsWith("seed=")) {
        return Long.parseLong(schedule.substring("seed=".length()));
      }
    } catch (NumberFormatException e) {
      // Said below.
    }
    throw new UsageException("--schedule takes seed=N, got '" + schedule + "'");
  }

  private long instructions() {
    if (maxInstructions == null) {
      return 0;
    }
    requirePositive("--limit-instructions", maxInstructions);
    return maxInstructions;
  }

  private long nanos() {
    if (maxSeconds == null) {
      return 0;
    }
    if (!(maxSeconds > 0) || maxSeconds > TimeUnit.DAYS.toSeconds(365)) {
      throw new UsageException("--limit-seconds takes a number above 0, got " + maxSeconds);
    }
    return Math.max(1, (long) (maxSeconds * 1e9));
  }

  private static void requirePositive(String option, long value) {
    if (value < 1) {
      throw new UsageException("%s takes a number of at least 1, got %d".formatted(option, value));
    }
  }

  /** Bytes, with K, M or G for powers of 1,024. */
  static final class ByteCount implements ITypeConverter<Long> {
    private static final String UNITS = "KMG";

    @Override
    public Long convert(String text) {
      if (!text.matches("\\d{1,15}[KkMmGg]?")) {
        throw new TypeConversionException(
            "'%s' is no number of bytes; write 49152 or 48K".formatted(text));
      }
      int unit = UNITS.indexOf(Character.toUpperCase(text.charAt(text.length() - 1)));
      return unit < 0
          ? Long.parseLong(text)
          : Math.multiplyExact(
              Long.parseLong(text.substring(0, text.length() - 1)), 1L << 10 * (unit + 1));
    }
  }

  /**
   * Keeps an option with an optional value from taking the file that follows: takes a word after a
   * space only if it consists of letters and commas.
   */
  static final class OnlyWords implements IParameterPreprocessor {
    @Override
    public boolean preprocess(
        Stack<String> words, CommandSpec spec, ArgSpec option, Map<String, Object> info) {
      boolean attached = !info.get("separator").equals(" ");
      if (attached || words.isEmpty() || words.peek().matches("[a-zA-Z]+(,[a-zA-Z]*)*")) {
        return false;
      }
      option.setValue(((OptionSpec) option).fallbackValue());
      return true;
    }
  }
}
