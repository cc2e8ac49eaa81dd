package dev.kiln.kernels.recurrent;

import dev.kiln.kernels.elementwise.RowTile;
import dev.kiln.kernels.launch.KernelCall;
import dev.kiln.runtime.Device;
import dev.kiln.runtime.NdArray;

/** The kernels of LSTM gates, on matrices that have been checked. */
final class LstmGates {
  private static final String FILE = "lstm.py";

  private final KernelCall forward;
  private final KernelCall backward;
  private final KernelCall peepholeGradient;
  private final RowTile tile = new RowTile();

  LstmGates(Device device) {
    forward = new KernelCall(FILE, "lstm_forward_kernel", device);
    backward = new KernelCall(FILE, "lstm_backward_kernel", device);
    peepholeGradient = new KernelCall(FILE, "peephole_gradient_kernel", device);
  }

  /**
   * @param peepholes of i, f, o, for {@code period} rows each; or null
   * @param gates receives the gates; or null
   */
  void forward(
      NdArray sums,
      NdArray bias,
      NdArray bias2,
      NdArray peepholes,
      long period,
      NdArray cPrev,
      NdArray gates,
      NdArray c,
      NdArray h) {
    tile.of(cPrev);
    if (tile.isEmpty()) {
      return;
    }
    forward.start().array(sums).array(bias).array(bias2).array(peepholes).array(cPrev);
    forward.array(gates).array(c).array(h);
    size(forward);
    strides(forward, sums, cPrev, gates, c, h);
    finish(forward, period, cPrev);
  }

  void backward(
      NdArray dh,
      NdArray dc,
      NdArray gates,
      NdArray peepholes,
      long period,
      NdArray cPrev,
      NdArray c,
      NdArray dsums,
      NdArray dcPrev) {
    tile.of(cPrev);
    if (tile.isEmpty()) {
      return;
    }
    backward.start().array(dh).array(dc).array(gates).array(peepholes).array(cPrev).array(c);
    // Gradients of one gate take other gates, so that the kernel must know what is written over.
    boolean isInPlace = dsums.address() == gates.address();
    backward.array(isInPlace ? null : dsums).array(dcPrev);
    size(backward);
    strides(backward, dh, dc, gates, cPrev, c);
    stride(backward, dsums);
    stride(backward, dcPrev);
    finish(backward, period, cPrev);
  }

  /** Sums over the rows that share a peephole. */
  void peepholeGradient(
      NdArray dsums,
      NdArray cPrev,
      NdArray c,
      NdArray dpeepholes,
      long period,
      boolean accumulate) {
    tile.of(cPrev.device(), (int) period, (int) cPrev.dim(1));
    if (tile.isEmpty()) {
      return;
    }
    peepholeGradient.start().array(dsums).array(cPrev).array(c).array(dpeepholes);
    peepholeGradient.integer(cPrev.dim(0)).integer(cPrev.dim(1));
    stride(peepholeGradient, dsums);
    stride(peepholeGradient, cPrev);
    stride(peepholeGradient, c);
    peepholeGradient.integer(period).constant(accumulate).constant(RowTile.compute(cPrev));
    tile.over(peepholeGradient);
  }

  private void size(KernelCall call) {
    call.integer(tile.rows()).integer(tile.columns());
  }

  private static void strides(
      KernelCall call, NdArray a, NdArray b, NdArray c, NdArray d, NdArray e) {
    stride(call, a);
    stride(call, b);
    stride(call, c);
    stride(call, d);
    stride(call, e);
  }

  private static void stride(KernelCall call, NdArray matrix) {
    call.integer(matrix == null ? 0 : RowTile.stride(matrix));
  }

  private void finish(KernelCall call, long period, NdArray like) {
    call.integer(period).constant(RowTile.compute(like));
    tile.over(call);
  }
}
