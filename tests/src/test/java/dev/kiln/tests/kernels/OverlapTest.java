package dev.kiln.tests.kernels;

import static dev.kiln.tests.kernels.Refusal.refused;
import static org.assertj.core.api.Assertions.assertThat;

import dev.kiln.compiler.ir.DType;
import dev.kiln.kernels.attention.Attention;
import dev.kiln.kernels.attention.AttentionOptions;
import dev.kiln.kernels.attention.DecodeAttention;
import dev.kiln.kernels.attention.Inputs;
import dev.kiln.kernels.elementwise.Activation;
import dev.kiln.kernels.elementwise.Activations;
import dev.kiln.kernels.elementwise.BinaryFunction;
import dev.kiln.kernels.elementwise.Dropout;
import dev.kiln.kernels.elementwise.GatedUnits;
import dev.kiln.kernels.elementwise.Pointwise;
import dev.kiln.kernels.embedding.Embedding;
import dev.kiln.kernels.loss.CrossEntropy;
import dev.kiln.kernels.loss.LossGradient;
import dev.kiln.kernels.normalization.LayerNorm;
import dev.kiln.kernels.normalization.Softmax;
import dev.kiln.runtime.Device;
import dev.kiln.runtime.NdArray;
import org.junit.jupiter.api.Test;

/** Results may take the place of inputs where that is said, and never lie across them. */
class OverlapTest {
  private final Device device = Cases.tested();
  private final NdArray whole = NdArray.zeros(device, DType.FP32, 9, 8);
  private final NdArray upper = whole.narrow(0, 0, 8);
  private final NdArray lower = whole.narrow(0, 1, 9);

  @Test
  void elementwiseResultsDoNotLieAcrossTheirInputs() {
    refused(
        () -> new Activations(device).forward(Activation.RELU, upper, lower),
        "Activations: argument 'y' must not overlap 'x', unless it takes its place");
    refused(
        () -> new Activations(device).backward(Activation.RELU, array(8, 8), lower, upper),
        "Activations: argument 'dx' must not overlap 'dy', unless it takes its place");
    refused(
        () -> new Dropout(device).run(array(8, 8), upper, 0.5, 1, 0, lower),
        "Dropout: argument 'y' must not overlap 'residual', unless it takes its place");
    refused(
        () -> new GatedUnits(device).forward(Activation.SILU, array(8, 8), lower, upper),
        "GatedUnits: argument 'y' must not overlap 'value', unless it takes its place");
    refused(
        () ->
            new GatedUnits(device)
                .backward(Activation.SILU, upper, upper, upper, lower.narrow(0, 0, 8), lower),
        "GatedUnits: argument 'dgate' must not overlap 'gate', unless it takes its place");
  }

  @Test
  void narrowerResultsDoNotTakeThePlaceOfWiderInputs() {
    NdArray narrow = NdArray.over(whole.buffer(), DType.FP16, 0, 8, 8);
    refused(
        () -> new Activations(device).forward(Activation.RELU, upper, narrow),
        "Activations: argument 'y' must not overlap 'x', unless it takes its place");
  }

  @Test
  void anArrayIsNotTransposedInItsPlaceNorAddedToItsOwnRow() {
    var pointwise = new Pointwise(device);
    NdArray square = array(8, 8);
    refused(
        () -> pointwise.copy(square.permute(1, 0), square),
        "Pointwise: argument 'y' must not overlap 'x', unless it takes its place");
    refused(
        () -> pointwise.binary(BinaryFunction.ADD, square, square.narrow(0, 0, 1), square),
        "Pointwise: argument 'y' must not overlap 'b', unless it takes its place");
    pointwise.copy(square.permute(1, 0), array(8, 8));
    pointwise.binary(BinaryFunction.ADD, square, square, square);
  }

  @Test
  void rowsDoNotLieAcrossEachOther() {
    refused(
        () -> new Softmax(device).forward(upper, Softmax.Options.SOFTMAX, lower),
        "Softmax: argument 'y' must not overlap 'x', unless it takes its place");
    refused(
        () -> new LayerNorm(device).forward(upper, null, null, 1e-5, lower, null, null),
        "LayerNorm: argument 'y' must not overlap 'x', unless it takes its place");
    refused(
        () ->
            new CrossEntropy(device)
                .run(
                    upper,
                    NdArray.zeros(device, DType.I32, 8),
                    CrossEntropy.Options.DEFAULT,
                    null,
                    null,
                    LossGradient.into(lower)),
        "CrossEntropy: argument 'grads' must not overlap 'logits', unless it takes its place");
    refused(
        () -> new Embedding(device).forward(whole, NdArray.zeros(device, DType.I32, 8), lower),
        "Embedding: argument 'y' must not overlap 'table'");
  }

  @Test
  void attentionDoesNotWriteWhatItStillReads() {
    NdArray x = array(1, 2, 8, 16);
    NdArray y = array(1, 2, 8, 16);
    refused(
        () -> new Attention(device).forward(Inputs.of(y, x, y), AttentionOptions.CAUSAL, x, null),
        "Attention.forward: argument 'o' must not be 'k'");
    NdArray caches = array(2, 2, 8, 16);
    var cache =
        new DecodeAttention.Cache(
            y.narrow(1, 0, 1),
            caches.narrow(0, 1, 2).narrow(1, 0, 1),
            NdArray.of(device, new int[] {8}, 1));
    NdArray row = caches.reshape(4, 8, 16).narrow(0, 2, 3).narrow(1, 3, 4);
    refused(
        () ->
            new DecodeAttention(device).run(array(1, 1, 16), cache, AttentionOptions.DEFAULT, row),
        "DecodeAttention: argument 'o' must not overlap 'v'");
  }

  @Test
  void gradientsOfLongRowsMayTakeThePlaceOfDy() {
    int columns = 16_400;
    NdArray x = array(3, columns);
    NdArray dy = array(3, columns);
    NdArray mean = array(3);
    NdArray rstd = array(3);
    var norm = new LayerNorm(device);
    norm.forward(x, null, null, 1e-5, array(3, columns), mean, rstd);
    NdArray dx = array(3, columns);
    NdArray dweight = array(columns);
    NdArray dbias = array(columns);
    norm.backward(dy, x, null, mean, rstd, null, dx, dweight, dbias);
    NdArray dweightInPlace = array(columns);
    NdArray dbiasInPlace = array(columns);
    norm.backward(dy, x, null, mean, rstd, null, dy, dweightInPlace, dbiasInPlace);
    assertThat(dy.toFloats()).isEqualTo(dx.toFloats());
    assertThat(dweightInPlace.toFloats()).isEqualTo(dweight.toFloats());
    assertThat(dbiasInPlace.toFloats()).isEqualTo(dbias.toFloats());
  }

  private NdArray array(long... shape) {
    long size = 1;
    for (long extent : shape) {
      size *= extent;
    }
    return NdArray.of(device, DType.FP32, Cases.normal(DType.FP32, size, (int) size), shape);
  }
}
