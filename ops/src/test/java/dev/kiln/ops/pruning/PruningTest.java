package dev.kiln.ops.pruning;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.kiln.compiler.ir.DType;
import dev.kiln.runtime.Device;
import dev.kiln.runtime.Devices;
import dev.kiln.runtime.KilnException;
import dev.kiln.runtime.NdArray;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class PruningTest {
  private final Device device = Devices.cpu();
  private final Pruning pruning = new Pruning(device);

  @AfterEach
  void close() {
    pruning.close();
  }

  private NdArray vector(DType dtype, double... values) {
    return NdArray.of(device, dtype, values, values.length);
  }

  @Test
  void theSmallestMagnitudesOfAllWeightsGo() {
    NdArray first = vector(DType.FP32, -3, 0.5, 2, -0.1);
    NdArray second = vector(DType.FP16, 4, -0.25);
    List<NdArray> masks = Pruning.byMagnitude(List.of(first, second), 0.5);
    assertThat(masks.get(0).toDoubles()).containsExactly(1, 0, 1, 0);
    assertThat(masks.get(1).toDoubles()).containsExactly(1, 0);
    pruning.apply(masks.get(0), first);
    pruning.apply(masks.get(1), second);
    assertThat(first.toDoubles()).containsExactly(-3, 0, 2, 0);
    assertThat(second.toDoubles()).containsExactly(4, 0);
    assertThat(Pruning.sparsity(List.of(first, second))).isEqualTo(0.5);
  }

  @Test
  void exactlyTheWantedShareGoesEvenOfEqualWeights() {
    NdArray weight = NdArray.full(device, DType.FP32, 1, 10, 10);
    for (double sparsity : new double[] {0, 0.01, 0.9, 1}) {
      double[] mask = Pruning.byMagnitude(List.of(weight), sparsity).getFirst().toDoubles();
      assertThat(Arrays.stream(mask).sum()).isCloseTo(100 * (1 - sparsity), within(1e-9));
    }
    double[] tenth = Pruning.byMagnitude(List.of(weight), 0.1).getFirst().toDoubles();
    assertThat(Arrays.stream(tenth).limit(10).sum()).isZero();
  }

  @Test
  void prunedWeightsNeverReturnWhileSparsityGrows() {
    NdArray weight = vector(DType.FP64, new SplittableRandom(2).doubles(40, -1, 1).toArray());
    double[] last = new double[40];
    Arrays.fill(last, 1);
    for (double sparsity : new double[] {0.3, 0.5, 0.9}) {
      NdArray mask = Pruning.byMagnitude(List.of(weight), sparsity).getFirst();
      pruning.apply(mask, weight);
      double[] kept = mask.toDoubles();
      for (int i = 0; i < 40; i++) {
        assertThat(kept[i]).isLessThanOrEqualTo(last[i]);
      }
      last = kept;
    }
  }

  @Test
  void whatTheMaskHidesBecomesZeroEvenNaNAndInfinity() {
    NdArray gradient = vector(DType.FP32, Double.NaN, 1.0 / 0, -0.0, 5);
    pruning.apply(vector(DType.I8, 0, 0, 1, 1), gradient);
    float[] floats = gradient.toFloats();
    assertThat(floats).containsExactly(0f, 0f, -0f, 5f);
    assertThat(Float.floatToRawIntBits(floats[2])).isEqualTo(Float.floatToRawIntBits(-0f));
  }

  @Test
  void channelsOfTheSmallestNormGo() {
    // Norms along axis 0: 5, 1, sqrt(8).
    NdArray weight = NdArray.of(device, new float[] {3, 4, 0, 1, 2, 2}, 3, 1, 2);
    assertThat(Pruning.byChannel(weight, 0, 0.34).toDoubles()).containsExactly(1, 1, 0, 0, 1, 1);
    assertThat(Pruning.byChannel(weight, 0, 2 / 3.0).toDoubles()).containsExactly(1, 1, 0, 0, 0, 0);
    assertThat(Pruning.keptChannels(weight, 0, 0.34)).containsExactly(0, 2);
    // Along the last: sqrt(13) and sqrt(21).
    assertThat(Pruning.byChannel(weight, -1, 0.5).toDoubles()).containsExactly(0, 1, 0, 1, 0, 1);
  }

  @Test
  void keptChannelsMakeASmallerWeight() {
    NdArray weight = NdArray.of(device, new float[] {3, 4, 0, 1, 2, 2}, 3, 2);
    int[] kept = Pruning.keptChannels(weight, 0, 1 / 3.0);
    NdArray smaller = pruning.select(weight, 0, kept);
    assertThat(smaller.shape()).containsExactly(2, 2);
    assertThat(smaller.toDoubles()).containsExactly(3, 4, 2, 2);
    NdArray narrower = pruning.select(smaller, -1, new int[] {1});
    assertThat(narrower.toDoubles()).containsExactly(4, 2);
  }

  @Test
  void refusesWhatCannotBePruned() {
    NdArray weight = vector(DType.FP32, 1, 2);
    refused(
        () -> Pruning.byMagnitude(List.of(weight), 1.5),
        "Pruning: the sparsity must be from 0 to 1, but is 1.5");
    refused(
        () -> Pruning.byMagnitude(List.of(), 0.5), "Pruning: there must be at least one weight");
    refused(
        () -> Pruning.byMagnitude(List.of(vector(DType.FP32, 1, Double.NaN)), 0.5),
        "Pruning: a weight of fp32[2] on cpu is NaN and has no magnitude");
    refused(
        () -> Pruning.byMagnitude(List.of(vector(DType.I32, 1, 2)), 0.5),
        "Pruning: weights must be contiguous floats, but one is i32[2] on cpu");
    refused(() -> Pruning.byChannel(weight, 1, 0.5), "Pruning: 1 is no axis of fp32[2] on cpu");
    refused(
        () -> Pruning.byChannel(weight, 0, -0.5),
        "Pruning: the share of channels must be from 0 to 1, but is -0.5");
    refused(
        () -> pruning.apply(vector(DType.I8, 1), weight),
        "Pruning: the mask must have the shape of fp32[2] on cpu, but is i8[1] on cpu");
    refused(
        () -> pruning.select(weight, 0, new int[] {2}),
        "Pruning: there is no channel 2 along axis 0 of fp32[2] on cpu");
  }

  static void refused(ThrowingCallable call, String message) {
    assertThatThrownBy(call).isInstanceOf(KilnException.class).hasMessage(message);
  }
}
