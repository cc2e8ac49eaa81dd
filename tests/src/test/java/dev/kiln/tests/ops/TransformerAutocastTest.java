package dev.kiln.tests.ops;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kiln.compiler.ir.DType;
import dev.kiln.kernels.elementwise.Rotary;
import dev.kiln.ops.function.Recurrences.Cell;
import dev.kiln.ops.model.RecurrentLanguageModel;
import dev.kiln.ops.model.Seq2SeqOptions;
import dev.kiln.ops.model.Seq2SeqTransformer;
import dev.kiln.ops.nn.Module;
import dev.kiln.ops.nn.sequence.AttentionLayerOptions;
import dev.kiln.ops.nn.sequence.ConvLstmCell;
import dev.kiln.ops.nn.sequence.RecurrentOptions;
import dev.kiln.ops.nn.sequence.TransformerOptions;
import dev.kiln.ops.tensor.Context;
import dev.kiln.ops.tensor.Mode;
import dev.kiln.ops.tensor.Scope;
import dev.kiln.ops.tensor.Tensor;
import dev.kiln.runtime.Devices;
import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Models of sequences under autocast: losses and gradients are near those in fp32. */
class TransformerAutocastTest {
  /** Some 20 roundings to eight bits, in the square mean. */
  private static final double NEAR = 0.02;

  private final Context context = new Context(Devices.cpu(), 7);

  @AfterEach
  void close() {
    context.close();
    assertThat(context.memory().storages()).isZero();
  }

  private void check(Module model, Supplier<Tensor> loss) {
    var gradients = new HashMap<String, double[]>();
    double exact = backward(model, loss, DType.FP32);
    model.parameters().forEach((name, each) -> gradients.put(name, each.grad().toDoubles()));
    double near = backward(model, loss, DType.BF16);
    assertThat(near).isCloseTo(exact, org.assertj.core.data.Offset.offset(NEAR * exact));
    double error = 0;
    double size = 0;
    for (Map.Entry<String, Tensor> each : model.parameters().entrySet()) {
      double[] expected = gradients.get(each.getKey());
      double[] actual = each.getValue().grad().toDoubles();
      for (int i = 0; i < actual.length; i++) {
        error += (actual[i] - expected[i]) * (actual[i] - expected[i]);
        size += expected[i] * expected[i];
      }
    }
    assertThat(Math.sqrt(error / size)).isLessThan(NEAR);
  }

  private double backward(Module model, Supplier<Tensor> loss, DType dtype) {
    model.zeroGrad();
    try (Scope _ = context.scope()) {
      Tensor value;
      if (dtype == DType.FP32) {
        value = loss.get();
      } else {
        try (Mode _ = context.autocast(dtype)) {
          value = loss.get();
        }
      }
      assertThat(value.dtype()).isEqualTo(DType.FP32);
      value.backward();
      return value.item();
    }
  }

  private Tensor tokens(int... ids) {
    return context.of(ids, 2, ids.length / 2);
  }

  @Test
  void sequenceModel() {
    TransformerOptions blocks =
        TransformerOptions.of(8, 2, 12)
            .withAttention(
                AttentionLayerOptions.of(2).withRotary(Rotary.Form.HALF_SPLIT).withAlibi());
    var model = new Seq2SeqTransformer(context, new Seq2SeqOptions(9, 7, 8, 1, blocks, 0));
    check(
        model,
        () ->
            model.loss(tokens(3, 4, 5, 8, 7, 0), new int[] {3, 2}, tokens(1, 3, 4, 2, 1, 6, 2, 0)));
  }

  @Test
  void recurrentModel() {
    var model =
        new RecurrentLanguageModel(context, Cell.LSTM, 5, RecurrentOptions.of(3, 4).withLayers(2));
    check(model, () -> model.loss(tokens(1, 2, 3, 4, 0, 0), tokens(2, 3, 3, 0, 0, 1), null).loss());
  }

  @Test
  void convolutionalLstm() {
    var cell = new ConvLstmCell(context, 2, 3, 3);
    double[] x = new Random(1).doubles(2 * 2 * 2 * 9, -1, 1).toArray();
    check(cell, () -> cell.apply(context.of(DType.FP32, x, 2, 2, 2, 3, 3)).y().square().mean());
  }
}
