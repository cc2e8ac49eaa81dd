package dev.kiln.ops.profile;

import dev.kiln.compiler.Target;
import dev.kiln.runtime.KilnException;
import dev.kiln.runtime.sim.SimDevice;
import dev.kiln.runtime.sim.SimOptions;
import dev.kiln.runtime.sim.SimReport;
import dev.kiln.runtime.sim.monitor.count.LaunchCounting;
import dev.kiln.runtime.sim.roofline.GpuModel;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * Profiles calls of operations in the simulator: what their launches count, and how long they take
 * at least on named GPUs. A call runs once for each target of those.
 */
public final class SimProfile {
  private final ProfileOptions options;

  /**
   * @throws KilnException if the options name no GPU
   */
  public SimProfile(ProfileOptions options) {
    if (options.gpus().isEmpty()) {
      throw new KilnException("a profile in the simulator needs the name of a GPU to estimate for");
    }
    this.options = options;
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
    Set<Target> targets = targets();
    return new ProfileReport(
        "sim",
        targets.stream().map(Target::label).collect(Collectors.joining(", ")),
        Optional.empty(),
        List.of(),
        options.gpus().stream().map(GpuModel::name).toList(),
        rows);
  }

  private Set<Target> targets() {
    return options.gpus().stream()
        .map(GpuModel::target)
        .collect(Collectors.toCollection(TreeSet::new));
  }

  private ProfileRow row(OperationCase ofCase) {
    try {
      List<CountedKernel> kernels = new ArrayList<>();
      List<Check> checks = new ArrayList<>();
      for (Target target : targets()) {
        run(ofCase, target, kernels, checks);
      }
      ProfiledOperation operation = ofCase.operation();
      return new ProfileRow(
          ofCase,
          kernels.size() / targets().size(),
          operation.bytes(ofCase),
          operation.flops(ofCase),
          Optional.empty(),
          Optional.empty(),
          List.of(),
          checks.stream().filter(check -> !check.isRight()).findFirst().or(() -> first(checks)),
          kernels,
          Optional.empty());
    } catch (KilnException e) {
      return Profile.failed(ofCase, e);
    }
  }

  private static Optional<Check> first(List<Check> checks) {
    return checks.stream().findFirst();
  }

  private void run(
      OperationCase ofCase, Target target, List<CountedKernel> kernels, List<Check> checks) {
    SimOptions watched = SimOptions.standard().withTarget(target).watchedBy(new LaunchCounting());
    try (SimDevice device = new SimDevice(watched);
        OperationRun run =
            ofCase.operation().prepare(device, ofCase.operation().inputs(ofCase, options.seed()))) {
      List<SimReport> reports = new ArrayList<>();
      try (var _ = device.listenBeside((_, _, _) -> reports.add(device.lastReport()))) {
        run.run();
      }
      reports.forEach(report -> kernels.add(CountedKernel.of(report, target, options.gpus())));
      if (options.check()) {
        checks.add(
            ErrorCheck.of(
                ofCase, run.outputs(), ofCase.operation().inputs(ofCase, options.seed())));
      }
    }
  }
}
