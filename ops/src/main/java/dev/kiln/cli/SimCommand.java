package dev.kiln.cli;

import dev.kiln.runtime.AtomicFile;
import dev.kiln.runtime.NdArray;
import dev.kiln.runtime.npy.NpyFile;
import dev.kiln.runtime.sim.PtxKernel;
import dev.kiln.runtime.sim.PtxModule;
import dev.kiln.runtime.sim.SimDevice;
import dev.kiln.runtime.sim.SimFault;
import dev.kiln.runtime.sim.SimLaunch;
import dev.kiln.runtime.sim.SimOptions;
import dev.kiln.runtime.sim.ptx.PtxDiagnostic;
import dev.kiln.runtime.sim.ptx.PtxException;
import java.io.PrintWriter;
import java.nio.file.Path;
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

/** {@code kiln sim}: launches of one entry of a PTX file in the simulator. */
@Command(
    name = "sim",
    description = "Runs an entry of a PTX file in the simulator.",
    mixinStandardHelpOptions = true)
final class SimCommand implements Callable<Integer> {
  /** Errors of a text that are shown; the first ones tell most. */
  private static final int MOST_ERRORS = 20;

  @Parameters(
      paramLabel = "FILE.ptx[:ENTRY]",
      description =
          "PTX, as nvcc, Triton and Kiln write it. The entry may be left out if there is only one;"
              + " a C++ function may be called by its plain name.")
  private String reference;

  @Option(
      names = "--list",
      description = "Says what the file holds, and what of it cannot be run; runs nothing.")
  private boolean list;

  @Option(
      names = "--grid",
      paramLabel = "X[,Y[,Z]]",
      description = "Number of blocks along each axis.")
  private String grid;

  @Option(
      names = "--block",
      paramLabel = "X[,Y[,Z]]",
      description = "Threads of a block along each axis.")
  private String block;

  @Option(
      names = "--cluster",
      paramLabel = "X[,Y[,Z]]",
      description = "Blocks of a cluster along each axis (default: what the entry asks for).")
  private String cluster;

  @Option(
      names = "--shared",
      paramLabel = "BYTES",
      converter = SimSettings.ByteCount.class,
      description = "Dynamic shared memory of a block; 48K is understood.",
      defaultValue = "0")
  private long shared;

  @Option(
      names = "--arg",
      paramLabel = "VALUE",
      description =
          "The next parameter's value: a number, TYPE:NUMBER, True, False, None (a null pointer),"
              + " an array (@FILE.npy[:TYPE], zeros:TYPE:SHAPE, full:TYPE:SHAPE:NUMBER,"
              + " rand:TYPE:SHAPE:SEED, arange:TYPE:COUNT, empty:TYPE:SHAPE, same:INDEX),"
              + " @FILE for the bytes of a parameter passed by value, or"
              + " tensormap:INDEX[:TYPE:SHAPE]:box=SHAPE[:swizzle=32|64|128][:...].")
  private List<String> arguments = List.of();

  @Option(
      names = "--buffer",
      paramLabel = "NAME=VALUE",
      description = "An array that no parameter points to; for tensormap:NAME and --out NAME=FILE.")
  private List<String> buffers = List.of();

  @Option(
      names = "--out",
      paramLabel = "INDEX=FILE.npy",
      description = "Writes the array of an argument after the launch; 0 is the first.")
  private List<String> outputs = List.of();

  @Option(
      names = "--expect",
      paramLabel = "INDEX=FILE.npy",
      description = "Compares an array after the launch; exit 1 where it differs.")
  private List<String> expectations = List.of();

  @Mixin private Tolerances tolerances;

  @Option(
      names = "--repeat",
      paramLabel = "N",
      description = "Launches N times; the arrays keep what the launch before left.",
      defaultValue = "1")
  private int repeat;

  @Option(names = "--json", description = "Prints one JSON document.")
  private boolean json;

  @Mixin private SimSettings settings;

  @Spec private CommandSpec spec;

  private final StringBuffer printed = new StringBuffer();

  @Override
  public Integer call() {
    PtxSource source = PtxSource.parse(reference);
    String text = source.read();
    try {
      PtxModule module = PtxModule.parse(source.name(), text);
      if (list) {
        new PtxListing(module).print(out(), json);
        return 0;
      }
      return simulate(source, module);
    } catch (PtxException e) {
      report(e, new PtxExcerpt(text.lines().toList()));
      if (json) {
        List<Map<String, Object>> errors = PtxListing.messages(e.diagnostics());
        out().println(JsonOutput.of(Map.of("file", source.name(), "errors", errors)));
      }
      return 1;
    }
  }

  private void report(PtxException fault, PtxExcerpt excerpt) {
    List<PtxDiagnostic> all = fault.diagnostics();
    all.stream().limit(MOST_ERRORS).forEach(error -> err().println(excerpt.describe(error)));
    if (all.size() > MOST_ERRORS) {
      err().println("and %d more errors".formatted(all.size() - MOST_ERRORS));
    }
  }

  private int simulate(PtxSource source, PtxModule module) {
    SimLaunch launch = launch();
    SimOptions options = settings.options().withOutput(json ? printed::append : this::show);
    try (SimDevice device = new SimDevice(options)) {
      PtxKernel kernel = device.load(module).kernel(source.entryOf(module));
      SimArguments bound = SimArguments.of(device, kernel, buffers, arguments);
      checkFiles(bound);
      SimOutcome outcome = new SimOutcome(module, kernel.name(), launch, settings.counting());
      try {
        for (int i = 0; i < repeat; i++) {
          outcome.reports().add(kernel.launch(launch, bound.values()));
        }
      } catch (SimFault fault) {
        outcome.reports().stopped(fault, Optional.ofNullable(device.lastReport()));
      }
      return finish(outcome, bound);
    }
  }

  private SimLaunch launch() {
    if (grid == null || block == null) {
      throw new UsageException(
          "%s is missing: a launch needs --grid X[,Y[,Z]] and --block X[,Y[,Z]]"
              .formatted(grid == null ? "--grid" : "--block"));
    }
    if (repeat < 1) {
      throw new UsageException("--repeat takes a number of at least 1");
    }
    return new SimLaunch(
        RunCommand.parseGrid(grid, "grid"),
        RunCommand.parseGrid(block, "block"),
        shared,
        Optional.ofNullable(cluster).map(text -> RunCommand.parseGrid(text, "cluster")));
  }

  /** Finds what is wrong with files before the launch, which may take long. */
  private void checkFiles(SimArguments bound) {
    for (String output : outputs) {
      bound.array("--out", RunCommand.name(output));
      AtomicFile.requirePlace(Path.of(RunCommand.value(output)));
    }
    for (String expectation : expectations) {
      bound.array("--expect", RunCommand.name(expectation));
      NpyFile.read(Path.of(RunCommand.value(expectation)));
    }
  }

  private int finish(SimOutcome outcome, SimArguments bound) {
    if (!outcome.reports().isStopped()) {
      for (String output : outputs) {
        NdArray array = bound.array("--out", RunCommand.name(output));
        NpyFile.write(Path.of(RunCommand.value(output)), ArrayNumbers.toNpy(array));
      }
      for (String expectation : expectations) {
        String key = RunCommand.name(expectation);
        outcome.compared(
            bound.title(key),
            tolerances.compare(
                bound.array("--expect", key),
                NpyFile.read(Path.of(RunCommand.value(expectation)))));
      }
      if (json || outputs.isEmpty() && expectations.isEmpty()) {
        bound.arrays().forEach((key, array) -> outcome.result(bound.title(key), array));
      }
    }
    if (json) {
      outcome.printWrong(err());
      out().println(JsonOutput.of(outcome.toJson(printed.toString())));
    } else {
      outcome.print(out(), err());
    }
    return outcome.isClean() ? 0 : 1;
  }

  /** What the kernel prints is seen at once, even if the launch never ends. */
  private void show(String text) {
    out().print(text);
    out().flush();
  }

  private PrintWriter out() {
    return spec.commandLine().getOut();
  }

  private PrintWriter err() {
    return spec.commandLine().getErr();
  }
}
