package dev.kiln.tests.kernels;

import static dev.kiln.tests.kernels.Refusal.refused;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kiln.compiler.ir.DType;
import dev.kiln.kernels.elementwise.Activation;
import dev.kiln.kernels.elementwise.Activations;
import dev.kiln.kernels.elementwise.Dropout;
import dev.kiln.kernels.loss.CrossEntropy;
import dev.kiln.kernels.product.Matmul;
import dev.kiln.kernels.reduction.ColumnSums;
import dev.kiln.runtime.Device;
import dev.kiln.runtime.Devices;
import dev.kiln.runtime.KilnException;
import dev.kiln.runtime.NdArray;
import org.junit.jupiter.api.Test;

/** Launchers refuse what does not fit, and say which argument and which rule. */
class ArgumentRulesTest {
  private final Device device = Cases.tested();

  @Test
  void matmulNamesTheOperandThatDoesNotFit() {
    var matmul = new Matmul(device);
    refused(
        () -> matmul.run(array(2, 3), array(4, 5), array(2, 5)),
        "Matmul: argument 'b' must be of 3 x 5, but is fp32[4, 5] on cpu");
    refused(
        () -> matmul.run(array(2, 3), array(3, 5), array(5, 2)),
        "Matmul: argument 'c' must be of 2 x 5, but is fp32[5, 2] on cpu");
    refused(
        () -> matmul.run(array(6), array(3, 5), array(2, 5)),
        "Matmul: argument 'a' must be a matrix or a batch of matrices, but is fp32[6] on cpu");
    refused(
        () -> matmul.run(array(2, 3), NdArray.zeros(device, DType.BF16, 3, 5), array(2, 5)),
        "Matmul: argument 'b' must have the dtype of 'a', fp32, but is bf16[3, 5] on cpu");
    refused(
        () -> matmul.run(NdArray.zeros(device, DType.I32, 2, 3), array(3, 5), array(2, 5)),
        "Matmul: argument 'a' must be fp32, fp16 or bf16, but is i32[2, 3] on cpu");
    refused(
        () -> matmul.run(array(2, 3), array(3, 5), array(4), Activation.NONE, array(2, 5)),
        "Matmul: argument 'bias' must be a vector of 5, but is fp32[4] on cpu");
    refused(
        () ->
            matmul.run(
                array(2, 3),
                array(3, 5),
                null,
                Activation.RELU,
                array(2, 5),
                array(5, 2).permute(1, 0)),
        "Matmul: argument 'pre' must have the strides of 'c'");
  }

  @Test
  void elementwiseKernelsNeedEqualDenseArrays() {
    var activations = new Activations(device);
    refused(
        () -> activations.forward(Activation.RELU, array(4), array(5)),
        "Activations: argument 'y' must have the shape of 'x', fp32[4] on cpu, but is fp32[5] on"
            + " cpu");
    refused(
        () -> activations.forward(Activation.NONE, array(4), array(4)),
        "Activations: argument 'activation' must not be NONE");
    refused(
        () -> activations.forward(Activation.RELU, NdArray.zeros(device, DType.I32, 4), array(4)),
        "Activations: argument 'x' must be fp32, fp16 or bf16, but is i32[4] on cpu");
    refused(
        () -> activations.forward(Activation.RELU, array(4, 3).permute(1, 0), array(3, 4)),
        "Activations: argument 'x' must be contiguous, but is fp32[3, 4] on cpu");
    refused(
        () -> new Dropout(device).run(array(4), 1, 0, 0, array(4)),
        "Dropout: argument 'p' must be at least 0 and less than 1, but is 1.0");
  }

  @Test
  void crossEntropyNeedsTargetsForEachRow() {
    var kernel = new CrossEntropy(device);
    NdArray targets = NdArray.zeros(device, DType.I32, 3);
    refused(
        () -> kernel.run(array(4, 5), targets, CrossEntropy.Options.DEFAULT, array(4)),
        "CrossEntropy: argument 'targets' must be a vector of 4, but is i32[3] on cpu");
    refused(
        () -> kernel.run(array(3, 5), array(3), CrossEntropy.Options.DEFAULT, array(3)),
        "CrossEntropy: argument 'targets' must be i32 or i64, but is fp32[3] on cpu");
    refused(
        () -> new CrossEntropy.Options(0, 1.5),
        "CrossEntropy: argument 'labelSmoothing' must be from 0 to 1, but is 1.5");
  }

  @Test
  void columnSumsNeedOneNumberForEachColumn() {
    refused(
        () -> new ColumnSums(device).run(array(4, 5), array(4)),
        "ColumnSums: argument 'sums' must be a vector of 5, but is fp32[4] on cpu");
  }

  @Test
  void arraysOfAnotherDeviceAreRefused() {
    assertThatThrownBy(
            () ->
                new Matmul(device)
                    .run(array(2, 3), NdArray.zeros(Devices.eval(), DType.FP32, 3, 5), array(2, 5)))
        .isInstanceOf(KilnException.class)
        .hasMessageContaining("b_ptr")
        .hasMessageContaining("'eval'");
  }

  private NdArray array(long... shape) {
    return NdArray.zeros(device, DType.FP32, shape);
  }
}
