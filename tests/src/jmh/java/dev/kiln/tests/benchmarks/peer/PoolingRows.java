package dev.kiln.tests.benchmarks.peer;

import dev.kiln.compiler.ir.DType;
import dev.kiln.kernels.pooling.MaxPooling;
import dev.kiln.kernels.pooling.PoolingOptions;
import dev.kiln.references.torch.Torch;
import dev.kiln.runtime.NdArray;
import dev.kiln.runtime.cpu.CpuDevice;
import dev.kiln.tests.benchmarks.Inputs;
import java.util.List;
import java.util.function.Supplier;
import org.bytedeco.pytorch.LongArrayRef;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/** Max pooling with places, NCHW. libtorch's forward pass writes to given memory. */
final class PoolingRows {
  private static final int IMAGES = 8;
  private static final int CHANNELS = 64;
  private static final int SIZE = 112;
  private static final PoolingOptions HALVES = PoolingOptions.of(2, 3, 2, 1);

  private PoolingRows() {}

  static List<PeerRow> all() {
    String size = "max pool 3 x 3, stride 2, 8 x 64 x 112 x 112, ";
    return List.of(
        PeerRow.of("torch-maxpool", size + "forward with places", 1.0, Work::forward),
        PeerRow.of("torch-maxpool-gradient", size + "backward", 0, Work::backward));
  }

  /** Arrays and tensors with the same numbers. */
  private static final class Work {
    private final MaxPooling pooling;
    private final NdArray x;
    private final NdArray y;
    private final NdArray places;
    private final Tensor torchX;
    private final Tensor torchY;
    private final Tensor torchPlaces;
    private final LongArrayRef three = Torch.sizes(3, 3);
    private final LongArrayRef two = Torch.sizes(2, 2);
    private final LongArrayRef one = Torch.sizes(1, 1);

    private Work(CpuDevice device) {
      pooling = new MaxPooling(device);
      int half = SIZE / 2;
      x = Inputs.normal(device, 1, IMAGES, CHANNELS, SIZE, SIZE);
      y = NdArray.zeros(device, DType.FP32, IMAGES, CHANNELS, half, half);
      places = NdArray.zeros(device, DType.I32, IMAGES, CHANNELS, half, half);
      torchX = Torch.copy(x);
      torchY = Torch.copy(y);
      torchPlaces = Torch.of(new long[(int) y.size()], IMAGES, CHANNELS, half, half);
    }

    private void pool() {
      pooling.forward(x, HALVES, y, places);
    }

    private Tensor torchPool() {
      torch.max_pool2d_with_indices_out(torchY, torchPlaces, torchX, three, two, one, one, false);
      return torchY;
    }

    static Contest forward(CpuDevice device) {
      var work = new Work(device);
      return Contest.of(
          work::pool,
          Torch.program(work::torchPool),
          Agreement.of("y", work.y, () -> Torch.floats(work.torchY), 0));
    }

    static Contest backward(CpuDevice device) {
      var work = new Work(device);
      work.pool();
      Torch.program(work::torchPool).run();
      NdArray dy = Inputs.normal(device, 2, work.y.shape());
      NdArray dx = NdArray.zeros(device, DType.FP32, work.x.shape());
      Tensor torchDy = Torch.copy(dy);
      Supplier<Tensor> peer =
          () ->
              torch.max_pool2d_with_indices_backward(
                  torchDy,
                  work.torchX,
                  work.three,
                  work.two,
                  work.one,
                  work.one,
                  false,
                  work.torchPlaces);
      return Contest.of(
          () -> work.pooling.backward(dy, work.places, HALVES, dx),
          Torch.program(peer),
          Agreement.of("dx", dx, Torch.result(peer), 1e-6));
    }
  }
}
