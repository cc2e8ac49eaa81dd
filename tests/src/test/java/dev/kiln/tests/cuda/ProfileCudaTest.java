package dev.kiln.tests.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kiln.compiler.ir.DType;
import dev.kiln.ops.profile.OperationCase;
import dev.kiln.ops.profile.Profile;
import dev.kiln.ops.profile.ProfileListener;
import dev.kiln.ops.profile.ProfileOptions;
import dev.kiln.ops.profile.ProfileReport;
import dev.kiln.ops.profile.ProfileRow;
import dev.kiln.ops.profile.ProfiledOperation;
import dev.kiln.ops.profile.ProfiledOperations;
import dev.kiln.ops.profile.Rooflines;
import dev.kiln.runtime.DeviceActivity;
import dev.kiln.runtime.NdArray;
import dev.kiln.runtime.cuda.CudaDevice;
import dev.kiln.runtime.profile.Profiler;
import dev.kiln.runtime.profile.Recording;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Profiles and recordings of a GPU. */
@CudaTest
class ProfileCudaTest {
  private static final ProfileOptions FEW = new ProfileOptions(1, true, 0, 0, 1e6, List.of());

  @Test
  void callsAreProfiledAndRight(CudaDevice device) {
    List<OperationCase> cases =
        ProfiledOperations.named(List.of("softmax", "adamw", "linear-backward-weight")).stream()
            .map(operation -> new OperationCase(operation, operation.small(), DType.FP32))
            .toList();
    ProfileReport report =
        new Profile(device, Rooflines.of(device, false), FEW).run(cases, new ProfileListener() {});
    for (ProfileRow row : report.rows()) {
      assertThat(row.fault()).as(row.ofCase().toString()).isEmpty();
      assertThat(row.check().orElseThrow().isRight()).as(row.ofCase().toString()).isTrue();
      assertThat(row.time().orElseThrow().median()).isPositive();
      assertThat(row.attainable().orElseThrow().share()).isPositive();
    }
    assertThat(report.rows().stream().map(ProfileRow::launches)).containsExactly(1, 1, 2);
  }

  @Test
  void launchesAndCopiesAreRecordedOnceWithTheirTimes(CudaDevice device) {
    ProfiledOperation softmax = ProfiledOperations.named(List.of("softmax")).getFirst();
    var ofCase = new OperationCase(softmax, softmax.small(), DType.FP32);
    Recording recording;
    try (var run = softmax.prepare(device, softmax.inputs(ofCase, 1));
        NdArray other = NdArray.zeros(device, DType.FP32, 16)) {
      run.run();
      device.synchronize();
      try (var profiler = Profiler.of(device)) {
        try (var _ = profiler.span("call")) {
          run.run();
        }
        other.toFloats();
        recording = profiler.recording();
      }
      run.run();
    }
    assertThat(recording.activities().stream().map(Recording.Activity::name))
        .containsExactly("softmax_forward_kernel", "copy to host");
    for (Recording.Activity activity : recording.activities()) {
      DeviceActivity what = activity.what();
      assertThat(what.nanos()).isNotNegative();
      assertThat(what.start()).isGreaterThan(recording.start() - 1_000_000_000L);
    }
  }
}
