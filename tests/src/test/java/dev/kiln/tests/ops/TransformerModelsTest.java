package dev.kiln.tests.ops;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kiln.ops.model.MaskedLanguageModel;
import dev.kiln.ops.model.MaskedLanguageOptions;
import dev.kiln.ops.model.Seq2SeqOptions;
import dev.kiln.ops.model.Seq2SeqTransformer;
import dev.kiln.ops.nn.sequence.TransformerOptions;
import dev.kiln.ops.tensor.Context;
import dev.kiln.ops.tensor.Scope;
import dev.kiln.ops.tensor.Tensor;
import dev.kiln.runtime.KilnException;
import java.util.Arrays;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

class TransformerModelsTest {
  private static final Seq2SeqOptions SEQ2SEQ =
      new Seq2SeqOptions(9, 7, 8, 1, TransformerOptions.of(8, 2, 12).normFirst(true), 0);
  private static final MaskedLanguageOptions MASKED = MaskedLanguageOptions.of(9, 6, 1, 2, 8);

  @RegisterExtension static final SharedContext SHARED = new SharedContext(7);

  private final Context context = SHARED.context();

  private Tensor tokens(int... ids) {
    return context.of(ids, 2, ids.length / 2);
  }

  @Test
  void gradientsOfTheSequenceModel() {
    var model = new Seq2SeqTransformer(context, SEQ2SEQ);
    ModuleGradient.check(
        model,
        () ->
            model.loss(tokens(3, 4, 5, 8, 7, 0), new int[] {3, 2}, tokens(1, 3, 4, 2, 1, 6, 2, 0)));
  }

  @Test
  void paddingOfSourcesAndTargetsDoesNotCount() {
    var model = new Seq2SeqTransformer(context, SEQ2SEQ);
    try (Scope _ = context.scope()) {
      double alone =
          model
              .loss(context.of(new int[] {3, 4}, 1, 2), null, context.of(new int[] {1, 5, 2}, 1, 3))
              .item();
      double padded =
          model
              .loss(
                  context.of(new int[] {3, 4, 0, 0}, 1, 4),
                  new int[] {2},
                  context.of(new int[] {1, 5, 2, 0, 0}, 1, 5))
              .item();
      assertThat(padded).isCloseTo(alone, org.assertj.core.data.Offset.offset(1e-5));
    }
  }

  @Test
  void cachedTranslationEqualsThatWithoutCache() {
    var model = new Seq2SeqTransformer(context, SEQ2SEQ);
    var random = new Random(4);
    for (int seed = 0; seed < 5; seed++) {
      try (var _ = context.noGrad()) {
        for (Tensor parameter : model.parameters().values()) {
          parameter.set(random.doubles(parameter.size(), -1, 1).toArray());
        }
      }
      int[] source = random.ints(5, 0, 9).toArray();
      int[] cached = model.translate(source, 1, 2, 20);
      assertThat(cached)
          .isEqualTo(model.translateWithoutCache(source, 1, 2, 20))
          .hasSizeLessThanOrEqualTo(7)
          .doesNotContain(2);
    }
  }

  @Test
  void gradientsOfTheMaskedModel() {
    var model = new MaskedLanguageModel(context, MASKED);
    ModuleGradient.check(
        model,
        () ->
            model.loss(
                tokens(3, 1, 5, 8, 1, 0), new int[] {3, 2}, tokens(-100, 4, -100, -100, 7, -100)));
  }

  @Test
  void hiddenTokensAreToldFromBothSides() {
    var model = new MaskedLanguageModel(context, MASKED);
    try (Scope _ = context.scope();
        var _ = context.noGrad()) {
      float[] before = model.logits(context.of(new int[] {3, 1, 5, 8}, 1, 4), null).toFloats();
      float[] after = model.logits(context.of(new int[] {3, 1, 5, 7}, 1, 4), null).toFloats();
      assertThat(Arrays.copyOf(after, 9)).isNotEqualTo(Arrays.copyOf(before, 9));
    }
  }

  @Test
  void namesOfTheMaskedModel() {
    Map<String, Tensor> parameters = new MaskedLanguageModel(context, MASKED).parameters();
    assertThat(parameters)
        .containsKeys(
            "token_embedding",
            "position_embedding",
            "embedding_norm.weight",
            "encoder.layers.0.self_attn.in_proj_weight",
            "encoder.layers.0.linear1.weight",
            "transform.weight",
            "transform_norm.bias",
            "bias");
  }

  @Test
  void mistakesAreNamed() {
    var model = new Seq2SeqTransformer(context, SEQ2SEQ);
    var masked = new MaskedLanguageModel(context, MASKED);
    try (Scope _ = context.scope()) {
      Tensor ids = tokens(1, 2, 3, 4);
      assertThatThrownBy(() -> model.loss(ids, new int[] {1}, ids))
          .isInstanceOf(KilnException.class)
          .hasMessageContaining("Seq2SeqTransformer: 1 lengths do not fit");
      assertThatThrownBy(() -> model.loss(ids, null, tokens(1, 1)))
          .hasMessageContaining("a target needs a token that begins and one more");
      assertThatThrownBy(() -> model.logits(tokens(new int[18]), null, ids))
          .hasMessageContaining("source must be tokens, batch x at most 8 places, but is");
      assertThatThrownBy(() -> masked.logits(tokens(new int[14]), null))
          .hasMessageContaining("tokens must be integers, batch x at most 6 places, but are");
      assertThatThrownBy(() -> new Seq2SeqOptions(9, 7, 8, 1, TransformerOptions.of(8, 2, 12), 8))
          .hasMessage(
              "Seq2SeqTransformer: the padding must be a token of both vocabularies, but is 8");
    }
  }
}
