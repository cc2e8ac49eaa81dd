package dev.kiln.ops.profile;

import dev.kiln.runtime.Device;
import dev.kiln.runtime.profile.ChromeTrace;
import dev.kiln.runtime.profile.Profiler;
import java.nio.file.Path;
import java.util.List;

/** Records one call of each case, when it is warm, in Chrome's trace format. */
public final class ProfileTrace {
  private ProfileTrace() {}

  /**
   * Makes the calls and writes the file.
   *
   * @throws dev.kiln.runtime.KilnException if the file cannot be written
   */
  public static void write(
      Path file, Device device, List<OperationCase> cases, ProfileOptions options) {
    try (var profiler = Profiler.of(device)) {
      for (OperationCase ofCase : cases) {
        record(profiler, device, ofCase, options);
      }
      ChromeTrace.write(file, profiler.recording());
    }
  }

  private static void record(
      Profiler profiler, Device device, OperationCase ofCase, ProfileOptions options) {
    CaseInputs inputs = ofCase.operation().inputs(ofCase, options.seed());
    Profiler.Span pause = profiler.pause();
    try (OperationRun run = ofCase.operation().prepare(device, inputs)) {
      WarmUp.of(device, run::run, options.warmUpMillis());
      run.reset();
      pause.close();
      try (var _ = profiler.span(ofCase.toString())) {
        run.run();
        device.synchronize();
      }
      pause = profiler.pause();
    } finally {
      pause.close();
    }
  }
}
