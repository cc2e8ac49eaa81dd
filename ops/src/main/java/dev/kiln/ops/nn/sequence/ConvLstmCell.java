package dev.kiln.ops.nn.sequence;

import dev.kiln.ops.function.Recurrences;
import dev.kiln.ops.function.Recurrences.ConvState;
import dev.kiln.ops.nn.Conv2d;
import dev.kiln.ops.nn.ConvOptions;
import dev.kiln.ops.nn.Module;
import dev.kiln.ops.tensor.Context;
import dev.kiln.ops.tensor.Scope;
import dev.kiln.ops.tensor.Tensor;
import dev.kiln.runtime.KilnException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * A convolutional LSTM over sequences of images (Shi et al., "Convolutional LSTM Network", 2015):
 * convolutions {@code input} and {@code state} (the first of them with biases) make the sums of the
 * gates i, f, g and o. Sequences are {@code steps x batch x channels x height x width}.
 */
public final class ConvLstmCell extends Module {
  private static final int GATES = 4;

  private final long inputs;
  private final long hidden;
  private final Conv2d input;
  private final Conv2d state;

  /**
   * @param inputs channels of the inputs; 0 for steps without input
   * @param kernel odd; images keep their size
   */
  public ConvLstmCell(Context context, long inputs, long hidden, int kernel) {
    super(context);
    if (kernel < 1 || kernel % 2 == 0) {
      throw new KilnException("ConvLstmCell: the kernel must be odd, but is " + kernel);
    }
    this.inputs = inputs;
    this.hidden = hidden;
    ConvOptions same = ConvOptions.kernel(kernel).withPadding(kernel / 2);
    input = inputs == 0 ? null : child("input", new Conv2d(context, inputs, GATES * hidden, same));
    ConvOptions ofState = inputs == 0 ? same : same.withoutBias();
    state = child("state", new Conv2d(context, hidden, GATES * hidden, ofState));
  }

  /**
   * What a sequence gives.
   *
   * @param y states, {@code steps x batch x hidden x height x width}
   * @param state behind the last step
   */
  public record Result(Tensor y, ConvState state) {}

  /**
   * Runs over a sequence.
   *
   * @param x {@code steps x batch x inputs x height x width}; null exactly if there are no input
   *     channels
   * @param steps how many there are if {@code x} is null
   * @param initial the state before; or null for zeros, if {@code x} is there
   * @throws KilnException if the shapes do not fit
   */
  public Result apply(Tensor x, long steps, ConvState initial) {
    check(x, initial);
    try (Scope frame = context().frame()) {
      long count = x == null ? steps : x.dim(0);
      Tensor sums = x == null ? null : input.apply(x.flatten(0, 1)).unflatten(0, count, x.dim(1));
      ConvState now = initial == null ? zeros(x) : initial;
      var states = new ArrayList<Tensor>();
      for (long step = 0; step < count; step++) {
        Tensor ofState = state.apply(now.h());
        Tensor all = sums == null ? ofState : ofState.add(sums.select(0, step));
        now = Recurrences.convLstm(all, now.c(), null);
        states.add(now.h());
      }
      Tensor y = Tensor.stack(0, states.toArray(Tensor[]::new));
      frame.keep(now.h());
      frame.keep(now.c());
      applied(Arrays.asList(x), List.of(frame.keep(y)));
      return new Result(y, now);
    }
  }

  /** Over a sequence of inputs, from a state of zeros. */
  public Result apply(Tensor x) {
    return apply(x, 0, null);
  }

  private ConvState zeros(Tensor x) {
    long[] shape = {x.dim(1), hidden, x.dim(3), x.dim(4)};
    return new ConvState(context().zeros(x.dtype(), shape), context().zeros(x.dtype(), shape));
  }

  private void check(Tensor x, ConvState initial) {
    if ((x == null) != (inputs == 0)) {
      throw new KilnException(
          "ConvLstmCell: with %d input channels x must %s"
              .formatted(inputs, inputs == 0 ? "be null" : "not be null"));
    }
    if (x == null && initial == null) {
      throw new KilnException("ConvLstmCell: without inputs there must be an initial state");
    }
    if (x != null && (x.rank() != 5 || x.dim(2) != inputs || x.dim(0) < 1)) {
      throw new KilnException(
          "ConvLstmCell: x must be steps x batch x %d x height x width, but is %s"
              .formatted(inputs, x));
    }
    if (initial != null && (initial.h().rank() != 4 || initial.h().dim(1) != hidden)) {
      throw new KilnException(
          "ConvLstmCell: states must be batch x %d x height x width, but is %s"
              .formatted(hidden, initial.h()));
    }
  }
}
