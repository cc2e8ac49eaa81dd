package dev.kiln.kernels.classical;

import dev.kiln.kernels.elementwise.Pointwise;
import dev.kiln.kernels.launch.Workspace;
import dev.kiln.runtime.Device;
import dev.kiln.runtime.NdArray;

/** Points with a feature of neighbouring ones side by side, so that they are read as vectors. */
final class Transposed implements AutoCloseable {
  private final Pointwise pointwise;
  private final Workspace copy;

  Transposed(Device device) {
    pointwise = new Pointwise(device);
    copy = new Workspace(device);
  }

  /** {@code D x N} of {@code N x D}: a view if they lie so, or a copy until the next call. */
  NdArray of(NdArray points) {
    NdArray view = points.permute(1, 0);
    if (points.stride(0) == 1 || points.dim(0) == 1) {
      return view;
    }
    NdArray dense = copy.array(points.dtype(), points.dim(1), points.dim(0));
    pointwise.copy(view, dense);
    return dense;
  }

  @Override
  public void close() {
    copy.close();
  }
}
