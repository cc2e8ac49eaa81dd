package dev.kiln.ops.profile;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kiln.compiler.ir.DType;
import dev.kiln.kernels.reference.Rounding;
import dev.kiln.runtime.Devices;
import dev.kiln.runtime.KilnException;
import dev.kiln.runtime.sim.roofline.GpuModel;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class ProfiledOperationsTest {
  private static final ProfileOptions OPTIONS = ProfileOptions.quick();

  static List<ProfiledOperation> operations() {
    return ProfiledOperations.all();
  }

  static Stream<OperationCase> halves() {
    return ProfiledOperations.all().stream()
        .flatMap(
            operation ->
                OperationCase.grid(
                    operation, List.of(operation.small()), List.of(DType.FP16, DType.BF16))
                    .stream());
  }

  private static OperationCase small(ProfiledOperation operation) {
    return new OperationCase(operation, operation.small(), DType.FP32);
  }

  @ParameterizedTest
  @MethodSource("operations")
  void resultsAreRightOnTheProcessor(ProfiledOperation operation) {
    requireRight(Profile.check(Devices.cpu(), small(operation), OPTIONS), operation);
  }

  @Tag("slow")
  @ParameterizedTest
  @MethodSource("halves")
  void resultsOfHalvesAreRightOnTheProcessor(OperationCase ofCase) {
    requireRight(Profile.check(Devices.cpu(), ofCase, OPTIONS), ofCase.operation());
  }

  @Tag("slow")
  @ParameterizedTest
  @MethodSource("operations")
  void resultsAreRightInTheSimulator(ProfiledOperation operation) {
    var options =
        OPTIONS.withGpus(List.of(GpuModel.find("a100").get(), GpuModel.find("h100").get()));
    var cases = OperationCase.grid(operation, List.of(operation.small()), operation.dtypes());
    for (ProfileRow row : new SimProfile(options).run(cases, new ProfileListener() {}).rows()) {
      assertThat(row.fault()).as(row.ofCase().toString()).isEmpty();
      requireRight(row.check().orElseThrow(), operation);
      assertThat(row.kernels()).as(row.ofCase().toString()).isNotEmpty();
    }
  }

  private static void requireRight(Check check, ProfiledOperation operation) {
    assertThat(check.outputs().stream().map(Check.OutputError::output))
        .as("outputs of " + operation.name() + " that have a definition")
        .containsExactlyElementsOf(
            operation.outputs().stream().map(ProfiledOperation.Output::name).toList());
    for (Check.OutputError output : check.outputs()) {
      assertThat(output.isRight())
          .as("%s %s: %s", operation.name(), check.sizes(), output)
          .isTrue();
      assertThat(output.scale()).as("%s: %s holds numbers", operation.name(), output).isPositive();
    }
  }

  @Test
  void theTableIsComplete() {
    for (ProfiledOperation operation : ProfiledOperations.all()) {
      assertThat(operation.name()).matches("[a-z0-9]+(-[a-z0-9]+)*");
      assertThat(operation.about()).as(operation.name()).isNotBlank();
      assertThat(operation.grid()).as(operation.name()).hasSizeGreaterThan(1);
      OperationCase first = new OperationCase(operation, operation.grid().getFirst(), DType.FP32);
      OperationCase last = new OperationCase(operation, operation.grid().getLast(), DType.FP32);
      assertThat(operation.bytes(first)).as(operation.name()).isPositive();
      assertThat(operation.bytes(first)).isLessThan(operation.bytes(last));
      assertThat(operation.flops(first)).isLessThanOrEqualTo(operation.flops(last));
    }
  }

  @Test
  void everyFamilyOfKernelsIsThere() {
    assertThat(ProfiledOperations.all().stream().map(ProfiledOperation::family))
        .contains(ProfiledOperation.Family.values());
  }

  @Test
  void bytesAreThoseOfInputsAndOutputs() {
    ProfiledOperation softmax = ProfiledOperations.named(List.of("softmax")).getFirst();
    Sizes sizes = Sizes.parse(softmax.axes(), "4x10");
    assertThat(softmax.bytes(new OperationCase(softmax, sizes, DType.FP32))).isEqualTo(2 * 4 * 40);
    assertThat(softmax.bytes(new OperationCase(softmax, sizes, DType.BF16))).isEqualTo(2 * 2 * 40);
    ProfiledOperation adamw = ProfiledOperations.named(List.of("adamw")).getFirst();
    var ofTen = new OperationCase(adamw, Sizes.parse(adamw.axes(), "10"), DType.FP32);
    assertThat(adamw.bytes(ofTen)).as("w, g, m, v are read, w, m, v written").isEqualTo(7 * 4 * 10);
  }

  @Test
  void inputsAreTheSameForTheSameSeedAndRounded() {
    ProfiledOperation matmul = ProfiledOperations.named(List.of("matmul")).getFirst();
    var ofCase = new OperationCase(matmul, matmul.small(), DType.BF16);
    double[] a = matmul.inputs(ofCase, 7).values("a");
    assertThat(matmul.inputs(ofCase, 7).values("a")).isEqualTo(a);
    assertThat(matmul.inputs(ofCase, 8).values("a")).isNotEqualTo(a);
    assertThat(Rounding.to(DType.BF16).of(a)).isEqualTo(a);
    assertThat(Arrays.copyOf(matmul.inputs(ofCase, 7).values("b"), 3))
        .isNotEqualTo(Arrays.copyOf(a, 3));
  }

  // Names and shapes

  @Test
  void anUnknownNameSaysWhichIsMeant() {
    assertThatThrownBy(() -> ProfiledOperations.named(List.of("sofmax")))
        .isInstanceOf(KilnException.class)
        .hasMessage("there is no operation 'sofmax'; did you mean softmax?");
    assertThatThrownBy(() -> ProfiledOperations.named(List.of("norm")))
        .hasMessageContaining("did you mean")
        .hasMessageContaining("-norm");
    assertThatThrownBy(() -> ProfiledOperations.named(List.of("zzzzzzzzzz")))
        .hasMessage("there is no operation 'zzzzzzzzzz'; kiln profile --list names all");
  }

  @Test
  void aNameGivenTwiceIsProfiledOnce() {
    assertThat(ProfiledOperations.named(List.of("softmax", "softmax"))).hasSize(1);
  }

  @Test
  void shapesAreReadByOrderOrByName() {
    List<String> axes = List.of("rows", "columns");
    assertThat(Sizes.parse(axes, "3x5").of("columns")).isEqualTo(5);
    assertThat(Sizes.parse(axes, "columns=5xrows=3")).isEqualTo(Sizes.parse(axes, "3x5"));
    assertThat(Sizes.parse(axes, "3x5").shape(List.of("4*rows", "columns", "2", "columns/2")))
        .containsExactly(12, 5, 2, 2);
    for (String wrong : List.of("3", "3x", "3x5x7", "3x0", "3x-1", "3xa", "rows=3xrows=5", "ax3")) {
      assertThatThrownBy(() -> Sizes.parse(axes, wrong))
          .isInstanceOf(KilnException.class)
          .hasMessage("'%s' is no shape; write rowsxcolumns: 2 numbers above 0", wrong);
    }
  }
}
