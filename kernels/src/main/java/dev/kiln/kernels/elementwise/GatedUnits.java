package dev.kiln.kernels.elementwise;

import dev.kiln.compiler.ir.DType;
import dev.kiln.kernels.launch.Check;
import dev.kiln.kernels.launch.KernelCall;
import dev.kiln.runtime.Device;
import dev.kiln.runtime.NdArray;

/**
 * Gated linear units, {@code y = activation(gate) value}: GLU with {@link Activation#SIGMOID},
 * SwiGLU with {@link Activation#SILU}, GeGLU with {@link Activation#GELU}, ReGLU with {@link
 * Activation#RELU} (Dauphin et al., 2016; Shazeer, 2020).
 *
 * <p>All arguments are matrices of one shape and dtype, fp32, fp16, bf16 or fp64, whose rows have
 * no gaps and lie at any distance. So the halves of one packed array are given as two views: {@code
 * packed.narrow(1, 0, n)} and {@code packed.narrow(1, n, 2 * n)}. Not thread-safe.
 */
public final class GatedUnits {
  private static final String NAME = "GatedUnits";
  private static final String FILE = "gated_units.py";

  private final KernelCall forward;
  private final KernelCall backward;
  private final RowTile tiles = new RowTile();

  public GatedUnits(Device device) {
    forward = new KernelCall(FILE, "gated_forward_kernel", device);
    backward = new KernelCall(FILE, "gated_backward_kernel", device);
  }

  /** {@link #forward(ActivationFunction, NdArray, NdArray, NdArray)} with the usual numbers. */
  public void forward(Activation activation, NdArray gate, NdArray value, NdArray y) {
    forward(activation.usual(), gate, value, y);
  }

  /**
   * {@code y = function(gate) value}.
   *
   * @param y may be {@code gate} or {@code value}
   * @throws dev.kiln.runtime.KilnException if an argument breaks the rules of this class
   */
  public void forward(ActivationFunction function, NdArray gate, NdArray value, NdArray y) {
    RowTile.check(NAME, "gate", gate, "gate", gate);
    RowTile.check(NAME, "value", value, "gate", gate);
    RowTile.check(NAME, "y", y, "gate", gate);
    Check.inPlaceOrApart(NAME, "y", y, "gate", gate);
    Check.inPlaceOrApart(NAME, "y", y, "value", value);
    boolean dense = gate.isContiguous() && value.isContiguous() && y.isContiguous();
    RowTile tile = dense ? tiles.ofElements(gate) : tiles.of(gate);
    if (tile.isEmpty()) {
      return;
    }
    forward
        .start()
        .array(gate)
        .array(value)
        .array(y)
        .integer(tile.rows())
        .integer(tile.columns())
        .integer(RowTile.stride(gate))
        .integer(RowTile.stride(value))
        .integer(RowTile.stride(y));
    finish(forward, function, gate, tile);
  }

  /** {@link #backward(ActivationFunction, NdArray, NdArray, NdArray, NdArray, NdArray)}, usual. */
  public void backward(
      Activation activation,
      NdArray gate,
      NdArray value,
      NdArray dy,
      NdArray dgate,
      NdArray dvalue) {
    backward(activation.usual(), gate, value, dy, dgate, dvalue);
  }

  /**
   * The gradients of both inputs.
   *
   * @param dy the gradient of what came out
   * @param dgate receives a gradient; may be {@code gate}, {@code value} or {@code dy}
   * @param dvalue receives a gradient, likewise, but not in the place of {@code dgate}
   * @throws dev.kiln.runtime.KilnException if an argument breaks the rules of this class
   */
  public void backward(
      ActivationFunction function,
      NdArray gate,
      NdArray value,
      NdArray dy,
      NdArray dgate,
      NdArray dvalue) {
    RowTile.check(NAME, "gate", gate, "gate", gate);
    RowTile.check(NAME, "value", value, "gate", gate);
    RowTile.check(NAME, "dy", dy, "gate", gate);
    RowTile.check(NAME, "dgate", dgate, "gate", gate);
    RowTile.check(NAME, "dvalue", dvalue, "gate", gate);
    apart("dgate", dgate, gate, value, dy);
    apart("dvalue", dvalue, gate, value, dy);
    Check.apart(NAME, "dvalue", dvalue, "dgate", dgate);
    boolean dense = gate.isContiguous() && value.isContiguous() && dy.isContiguous();
    dense &= dgate.isContiguous() && dvalue.isContiguous();
    RowTile tile = dense ? tiles.ofElements(gate) : tiles.of(gate);
    if (tile.isEmpty()) {
      return;
    }
    backward
        .start()
        .array(gate)
        .array(value)
        .array(dy)
        .array(dgate)
        .array(dvalue)
        .integer(tile.rows())
        .integer(tile.columns())
        .integer(RowTile.stride(gate))
        .integer(RowTile.stride(value))
        .integer(RowTile.stride(dy))
        .integer(RowTile.stride(dgate))
        .integer(RowTile.stride(dvalue));
    finish(backward, function, gate, tile);
  }

  private static void apart(
      String argument, NdArray gradient, NdArray gate, NdArray value, NdArray dy) {
    Check.inPlaceOrApart(NAME, argument, gradient, "gate", gate);
    Check.inPlaceOrApart(NAME, argument, gradient, "value", value);
    Check.inPlaceOrApart(NAME, argument, gradient, "dy", dy);
  }

  private static void finish(
      KernelCall call, ActivationFunction function, NdArray like, RowTile tile) {
    DType compute = RowTile.compute(like);
    call.number(compute, function.a())
        .number(compute, function.b())
        .constant(function.activation().kernelName())
        .constant(compute);
    tile.over(call);
  }
}
