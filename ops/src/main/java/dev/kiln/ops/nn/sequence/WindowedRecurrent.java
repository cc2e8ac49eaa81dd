package dev.kiln.ops.nn.sequence;

import dev.kiln.ops.function.Recurrences;
import dev.kiln.ops.nn.Module;
import dev.kiln.ops.tensor.Context;
import dev.kiln.ops.tensor.Tensor;
import dev.kiln.runtime.KilnException;
import java.util.ArrayList;
import java.util.List;

/**
 * Recurrent layers over a window around each element, which need not wait for the end of a
 * sequence: of {@code length} elements, {@code current} lie before the one that the result is
 * about. Layers {@code forward} read up to it, layers {@code backward} from the window's end back
 * to it; both begin with a state of zeros. Beyond the ends of a sequence there are zeros.
 */
public final class WindowedRecurrent extends Module {
  private final int length;
  private final int current;
  private final Recurrent forward;
  private final Recurrent backward;

  /**
   * @param options of each direction; not bidirectional
   * @param length elements of a window
   * @param current which of them, from 0, the result is about
   */
  public WindowedRecurrent(
      Context context, Recurrences.Cell cell, RecurrentOptions options, int length, int current) {
    super(context);
    if (current < 0 || current >= length) {
      throw new KilnException(
          "WindowedRecurrent: the current element %d is none of %d".formatted(current, length));
    }
    if (options.isBidirectional() || options.isBatchFirst()) {
      throw new KilnException(
          "WindowedRecurrent: the layers must run in one direction, and steps come first");
    }
    this.length = length;
    this.current = current;
    forward = child("forward", Recurrent.of(context, cell, options));
    backward = child("backward", Recurrent.of(context, cell, options));
  }

  /**
   * @param x {@code steps x batch x inputs}
   * @return {@code steps x batch x (2 hidden)}: forward, then backward
   * @throws KilnException if the shape does not fit
   */
  public Tensor apply(Tensor x) {
    if (x.rank() != 3 || x.dim(2) != forward.options().inputs() || x.dim(0) < 1) {
      throw new KilnException(
          "WindowedRecurrent: x must be steps x batch x %d, but is %s"
              .formatted(forward.options().inputs(), x));
    }
    Tensor y =
        frame(
            () -> {
              Tensor before = context().zeros(x.dtype(), current, x.dim(1), x.dim(2));
              long after = length - 1L - current;
              Tensor behind = context().zeros(x.dtype(), after, x.dim(1), x.dim(2));
              Tensor padded = Tensor.cat(0, before, x, behind);
              var toCurrent = new ArrayList<Tensor>();
              for (int i = 0; i <= current; i++) {
                toCurrent.add(shifted(padded, i, x.dim(0)));
              }
              var backToCurrent = new ArrayList<Tensor>();
              for (int i = length - 1; i >= current; i--) {
                backToCurrent.add(shifted(padded, i, x.dim(0)));
              }
              return Tensor.cat(2, last(forward, toCurrent, x), last(backward, backToCurrent, x));
            });
    applied(List.of(x), List.of(y));
    return y;
  }

  /** Element number {@code i} of every window. */
  private static Tensor shifted(Tensor padded, int i, long steps) {
    return padded.slice(0, i, i + steps).flatten(0, 1);
  }

  /** The last states of all windows, which are one batch. */
  private static Tensor last(Recurrent layer, List<Tensor> elements, Tensor x) {
    Tensor y = layer.apply(Tensor.stack(0, elements)).y();
    return y.select(0, elements.size() - 1L).unflatten(0, x.dim(0), x.dim(1));
  }
}
