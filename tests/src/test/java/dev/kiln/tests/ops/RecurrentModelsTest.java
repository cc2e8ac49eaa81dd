package dev.kiln.tests.ops;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kiln.compiler.ir.DType;
import dev.kiln.ops.function.Recurrences.Cell;
import dev.kiln.ops.model.ConvLstmForecaster;
import dev.kiln.ops.model.RecurrentClassifier;
import dev.kiln.ops.model.RecurrentLanguageModel;
import dev.kiln.ops.model.Sampling;
import dev.kiln.ops.nn.sequence.RecurrentOptions;
import dev.kiln.ops.tensor.Context;
import dev.kiln.ops.tensor.Scope;
import dev.kiln.ops.tensor.Tensor;
import dev.kiln.runtime.Devices;
import dev.kiln.runtime.KilnException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

class RecurrentModelsTest {
  private static final RecurrentOptions OPTIONS = RecurrentOptions.of(3, 2);

  @RegisterExtension static final SharedContext SHARED = new SharedContext(7);

  private final Context context = SHARED.context();

  private Tensor numbers(DType dtype, long... shape) {
    long size = Arrays.stream(shape).reduce(1, (a, b) -> a * b);
    return context.of(dtype, new Random(1).doubles(size, -1, 1).toArray(), shape);
  }

  @Test
  void gradientsOfClassifiers() {
    var ofTokens = RecurrentClassifier.ofTokens(context, Cell.GRU, 5, OPTIONS.bidirectional(), 3);
    ModuleGradient.check(
        ofTokens,
        () ->
            ofTokens.loss(
                context.of(new int[] {1, 2, 3, 4, 0, 0}, 2, 3),
                new int[] {3, 1},
                context.of(new int[] {2, 0}, 2)));
    var ofNumbers = RecurrentClassifier.ofNumbers(context, Cell.LSTM, OPTIONS, 3);
    ModuleGradient.check(ofNumbers, () -> ofNumbers.logits(numbers(DType.FP64, 2, 4, 3), null));
  }

  @Test
  void gradientsOfLanguageModelsReachTheStateOfTheirPart() {
    var model = new RecurrentLanguageModel(context, Cell.LSTM, 5, OPTIONS);
    ModuleGradient.check(
        model,
        () -> {
          Tensor ids = context.of(new int[] {1, 2, 3, 4, 0, 0}, 2, 3);
          Tensor targets = context.of(new int[] {2, 3, 3, 0, 0, 1}, 2, 3);
          RecurrentLanguageModel.Part first = model.loss(ids, targets, null);
          return first.loss().add(model.loss(ids, targets, first.state()).loss());
        });
  }

  @Test
  void generationGoesOnFromTheState() {
    var model = new RecurrentLanguageModel(context, Cell.GRU, 5, OPTIONS.withLayers(2));
    int[] tokens = model.generate(new int[] {1, 2}, 6, new Sampling(2, 0, 1));
    assertThat(tokens)
        .hasSize(6)
        .isEqualTo(model.generate(new int[] {1, 2}, 6, new Sampling(2, 0, 1)));
    try (Scope _ = context.scope();
        var _ = context.noGrad()) {
      int[] greedy = model.generate(new int[] {1, 2}, 4, Sampling.GREEDY);
      int[] all = {1, 2, greedy[0], greedy[1], greedy[2]};
      float[] logits = model.logits(context.of(all, 1, 5)).toFloats();
      for (int i = 0; i < 4; i++) {
        float[] row = Arrays.copyOfRange(logits, 5 * (i + 1), 5 * (i + 2));
        assertThat(greedy[i]).isEqualTo(Sampling.GREEDY.start().next(row));
      }
    }
  }

  @Test
  void gradientsOfForecasts() {
    var model =
        new ConvLstmForecaster(context, new ConvLstmForecaster.Options(1, 2, List.of(2L, 3L), 3));
    ModuleGradient.check(
        model,
        () -> model.loss(numbers(DType.FP64, 1, 2, 1, 4, 4), numbers(DType.FP64, 1, 2, 1, 4, 4)));
  }

  /** Batch 16, ten images of 64 x 64 and one channel. */
  @Test
  void shapesOfTheForecasterAreThoseOfItsDescription() {
    try (var shapes = new Context(Devices.shapes(), 1);
        var model = new ConvLstmForecaster(shapes, ConvLstmForecaster.Options.USUAL);
        var _ = shapes.noGrad()) {
      var seen = new ArrayList<String>();
      model.visit(
          "",
          (prefix, module) -> {
            if (prefix.matches("(encoder|decoder)\\.\\d\\.|(up|down)\\.\\d\\.|head\\.")) {
              module.listen(
                  (m, inputs, outputs) -> {
                    long[] shape = outputs.getFirst().shape();
                    int last = shape.length - 1;
                    seen.add(prefix + shape[last - 2] + "@" + shape[last]);
                  });
            }
          });
      Tensor y = model.forecast(shapes.zeros(DType.FP32, 16, 10, 1, 64, 64), 10);
      assertThat(y.shape()).containsExactly(16, 10, 1, 64, 64);
      assertThat(seen)
          .containsExactly(
              "down.0.16@64",
              "encoder.0.64@64",
              "down.1.64@32",
              "encoder.1.96@32",
              "down.2.96@16",
              "encoder.2.96@16",
              "decoder.0.96@16",
              "up.0.96@32",
              "decoder.1.96@32",
              "up.1.96@64",
              "decoder.2.64@64",
              "head.1@64");
    }
  }

  @Test
  void mistakesAreNamed() {
    assertThatThrownBy(
            () -> new RecurrentLanguageModel(context, Cell.GRU, 5, OPTIONS.bidirectional()))
        .isInstanceOf(KilnException.class)
        .hasMessage("RecurrentLanguageModel: a text is read in one direction, not in both");
    var model = new RecurrentLanguageModel(context, Cell.GRU, 5, OPTIONS);
    assertThatThrownBy(() -> model.generate(new int[] {5}, 1, Sampling.GREEDY))
        .hasMessage("RecurrentLanguageModel: the prompt's 5 is none of 5 tokens");
    var forecaster = new ConvLstmForecaster(context, ConvLstmForecaster.Options.USUAL);
    try (Scope _ = context.scope()) {
      Tensor x = context.zeros(DType.FP32, 1, 1, 1, 6, 8);
      assertThatThrownBy(() -> forecaster.forecast(x, 1))
          .hasMessageContaining("x must be batch x steps x 1 x height x width, multiples of 4");
    }
  }
}
