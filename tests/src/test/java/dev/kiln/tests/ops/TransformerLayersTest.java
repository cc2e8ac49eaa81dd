package dev.kiln.tests.ops;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.kiln.compiler.ir.DType;
import dev.kiln.kernels.elementwise.Activation;
import dev.kiln.kernels.elementwise.Rotary;
import dev.kiln.ops.function.KeyValueCache;
import dev.kiln.ops.nn.sequence.AttentionLayerOptions;
import dev.kiln.ops.nn.sequence.LearnedPositions;
import dev.kiln.ops.nn.sequence.MultiHeadAttention;
import dev.kiln.ops.nn.sequence.SinusoidalPositions;
import dev.kiln.ops.nn.sequence.TransformerDecoder;
import dev.kiln.ops.nn.sequence.TransformerDecoderBlock;
import dev.kiln.ops.nn.sequence.TransformerEncoder;
import dev.kiln.ops.nn.sequence.TransformerOptions;
import dev.kiln.ops.tensor.Context;
import dev.kiln.ops.tensor.Scope;
import dev.kiln.ops.tensor.Tensor;
import dev.kiln.runtime.KilnException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

class TransformerLayersTest {
  private static final AttentionLayerOptions HEADS = AttentionLayerOptions.of(2);

  @RegisterExtension static final SharedContext SHARED = new SharedContext(7);

  private final Context context = SHARED.context();

  private Tensor sequence(int seed, long... shape) {
    long size = Arrays.stream(shape).reduce(1, (a, b) -> a * b);
    var random = new Random(seed);
    double[] values = random.doubles(size).map(u -> random.nextGaussian()).toArray();
    return context.of(DType.FP64, values, shape);
  }

  private MultiHeadAttention attention(AttentionLayerOptions options) {
    var layer = new MultiHeadAttention(context, 8, options);
    layer.to(DType.FP64);
    return layer;
  }

  @Test
  void gradientsOfAttention() {
    for (AttentionLayerOptions options :
        List.of(
            HEADS.causal(),
            HEADS.withKeyHeads(1).withRotary(Rotary.Form.HALF_SPLIT).withWindow(1, 1),
            HEADS.withoutBias().withAlibi())) {
      var layer = new MultiHeadAttention(context, 8, options);
      ModuleGradient.check(layer, () -> layer.apply(sequence(1, 2, 4, 8)));
      ModuleGradient.check(
          layer, () -> layer.apply(sequence(1, 2, 4, 8), sequence(2, 2, 3, 8), null));
    }
  }

  @Test
  void selfAttentionIsAttentionOverItself() {
    try (Scope _ = context.scope()) {
      MultiHeadAttention layer =
          attention(HEADS.withKeyHeads(1).withRotary(Rotary.Form.INTERLEAVED).withTemperature(2));
      Tensor x = sequence(1, 2, 4, 8);
      assertClose(layer.apply(x), layer.apply(x, x, null));
      Tensor mask = MultiHeadAttention.padding(context, DType.FP64, new int[] {4, 2}, 4);
      assertClose(layer.apply(x, mask), layer.apply(x, x, mask));
    }
  }

  private static void assertClose(Tensor actual, Tensor expected) {
    assertThat(actual.toDoubles()).containsExactly(expected.toDoubles(), within(1e-12));
  }

  @Test
  void namesAndShapesArePyTorchs() {
    MultiHeadAttention layer = attention(HEADS);
    assertThat(layer.parameters().keySet())
        .containsExactly("in_proj_weight", "in_proj_bias", "out_proj.weight", "out_proj.bias");
    assertThat(layer.parameters().get("in_proj_weight").shape()).containsExactly(24, 8);
    assertThat(attention(HEADS.withKeyHeads(1)).parameters().get("in_proj_bias").shape())
        .containsExactly(16);
  }

  @Test
  void laterPlacesLeaveEarlierOnesBitEqualIfCausal() {
    assertThat(changedPlaces(HEADS.causal(), 3)).containsExactly(3, 4, 5);
  }

  @Test
  void aWindowShowsOnlyNeighbours() {
    assertThat(changedPlaces(HEADS.withWindow(1, 1), 3)).containsExactly(2, 3, 4);
    assertThat(changedPlaces(HEADS.withWindow(2, 0), 1)).containsExactly(1, 2, 3);
    assertThat(changedPlaces(HEADS, 1)).containsExactly(0, 1, 2, 3, 4, 5);
  }

  /** Which results differ if one place of the input does. */
  private List<Integer> changedPlaces(AttentionLayerOptions options, int place) {
    try (Scope _ = context.scope()) {
      MultiHeadAttention layer = attention(options);
      double[] x = sequence(1, 1, 6, 8).toDoubles();
      double[] before = layer.apply(context.of(DType.FP64, x, 1, 6, 8)).toDoubles();
      x[place * 8] += 1;
      double[] after = layer.apply(context.of(DType.FP64, x, 1, 6, 8)).toDoubles();
      var changed = new ArrayList<Integer>();
      for (int i = 0; i < 6; i++) {
        if (!Arrays.equals(before, 8 * i, 8 * i + 8, after, 8 * i, 8 * i + 8)) {
          changed.add(i);
        }
      }
      return changed;
    }
  }

  @Test
  void hiddenKeysDoNotCount() {
    try (Scope _ = context.scope()) {
      MultiHeadAttention layer = attention(HEADS);
      Tensor x = sequence(1, 1, 4, 8);
      Tensor memory = sequence(2, 1, 5, 8);
      Tensor mask = MultiHeadAttention.padding(context, DType.FP64, new int[] {3}, 5);
      assertClose(layer.apply(x, memory, mask), layer.apply(x, memory.slice(1, 0, 3), null));
    }
  }

  @Test
  void entropyOfWeightsGrowsWithTheTemperature() {
    double before = -1;
    for (double temperature : new double[] {0.25, 1, 4}) {
      double entropy = entropy(temperature);
      assertThat(entropy).isGreaterThan(before);
      before = entropy;
    }
    assertThat(before).isLessThan(Math.log(5));
  }

  /** Values are unit vectors and the products are identities: results are the weights. */
  private double entropy(double temperature) {
    try (Scope _ = context.scope()) {
      var layer =
          new MultiHeadAttention(
              context, 5, AttentionLayerOptions.of(1).withTemperature(temperature));
      layer.to(DType.FP64);
      double[] identity = new double[25];
      double[] three = new double[75];
      for (int i = 0; i < 5; i++) {
        identity[6 * i] = 1;
        for (int part = 0; part < 3; part++) {
          three[25 * part + 6 * i] = 1;
        }
      }
      ModuleGradient.set(layer, Map.of("in_proj_weight", three, "out_proj.weight", identity));
      Tensor x = context.of(DType.FP64, identity, 1, 5, 5);
      double entropy = 0;
      for (double p : layer.apply(x).toDoubles()) {
        entropy -= p * Math.log(p);
      }
      return entropy / 5;
    }
  }

  @Test
  void cachedPlacesGiveWhatAllTogetherGive() {
    for (AttentionLayerOptions options :
        List.of(
            HEADS.causal(),
            HEADS.causal().withKeyHeads(1).withRotary(Rotary.Form.HALF_SPLIT),
            HEADS.causal().withWindow(2, 0).withAlibi())) {
      MultiHeadAttention layer = attention(options);
      try (var cache = new KeyValueCache(context, 6);
          Scope _ = context.scope();
          var _ = context.noGrad()) {
        Tensor x = sequence(1, 2, 6, 8);
        Tensor all = layer.apply(x);
        assertClose(layer.apply(x.slice(1, 0, 3).contiguous(), cache), all.slice(1, 0, 3));
        for (int t = 3; t < 6; t++) {
          assertClose(
              layer.apply(x.slice(1, t, t + 1).contiguous(), cache), all.slice(1, t, t + 1));
        }
        assertThatThrownBy(() -> layer.apply(x.slice(1, 0, 1).contiguous(), cache))
            .isInstanceOf(KilnException.class)
            .hasMessage("cache: 1 places more than 6 do not fit its 6");
      }
    }
  }

  @Test
  void gradientsOfBlocks() {
    for (boolean normFirst : new boolean[] {true, false}) {
      TransformerOptions options =
          TransformerOptions.of(8, 2, 12).withActivation(Activation.GELU_TANH).normFirst(normFirst);
      var encoder = new TransformerEncoder(context, 2, options);
      ModuleGradient.check(encoder, () -> encoder.apply(sequence(1, 2, 3, 8), mask()));
      var decoder = new TransformerDecoder(context, 1, options);
      ModuleGradient.check(
          decoder, () -> decoder.apply(sequence(1, 2, 3, 8), sequence(2, 2, 3, 8), null, mask()));
    }
  }

  private Tensor mask() {
    return MultiHeadAttention.padding(context, DType.FP64, new int[] {3, 2}, 3);
  }

  @Test
  void dropoutWithinBlocksDropsWhileTrainingOnly() {
    var encoder =
        new TransformerEncoder(context, 1, TransformerOptions.of(8, 2, 16).withDropout(0.25));
    encoder.to(DType.FP64);
    try (Scope _ = context.scope();
        var _ = context.noGrad()) {
      Tensor x = sequence(1, 2, 3, 8);
      assertThat(encoder.apply(x, null).toDoubles())
          .isNotEqualTo(encoder.apply(x, null).toDoubles());
      encoder.evaluate();
      assertThat(encoder.apply(x, null).toDoubles()).isEqualTo(encoder.apply(x, null).toDoubles());
    }
  }

  @Test
  void cachedDecoderGivesWhatAllPlacesTogetherGive() {
    for (boolean normFirst : new boolean[] {true, false}) {
      var decoder =
          new TransformerDecoder(context, 2, TransformerOptions.of(8, 2, 12).normFirst(normFirst));
      decoder.to(DType.FP64);
      try (Scope _ = context.scope();
          var _ = context.noGrad()) {
        Tensor memory = sequence(2, 2, 5, 8);
        Tensor x = sequence(1, 2, 4, 8);
        Tensor all = decoder.apply(x, memory, null, null);
        List<TransformerDecoderBlock.Cache> caches = decoder.caches(memory, 4);
        for (int t = 0; t < 4; t++) {
          Tensor one = decoder.apply(x.slice(1, t, t + 1).contiguous(), caches);
          assertClose(one, all.slice(1, t, t + 1));
        }
        caches.forEach(TransformerDecoderBlock.Cache::close);
      }
    }
  }

  @Test
  void sinusoidalPositionsAreSinesAndCosines() {
    var layer = new SinusoidalPositions(context, 10, 4);
    try (Scope _ = context.scope()) {
      float[] y = layer.apply(context.zeros(DType.FP32, 1, 4, 4)).toFloats();
      assertThat(Arrays.copyOf(y, 4)).containsExactly(0, 1, 0, 1);
      assertThat(y[12]).isCloseTo((float) Math.sin(3), within(1e-6f));
      assertThat(y[15]).isCloseTo((float) Math.cos(0.03), within(1e-6f));
      assertThatThrownBy(() -> layer.apply(context.zeros(DType.FP32, 1, 11, 4)))
          .hasMessageContaining("SinusoidalPositions: x from place 0 on must be");
    }
    layer.close();
  }

  @Test
  void learnedPositionsAreTrained() {
    var layer = new LearnedPositions(context, 5, 4);
    ModuleGradient.check(layer, () -> layer.from(sequence(1, 2, 3, 4), 1));
  }

  @Test
  void mistakesAreNamed() {
    assertThatThrownBy(() -> new MultiHeadAttention(context, 9, HEADS))
        .hasMessage("MultiHeadAttention: 2 heads must divide the width 9");
    assertThatThrownBy(() -> HEADS.withKeyHeads(3))
        .hasMessage("MultiHeadAttention: 3 key heads must divide 2 heads");
    assertThatThrownBy(() -> attention(HEADS).apply(sequence(1, 2, 8)))
        .hasMessageContaining("x must be batch x places x 8, but is");
    assertThatThrownBy(() -> MultiHeadAttention.padding(context, DType.FP32, new int[] {4}, 3))
        .hasMessage("padding: lengths must be from 0 to 3, but are [4]");
  }
}
