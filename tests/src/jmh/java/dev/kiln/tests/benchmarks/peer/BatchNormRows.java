package dev.kiln.tests.benchmarks.peer;

import dev.kiln.compiler.ir.DType;
import dev.kiln.kernels.normalization.BatchNorm;
import dev.kiln.kernels.normalization.ChannelLayout;
import dev.kiln.references.torch.Torch;
import dev.kiln.runtime.NdArray;
import dev.kiln.runtime.cpu.CpuDevice;
import dev.kiln.tests.benchmarks.Inputs;
import java.util.List;
import org.bytedeco.javacpp.BoolPointer;
import org.bytedeco.pytorch.T_TensorTensorTensor_T;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;

/** Batch norm in training, NCHW. libtorch's forward pass writes to given memory. */
final class BatchNormRows {
  private static final int IMAGES = 8;
  private static final int CHANNELS = 64;
  private static final int SIZE = 56;
  private static final double EPS = 1e-5;
  private static final double MOMENTUM = 0.1;
  private static final double EXACT = 1e-5;
  private static final BatchNorm.Options OPTIONS = BatchNorm.Options.of(ChannelLayout.FIRST);

  private BatchNormRows() {}

  static List<PeerRow> all() {
    String size = ", 8 x 64 x 56 x 56";
    return List.of(
        PeerRow.of(
            "torch-batchnorm",
            "batch norm, training, forward" + size,
            1.0,
            device -> new Work(device).forward()),
        PeerRow.of(
            "torch-batchnorm-gradient",
            "batch norm, training, backward" + size,
            1.0,
            device -> new Work(device).backward()));
  }

  /** Arrays and tensors with the same numbers. */
  private static final class Work {
    private final BatchNorm norm;
    private final NdArray x;
    private final NdArray dy;
    private final NdArray y;
    private final NdArray dx;
    private final NdArray weight;
    private final NdArray bias;
    private final NdArray runningMean;
    private final NdArray runningVar;
    private final NdArray mean;
    private final NdArray rstd;
    private final NdArray dweight;
    private final NdArray dbias;
    private final Tensor torchX;
    private final Tensor torchDy;
    private final Tensor torchY;
    private final Tensor torchMean;
    private final Tensor torchRstd;
    private final TensorOptional torchWeight;
    private final TensorOptional torchBias;
    private final TensorOptional torchRunningMean;
    private final TensorOptional torchRunningVar;
    private final TensorOptional saveMean;
    private final TensorOptional saveRstd;
    private final BoolPointer all = new BoolPointer(3).put(0, true).put(1, true).put(2, true);

    Work(CpuDevice device) {
      norm = new BatchNorm(device);
      x = images(device, 1);
      dy = images(device, 2);
      y = images(device, 3);
      dx = images(device, 4);
      weight = Inputs.normal(device, 5, CHANNELS);
      bias = Inputs.normal(device, 6, CHANNELS);
      runningMean = NdArray.zeros(device, DType.FP32, CHANNELS);
      runningVar = NdArray.full(device, DType.FP32, 1, CHANNELS);
      mean = NdArray.zeros(device, DType.FP32, CHANNELS);
      rstd = NdArray.zeros(device, DType.FP32, CHANNELS);
      dweight = NdArray.zeros(device, DType.FP32, CHANNELS);
      dbias = NdArray.zeros(device, DType.FP32, CHANNELS);
      torchX = Torch.copy(x);
      torchDy = Torch.copy(dy);
      torchY = Torch.copy(y);
      torchMean = Torch.copy(mean);
      torchRstd = Torch.copy(rstd);
      torchWeight = Torch.some(Torch.copy(weight));
      torchBias = Torch.some(Torch.copy(bias));
      torchRunningMean = Torch.some(Torch.copy(runningMean));
      torchRunningVar = Torch.some(Torch.copy(runningVar));
      saveMean = Torch.some(torchMean);
      saveRstd = Torch.some(torchRstd);
    }

    private static NdArray images(CpuDevice device, int seed) {
      return Inputs.normal(device, seed, IMAGES, CHANNELS, SIZE, SIZE);
    }

    private void train() {
      norm.train(x, weight, bias, runningMean, runningVar, OPTIONS, y, mean, rstd);
    }

    private Tensor torchTrain() {
      torch.native_batch_norm_out(
          torchY,
          torchMean,
          torchRstd,
          torchX,
          torchWeight,
          torchBias,
          torchRunningMean,
          torchRunningVar,
          true,
          MOMENTUM,
          EPS);
      return torchY;
    }

    Contest forward() {
      return Contest.of(
          this::train,
          Torch.program(this::torchTrain),
          Agreement.of("y", y, () -> Torch.floats(torchY), EXACT),
          Agreement.of("mean", mean, () -> Torch.floats(torchMean), EXACT),
          Agreement.of("rstd", rstd, () -> Torch.floats(torchRstd), EXACT));
    }

    Contest backward() {
      train();
      Torch.program(this::torchTrain).run();
      return Contest.of(
          () -> norm.backward(dy, x, weight, bias, mean, rstd, OPTIONS, dx, dweight, dbias),
          Torch.program(() -> gradients().get0()),
          Agreement.of("dx", dx, Torch.result(() -> gradients().get0()), EXACT),
          Agreement.of("dweight", dweight, Torch.result(() -> gradients().get1()), EXACT),
          Agreement.of("dbias", dbias, Torch.result(() -> gradients().get2()), EXACT));
    }

    private T_TensorTensorTensor_T gradients() {
      return torch.native_batch_norm_backward(
          torchDy,
          torchX,
          torchWeight,
          torchRunningMean,
          torchRunningVar,
          saveMean,
          saveRstd,
          true,
          EPS,
          all);
    }
  }
}
