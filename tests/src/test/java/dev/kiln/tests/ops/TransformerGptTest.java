package dev.kiln.tests.ops;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kiln.ops.model.Gpt;
import dev.kiln.ops.model.GptOptions;
import dev.kiln.ops.model.Sampling;
import dev.kiln.ops.tensor.Context;
import dev.kiln.ops.tensor.Scope;
import dev.kiln.ops.tensor.Tensor;
import dev.kiln.runtime.KilnException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

class TransformerGptTest {
  private static final int VOCABULARY = 11;
  private static final int CONTEXT = 6;
  private static final GptOptions TINY = new GptOptions(VOCABULARY, CONTEXT, 2, 2, 8);
  private static final int[] IDS = {1, 2, 3, 4, 5, 2, 2, 0, 10, 9};
  private static final int[] TARGETS = {2, 3, 4, 5, 6, 2, -100, 10, 9, 1};

  @RegisterExtension static final SharedContext SHARED = new SharedContext(7);

  private final Context context = SHARED.context();

  private Tensor batch(int[] ids) {
    return context.of(ids, 2, ids.length / 2);
  }

  @Test
  void gradientsOfTheLossAreThoseOfTheModel() {
    var gpt = new Gpt(context, TINY);
    ModuleGradient.check(gpt, () -> gpt.loss(batch(IDS), batch(TARGETS)));
  }

  @Test
  void gradientsOfLogitsAreThoseOfTheModel() {
    var gpt = new Gpt(context, TINY);
    ModuleGradient.check(gpt, () -> gpt.logits(batch(IDS)));
  }

  @Test
  void namesAndShapesAreThoseOfPublishedWeights() {
    var gpt = new Gpt(context, new GptOptions(VOCABULARY, CONTEXT, 1, 2, 8));
    assertThat(gpt.parameters().keySet())
        .containsExactly(
            "wte.weight",
            "wpe.weight",
            "h.0.ln_1.weight",
            "h.0.ln_1.bias",
            "h.0.attn.c_attn.weight",
            "h.0.attn.c_attn.bias",
            "h.0.attn.c_proj.weight",
            "h.0.attn.c_proj.bias",
            "h.0.ln_2.weight",
            "h.0.ln_2.bias",
            "h.0.mlp.c_fc.weight",
            "h.0.mlp.c_fc.bias",
            "h.0.mlp.c_proj.weight",
            "h.0.mlp.c_proj.bias",
            "ln_f.weight",
            "ln_f.bias");
    assertThat(gpt.parameters().get("h.0.attn.c_attn.weight").shape()).containsExactly(24, 8);
    assertThat(gpt.parameters().get("h.0.mlp.c_proj.weight").shape()).containsExactly(8, 32);
  }

  @Test
  void initialDeviationsAreThoseOfGpt2() {
    var gpt = new Gpt(context, new GptOptions(500, 16, 2, 2, 64));
    assertThat(deviation(gpt, "wte.weight")).isBetween(0.0195, 0.0205);
    assertThat(deviation(gpt, "h.1.mlp.c_proj.weight")).isBetween(0.0097, 0.0103);
    assertThat(deviation(gpt, "h.1.mlp.c_fc.bias")).isZero();
    assertThat(gpt.parameters().get("ln_f.weight").toFloats()).containsOnly(1);
  }

  private static double deviation(Gpt gpt, String name) {
    double[] values = gpt.parameters().get(name).toDoubles();
    return Math.sqrt(Arrays.stream(values).map(v -> v * v).average().orElseThrow());
  }

  @Test
  void laterTokensLeaveEarlierLogitsBitEqual() {
    var gpt = new Gpt(context, TINY);
    try (Scope _ = context.scope()) {
      float[] before = gpt.logits(context.of(new int[] {1, 2, 3, 4, 5}, 1, 5)).toFloats();
      float[] after = gpt.logits(context.of(new int[] {1, 2, 3, 7, 8}, 1, 5)).toFloats();
      assertThat(Arrays.copyOf(after, 3 * VOCABULARY))
          .isEqualTo(Arrays.copyOf(before, 3 * VOCABULARY));
      assertThat(after).isNotEqualTo(before);
    }
  }

  @Test
  void cachedGenerationEqualsThatWithoutCacheAlsoBeyondTheContext() {
    var gpt = new Gpt(context, TINY.withDropout(0.5));
    spread(gpt);
    for (Sampling sampling : new Sampling[] {Sampling.GREEDY, new Sampling(1.5, 7, 3)}) {
      int[] cached = gpt.generate(new int[] {3, 1}, 12, sampling);
      int[] plain = gpt.generateWithoutCache(new int[] {3, 1}, 12, sampling);
      assertThat(cached).hasSize(12).isEqualTo(plain);
    }
    assertThat(gpt.generate(new int[] {3, 1}, 12, new Sampling(9, 0, 3)))
        .isEqualTo(gpt.generateWithoutCache(new int[] {3, 1}, 12, new Sampling(9, 0, 3)));
    int[] twice = gpt.generate(new int[] {3, 1}, 12, new Sampling(9, 0, 5));
    assertThat(gpt.generate(new int[] {3, 1}, 12, new Sampling(9, 0, 5))).isEqualTo(twice);
    assertThat(gpt.generate(new int[] {3, 1}, 12, new Sampling(9, 0, 6))).isNotEqualTo(twice);
  }

  /** Weights so large that tokens differ clearly. */
  private static void spread(Gpt gpt) {
    try (var _ = gpt.context().noGrad()) {
      for (Tensor parameter : gpt.parameters().values()) {
        double[] values = parameter.toDoubles();
        for (int i = 0; i < values.length; i++) {
          values[i] = values[i] * 20;
        }
        parameter.set(values);
      }
    }
  }

  @Test
  void dropoutOnlyDropsWhileTraining() {
    var gpt = new Gpt(context, TINY.withDropout(0.5));
    try (Scope _ = context.scope();
        var _ = context.noGrad()) {
      double first = gpt.loss(batch(IDS), batch(TARGETS)).item();
      assertThat(gpt.loss(batch(IDS), batch(TARGETS)).item()).isNotEqualTo(first);
      gpt.evaluate();
      double calm = gpt.loss(batch(IDS), batch(TARGETS)).item();
      assertThat(gpt.loss(batch(IDS), batch(TARGETS)).item()).isEqualTo(calm);
    }
  }

  @Test
  void recomputedBlocksGiveTheSameGradientsInLessMemory() {
    var gpt = new Gpt(context, new GptOptions(VOCABULARY, CONTEXT, 4, 2, 8).withDropout(0.25));
    // Makes the memory of gradients, which is not what is measured.
    gpt.parameters().values().forEach(Tensor::gradientBuffer);
    long[] peaks = new long[2];
    Map<String, List<float[]>> gradients = new LinkedHashMap<>();
    for (int pass = 0; pass < 2; pass++) {
      gpt.zeroGrad();
      gpt.recompute(pass == 1);
      context.random().restore(5, 0);
      context.memory().resetPeak();
      long before = context.memory().bytes();
      try (Scope _ = context.scope()) {
        gpt.loss(batch(IDS), batch(TARGETS)).backward();
      }
      peaks[pass] = context.memory().peak() - before;
      gpt.parameters()
          .forEach(
              (name, each) ->
                  gradients
                      .computeIfAbsent(name, n -> new ArrayList<>())
                      .add(each.grad().toFloats()));
    }
    gradients.forEach((name, both) -> assertThat(both.get(1)).as(name).isEqualTo(both.get(0)));
    assertThat(peaks[1]).isLessThan(peaks[0] / 2);
  }

  @Test
  void mistakesAreNamed() {
    var gpt = new Gpt(context, TINY);
    assertThatThrownBy(() -> gpt.logits(context.of(new int[7], 1, 7)))
        .isInstanceOf(KilnException.class)
        .hasMessage("Gpt: 7 places are more than the context's 6");
    assertThatThrownBy(() -> gpt.logits(context.of(new float[6], 1, 6)))
        .hasMessageContaining("Gpt: tokens must be integers, batch x places, but are");
    assertThatThrownBy(() -> gpt.generate(new int[0], 1, Sampling.GREEDY))
        .hasMessage("Gpt: a prompt needs at least one token");
    assertThatThrownBy(() -> gpt.generate(new int[] {11}, 1, Sampling.GREEDY))
        .hasMessage("Gpt: the prompt's 11 is none of 11 tokens");
    assertThatThrownBy(() -> new GptOptions(5, 5, 1, 3, 8))
        .hasMessage("Gpt: 3 heads must divide the width 8");
    assertThatThrownBy(() -> new Sampling(-1, 0, 0))
        .hasMessage("sampling: the temperature must be at least 0, but is -1.0");
  }
}
