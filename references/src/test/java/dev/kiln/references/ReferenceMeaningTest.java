package dev.kiln.references;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import dev.kiln.compiler.ir.DType;
import dev.kiln.kernels.reference.Rounding;
import dev.kiln.ops.profile.CaseInputs;
import dev.kiln.ops.profile.OperationCase;
import dev.kiln.ops.profile.ProfiledOperation;
import dev.kiln.ops.profile.ProfiledOperations;
import dev.kiln.ops.profile.ReferenceLibrary;
import dev.kiln.ops.profile.ReferenceRun;
import dev.kiln.references.blas.OpenBlasLibrary;
import dev.kiln.references.onednn.OneDnnLibrary;
import dev.kiln.references.torch.LibtorchLibrary;
import dev.kiln.runtime.Device;
import dev.kiln.runtime.Devices;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.ServiceLoader;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** Each library computes what the operation means, which the definition in plain Java says. */
class ReferenceMeaningTest {
  private static final Device CPU = Devices.byName("cpu");

  /**
   * How far libraries may be from the exact numbers, as a share of the largest: they add up in
   * orders of their own. What is asked here is whether they compute the same function.
   */
  private static final Map<DType, Double> TOLERANCE =
      Map.of(DType.FP32, 1e-5, DType.FP16, 4e-3, DType.BF16, 3e-2);

  @TestFactory
  Stream<DynamicTest> everyOperationOfLibtorch() {
    return operations(new LibtorchLibrary());
  }

  @TestFactory
  Stream<DynamicTest> everyOperationOfOpenBlas() {
    return operations(new OpenBlasLibrary());
  }

  @TestFactory
  Stream<DynamicTest> everyOperationOfOneDnn() {
    return operations(new OneDnnLibrary());
  }

  private static Stream<DynamicTest> operations(ReferenceLibrary library) {
    assertThat(library.unavailable()).isEmpty();
    List<DynamicTest> tests = new ArrayList<>();
    for (ProfiledOperation operation : ProfiledOperations.all()) {
      for (DType dtype : operation.dtypes()) {
        var ofCase = new OperationCase(operation, operation.small(), dtype);
        CaseInputs inputs = operation.inputs(ofCase, 7);
        Optional<ReferenceRun> run = library.prepare(inputs, CPU);
        run.ifPresent(r -> tests.add(dynamicTest(ofCase.toString(), () -> check(inputs, r))));
      }
    }
    assertThat(tests).isNotEmpty();
    return tests.stream();
  }

  private static void check(CaseInputs inputs, ReferenceRun run) {
    ProfiledOperation operation = inputs.ofCase().operation();
    try (run) {
      run.run();
      run.synchronize();
      Map<String, double[]> meant = operation.define(Rounding.EXACT, inputs);
      run.outputs()
          .forEach(
              (name, values) -> {
                double[] expected = meant.get(name);
                assertThat(values).as(name).hasSameSizeAs(expected);
                double largest = 1e-3;
                double difference = 0;
                for (int i = 0; i < values.length; i++) {
                  largest = Math.max(largest, Math.abs(expected[i]));
                  difference = Math.max(difference, Math.abs(values[i] - expected[i]));
                }
                assertThat(difference / largest)
                    .as("%s of %s", name, inputs.ofCase())
                    .isLessThan(TOLERANCE.get(inputs.ofCase().dtype()));
              });
    }
  }

  @Test
  void librariesAreFoundAsServices() {
    List<String> names =
        ServiceLoader.load(ReferenceLibrary.class).stream()
            .map(ServiceLoader.Provider::get)
            .map(ReferenceLibrary::name)
            .toList();
    assertThat(names).contains("libtorch", "openblas", "onednn");
  }

  @Test
  void versionsAreTold() {
    assertThat(new LibtorchLibrary().version()).matches("2\\.\\d+\\.\\d+.*, \\d+ threads");
    assertThat(new OpenBlasLibrary().version()).matches("OpenBLAS 0\\.\\d+.*, \\d+ threads");
    assertThat(new OneDnnLibrary().version()).matches("3\\.\\d+\\.\\d+");
  }
}
