package dev.kiln.tests.sim.faults;

import dev.kiln.runtime.sim.PtxModule;
import dev.kiln.runtime.sim.SimDevice;
import dev.kiln.runtime.sim.SimModule;
import dev.kiln.runtime.sim.SimOptions;
import dev.kiln.runtime.sim.SimReport;
import dev.kiln.runtime.sim.monitor.Sanitizer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A text with what its comments say.
 *
 * @param others lines of the other accesses
 */
record PlantedFault(
    String name,
    String text,
    List<LaunchLine> launches,
    List<Expectation> expected,
    Set<Integer> others) {
  private static final Pattern EXPECT = Pattern.compile("// expect: (\\w+) \"([^\"]*)\"");
  private static final String LAUNCH = "// launch:";
  private static final String FAULT = "fault";
  private static final String OTHER = "// other";

  /**
   * What is to be found.
   *
   * @param kind a sanitizer's label, or "fault"
   * @param text a part of what is said
   * @param line of the instruction, 0 for any
   */
  record Expectation(String kind, String text, int line) {
    /** Whether a run under these sanitizers must find it. */
    boolean concerns(Set<Sanitizer> sanitizers) {
      return kind.equals(FAULT)
          || sanitizers.stream().anyMatch(sanitizer -> sanitizer.label().equals(kind));
    }
  }

  static PlantedFault read(Path file) throws IOException {
    String text = Files.readString(file);
    List<LaunchLine> launches = new ArrayList<>();
    List<Expectation> expected = new ArrayList<>();
    Set<Integer> others = new TreeSet<>();
    int number = 0;
    for (String line : text.lines().toList()) {
      number++;
      String trimmed = line.strip();
      if (trimmed.startsWith(LAUNCH)) {
        launches.add(LaunchLine.parse(trimmed.substring(LAUNCH.length())));
      }
      int before = expected.size();
      Matcher matcher = EXPECT.matcher(trimmed);
      while (matcher.find()) {
        int at = trimmed.startsWith("//") ? 0 : number;
        expected.add(new Expectation(matcher.group(1), matcher.group(2), at));
      }
      if (trimmed.contains("// expect") && expected.size() == before) {
        throw new IllegalArgumentException(file + ":" + number + ": not an expectation");
      }
      if (trimmed.contains(OTHER)) {
        others.add(number);
      }
    }
    if (launches.isEmpty()) {
      throw new IllegalArgumentException(file + " says no launch");
    }
    return new PlantedFault(file.getFileName().toString(), text, launches, expected, others);
  }

  /** Runs the launches on a device of their own, until one stops with a fault. */
  void launchAll(SimOptions options, Consumer<SimReport> heard) {
    try (SimDevice device = new SimDevice(options);
        SimModule module = device.load(PtxModule.parse(name, text))) {
      String first = module.module().entries().getFirst();
      for (LaunchLine line : launches) {
        Object[] arguments = line.arguments(device);
        heard.accept(module.kernel(line.entry().orElse(first)).launch(line.launch(), arguments));
      }
    }
  }
}
