package dev.kiln.cli;

import dev.kiln.compiler.CompileOptions;
import dev.kiln.compiler.Target;
import dev.kiln.compiler.eval.Launch.Trace;
import dev.kiln.compiler.eval.ProgramId;
import dev.kiln.ops.profile.CountedKernel;
import dev.kiln.ops.profile.page.ProfilePage;
import dev.kiln.runtime.AtomicFile;
import dev.kiln.runtime.Device;
import dev.kiln.runtime.Grid;
import dev.kiln.runtime.KernelModule;
import dev.kiln.runtime.KilnException;
import dev.kiln.runtime.Launch;
import dev.kiln.runtime.NdArray;
import dev.kiln.runtime.npy.NpyFile;
import dev.kiln.runtime.sim.SimReport;
import dev.kiln.runtime.sim.roofline.GpuModel;
import dev.kiln.runtime.tune.TuningPolicy;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code kiln run}: one launch of one kernel. */
@Command(name = "run", description = "Runs a kernel.", mixinStandardHelpOptions = true)
final class RunCommand implements Callable<Integer> {
  @Parameters(paramLabel = "FILE:KERNEL", description = "The kernel.")
  private String reference;

  @Option(
      names = "--device",
      paramLabel = "DEVICE",
      description = "cpu, sim, eval, cuda or cuda:N (default: cpu).",
      defaultValue = "cpu")
  private String deviceName;

  @Option(
      names = "--grid",
      required = true,
      paramLabel = "X[,Y[,Z]]",
      description =
          "Number of programs along each axis, or Python over the arguments: \"(triton.cdiv(n,"
              + " BLOCK),)\".")
  private String grid;

  @Option(
      names = "--arg",
      paramLabel = "NAME=VALUE",
      description =
          "An argument: a number, TYPE:NUMBER, True, False, None, \"text\", tl.TYPE,"
              + " @FILE.npy[:TYPE], zeros:TYPE:SHAPE, full:TYPE:SHAPE:NUMBER, rand:TYPE:SHAPE:SEED,"
              + " arange:TYPE:COUNT.")
  private List<String> arguments = List.of();

  @Option(
      names = "--out",
      paramLabel = "NAME=FILE.npy",
      description = "Writes an array after the launch.")
  private List<String> outputs = List.of();

  @Option(
      names = "--expect",
      paramLabel = "NAME=FILE.npy",
      description = "Compares an array after the launch; exit 1 where it differs.")
  private List<String> expectations = List.of();

  @Mixin private Tolerances tolerances;

  @Option(
      names = "--num-warps",
      paramLabel = "N",
      description = "As in Triton (default: the configuration's, else 4); only GPUs take notice.")
  private Integer numWarps;

  @Option(
      names = "--num-stages",
      paramLabel = "N",
      description = "As in Triton (default: the configuration's, else 3); only GPUs take notice.")
  private Integer numStages;

  @Option(
      names = "--tune",
      paramLabel = "MODE",
      description =
          "How a configuration of triton.autotune is chosen: first (the default), disk, measure or"
              + " estimate:GPU; prints a table of them.")
  private String tuningMode;

  @Option(
      names = "--target",
      paramLabel = "T",
      description =
          "Of the device sim: sm_80, sm_89, sm_90a, sm_100 or sm_120 (default: sm_80); eval runs"
              + " for any target what that would (default: cpu).")
  private String targetName;

  @Option(
      names = "--repeat",
      paramLabel = "N",
      description = "Launches N times; the arrays keep what the launch before left.",
      defaultValue = "1")
  private int repeat;

  @Option(names = "--debug", description = "Checks assertions.")
  private boolean debug;

  @Option(
      names = "--sanitize",
      description =
          "Stops at addresses out of range and at uses of undefined values; on the device sim tells"
              + " all that its sanitizers find. Slow.")
  private boolean sanitize;

  @Option(
      names = "--counters",
      arity = "0..1",
      fallbackValue = SimSettings.LAUNCH,
      preprocessor = SimSettings.OnlyWords.class,
      paramLabel = "lines",
      description =
          "Counts instructions, sectors, wavefronts and more of the last launch (sim); with =lines"
              + " also beside each line of the PTX.")
  private String counters;

  @Option(
      names = "--html",
      paramLabel = "FILE",
      description =
          "Writes a page of the last launch: the source beside the PTX beside what each line did"
              + " (sim).")
  private Path html;

  @Option(
      names = "--trace",
      paramLabel = "LINE",
      description = "Prints the values of a source line for one program (eval).")
  private Integer traceLine;

  @Option(
      names = "--program",
      paramLabel = "X[,Y[,Z]]",
      description = "The program that --trace follows (default: 0,0,0).",
      defaultValue = "0,0,0")
  private String program;

  @Option(names = "--json", description = "Prints one JSON document.")
  private boolean json;

  @Spec private CommandSpec spec;

  private final ByteArrayOutputStream traced = new ByteArrayOutputStream();

  @Override
  public Integer call() {
    checkUsage();
    KernelReference kernel = KernelReference.parse(reference);
    Target target = target();
    if (!deviceName.equals("sim")) {
      return run(kernel, RunDevice.open(deviceName, target, sanitize, trace()), Optional.empty());
    }
    SimCounting counting = SimSettings.counting(counters, Optional.empty());
    try (SimRun sim = new SimRun(target, sanitize, counting, html != null, this::show)) {
      return run(kernel, sim.device(), Optional.of(sim));
    }
  }

  private int run(KernelReference kernel, Device device, Optional<SimRun> sim) {
    Launch launch = KernelModule.load(kernel.file()).kernel(kernel.kernel()).on(device);
    Map<String, NdArray> arrays = bind(launch, device);
    checkNames(arrays, outputs, "--out");
    checkNames(arrays, expectations, "--expect");
    outputs.forEach(output -> AtomicFile.requirePlace(Path.of(value(output))));
    if (html != null) {
      AtomicFile.requirePlace(html);
    }
    setOptions(launch);
    setGrid(launch);
    tune(launch);
    long[] nanos = launchRepeatedly(launch, sim);
    printTrace();
    if (sim.isPresent() && sim.get().reports().isStopped()) {
      return report(launch, Map.of(), nanos, sim);
    }
    sim.flatMap(run -> run.reports().last()).ifPresent(this::writePage);
    for (String output : outputs) {
      NpyFile.write(Path.of(value(output)), ArrayNumbers.toNpy(arrays.get(name(output))));
    }
    return report(launch, arrays, nanos, sim);
  }

  private void writePage(SimReport report) {
    if (html != null) {
      CountedKernel kernel = CountedKernel.of(report, target(), GpuModel.all());
      ProfilePage.write(html, reference, List.of(kernel));
    }
  }

  /** Only what was asked for, since each counts more than what a configuration says. */
  private void setOptions(Launch launch) {
    if (numWarps != null) {
      launch.numWarps(numWarps);
    }
    if (numStages != null) {
      launch.numStages(numStages);
    }
    if (debug) {
      launch.debug(true);
    }
  }

  private void tune(Launch launch) {
    if (tuningMode == null) {
      launch.load();
      return;
    }
    launch.tuning(tuningPolicy()).tune();
    TuningReport.lines(launch).forEach(spec.commandLine().getErr()::println);
  }

  private TuningPolicy tuningPolicy() {
    try {
      return TuningPolicy.parse(tuningMode);
    } catch (KilnException e) {
      throw new UsageException("--tune: " + e.getMessage());
    }
  }

  private void checkUsage() {
    if (counters != null && !deviceName.equals("sim")) {
      throw new UsageException("--counters needs --device sim");
    }
    if (html != null && !deviceName.equals("sim")) {
      throw new UsageException("--html needs --device sim");
    }
    if (traceLine != null && !deviceName.equals("eval")) {
      throw new UsageException("--trace needs --device eval");
    }
    if (repeat < 1) {
      throw new UsageException("--repeat takes a number of at least 1");
    }
    CompileOptions defaults = CompileOptions.DEFAULT;
    if (tuningMode != null) {
      tuningPolicy();
    }
    UsageException.requireLaunchOptions(
        numWarps == null ? defaults.numWarps() : numWarps,
        numStages == null ? defaults.numStages() : numStages);
  }

  /** What the kernel is compiled for. */
  private Target target() {
    if (targetName == null) {
      return deviceName.equals("sim") ? Target.SM_80 : Target.CPU;
    }
    Target target =
        Target.parse(targetName)
            .orElseThrow(() -> new UsageException("there is no target '" + targetName + "'"));
    if (deviceName.startsWith("cuda")) {
      throw new UsageException("--target is not for the device cuda: the GPU decides");
    }
    if (target.isGpu() ? deviceName.equals("cpu") : deviceName.equals("sim")) {
      throw new UsageException(
          "the device %s runs no code for %s".formatted(deviceName, targetName));
    }
    return target;
  }

  /** What the kernel prints is seen at once, even if the launch never ends. */
  private void show(String text) {
    PrintWriter writer = json ? spec.commandLine().getErr() : spec.commandLine().getOut();
    writer.print(text);
    writer.flush();
  }

  private Trace trace() {
    if (traceLine == null) {
      return null;
    }
    int[] followed = parseTriple(program, 0, "program");
    return RunDevice.trace(
        traceLine,
        new ProgramId(followed[0], followed[1], followed[2]),
        new PrintStream(traced, false, StandardCharsets.UTF_8));
  }

  private void printTrace() {
    spec.commandLine().getOut().print(traced.toString(StandardCharsets.UTF_8));
    if (traceLine != null && traced.size() == 0) {
      spec.commandLine()
          .getErr()
          .println("kiln: program %s computes nothing on line %d".formatted(program, traceLine));
    }
  }

  private Map<String, NdArray> bind(Launch launch, Device device) {
    Map<String, NdArray> arrays = new LinkedHashMap<>();
    for (String argument : arguments) {
      String name = name(argument);
      try {
        switch (ArgumentValue.parse(value(argument))) {
          case ArgumentValue.Literal literal -> launch.arg(name, literal.value());
          case ArgumentValue.Scalar scalar when scalar.dtype() == null ->
              launch.arg(name, scalar.value());
          case ArgumentValue.Scalar scalar ->
              launch.set(launch.index(name), scalar.dtype(), scalar.value());
          case ArgumentValue.Array array -> {
            arrays.put(name, array.on(device));
            launch.arg(name, arrays.get(name));
          }
        }
      } catch (KilnException e) {
        throw new KilnException("--arg " + name + ": " + e.getMessage(), e);
      }
    }
    return arrays;
  }

  private long[] launchRepeatedly(Launch launch, Optional<SimRun> sim) {
    long[] nanos = new long[repeat];
    for (int i = 0; i < repeat; i++) {
      long start = System.nanoTime();
      if (sim.isPresent()) {
        sim.get().launch(launch);
      } else {
        launch.launch();
        launch.device().synchronize();
      }
      nanos[i] = System.nanoTime() - start;
      if (sim.isPresent() && sim.get().reports().isStopped()) {
        break;
      }
    }
    return nanos;
  }

  /**
   * Prints what there is to tell.
   *
   * @param launch the one that was made
   * @param arrays none if the launch stopped
   * @return the exit code
   */
  private int report(
      Launch launch, Map<String, NdArray> arrays, long[] nanos, Optional<SimRun> sim) {
    PrintWriter out = spec.commandLine().getOut();
    PrintWriter err = spec.commandLine().getErr();
    sim.ifPresent(run -> run.reports().printWrong(err));
    boolean clean = sim.isEmpty() || sim.get().reports().isClean();
    List<Map<String, Object>> comparisons = new ArrayList<>();
    for (String expectation : arrays.isEmpty() ? List.<String>of() : expectations) {
      Comparison comparison =
          tolerances.compare(
              arrays.get(name(expectation)), NpyFile.read(Path.of(value(expectation))));
      clean &= comparison.matches();
      comparisons.add(comparison.toJson(name(expectation)));
      if (!json) {
        (comparison.matches() ? out : err).println(comparison.describe(name(expectation)));
      }
    }
    long best = Arrays.stream(nanos).min().orElseThrow();
    if (json) {
      Map<String, Object> document = new LinkedHashMap<>();
      document.put("kernel", reference);
      document.put("device", deviceName);
      document.put("launches", repeat);
      document.put("bestMicroseconds", best / 1e3);
      document.put("comparisons", comparisons);
      if (tuningMode != null) {
        document.put("tuning", TuningReport.json(tuningMode, launch));
      }
      sim.ifPresent(run -> run.reports().addInstructionsTo(document));
      sim.ifPresent(run -> run.reports().addTo(document));
      out.println(JsonOutput.of(document));
    } else if (outputs.isEmpty() && expectations.isEmpty()) {
      arrays.forEach((name, array) -> out.println(name + " = " + Preview.of(array)));
    }
    if (!json) {
      sim.ifPresent(run -> run.reports().printCounters(out));
      if (repeat > 1) {
        err.println("%d launches, best %.1f us".formatted(repeat, best / 1e3));
      }
    }
    return clean ? 0 : 1;
  }

  private static void checkNames(Map<String, NdArray> arrays, List<String> pairs, String option) {
    for (String pair : pairs) {
      if (!arrays.containsKey(name(pair))) {
        throw new KilnException(
            option + " " + name(pair) + ": no argument of that name is an array");
      }
    }
  }

  static String name(String pair) {
    int equals = pair.indexOf('=');
    if (equals <= 0) {
      throw new UsageException("'" + pair + "' is not of the form NAME=VALUE");
    }
    return pair.substring(0, equals);
  }

  static String value(String pair) {
    return pair.substring(pair.indexOf('=') + 1);
  }

  private void setGrid(Launch launch) {
    if (grid.matches("[-\\d,\\s]*")) {
      launch.grid(parseGrid(grid, "grid"));
    } else {
      launch.grid(grid);
    }
  }

  /**
   * Three extents, of which y and z may be missing.
   *
   * @param what for the message
   */
  static Grid parseGrid(String text, String what) {
    int[] extents = parseTriple(text, 1, what);
    return new Grid(extents[0], extents[1], extents[2]);
  }

  private static int[] parseTriple(String text, int missing, String what) {
    String[] parts = text.split(",");
    int[] numbers = {missing, missing, missing};
    try {
      if (parts.length >= 1 && parts.length <= 3) {
        for (int i = 0; i < parts.length; i++) {
          numbers[i] = Integer.parseInt(parts[i].strip());
        }
        return numbers;
      }
    } catch (NumberFormatException e) {
      // Said below.
    }
    throw new UsageException("'%s' is no %s; write X, X,Y or X,Y,Z".formatted(text, what));
  }
}
