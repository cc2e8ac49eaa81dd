package dev.kiln.ops.nn;

import dev.kiln.kernels.pooling.UpsamplingMode;
import dev.kiln.ops.function.Pooling;
import dev.kiln.ops.tensor.Context;
import dev.kiln.ops.tensor.Tensor;
import dev.kiln.runtime.KilnException;
import java.util.Collections;
import java.util.List;

/** Images enlarged by a factor along each axis of space. In and out: {@code N x C x ...}. */
public final class Upsample extends Layer implements Counted, Windowed {
  private final int axes;
  private final double scale;
  private final UpsamplingMode mode;

  /**
   * @param axes of space, one to three
   */
  public Upsample(Context context, int axes, double scale, UpsamplingMode mode) {
    super(context);
    if (!(scale > 0)) {
      throw new KilnException("Upsample: the scale must be above 0, but is " + scale);
    }
    this.axes = axes;
    this.scale = scale;
    this.mode = mode;
  }

  @Override
  protected Tensor forward(Tensor x) {
    if (x.rank() != axes + 2) {
      throw new KilnException("upsample: needs %d axes, but has %s".formatted(axes + 2, x));
    }
    long[] size = new long[axes];
    for (int i = 0; i < axes; i++) {
      size[i] = UpsamplingMode.size(x.dim(i + 2), scale);
    }
    return Pooling.upsample(x, mode, size);
  }

  /** Of linear modes, three for each element and axis. */
  @Override
  public Work work(List<Tensor> inputs, List<Tensor> outputs) {
    boolean isNearest = mode == UpsamplingMode.NEAREST;
    return isNearest ? Work.NONE : Work.flops(3L * axes * outputs.getFirst().size());
  }

  @Override
  public List<Reach> windows() {
    double reach = mode == UpsamplingMode.NEAREST ? 0 : 1;
    return Collections.nCopies(axes, new Reach(reach, 1 / scale));
  }

  @Override
  public String toString() {
    return "Upsample(x" + scale + ")";
  }
}
