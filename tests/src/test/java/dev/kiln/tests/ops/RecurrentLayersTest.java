package dev.kiln.tests.ops;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.kiln.compiler.ir.DType;
import dev.kiln.ops.function.Recurrences.Cell;
import dev.kiln.ops.function.Recurrences.ConvState;
import dev.kiln.ops.nn.sequence.ConvLstmCell;
import dev.kiln.ops.nn.sequence.Gru;
import dev.kiln.ops.nn.sequence.Lstm;
import dev.kiln.ops.nn.sequence.Recurrent;
import dev.kiln.ops.nn.sequence.RecurrentOptions;
import dev.kiln.ops.nn.sequence.RecurrentResult;
import dev.kiln.ops.nn.sequence.RecurrentState;
import dev.kiln.ops.nn.sequence.Rnn;
import dev.kiln.ops.nn.sequence.WindowedRecurrent;
import dev.kiln.ops.tensor.Context;
import dev.kiln.ops.tensor.Scope;
import dev.kiln.ops.tensor.Tensor;
import dev.kiln.runtime.KilnException;
import java.util.Arrays;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

class RecurrentLayersTest {
  private static final RecurrentOptions OPTIONS = RecurrentOptions.of(3, 2);

  @RegisterExtension static final SharedContext SHARED = new SharedContext(7);

  private final Context context = SHARED.context();

  private Tensor numbers(int seed, long... shape) {
    long size = Arrays.stream(shape).reduce(1, (a, b) -> a * b);
    return context.of(DType.FP64, new Random(seed).doubles(size, -1, 1).toArray(), shape);
  }

  private static void assertClose(Tensor actual, Tensor expected) {
    assertThat(actual.toDoubles()).containsExactly(expected.toDoubles(), within(1e-12));
  }

  @Test
  void namesAndShapesArePyTorchs() {
    var layer = new Gru(context, OPTIONS.withLayers(2).bidirectional());
    assertThat(layer.parameters().keySet())
        .containsExactly(
            "weight_ih_l0",
            "weight_hh_l0",
            "bias_ih_l0",
            "bias_hh_l0",
            "weight_ih_l0_reverse",
            "weight_hh_l0_reverse",
            "bias_ih_l0_reverse",
            "bias_hh_l0_reverse",
            "weight_ih_l1",
            "weight_hh_l1",
            "bias_ih_l1",
            "bias_hh_l1",
            "weight_ih_l1_reverse",
            "weight_hh_l1_reverse",
            "bias_ih_l1_reverse",
            "bias_hh_l1_reverse");
    assertThat(layer.parameters().get("weight_ih_l1").shape()).containsExactly(6, 4);
    assertThat(new Rnn(context, OPTIONS.withoutBias()).parameters().keySet())
        .containsExactly("weight_ih_l0", "weight_hh_l0");
  }

  @Test
  void gradientsOfStackedLayersInBothDirections() {
    var layer = new Lstm(context, OPTIONS.withLayers(2).bidirectional());
    ModuleGradient.check(
        layer,
        () -> {
          RecurrentResult result = layer.apply(numbers(1, 3, 2, 3));
          Tensor states = result.state().hidden().mul(result.state().cells()).sum();
          return result.y().add(states);
        });
  }

  @Test
  void gradientsWithLengthsAndAnInitialState() {
    var layer = new Gru(context, OPTIONS.bidirectional().batchFirst());
    int[] lengths = {3, 1};
    ModuleGradient.check(
        layer,
        () -> {
          RecurrentResult result =
              layer.apply(
                  numbers(1, 2, 3, 3), new RecurrentState(numbers(2, 2, 2, 2), null), lengths);
          return result.y().add(result.state().hidden().sum());
        });
  }

  @Test
  void shorterSequencesGiveWhatTheyGiveAlone() {
    var layer = new Gru(context, OPTIONS.withLayers(2).bidirectional());
    layer.to(DType.FP64);
    try (Scope _ = context.scope()) {
      Tensor x = numbers(1, 4, 3, 3);
      RecurrentResult together = layer.apply(x, null, new int[] {4, 2, 3});
      for (int b = 0; b < 3; b++) {
        int length = new int[] {4, 2, 3}[b];
        RecurrentResult alone = layer.apply(x.slice(0, 0, length).slice(1, b, b + 1).contiguous());
        assertClose(together.y().slice(0, 0, length).slice(1, b, b + 1), alone.y());
        assertClose(together.state().hidden().slice(1, b, b + 1), alone.state().hidden());
        Tensor behind = together.y().slice(0, length, 4).slice(1, b, b + 1);
        assertThat(Arrays.stream(behind.toDoubles()).allMatch(v -> v == 0)).isTrue();
      }
    }
  }

  @Test
  void twoHalvesByTheirStateEqualTheWhole() {
    var layer = new Lstm(context, OPTIONS.withLayers(2).batchFirst());
    layer.to(DType.FP64);
    try (Scope _ = context.scope()) {
      Tensor x = numbers(1, 2, 4, 3);
      RecurrentResult whole = layer.apply(x);
      RecurrentResult first = layer.apply(x.slice(1, 0, 2));
      RecurrentResult second = layer.apply(x.slice(1, 2, 4), first.state().detach(), null);
      assertClose(Tensor.cat(1, first.y(), second.y()), whole.y());
      assertClose(second.state().cells(), whole.state().cells());
    }
  }

  @Test
  void dropoutBetweenLayersDropsWhileTrainingOnly() {
    var layer = new Rnn(context, OPTIONS.withLayers(2).withDropout(0.5));
    try (Scope _ = context.scope()) {
      Tensor x = context.ones(DType.FP32, 5, 4, 3);
      assertThat(layer.apply(x).y().toFloats()).isNotEqualTo(layer.apply(x).y().toFloats());
      layer.evaluate();
      assertThat(layer.apply(x).y().toFloats()).isEqualTo(layer.apply(x).y().toFloats());
    }
  }

  @Test
  void convolutionalLstmOfSinglePixelsIsAnLstm() {
    var lstm = new Lstm(context, OPTIONS);
    var cell = new ConvLstmCell(context, 3, 2, 1);
    lstm.to(DType.FP64);
    cell.to(DType.FP64);
    Map<String, Tensor> of = lstm.parameters();
    try (var _ = context.noGrad()) {
      of.get("bias_hh_l0").set(new double[8]);
    }
    ModuleGradient.set(
        cell,
        Map.of(
            "input.weight", of.get("weight_ih_l0").toDoubles(),
            "input.bias", of.get("bias_ih_l0").toDoubles(),
            "state.weight", of.get("weight_hh_l0").toDoubles()));
    try (Scope _ = context.scope()) {
      Tensor x = numbers(1, 4, 2, 3);
      assertClose(cell.apply(x.reshape(4, 2, 3, 1, 1)).y().reshape(4, 2, 2), lstm.apply(x).y());
    }
  }

  @Test
  void gradientsOfConvolutionalLstms() {
    var reader = new ConvLstmCell(context, 2, 2, 3);
    ModuleGradient.check(
        reader,
        () -> {
          ConvLstmCell.Result result = reader.apply(numbers(1, 2, 1, 2, 3, 3));
          return result.y().mul(result.state().c());
        });
    var writer = new ConvLstmCell(context, 0, 2, 3);
    ModuleGradient.check(
        writer,
        () -> {
          var before = new ConvState(numbers(1, 1, 2, 3, 3), numbers(2, 1, 2, 3, 3));
          return writer.apply(null, 2, before).y();
        });
  }

  @Test
  void windowsGiveWhatALoopOverFramesGives() {
    var layer = new WindowedRecurrent(context, Cell.GRU, OPTIONS.withLayers(2), 5, 3);
    layer.to(DType.FP64);
    var forward = (Recurrent) layer.children().get("forward");
    var backward = (Recurrent) layer.children().get("backward");
    try (Scope _ = context.scope()) {
      Tensor x = numbers(1, 4, 2, 3);
      Tensor zeros = context.zeros(DType.FP64, 3, 2, 3);
      Tensor padded = Tensor.cat(0, zeros, x, zeros);
      Tensor y = layer.apply(x);
      for (int t = 0; t < 4; t++) {
        Tensor before = forward.apply(padded.slice(0, t, t + 4).contiguous()).y().select(0, 3);
        Tensor[] back = {padded.select(0, t + 4), padded.select(0, t + 3)};
        Tensor after = backward.apply(Tensor.stack(0, back)).y().select(0, 1);
        assertClose(y.select(0, t), Tensor.cat(1, before, after));
      }
    }
    ModuleGradient.check(layer, () -> layer.apply(numbers(1, 4, 2, 3)));
    assertThatThrownBy(() -> new WindowedRecurrent(context, Cell.GRU, OPTIONS, 5, 5))
        .hasMessage("WindowedRecurrent: the current element 5 is none of 5");
  }

  @Test
  void mistakesAreNamed() {
    var layer = new Gru(context, OPTIONS);
    try (Scope _ = context.scope()) {
      Tensor x = context.zeros(DType.FP32, 4, 2, 3);
      assertThatThrownBy(() -> layer.apply(context.zeros(DType.FP32, 4, 2, 5)))
          .isInstanceOf(KilnException.class)
          .hasMessageContaining("Gru: x must be steps x batch x 3, but is");
      assertThatThrownBy(() -> layer.apply(x, null, new int[] {4, 5}))
          .hasMessage("Gru: lengths must be 2 numbers from 1 to 4, but are [4, 5]");
      assertThatThrownBy(() -> layer.apply(x, new RecurrentState(x, null), null))
          .hasMessageContaining("Gru: an initial state must have the shape [1, 2, 2], but is");
      assertThatThrownBy(() -> new ConvLstmCell(context, 1, 1, 2))
          .hasMessage("ConvLstmCell: the kernel must be odd, but is 2");
      assertThatThrownBy(() -> new ConvLstmCell(context, 1, 1, 3).apply(x))
          .hasMessageContaining("ConvLstmCell: x must be steps x batch x 1 x height x width");
    }
  }
}
