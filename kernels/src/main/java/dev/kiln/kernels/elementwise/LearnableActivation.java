package dev.kiln.kernels.elementwise;

import dev.kiln.compiler.ir.DType;
import dev.kiln.kernels.launch.Check;
import dev.kiln.kernels.launch.KernelCall;
import dev.kiln.kernels.launch.Workspace;
import dev.kiln.runtime.Device;
import dev.kiln.runtime.Grid;
import dev.kiln.runtime.NdArray;
import java.util.Locale;

/**
 * Activations with a number {@code a} that is learned, one for all or one for each channel, forward
 * and backward.
 *
 * <p>Arrays are fp32, fp16, bf16 or fp64, contiguous, of one dtype; {@code x} is of any shape, and
 * one of its axes counts channels. Sums are in fp32, or in fp64 on fp64 arrays. Not thread-safe.
 */
public final class LearnableActivation implements AutoCloseable {
  private static final String NAME = "LearnableActivation";
  private static final String FILE = "learnable_activation.py";

  /** Programs that share the sum of a channel, at most. */
  private static final int PARTS = 32;

  private final KernelCall forward;
  private final KernelCall backward;
  private final RowTile tiles = new RowTile();
  private final RowSums rowSums;
  private final Workspace workspace;

  public LearnableActivation(Device device) {
    forward = new KernelCall(FILE, "learnable_forward_kernel", device);
    backward = new KernelCall(FILE, "learnable_backward_kernel", device);
    rowSums = new RowSums(device);
    workspace = new Workspace(device);
  }

  /** What is computed of {@code x} and {@code a}. */
  public enum Function {
    /** {@code x}, or {@code a x} below 0 (He et al., 2015). */
    PRELU,
    /** {@code 1 / (1 + exp(-a x))}. */
    SIGMOID,
    /** {@code x / (1 + exp(-a x))} (Ramachandran et al., 2017). */
    SWISH;

    private final String kernelName = name().toLowerCase(Locale.ROOT);
  }

  /**
   * {@code y = f(x, a)}.
   *
   * @param axis the axis of {@code x} that counts channels; without meaning if there is one number
   * @param a a vector of one number, or of one for each channel
   * @param y of the shape of {@code x}; may be {@code x}
   * @throws dev.kiln.runtime.KilnException if an argument breaks the rules of this class
   */
  public void forward(Function f, NdArray x, int axis, NdArray a, NdArray y) {
    check(x, axis, a, y, "y");
    Check.inPlaceOrApart(NAME, "y", y, "x", x);
    if (x.size() == 0) {
      return;
    }
    boolean byColumn = byColumn(x, axis, a);
    RowTile tile = tile(x, axis, a);
    forward
        .start()
        .array(x)
        .array(a)
        .array(y)
        .integer(tile.rows())
        .integer(tile.columns())
        .integer(a.size())
        .constant(f.kernelName)
        .constant(byColumn)
        .constant(RowTile.compute(x));
    tile.over(forward);
  }

  /**
   * The gradients of {@code x} and {@code a}.
   *
   * @param x what went in
   * @param dy the gradient of what came out, of the shape of {@code x}
   * @param dx receives that of {@code x}; may be {@code dy} or {@code x}
   * @param da receives that of {@code a}, of its length, of any float dtype
   * @throws dev.kiln.runtime.KilnException if an argument breaks the rules of this class
   */
  public void backward(
      Function f, NdArray x, int axis, NdArray a, NdArray dy, NdArray dx, NdArray da) {
    check(x, axis, a, dy, "dy");
    check(x, axis, a, dx, "dx");
    Check.inPlaceOrApart(NAME, "dx", dx, "x", x);
    Check.inPlaceOrApart(NAME, "dx", dx, "dy", dy);
    Check.floatsOrDoubles(NAME, "da", da);
    Check.vector(NAME, "da", da, a.size());
    boolean byColumn = byColumn(x, axis, a);
    RowTile tile = tile(x, axis, a);
    int summed = byColumn ? tile.rowBlocks() : tile.columnBlocks();
    int kept = byColumn ? tile.columnBlocks() : tile.rowBlocks();
    int blocksOfProgram = Math.max(1, Grid.cdiv(summed, PARTS));
    int parts = Grid.cdiv(summed, blocksOfProgram);
    int sumsOfPart = byColumn ? tile.columns() : tile.rows();
    DType compute = RowTile.compute(x);
    NdArray sums = workspace.array(compute, Math.max(1, parts), Math.max(1, sumsOfPart));
    backward
        .start()
        .array(x)
        .array(a)
        .array(dy)
        .array(dx)
        .array(sums)
        .integer(tile.rows())
        .integer(tile.columns())
        .integer(a.size())
        .integer(blocksOfProgram)
        .constant(f.kernelName)
        .constant(byColumn)
        .constant(compute)
        .constant(tile.blockRows())
        .constant(tile.blockColumns())
        .over(parts, kept, 1);
    int channels = (int) a.size();
    rowSums.run(sums, channels == 0 ? 0 : parts * (sumsOfPart / channels), da);
  }

  /**
   * Whether the numbers belong to the columns: the channels' axis is the last one with an extent.
   */
  private static boolean byColumn(NdArray x, int axis, NdArray a) {
    return a.size() > 1 && inner(x, axis) == 1;
  }

  private RowTile tile(NdArray x, int axis, NdArray a) {
    if (a.size() == 1) {
      return tiles.ofElements(x);
    }
    int channels = (int) a.size();
    int inner = (int) inner(x, axis);
    int outer = inner * channels == 0 ? 0 : (int) (x.size() / inner / channels);
    return inner == 1
        ? tiles.of(x.device(), outer, channels)
        : tiles.of(x.device(), outer * channels, inner);
  }

  private static long inner(NdArray x, int axis) {
    long inner = 1;
    for (int i = axis + 1; i < x.rank(); i++) {
      inner *= x.dim(i);
    }
    return inner;
  }

  private static void check(NdArray x, int axis, NdArray a, NdArray y, String name) {
    Check.floatsOrDoubles(NAME, "x", x);
    Check.elements(NAME, "x", x);
    Check.floatsOrDoubles(NAME, name, y);
    Check.elements(NAME, name, y);
    Check.sameShape(NAME, name, y, "x", x);
    Check.sameDType(NAME, name, y, "x", x);
    Check.sameDType(NAME, "a", a, "x", x);
    if (axis < 0 || axis >= x.rank()) {
      throw Check.fault(NAME, "axis", "must be an axis of 'x', but is " + axis);
    }
    Check.vector(NAME, "a", a, a.rank() == 1 && a.dim(0) == 1 ? 1 : x.dim(axis));
  }

  @Override
  public void close() {
    workspace.close();
  }
}
