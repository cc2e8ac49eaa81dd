package dev.kiln.kernels.elementwise;

import dev.kiln.compiler.ir.DType;
import dev.kiln.kernels.launch.Check;
import dev.kiln.kernels.launch.KernelCall;
import dev.kiln.kernels.launch.Workspace;
import dev.kiln.runtime.Device;
import dev.kiln.runtime.Grid;
import dev.kiln.runtime.NdArray;

/**
 * {@code y = activation(x + bias)} in one launch, and its gradients in two.
 *
 * <p>Matrices are of one shape and dtype, fp32, fp16, bf16 or fp64; their rows have no gaps and lie
 * at any distance. The bias is a vector with a number for each column, of the same dtype; {@link
 * Activation#NONE} is allowed. Sums are in fp32, or in fp64 on fp64 arrays. Not thread-safe.
 */
public final class BiasActivation implements AutoCloseable {
  private static final String NAME = "BiasActivation";
  private static final String FILE = "bias_activation.py";

  /** Programs along the rows of the backward pass: enough for all threads, few sums to add up. */
  private static final int PARTS = 32;

  private final KernelCall forward;
  private final KernelCall backward;
  private final RowTile tiles = new RowTile();
  private final RowSums rowSums;
  private final Workspace workspace;

  public BiasActivation(Device device) {
    forward = new KernelCall(FILE, "bias_activation_forward_kernel", device);
    backward = new KernelCall(FILE, "bias_activation_backward_kernel", device);
    rowSums = new RowSums(device);
    workspace = new Workspace(device);
  }

  /** {@link #forward(ActivationFunction, NdArray, NdArray, NdArray)} with the usual numbers. */
  public void forward(Activation activation, NdArray x, NdArray bias, NdArray y) {
    forward(activation.usual(), x, bias, y);
  }

  /**
   * {@code y = function(x + bias)}.
   *
   * @param y may be {@code x}
   * @throws dev.kiln.runtime.KilnException if an argument breaks the rules of this class
   */
  public void forward(ActivationFunction function, NdArray x, NdArray bias, NdArray y) {
    check(x, bias);
    RowTile.check(NAME, "y", y, "x", x);
    Check.inPlaceOrApart(NAME, "y", y, "x", x);
    RowTile tile = tiles.of(x);
    if (tile.isEmpty()) {
      return;
    }
    forward
        .start()
        .array(x)
        .array(bias)
        .array(y)
        .integer(tile.rows())
        .integer(tile.columns())
        .integer(RowTile.stride(x))
        .integer(RowTile.stride(y));
    finish(forward, function, x);
    tile.over(forward);
  }

  /** The backward pass with the activation's usual numbers. */
  public void backward(
      Activation activation, NdArray x, NdArray bias, NdArray dy, NdArray dx, NdArray dbias) {
    backward(activation.usual(), x, bias, dy, dx, dbias);
  }

  /**
   * {@code dx = dy function'(x + bias)}, and the sums of its columns.
   *
   * @param x what went in, without the bias
   * @param dy the gradient of what came out
   * @param dx receives a gradient; may be {@code x} or {@code dy}
   * @param dbias receives the gradient of the bias: a vector of any float dtype
   * @throws dev.kiln.runtime.KilnException if an argument breaks the rules of this class
   */
  public void backward(
      ActivationFunction function, NdArray x, NdArray bias, NdArray dy, NdArray dx, NdArray dbias) {
    check(x, bias);
    RowTile.check(NAME, "dy", dy, "x", x);
    RowTile.check(NAME, "dx", dx, "x", x);
    Check.inPlaceOrApart(NAME, "dx", dx, "x", x);
    Check.inPlaceOrApart(NAME, "dx", dx, "dy", dy);
    Check.floatsOrDoubles(NAME, "dbias", dbias);
    Check.vector(NAME, "dbias", dbias, x.dim(1));
    RowTile tile = tiles.of(x);
    if (tile.columns() == 0) {
      return;
    }
    int blocksOfProgram = Math.max(1, Grid.cdiv(tile.rowBlocks(), PARTS));
    int parts = Grid.cdiv(tile.rowBlocks(), blocksOfProgram);
    DType compute = RowTile.compute(x);
    NdArray sums = workspace.array(compute, Math.max(1, parts), tile.columns());
    backward
        .start()
        .array(x)
        .array(bias)
        .array(dy)
        .array(dx)
        .array(sums)
        .integer(tile.rows())
        .integer(tile.columns())
        .integer((long) blocksOfProgram * tile.blockRows())
        .integer(RowTile.stride(x))
        .integer(RowTile.stride(dy))
        .integer(RowTile.stride(dx));
    finish(backward, function, x);
    backward
        .constant(tile.blockRows())
        .constant(tile.blockColumns())
        .over(parts, tile.columnBlocks(), 1);
    rowSums.run(sums, parts, dbias);
  }

  private static void check(NdArray x, NdArray bias) {
    RowTile.check(NAME, "x", x, "x", x);
    Check.vector(NAME, "bias", bias, x.dim(1));
    Check.sameDType(NAME, "bias", bias, "x", x);
  }

  private static void finish(KernelCall call, ActivationFunction function, NdArray x) {
    DType compute = RowTile.compute(x);
    call.number(compute, function.a())
        .number(compute, function.b())
        .constant(function.activation().kernelName())
        .constant(compute);
  }

  @Override
  public void close() {
    workspace.close();
  }
}
