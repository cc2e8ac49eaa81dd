package dev.kiln.kernels.elementwise;

import dev.kiln.compiler.ir.DType;
import dev.kiln.kernels.launch.BlockSizes;
import dev.kiln.kernels.launch.Check;
import dev.kiln.kernels.launch.KernelCall;
import dev.kiln.runtime.Device;
import dev.kiln.runtime.Grid;
import dev.kiln.runtime.NdArray;

/**
 * Rotary position embedding (Su et al., 2021), forward and backward, in place or not.
 *
 * <p>{@code x} and {@code y} are of batches x places x heads x head dimension, fp32, fp16, bf16 or
 * fp64, both of one dtype; heads have no gaps, all other strides are free, so that heads before
 * places is a {@code permute} away. Computes in fp32, on fp64 arrays in fp64. Not thread-safe.
 */
public final class Rotary {
  private static final String NAME = "Rotary";

  private final KernelCall call;

  public Rotary(Device device) {
    call = new KernelCall("rotary.py", "rotary_kernel", device);
  }

  /** Which numbers of a head make a pair. */
  public enum Form {
    /** {@code (x[2 i], x[2 i + 1])}. */
    INTERLEAVED,
    /** {@code (x[i], x[i + d / 2])}, as in GPT-NeoX and Llama's ports. */
    HALF_SPLIT
  }

  /**
   * What turns, and how far.
   *
   * @param form which numbers make a pair
   * @param dimensions how many of a head's numbers turn, even; the others are copied
   * @param base the angle of pair {@code i} at position 1 is {@code base^(-2 i / dimensions)}; not
   *     used with tables
   * @param offset position of the first place; not used with an array of positions
   */
  public record Options(Form form, int dimensions, double base, long offset) {
    /** The base of the paper. */
    public static final double BASE = 10_000;

    public Options {
      if (dimensions < 0 || dimensions % 2 != 0) {
        throw Check.fault(NAME, "dimensions", "must be even, but is " + dimensions);
      }
      if (!(base > 0)) {
        throw Check.fault(NAME, "base", "must be positive, but is " + base);
      }
      if (offset < Integer.MIN_VALUE || offset > Integer.MAX_VALUE) {
        throw Check.fault(NAME, "offset", "must be an i32, but is " + offset);
      }
    }

    /** All of a head from position 0 with the base of the paper. */
    public static Options of(Form form, int dimensions) {
      return new Options(form, dimensions, BASE, 0);
    }
  }

  /**
   * Where the angles come from.
   *
   * @param positions i32 or i64, contiguous, one for each place ({@code [places]}) or for each
   *     place of each batch ({@code [batches, places]}); or null for {@link Options#offset} and
   *     onwards
   * @param cos a matrix with a row of {@code dimensions / 2} cosines for each position, rows
   *     without gaps; or null to compute them. Positions outside it give NaN
   * @param sin the sines, of the shape, strides and dtype of {@code cos}
   */
  public record Angles(NdArray positions, NdArray cos, NdArray sin) {
    /** Computed, from consecutive positions. */
    public static final Angles COMPUTED = new Angles(null, null, null);
  }

  /**
   * Turns {@code x}.
   *
   * @param y of the shape of {@code x}; may be {@code x}
   * @throws dev.kiln.runtime.KilnException if an argument breaks the rules of this class, of {@link
   *     Options} or {@link Angles}
   */
  public void forward(NdArray x, Options options, Angles angles, NdArray y) {
    run(x, options, angles, false, y);
  }

  /**
   * Turns gradients back.
   *
   * @param dy the gradient of what came out of {@link #forward}
   * @param dx receives the gradient of what went in; may be {@code dy}
   * @throws dev.kiln.runtime.KilnException likewise
   */
  public void backward(NdArray dy, Options options, Angles angles, NdArray dx) {
    run(dy, options, angles, true, dx);
  }

  private void run(NdArray x, Options options, Angles angles, boolean inverse, NdArray y) {
    check(x, options, angles, inverse ? "dy" : "x", y, inverse ? "dx" : "y");
    if (x.size() == 0) {
      return;
    }
    NdArray positions = angles.positions();
    NdArray cos = angles.cos();
    int half = options.dimensions() / 2;
    int rest = (int) x.dim(3) - options.dimensions();
    DType compute = RowTile.compute(x);
    int blockHalf = BlockSizes.around(half, 1, 1 << 16);
    int blockPlaces =
        BlockSizes.around(x.dim(1), 1, Math.max(1, BlockSizes.elements(x.device()) / blockHalf));
    boolean inPlace = x.address() == y.address();
    call.start()
        .array(inPlace ? null : x)
        .array(y)
        .array(positions)
        .array(cos)
        .array(angles.sin())
        .integer(x.dim(1))
        .integer(x.dim(2))
        .integer(x.dim(3))
        .integer(half)
        .integer(cos == null ? 0 : cos.dim(0))
        .integer(options.offset())
        .number(compute, Math.log(options.base()) / Math.log(2))
        .integer(positions == null || positions.rank() == 1 ? 0 : positions.stride(0))
        .integer(cos == null ? 0 : cos.stride(0));
    strides(x);
    strides(y);
    call.constant(options.form() == Form.INTERLEAVED)
        .constant(inverse)
        .constant(rest > 0 && !inPlace)
        .constant(compute)
        .constant(blockPlaces)
        .constant(blockHalf)
        .constant(BlockSizes.around(rest, 1, 1 << 16))
        .over(Grid.cdiv(x.dim(1), blockPlaces), (int) x.dim(0), 1);
  }

  private void strides(NdArray array) {
    call.integer(array.stride(0)).integer(array.stride(1)).integer(array.stride(2));
  }

  private static void check(
      NdArray x, Options options, Angles angles, String xName, NdArray y, String yName) {
    checkHeads(xName, x);
    checkHeads(yName, y);
    Check.sameShape(NAME, yName, y, xName, x);
    Check.sameDType(NAME, yName, y, xName, x);
    if (x.address() == y.address()) {
      checkInPlace(xName, x, yName, y);
    }
    if (options.dimensions() > x.dim(3)) {
      throw Check.fault(
          NAME,
          "dimensions",
          "must be at most the head's, " + x.dim(3) + ", but is " + options.dimensions());
    }
    NdArray positions = angles.positions();
    if (positions != null) {
      Check.indices(NAME, "positions", positions);
      Check.contiguous(NAME, "positions", positions);
      int rank = positions.rank();
      if (rank < 1
          || rank > 2
          || positions.dim(-1) != x.dim(1)
          || rank == 2 && positions.dim(0) != x.dim(0)) {
        throw Check.fault(
            NAME,
            "positions",
            "must be of %d or %d x %d, but is %s"
                .formatted(x.dim(1), x.dim(0), x.dim(1), positions));
      }
    }
    if ((angles.cos() == null) != (angles.sin() == null)) {
      throw Check.fault(NAME, "sin", "must be given with 'cos', and only then");
    }
    if (angles.cos() != null) {
      checkTable(angles.cos(), angles.sin(), options.dimensions() / 2);
    }
  }

  private static void checkInPlace(String xName, NdArray x, String yName, NdArray y) {
    for (int axis = 0; axis < 3; axis++) {
      if (x.dim(axis) > 1 && x.stride(axis) != y.stride(axis)) {
        throw Check.fault(NAME, yName, "must have the strides of '" + xName + "' in its place");
      }
    }
  }

  private static void checkTable(NdArray cos, NdArray sin, int half) {
    RowTile.check(NAME, "cos", cos, "cos", cos);
    RowTile.check(NAME, "sin", sin, "cos", cos);
    if (cos.dim(1) != half) {
      throw Check.fault(NAME, "cos", "must have " + half + " columns, but is " + cos);
    }
    if (cos.stride(0) != sin.stride(0)) {
      throw Check.fault(NAME, "sin", "must have the strides of 'cos'");
    }
  }

  private static void checkHeads(String argument, NdArray array) {
    Check.floatsOrDoubles(NAME, argument, array);
    if (array.rank() != 4 || array.dim(3) > 1 && array.stride(3) != 1) {
      throw Check.fault(
          NAME,
          argument,
          "must be of batches x places x heads x head dimension, heads without gaps, but is "
              + array);
    }
  }
}
