package dev.kiln.ops.profile;

import dev.kiln.kernels.reference.Rounding;
import dev.kiln.ops.profile.ProfileReport.Library;
import dev.kiln.runtime.Device;
import dev.kiln.runtime.HostTimer;
import dev.kiln.runtime.KilnException;
import dev.kiln.runtime.profile.DoBench;
import dev.kiln.runtime.profile.Timing;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.ServiceLoader;

/** Profiles calls of operations on a device that computes in its own right: a CPU, a GPU. */
public final class Profile {
  /** The definition in plain Java among the libraries. */
  public static final String PLAIN_JAVA = "java";

  /** The definition is run again until it took so long, for what it takes when it is warm. */
  private static final long PLAIN_NANOS = 200_000_000;

  private final Device device;
  private final Optional<DeviceRoofline> roofline;
  private final ProfileOptions options;
  private final List<ReferenceLibrary> libraries = new ArrayList<>();
  private final List<Library> known = new ArrayList<>();

  /**
   * @param roofline of the device, see {@link Rooflines}
   */
  public Profile(Device device, Optional<DeviceRoofline> roofline, ProfileOptions options) {
    this.device = device;
    this.roofline = roofline;
    this.options = options;
    known.add(new Library(PLAIN_JAVA, Optional.of("one thread, fp32"), Optional.empty()));
    for (ReferenceLibrary library : ServiceLoader.load(ReferenceLibrary.class)) {
      if (library.isFor(device)) {
        add(library);
      }
    }
  }

  private void add(ReferenceLibrary library) {
    Optional<String> reason = library.unavailable();
    if (reason.isEmpty()) {
      libraries.add(library);
    }
    known.add(
        new Library(
            library.name(),
            reason.isEmpty() ? Optional.of(library.version()) : Optional.empty(),
            reason));
  }

  /** Profiles some calls one after the other. */
  public ProfileReport run(List<OperationCase> cases, ProfileListener listener) {
    List<ProfileRow> rows = new ArrayList<>();
    for (int i = 0; i < cases.size(); i++) {
      listener.started(cases.get(i), i, cases.size());
      ProfileRow row = row(cases.get(i));
      rows.add(row);
      listener.finished(row, i, cases.size());
    }
    return new ProfileReport(device.name(), device.model(), roofline, known, List.of(), rows);
  }

  private ProfileRow row(OperationCase ofCase) {
    try {
      return new Run(ofCase).row();
    } catch (KilnException e) {
      return failed(ofCase, e);
    }
  }

  static ProfileRow failed(OperationCase ofCase, KilnException fault) {
    return new ProfileRow(
        ofCase,
        0,
        ofCase.operation().bytes(ofCase),
        ofCase.operation().flops(ofCase),
        Optional.empty(),
        Optional.empty(),
        List.of(),
        Optional.empty(),
        List.of(),
        Optional.of(fault.getMessage()));
  }

  /** One case. */
  private final class Run {
    private final OperationCase ofCase;
    private final ProfiledOperation operation;
    private final CaseInputs inputs;
    private final List<ReferenceResult> references = new ArrayList<>();
    private Map<String, double[]> results = Map.of();
    private Map<String, double[]> exact = Map.of();

    Run(OperationCase ofCase) {
      this.ofCase = ofCase;
      this.operation = ofCase.operation();
      this.inputs = operation.inputs(ofCase, options.seed());
    }

    ProfileRow row() {
      Timing timing;
      int launches;
      try (OperationRun run = operation.prepare(device, inputs)) {
        launches = LaunchCount.of(device, run::run);
        run.reset();
        run.run();
        results = run.outputs();
        WarmUp.of(device, run::run, options.warmUpMillis());
        timing =
            DoBench.on(device)
                .warmup(options.warmUpMillis())
                .repetitions(options.millis())
                .run(run::run);
      }
      Optional<Check> check = options.check() ? Optional.of(check(timing)) : Optional.empty();
      libraries.forEach(library -> compare(library, timing));
      double bytes = operation.bytes(ofCase);
      double flops = operation.flops(ofCase);
      return new ProfileRow(
          ofCase,
          launches,
          bytes,
          flops,
          Optional.of(time(timing)),
          roofline.map(
              r ->
                  r.attainable(
                      bytes, flops, ofCase.dtype(), operation.isProduct(), timing.median() * 1e-9)),
          references,
          check,
          List.of(),
          Optional.empty());
    }

    /** The profiled call if plain Java can do it in time, else a small one. */
    private Check check(Timing timing) {
      if (operation.flops(ofCase) > options.checkedFlops()) {
        return Profile.check(
            device, new OperationCase(operation, operation.small(), ofCase.dtype()), options);
      }
      exact = operation.define(Rounding.EXACT, inputs);
      PlainTiming plain = PlainTiming.of(operation, inputs);
      references.add(
          new ReferenceResult(
              PLAIN_JAVA,
              time(plain.timing()),
              plain.timing().median() / timing.median(),
              difference(plain.results(), exact)));
      return ErrorCheck.of(ofCase, results, plain.results(), exact);
    }

    private void compare(ReferenceLibrary library, Timing timing) {
      Optional<ReferenceRun> prepared = library.prepare(inputs, device);
      if (prepared.isEmpty()) {
        return;
      }
      try (ReferenceRun run = prepared.get()) {
        run.run();
        run.synchronize();
        double difference = difference(run.outputs(), exact.isEmpty() ? results : exact);
        Timing time =
            DoBench.on(device)
                .warmup(options.warmUpMillis())
                .repetitions(options.millis())
                .timer(run::timer)
                .run(run::run);
        references.add(
            new ReferenceResult(
                library.name(), time(time), time.median() / timing.median(), difference));
      }
    }
  }

  /** Runs a call on a device and compares its results with the definition. */
  public static Check check(Device device, OperationCase ofCase, ProfileOptions options) {
    ProfiledOperation operation = ofCase.operation();
    CaseInputs inputs = operation.inputs(ofCase, options.seed());
    try (OperationRun run = operation.prepare(device, inputs)) {
      run.run();
      return ErrorCheck.of(ofCase, run.outputs(), inputs);
    }
  }

  /** The largest difference of outputs that both have; NaN if there is none. */
  private static double difference(Map<String, double[]> some, Map<String, double[]> others) {
    return some.entrySet().stream()
        .filter(entry -> others.containsKey(entry.getKey()))
        .mapToDouble(entry -> ErrorCheck.largestError(entry.getValue(), others.get(entry.getKey())))
        .max()
        .orElse(Double.NaN);
  }

  private static CallTime time(Timing timing) {
    return new CallTime(
        timing.min() * 1e-9,
        timing.quantile(0.2) * 1e-9,
        timing.median() * 1e-9,
        timing.quantile(0.8) * 1e-9,
        timing.runs());
  }

  /** The definition in the same dtype, and how long it takes on one thread. */
  private record PlainTiming(Map<String, double[]> results, Timing timing) {
    static PlainTiming of(ProfiledOperation operation, CaseInputs inputs) {
      var clock = new HostTimer(() -> {}, System::nanoTime);
      long end = System.nanoTime() + PLAIN_NANOS;
      Map<String, double[]> results;
      do {
        clock.begin();
        results = operation.define(Rounding.FP32, inputs);
        clock.end();
      } while (System.nanoTime() < end);
      return new PlainTiming(results, new Timing(clock.read()));
    }
  }
}
