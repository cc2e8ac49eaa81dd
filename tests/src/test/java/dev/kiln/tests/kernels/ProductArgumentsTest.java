package dev.kiln.tests.kernels;

import static dev.kiln.tests.kernels.Refusal.refused;

import dev.kiln.compiler.ir.DType;
import dev.kiln.kernels.elementwise.Activation;
import dev.kiln.kernels.product.Epilogue;
import dev.kiln.kernels.product.ExpertMatmul;
import dev.kiln.kernels.product.Matmul;
import dev.kiln.kernels.product.MatmulTiles;
import dev.kiln.kernels.product.QuantizedMatmul;
import dev.kiln.kernels.product.QuantizedWeight;
import dev.kiln.runtime.Device;
import dev.kiln.runtime.NdArray;
import org.junit.jupiter.api.Test;

/** The launchers of products refuse what does not fit, and say which argument and which rule. */
class ProductArgumentsTest {
  private final Device device = Cases.tested();

  @Test
  void batchesMustBeOfOneSize() {
    var matmul = new Matmul(device);
    refused(
        () -> matmul.run(array(2, 3, 4), array(5, 4, 6), array(5, 3, 6)),
        "Matmul: argument 'a' must be a batch of 5, but is fp32[2, 3, 4] on cpu");
    refused(
        () -> matmul.run(array(2, 3, 4), array(4, 6), array(3, 6)),
        "Matmul: argument 'c' must be a batch of 2, but is fp32[3, 6] on cpu");
    refused(
        () -> matmul.run(array(3, 4), array(4, 6), array(1, 3, 6)),
        "Matmul: argument 'c' must be a matrix, but is fp32[1, 3, 6] on cpu");
  }

  @Test
  void epiloguesMustFitTheResult() {
    var matmul = new Matmul(device);
    NdArray a = array(2, 3);
    NdArray b = array(3, 5);
    NdArray c = array(2, 5);
    refused(
        () -> matmul.run(a, b, Epilogue.NONE.withScales(array(3), null), c),
        "Matmul: argument 'rowScale' must be a vector of 2, but is fp32[3] on cpu");
    refused(
        () -> matmul.run(a, b, Epilogue.NONE.withScales(null, array(3)), c),
        "Matmul: argument 'columnScale' must be a vector of 5, but is fp32[3] on cpu");
    refused(
        () -> matmul.run(a, b, Epilogue.NONE.withResidual(array(5, 2)), c),
        "Matmul: argument 'residual' must have the shape of 'c', fp32[2, 5] on cpu, but is"
            + " fp32[5, 2] on cpu");
    refused(
        () -> matmul.run(a, b, Epilogue.gradient(Activation.RELU, array(5, 2).permute(1, 0)), c),
        "Matmul: argument 'saved' must have the strides of 'c'");
  }

  @Test
  void resultsMustBeOfADTypeThatHoldsThem() {
    var matmul = new Matmul(device);
    NdArray bytes = NdArray.zeros(device, DType.I8, 4, 4);
    NdArray ints = NdArray.zeros(device, DType.I32, 4, 4);
    refused(
        () -> matmul.run(bytes, bytes, Epilogue.ADD, ints),
        "Matmul: argument 'epilogue' must be Epilogue.NONE where 'c' is i32");
    refused(
        () -> matmul.run(array(4, 4), array(4, 4), ints),
        "Matmul: argument 'c' must be fp32, fp16 or bf16, but is i32[4, 4] on cpu");
    refused(
        () -> matmul.run(array(4, 4), array(4, 4), NdArray.zeros(device, DType.FP64, 4, 4)),
        "Matmul: argument 'c' must be fp64 exactly if 'a' is, but is fp64[4, 4] on cpu");
    NdArray square = array(4, 4);
    refused(() -> matmul.run(square, array(4, 4), square), "Matmul: argument 'c' must not be 'a'");
    refused(() -> matmul.run(array(4, 4), square, square), "Matmul: argument 'c' must not be 'b'");
  }

  @Test
  void tilesArePowersOfTwo() {
    refused(
        () -> MatmulTiles.of(48, 64, 32),
        "MatmulTiles: argument 'm' must be a power of two, but is 48");
    refused(
        () -> MatmulTiles.of(64, 64, 32).withSplits(0),
        "MatmulTiles: argument 'splits' must be at least 1, but is 0");
    refused(
        () -> MatmulTiles.of(64, 64, 32).withSplits(2).withPrograms(4),
        "MatmulTiles: argument 'programs' must be 0 where K is split");
  }

  @Test
  void expertsNeedOffsetsAndMatrices() {
    var experts = new ExpertMatmul(device);
    NdArray offsets = NdArray.zeros(device, DType.I32, 3);
    refused(
        () -> experts.run(array(9, 4), offsets, array(4, 5), Epilogue.NONE, array(9, 5)),
        "ExpertMatmul: argument 'b' must hold a matrix for each expert, but is fp32[4, 5] on cpu");
    refused(
        () -> experts.run(array(9, 4), offsets, array(3, 4, 5), Epilogue.NONE, array(9, 5)),
        "ExpertMatmul: argument 'offsets' must be a vector of 4, but is i32[3] on cpu");
    refused(
        () -> experts.run(array(9, 4), array(4), array(3, 4, 5), Epilogue.NONE, array(9, 5)),
        "ExpertMatmul: argument 'offsets' must be i32 or i64, but is fp32[4] on cpu");
    refused(
        () ->
            experts.run(
                array(9, 4),
                offsets,
                array(2, 4, 5),
                Epilogue.of(array(5), Activation.NONE),
                array(9, 5)),
        "ExpertMatmul: argument 'bias' must be a matrix, but is fp32[5] on cpu");
    refused(
        () -> experts.gradient(array(9, 4), offsets, array(8, 5), 0, array(2, 4, 5), null),
        "ExpertMatmul: argument 'd' must be of 9 x 5, but is fp32[8, 5] on cpu");
  }

  @Test
  void quantisedWeightsSayWhatDoesNotFit() {
    NdArray q = NdArray.zeros(device, DType.I8, 64, 5);
    refused(
        () -> new QuantizedWeight(2, 64, 32, q, array(2, 5), null),
        "QuantizedWeight: argument 'bits' must be 8 or 4, but is 2");
    refused(
        () -> new QuantizedWeight(8, 64, 48, q, array(2, 5), null),
        "QuantizedWeight: argument 'group' must be a power of two from 32 to 1024, but is 48");
    refused(
        () -> new QuantizedWeight(4, 64, 32, q, array(2, 5), null),
        "QuantizedWeight: argument 'q' must be u8, but is i8[64, 5] on cpu");
    refused(
        () -> new QuantizedWeight(8, 64, 32, q, array(1, 5), null),
        "QuantizedWeight: argument 'scales' must be of 2 x 5, but is fp32[1, 5] on cpu");
    var weight = new QuantizedWeight(8, 64, 32, q, array(2, 5), null);
    refused(
        () -> new QuantizedMatmul(device).run(array(3, 60), weight, Epilogue.NONE, array(3, 5)),
        "QuantizedMatmul: argument 'a' must have 64 columns, but is fp32[3, 60] on cpu");
    refused(
        () -> new QuantizedMatmul(device).quantizeRows(array(3, 60), array(3, 60), array(3)),
        "QuantizedMatmul: argument 'q' must be i8, but is fp32[3, 60] on cpu");
  }

  private NdArray array(long... shape) {
    return NdArray.zeros(device, DType.FP32, shape);
  }
}
