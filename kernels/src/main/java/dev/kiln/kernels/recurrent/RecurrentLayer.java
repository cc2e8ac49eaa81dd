package dev.kiln.kernels.recurrent;

import static dev.kiln.kernels.recurrent.RecurrentSequence.flat;
import static dev.kiln.kernels.recurrent.RecurrentSequence.part;

import dev.kiln.compiler.ir.DType;
import dev.kiln.kernels.elementwise.BinaryFunction;
import dev.kiln.kernels.elementwise.Pointwise;
import dev.kiln.kernels.elementwise.RowTile;
import dev.kiln.kernels.launch.Check;
import dev.kiln.kernels.launch.Workspace;
import dev.kiln.kernels.product.Epilogue;
import dev.kiln.kernels.product.Matmul;
import dev.kiln.runtime.Device;
import dev.kiln.runtime.NdArray;

/**
 * A layer of recurrent cells, run over sequences: the products with the input for all steps at
 * once, and for each step the product with the state and one launch for the gates. Backward
 * likewise, from the last step to the first; then the gradients of the weights, over all steps at
 * once. Keeps work memory until it is closed. Not thread-safe.
 */
public abstract sealed class RecurrentLayer implements AutoCloseable permits Lstm, Gru, Rnn {
  final Arguments arguments;
  private final int gates;
  private final Device device;
  private final Matmul matmul;

  /** Of the steps: a launcher that always does the same looks nothing up. */
  private final Matmul stateMatmul;

  private final Pointwise pointwise;
  private final Workspace sumsSpace;
  private final Workspace stateSpace;
  private NdArray ones;
  private RecurrentWeights turned;
  private NdArray inputTurned;
  private NdArray stateTurned;

  RecurrentLayer(String name, int gates, Device device) {
    arguments = new Arguments(name);
    this.gates = gates;
    this.device = device;
    matmul = new Matmul(device);
    stateMatmul = new Matmul(device);
    pointwise = new Pointwise(device);
    sumsSpace = new Workspace(device);
    stateSpace = new Workspace(device);
  }

  /** The sums of the input by the weights: {@code sums = x w^T}. */
  final void inputSums(NdArray x, RecurrentWeights weights, NdArray sums) {
    turn(weights);
    matmul.run(x, inputTurned, sums);
  }

  /** Adds the sums of the state: {@code sums += h u^T}. */
  final void addStateSums(NdArray h, RecurrentWeights weights, NdArray sums) {
    turn(weights);
    stateMatmul.run(h, stateTurned, Epilogue.ADD, sums);
  }

  final void stateSums(NdArray h, RecurrentWeights weights, NdArray sums) {
    turn(weights);
    stateMatmul.run(h, stateTurned, sums);
  }

  /** Keeps the views for the next steps. */
  private void turn(RecurrentWeights weights) {
    if (weights != turned) {
      turned = weights;
      inputTurned = weights.input().permute(1, 0);
      stateTurned = weights.state().permute(1, 0);
    }
  }

  /**
   * Runs a layer over a sequence. Empty sequences are left alone.
   *
   * @throws dev.kiln.runtime.KilnException if an array breaks the rules of {@link
   *     RecurrentSequence} or {@link RecurrentWeights}
   */
  public final void forward(RecurrentSequence s) {
    check(s);
    if (isEmpty(s)) {
      return;
    }
    NdArray sums = sums(s);
    inputSums(flat(s.x()), s.weights(), flat(sums));
    for (long step = 0; step < s.steps(); step++) {
      forward(s, step, part(sums, s.at(step)));
    }
  }

  /**
   * All gradients of a run. Without steps, {@code dh0} and the others are left alone.
   *
   * @param s what {@link #forward} was given, with what it wrote
   * @throws dev.kiln.runtime.KilnException if an array breaks the rules of {@link
   *     RecurrentGradients}
   */
  public final void backward(RecurrentSequence s, RecurrentGradients g) {
    check(s);
    check(s, g);
    if (isEmpty(s)) {
      return;
    }
    NdArray dh = stateSpace.array(RowTile.compute(s.x()), s.batch(), s.columns());
    NdArray dsums = dstateSums(g);
    for (long step = s.steps() - 1; step >= 0; step--) {
      NdArray dy = part(g.dy(), s.at(step));
      if (step == s.steps() - 1) {
        last(dy, g.dh(), dh);
      } else {
        gradientOfState(part(dsums, s.at(step + 1)), s, dy, dh, dh);
      }
      backward(s, g, step, dh);
    }
    if (g.dh0() != null) {
      gradientOfState(part(dsums, s.at(0)), s, null, dh, g.dh0());
    }
    gradients(s, g);
  }

  /** {@code dh} becomes the gradient of the last state. */
  private void last(NdArray dy, NdArray gradient, NdArray dh) {
    if (dy != null && gradient != null) {
      pointwise.scaleAdd(1, dy, 1, gradient, dh);
    } else if (dy != null || gradient != null) {
      pointwise.copy(dy == null ? gradient : dy, dh);
    } else {
      pointwise.binary(BinaryFunction.MUL, onesOf(dh, dh.dim(0), dh.dim(1)), 0, dh);
    }
  }

  /** {@code result = dsums u + dy}, and what the gates have left in {@code dh}. */
  private void gradientOfState(
      NdArray dsums, RecurrentSequence s, NdArray dy, NdArray dh, NdArray result) {
    Epilogue epilogue = Epilogue.NONE;
    if (dy != null) {
      epilogue = epilogue.withResidual(dy);
    }
    if (keepsState() && result == dh) {
      epilogue = epilogue.withBeta(1);
    } else if (keepsState()) {
      epilogue = epilogue.withResidual(dh);
    }
    matmul.run(dsums, s.weights().state(), epilogue, result);
  }

  private void gradients(RecurrentSequence s, RecurrentGradients g) {
    NdArray dsums = flat(g.dsums());
    if (g.dx() != null) {
      matmul.run(dsums, s.weights().input(), flat(g.dx()));
    }
    RecurrentWeights dw = g.weights();
    if (dw == null) {
      return;
    }
    NdArray dstate = dstateSums(g);
    matmul.run(dsums.permute(1, 0), flat(s.x()), dw.input());
    matmul.run(part(dstate, s.at(0)).permute(1, 0), s.h0(), dw.state());
    long steps = s.steps();
    if (steps > 1) {
      long from = s.isReversed() ? 0 : 1;
      NdArray later = dstate.narrow(0, from, from + steps - 1);
      NdArray before = s.y().narrow(0, 1 - from, steps - from);
      matmul.run(flat(later).permute(1, 0), flat(before), Epilogue.ADD, dw.state());
    }
    sumOfRows(dsums, dw.inputBias());
    sumOfRows(flat(dstate), dw.stateBias());
  }

  /** As a product with a row of ones. */
  private void sumOfRows(NdArray x, NdArray sum) {
    if (sum != null) {
      matmul.run(onesOf(x, 1, x.dim(0)), x, sum.reshape(1, sum.dim(0)));
    }
  }

  /** Ones of the dtype of another array. */
  private NdArray onesOf(NdArray like, long rows, long columns) {
    if (ones == null || ones.dtype() != like.dtype() || ones.size() < rows * columns) {
      closeOnes();
      ones = NdArray.full(device, like.dtype(), 1, rows * columns);
    }
    return ones.narrow(0, 0, rows * columns).reshape(rows, columns);
  }

  private void closeOnes() {
    if (ones != null) {
      ones.close();
      ones = null;
    }
  }

  /** Whether gates leave a part of the state's gradient that does not go through the weights. */
  boolean keepsState() {
    return false;
  }

  /** What the sums of the state are multiplied by to give its gradient. */
  NdArray dstateSums(RecurrentGradients g) {
    return g.dsums();
  }

  /** Where the sums of a sequence go if not into work memory; or null. */
  abstract NdArray givenSums(RecurrentSequence s);

  /** A step, with the sums of its input. */
  abstract void forward(RecurrentSequence s, long step, NdArray sums);

  /** A step back; {@code dh} holds the gradient of the state behind it. */
  abstract void backward(RecurrentSequence s, RecurrentGradients g, long step, NdArray dh);

  abstract void checkRest(RecurrentSequence s);

  abstract void checkRest(RecurrentSequence s, RecurrentGradients g);

  private NdArray sums(RecurrentSequence s) {
    NdArray given = givenSums(s);
    DType compute = RowTile.compute(s.x());
    // Sums are rounded once, behind the gates.
    return given != null && given.dtype() == compute
        ? given
        : sumsSpace.array(compute, s.steps(), s.batch(), gates * s.columns());
  }

  private static boolean isEmpty(RecurrentSequence s) {
    return s.steps() == 0 || s.batch() == 0 || s.columns() == 0;
  }

  private void check(RecurrentSequence s) {
    arguments.state("h0", s.h0());
    if (s.x().rank() != 3) {
      throw Check.fault(
          arguments.name(), "x", "must have axes for steps, batch and inputs, but is " + s.x());
    }
    arguments.sequence("x", s.x(), s.steps(), s.h0().dim(0), s.inputs(), s.x());
    Check.sameDType(arguments.name(), "h0", s.h0(), "x", s.x());
    weights("weights.", s.weights(), s);
    arguments.sequence("y", s.y(), s.steps(), s.batch(), s.columns(), s.x());
    checkRest(s);
  }

  private void weights(String prefix, RecurrentWeights weights, RecurrentSequence s) {
    long size = gates * s.columns();
    arguments.matrix(prefix + "input", weights.input(), size, s.inputs());
    Check.sameDType(arguments.name(), prefix + "input", weights.input(), "x", s.x());
    arguments.matrix(prefix + "state", weights.state(), size, s.columns());
    Check.sameDType(arguments.name(), prefix + "state", weights.state(), "x", s.x());
    arguments.optionalVector(prefix + "inputBias", weights.inputBias(), size, s.x());
    arguments.optionalVector(prefix + "stateBias", weights.stateBias(), size, s.x());
  }

  private void check(RecurrentSequence s, RecurrentGradients g) {
    long batch = s.batch();
    long columns = s.columns();
    arguments.optionalSequence("dy", g.dy(), s.steps(), batch, columns, s.x());
    arguments.optionalMatrix("dh", g.dh(), batch, columns, s.x());
    arguments.present("dsums", g.dsums());
    arguments.sequence("dsums", g.dsums(), s.steps(), batch, gates * columns, s.x());
    arguments.optionalSequence("dx", g.dx(), s.steps(), batch, s.inputs(), s.x());
    arguments.optionalMatrix("dh0", g.dh0(), batch, columns, s.x());
    if (g.weights() != null) {
      weights("dweights.", g.weights(), s);
    }
    checkRest(s, g);
  }

  @Override
  public void close() {
    matmul.close();
    stateMatmul.close();
    sumsSpace.close();
    stateSpace.close();
    closeOnes();
  }
}
