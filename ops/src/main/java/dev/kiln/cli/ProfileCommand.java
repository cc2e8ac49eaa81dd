package dev.kiln.cli;

import dev.kiln.compiler.ir.DType;
import dev.kiln.ops.profile.Check;
import dev.kiln.ops.profile.OperationCase;
import dev.kiln.ops.profile.Profile;
import dev.kiln.ops.profile.ProfileJson;
import dev.kiln.ops.profile.ProfileListener;
import dev.kiln.ops.profile.ProfileOptions;
import dev.kiln.ops.profile.ProfileReport;
import dev.kiln.ops.profile.ProfileRow;
import dev.kiln.ops.profile.ProfileTable;
import dev.kiln.ops.profile.ProfileTrace;
import dev.kiln.ops.profile.ProfiledOperation;
import dev.kiln.ops.profile.ProfiledOperations;
import dev.kiln.ops.profile.Rooflines;
import dev.kiln.ops.profile.SimProfile;
import dev.kiln.ops.profile.Sizes;
import dev.kiln.ops.profile.page.ProfilePage;
import dev.kiln.runtime.AtomicFile;
import dev.kiln.runtime.Device;
import dev.kiln.runtime.Devices;
import dev.kiln.runtime.sim.roofline.GpuModel;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code kiln profile}: times operations, checks them, and compares them with other libraries. */
@Command(
    name = "profile",
    description =
        "Times fused operations on a device, checks their results, and compares them with"
            + " reference implementations. Exit 1 where a result is wrong.",
    mixinStandardHelpOptions = true)
final class ProfileCommand implements Callable<Integer> {
  private static final String SIM = "sim";
  private static final List<String> USUAL_GPUS = List.of("a100", "h100");

  @Parameters(
      paramLabel = "OPERATION",
      description = "What to profile; --list names all (default: all).")
  private List<String> operations = List.of();

  @Option(
      names = "--device",
      paramLabel = "DEVICE",
      description =
          "cpu, cuda or sim (default: cpu); sim tells counters and estimates for named GPUs.",
      defaultValue = "cpu")
  private String deviceName;

  @Option(
      names = "--dtype",
      paramLabel = "T,...",
      split = ",",
      hideParamSyntax = true,
      description = "fp32, fp16, bf16 (default: all; with --quick fp32).")
  private List<String> dtypes = List.of();

  @Option(
      names = "--shapes",
      paramLabel = "S,...",
      split = ",",
      hideParamSyntax = true,
      description =
          "Sizes with x between them, as --list names them: 1024x4096 (default: the operation's"
              + " own; on sim a small one).")
  private List<String> shapes = List.of();

  @Option(names = "--quick", description = "One shape, fp32, few runs: a first look.")
  private boolean quick;

  @Option(
      names = "--no-check",
      negatable = false,
      description = "Leaves out the comparison with the definitions in plain Java.")
  private boolean unchecked;

  @Option(
      names = "--gpu",
      paramLabel = "NAME,...",
      split = ",",
      hideParamSyntax = true,
      description =
          "For which to estimate: a100, h100, h200, rtx4090, b200 (sim; default: a100, h100).")
  private List<String> gpus = List.of();

  @Option(
      names = "--remeasure",
      description = "Measures anew what this machine can do at best, in place of what was kept.")
  private boolean remeasure;

  @Option(
      names = "--trace",
      paramLabel = "FILE",
      description =
          "Records one warm call of each in Chrome's trace format, too: for Perfetto (cpu, cuda).")
  private Path trace;

  @Option(names = "--html", paramLabel = "FILE", description = "Writes a page with plots, too.")
  private Path html;

  @Option(names = "--json", description = "Prints one JSON document.")
  private boolean json;

  @Option(names = "--list", description = "Lists the operations with their shapes and dtypes.")
  private boolean list;

  @Spec private CommandSpec spec;

  @Override
  public Integer call() {
    List<ProfiledOperation> chosen =
        operations.isEmpty() ? ProfiledOperations.all() : ProfiledOperations.named(operations);
    PrintWriter out = spec.commandLine().getOut();
    if (list) {
      new OperationList(chosen).print(out, json);
      return 0;
    }
    checkUsage();
    List<OperationCase> cases = cases(chosen);
    Stream.of(html, trace).filter(Objects::nonNull).forEach(AtomicFile::requirePlace);
    ProfileReport report = profile(cases);
    if (html != null) {
      ProfilePage.write(html, report);
    }
    if (json) {
      out.println(JsonOutput.of(ProfileJson.of(report)));
    } else {
      ProfileTable.lines(report).forEach(out::println);
    }
    return tellFaults(report);
  }

  private boolean isSimulated() {
    return deviceName.equals(SIM);
  }

  private void checkUsage() {
    if (!gpus.isEmpty() && !isSimulated()) {
      throw new UsageException("--gpu needs --device sim");
    }
    if (remeasure && !deviceName.equals("cpu")) {
      throw new UsageException("--remeasure needs --device cpu");
    }
    if (trace != null && isSimulated()) {
      throw new UsageException("--trace needs a device whose times say something, not sim");
    }
    if (deviceName.equals("eval")) {
      throw new UsageException(
          "the device eval is an oracle: its times say nothing; there are cpu, cuda and sim");
    }
  }

  // What to profile

  private List<OperationCase> cases(List<ProfiledOperation> chosen) {
    List<DType> types = types();
    List<OperationCase> cases = new ArrayList<>();
    for (ProfiledOperation operation : chosen) {
      cases.addAll(OperationCase.grid(operation, sizes(operation), types));
    }
    if (cases.isEmpty()) {
      throw new UsageException("none of these operations takes " + String.join(", ", dtypes));
    }
    return cases;
  }

  private List<DType> types() {
    if (dtypes.isEmpty()) {
      return quick ? List.of(DType.FP32) : List.of(DType.FP32, DType.FP16, DType.BF16);
    }
    return dtypes.stream().map(ProfileCommand::type).toList();
  }

  private static DType type(String name) {
    return Stream.of(DType.FP32, DType.FP16, DType.BF16)
        .filter(dtype -> dtype.shortName().equals(name))
        .findFirst()
        .orElseThrow(
            () -> new UsageException("--dtype takes fp32, fp16 and bf16, got '" + name + "'"));
  }

  private List<Sizes> sizes(ProfiledOperation operation) {
    if (!shapes.isEmpty()) {
      return shapes.stream().map(text -> Sizes.parse(operation.axes(), text)).toList();
    }
    if (isSimulated()) {
      return List.of(operation.small());
    }
    return quick ? operation.grid().subList(0, 1) : operation.grid();
  }

  private List<GpuModel> models() {
    return (gpus.isEmpty() ? USUAL_GPUS : gpus).stream().map(SimSettings::model).toList();
  }

  // Profiling

  private ProfileOptions options() {
    ProfileOptions options = quick ? ProfileOptions.quick() : ProfileOptions.standard();
    return unchecked ? options.withoutCheck() : options;
  }

  private ProfileReport profile(List<OperationCase> cases) {
    ProfileOptions options = options();
    try (var progress = new ProfileProgress(spec.commandLine().getErr(), cases.size())) {
      return isSimulated()
          ? new SimProfile(options.withGpus(models())).run(cases, progress)
          : onDevice(options, cases, progress);
    }
  }

  private ProfileReport onDevice(
      ProfileOptions options, List<OperationCase> cases, ProfileListener progress) {
    Device device = Devices.byName(deviceName);
    ProfileReport report =
        new Profile(device, Rooflines.of(device, remeasure), options).run(cases, progress);
    if (trace != null) {
      List<OperationCase> made =
          report.rows().stream()
              .filter(row -> row.fault().isEmpty())
              .map(ProfileRow::ofCase)
              .toList();
      ProfileTrace.write(trace, device, made, options);
    }
    return report;
  }

  // Faults

  private int tellFaults(ProfileReport report) {
    PrintWriter err = spec.commandLine().getErr();
    for (ProfileRow row : report.rows()) {
      row.fault().ifPresent(fault -> err.println("kiln: %s: %s".formatted(row.ofCase(), fault)));
      row.check().ifPresent(check -> tell(err, row, check));
    }
    return report.isRight() ? 0 : 1;
  }

  private static void tell(PrintWriter err, ProfileRow row, Check check) {
    String wrong =
        check.outputs().stream()
            .filter(output -> !output.isRight())
            .map(
                output ->
                    "%s differs by %.3g where %.3g is allowed"
                        .formatted(output.output(), output.error(), output.allowed()))
            .collect(Collectors.joining("; "));
    if (!wrong.isEmpty()) {
      err.println(
          "kiln: the result of %s %s %s is wrong: %s"
              .formatted(
                  row.ofCase().operation().name(),
                  check.sizes(),
                  row.ofCase().dtype().shortName(),
                  wrong));
    }
  }
}
