package dev.kiln.tests.ops;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kiln.compiler.ir.DType;
import dev.kiln.ops.function.Recurrences;
import dev.kiln.ops.function.Recurrences.Cell;
import dev.kiln.ops.tensor.Context;
import dev.kiln.ops.tensor.Scope;
import dev.kiln.ops.tensor.Tensor;
import dev.kiln.runtime.Devices;
import dev.kiln.runtime.KilnException;
import dev.kiln.tests.ops.LossGradient.Input;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Recurrent operations against central differences in fp64. */
class RecurrentGradientTest {
  private static final long STEPS = 3;
  private static final long BATCH = 2;
  private static final long INPUTS = 3;
  private static final long HIDDEN = 2;

  @ParameterizedTest
  @EnumSource(Cell.class)
  void gradientsGoThroughAllSteps(Cell cell) {
    long rows = cell.gates() * HIDDEN;
    for (boolean isReversed : new boolean[] {false, true}) {
      LossGradient.check(
          in -> {
            Recurrences.Run run =
                Recurrences.run(
                    cell,
                    in[0],
                    in[1],
                    cell.hasCells() ? in[2] : null,
                    new Recurrences.Weights(in[3], in[4], in[5], in[6]),
                    isReversed);
            // An input that a cell does not have must have a gradient, too.
            Tensor y = run.y().add(in[2].mul(in[2]));
            return run.cells() == null ? y : y.add(run.cells().mul(run.cells()));
          },
          Input.normal(1, 1, STEPS, BATCH, INPUTS),
          Input.normal(2, 1, BATCH, HIDDEN),
          Input.normal(3, 1, BATCH, HIDDEN),
          Input.normal(4, 0.5, rows, INPUTS),
          Input.normal(5, 0.5, rows, HIDDEN),
          Input.normal(6, 1, rows),
          Input.normal(7, 1, rows));
    }
  }

  @Test
  void withoutStepsTheCellsAreThoseBefore() {
    try (var context = new Context(Devices.cpu(), 1)) {
      Tensor cells = context.ones(DType.FP32, BATCH, HIDDEN).requireGrad();
      var weights =
          new Recurrences.Weights(
              context.ones(DType.FP32, 4 * HIDDEN, INPUTS),
              context.ones(DType.FP32, 4 * HIDDEN, HIDDEN),
              null,
              null);
      Tensor none = context.zeros(DType.FP32, 0, BATCH, INPUTS);
      Tensor state = context.zeros(DType.FP32, BATCH, HIDDEN);
      Recurrences.Run run = Recurrences.run(Cell.LSTM, none, state, cells, weights, false);
      run.cells().mul(3).sum().backward();
      assertThat(cells.grad().toFloats()).containsOnly(3);
    }
  }

  @Test
  void gatesOfConvolutionalLstms() {
    LossGradient.check(
        in -> {
          Recurrences.ConvState state = Recurrences.convLstm(in[0], in[1], in[2]);
          return state.h().mul(state.c());
        },
        Input.normal(1, 1, 2, 8, 2, 3),
        Input.normal(2, 1, 2, 2, 2, 3),
        Input.normal(3, 1, 3, 2, 2, 3));
    LossGradient.check(
        in -> Recurrences.convLstm(in[0], in[1], null).h(),
        Input.normal(1, 1, 2, 8, 2, 3),
        Input.normal(2, 1, 2, 2, 2, 3));
  }

  @Test
  void mistakesAreNamed() {
    try (var context = new Context(Devices.cpu(), 1);
        Scope _ = context.scope()) {
      Tensor x = context.zeros(DType.FP32, 3, 2, 4);
      Tensor h = context.zeros(DType.FP32, 2, 5);
      Tensor w = context.zeros(DType.FP32, 15, 4);
      var weights = new Recurrences.Weights(w, w, null, null);
      assertThatThrownBy(() -> Recurrences.run(Cell.LSTM, x, h, null, weights, false))
          .isInstanceOf(KilnException.class)
          .hasMessageContaining(
              "lstm: x must be steps x batch x inputs and states batch x outputs");
      assertThatThrownBy(() -> Recurrences.run(Cell.GRU, x, h, null, weights, false))
          .hasMessageContaining("gru: weights must be [15, 4] and [15, 5], but are");
    }
  }
}
