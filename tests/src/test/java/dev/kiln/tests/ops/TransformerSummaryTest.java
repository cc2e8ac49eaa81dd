package dev.kiln.tests.ops;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kiln.compiler.ir.DType;
import dev.kiln.ops.function.Recurrences.Cell;
import dev.kiln.ops.model.Gpt;
import dev.kiln.ops.model.GptOptions;
import dev.kiln.ops.model.RecurrentLanguageModel;
import dev.kiln.ops.nn.Module;
import dev.kiln.ops.nn.Summary;
import dev.kiln.ops.nn.sequence.AttentionLayerOptions;
import dev.kiln.ops.nn.sequence.MultiHeadAttention;
import dev.kiln.ops.nn.sequence.RecurrentOptions;
import dev.kiln.ops.nn.sequence.TransformerEncoder;
import dev.kiln.ops.nn.sequence.TransformerOptions;
import dev.kiln.ops.tensor.Context;
import dev.kiln.ops.tensor.Tensor;
import dev.kiln.runtime.Devices;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** How much layers of sequences compute. */
class TransformerSummaryTest {
  private final Context context = new Context(Devices.shapes(), 7);

  @AfterEach
  void close() {
    context.close();
  }

  private static long macs(Module model, Runnable forward) {
    return Summary.of(model, forward).work().macs();
  }

  @Test
  void gptCountsProductsAttentionAndItsHeadOnce() {
    var gpt = new Gpt(context, new GptOptions(11, 6, 2, 2, 8));
    Tensor ids = context.zeros(DType.I32, 2, 5);
    long block = 10 * 12 * 8 * 8 + 2 * 10 * 5 * 8;
    long all = 2 * block + 10 * 8 * 11;
    assertThat(macs(gpt, () -> gpt.loss(ids, ids))).isEqualTo(all);
    assertThat(macs(gpt, () -> gpt.logits(ids))).isEqualTo(all);
    assertThat(Summary.of(gpt, () -> gpt.loss(ids, ids)).parameters())
        .isEqualTo(gpt.parameterCount());
  }

  @Test
  void attentionOverAnotherSequenceCountsItsKeys() {
    var layer = new MultiHeadAttention(context, 8, AttentionLayerOptions.of(2).withKeyHeads(1));
    Tensor x = context.zeros(DType.FP32, 2, 3, 8);
    Tensor memory = context.zeros(DType.FP32, 2, 5, 8);
    long products = 6 * 64 + 10 * 8 * 8 + 6 * 64;
    assertThat(macs(layer, () -> layer.apply(x, memory, null)))
        .isEqualTo(products + 2 * 2 * 3 * 5 * 8);
  }

  @Test
  void encoderBlocksCountAttentionAndFeedForwardParts() {
    var encoder = new TransformerEncoder(context, 2, TransformerOptions.of(8, 2, 12));
    Tensor x = context.zeros(DType.FP32, 2, 3, 8);
    long block = 6 * 4 * 64 + 2 * 2 * 3 * 3 * 8 + 2 * 6 * 8 * 12;
    assertThat(macs(encoder, () -> encoder.apply(x, null))).isEqualTo(2 * block);
  }

  @Test
  void recurrentLayersCountBothProductsOfEachStep() {
    var model =
        new RecurrentLanguageModel(context, Cell.LSTM, 7, RecurrentOptions.of(3, 2).withLayers(2));
    Tensor ids = context.zeros(DType.I32, 2, 5);
    long layers = 10 * (8 * 3 + 8 * 2) + 10 * (8 * 2 + 8 * 2);
    long all = layers + 10 * 2 * 7;
    assertThat(macs(model, () -> model.loss(ids, ids, null))).isEqualTo(all);
    assertThat(macs(model, () -> model.logits(ids))).isEqualTo(all);
  }
}
