package dev.kiln.kernels.recurrent;

import dev.kiln.kernels.launch.Check;
import dev.kiln.runtime.Device;
import dev.kiln.runtime.NdArray;
import java.util.stream.IntStream;

/**
 * The gates of a convolutional LSTM (Shi et al., "Convolutional LSTM Network", 2015), whose sums
 * come from a convolution over input and state, biases included. Peepholes let the gates see the
 * cells:
 *
 * <pre>
 *     i = sigmoid(a_i + p_i c)    g = tanh(a_g)     c' = f c + i g
 *     f = sigmoid(a_f + p_f c)    o = sigmoid(a_o + p_o c')    h' = o tanh(c')
 * </pre>
 *
 * <p>Images are {@code N x C x ...} with one to three axes of space, and sums have {@code 4 C}
 * channels, in the order i, f, g, o. All arrays are contiguous, or all views of such with the
 * channels last: fp32, fp16, bf16, or fp64 together. Not thread-safe.
 */
public final class ConvLstm {
  private static final String NAME = "ConvLstm";
  private static final int GATES = 4;
  private static final int PEEPHOLES = 3;

  private final Arguments arguments = new Arguments(NAME);
  private final LstmGates gates;

  public ConvLstm(Device device) {
    gates = new LstmGates(device);
  }

  /**
   * @param sums {@code N x 4 C x ...}
   * @param peepholes {@code 3 x C x ...} for i, f and o; or null
   * @param c the cells before, {@code N x C x ...}
   * @param saved receives the gates for {@link #backward}, of the shape of {@code sums}, which it
   *     may be; or null
   * @param cNext receives the cells; may be {@code c}
   * @param hNext receives the state
   * @throws dev.kiln.runtime.KilnException if an argument breaks these rules
   */
  public void forward(
      NdArray sums, NdArray peepholes, NdArray c, NdArray saved, NdArray cNext, NdArray hNext) {
    Order order = Order.of(arguments, c);
    NdArray cells = order.matrix("c", c, c, 1);
    gates.forward(
        order.matrix("sums", sums, c, GATES),
        null,
        null,
        order.peepholes("peepholes", peepholes, c),
        order.period(c),
        cells,
        order.optional("saved", saved, c, GATES),
        order.matrix("cNext", cNext, c, 1),
        order.matrix("hNext", hNext, c, 1));
  }

  /**
   * The gradients as far as the sums.
   *
   * @param dh of the state behind the step
   * @param dc of the cells behind it; or null for 0
   * @param saved what {@link #forward} wrote
   * @param c the cells before the step
   * @param cNext the cells behind it
   * @param dsums receives that of the sums; may be {@code saved}
   * @param dcPrevious receives that of the cells before; may be {@code dc}
   * @throws dev.kiln.runtime.KilnException if an argument breaks these rules
   */
  public void backward(
      NdArray dh,
      NdArray dc,
      NdArray saved,
      NdArray peepholes,
      NdArray c,
      NdArray cNext,
      NdArray dsums,
      NdArray dcPrevious) {
    Order order = Order.of(arguments, c);
    gates.backward(
        order.matrix("dh", dh, c, 1),
        order.optional("dc", dc, c, 1),
        order.matrix("saved", saved, c, GATES),
        order.peepholes("peepholes", peepholes, c),
        order.period(c),
        order.matrix("c", c, c, 1),
        order.matrix("cNext", cNext, c, 1),
        order.matrix("dsums", dsums, c, GATES),
        order.matrix("dcPrevious", dcPrevious, c, 1));
  }

  /**
   * The gradient of the peepholes, of one step.
   *
   * @param dsums what {@link #backward} wrote
   * @param accumulate whether to add to what {@code dpeepholes} holds
   * @param dpeepholes {@code 3 x C x ...}
   * @throws dev.kiln.runtime.KilnException if an argument breaks these rules
   */
  public void peepholeGradient(
      NdArray dsums, NdArray c, NdArray cNext, boolean accumulate, NdArray dpeepholes) {
    Order order = Order.of(arguments, c);
    arguments.present("dpeepholes", dpeepholes);
    gates.peepholeGradient(
        order.matrix("dsums", dsums, c, GATES),
        order.matrix("c", c, c, 1),
        order.matrix("cNext", cNext, c, 1),
        order.peepholes("dpeepholes", dpeepholes, c),
        order.period(c),
        accumulate);
  }

  /** How images lie in memory, and so what rows and columns the gates have. */
  private record Order(Arguments arguments, boolean isChannelsLast) {
    static Order of(Arguments arguments, NdArray c) {
      Check.floatsOrDoubles(NAME, "c", c);
      if (c.rank() < 3 || c.rank() > 5) {
        throw Check.fault(NAME, "c", "must have 3 to 5 axes, but is " + c);
      }
      return new Order(arguments, !c.isContiguous());
    }

    long period(NdArray c) {
      return isChannelsLast ? Math.max(1, space(c)) : 1;
    }

    private static long space(NdArray c) {
      long space = 1;
      for (int axis = 2; axis < c.rank(); axis++) {
        space *= c.dim(axis);
      }
      return space;
    }

    NdArray optional(String argument, NdArray array, NdArray c, int parts) {
      return array == null ? null : matrix(argument, array, c, parts);
    }

    /** A row for each image, or with the channels last for each pixel. */
    NdArray matrix(String argument, NdArray array, NdArray c, int parts) {
      check(argument, array, c, c.dim(0), parts);
      long columns = parts * c.dim(1) * (isChannelsLast ? 1 : space(c));
      return ordered(array).reshape(c.dim(0) * period(c), columns);
    }

    NdArray peepholes(String argument, NdArray array, NdArray c) {
      if (array == null) {
        return null;
      }
      check(argument, array, c, PEEPHOLES, 1);
      return ordered(array);
    }

    private NdArray ordered(NdArray array) {
      if (!isChannelsLast) {
        return array;
      }
      int last = array.rank() - 1;
      return array.permute(
          IntStream.rangeClosed(0, last).map(i -> i == 0 ? 0 : i == last ? 1 : i + 1).toArray());
    }

    private void check(String argument, NdArray array, NdArray c, long first, int parts) {
      Check.floatsOrDoubles(NAME, argument, array);
      arguments.sameWidth(argument, array, c);
      boolean fits = array.rank() == c.rank() && array.dim(0) == first;
      fits = fits && array.dim(1) == parts * c.dim(1);
      for (int axis = 2; fits && axis < c.rank(); axis++) {
        fits = array.dim(axis) == c.dim(axis);
      }
      if (!fits) {
        throw Check.fault(
            NAME,
            argument,
            "must have a first axis of %d and %d times the channels of 'c', %s, but is %s"
                .formatted(first, parts, c, array));
      }
      if (!ordered(array).isContiguous() || array.size() > Integer.MAX_VALUE) {
        throw Check.fault(
            NAME,
            argument,
            "must be contiguous%s, of at most 2147483647 elements"
                .formatted(isChannelsLast ? " with the channels last" : ""));
      }
    }
  }
}
