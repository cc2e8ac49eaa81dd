package dev.kiln.references.cuda;

import static org.bytedeco.cuda.global.cudnn.*;

import dev.kiln.compiler.ir.DType;
import dev.kiln.ops.profile.CaseInputs;
import dev.kiln.ops.profile.ReferenceLibrary;
import dev.kiln.ops.profile.ReferenceRun;
import dev.kiln.references.NativePreset;
import dev.kiln.runtime.Device;
import dev.kiln.runtime.cuda.CudaDevice;
import java.util.Optional;
import org.bytedeco.cuda.cudnn.cudnnContext;
import org.bytedeco.cuda.cudnn.cudnnTensorStruct;
import org.bytedeco.cuda.global.cudnn;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.Pointer;

/** cuDNN: softmax and convolution with a bias, images in the order NCHW. */
public final class CudnnLibrary implements ReferenceLibrary {
  static final LibraryCalls CALLS = new LibraryCalls("cuDNN", cudnn::cudnnGetErrorString);
  private static final NativePreset PRESET =
      new NativePreset("cuDNN", cudnn.class, Toolkit.CUDNN_ADVICE);

  @Override
  public String name() {
    return "cudnn";
  }

  @Override
  public boolean isFor(Device device) {
    return device instanceof CudaDevice;
  }

  @Override
  public Optional<String> unavailable() {
    return PRESET.problem();
  }

  @Override
  public String version() {
    long version = cudnnGetVersion();
    return "%d.%d.%d".formatted(version / 10_000, version / 100 % 100, version % 100);
  }

  @Override
  public Optional<ReferenceRun> prepare(CaseInputs inputs, Device device) {
    CudaDevice gpu = (CudaDevice) device;
    return switch (inputs.ofCase().operation().name()) {
      case "softmax" -> Optional.of(new Softmax(gpu, inputs, CUDNN_SOFTMAX_ACCURATE));
      case "log-softmax" -> Optional.of(new Softmax(gpu, inputs, CUDNN_SOFTMAX_LOG));
      case "convolution" -> Optional.of(new CudnnConvolution(gpu, inputs));
      default -> Optional.empty();
    };
  }

  /** A call with a handle in the device's stream. */
  abstract static class Run extends GpuRun {
    private final cudnnContext handle = new cudnnContext();
    private final FloatPointer one = held().keep(new FloatPointer(1f));
    private final FloatPointer zero = held().keep(new FloatPointer(0f));
    private final int type;

    Run(CudaDevice device, CaseInputs inputs) {
      super(device, inputs);
      type = type(inputs.ofCase().dtype());
      device.synchronize(); // makes the device's context the thread's
      CALLS.check(cudnnCreate(handle), "cudnnCreate");
      held().atClose(() -> cudnnDestroy(handle));
      CALLS.check(cudnnSetStream(handle, stream()), "cudnnSetStream");
    }

    private static int type(DType dtype) {
      return switch (dtype) {
        case FP16 -> CUDNN_DATA_HALF;
        case BF16 -> CUDNN_DATA_BFLOAT16;
        default -> CUDNN_DATA_FLOAT;
      };
    }

    cudnnContext handle() {
      return handle;
    }

    FloatPointer one() {
      return one;
    }

    FloatPointer zero() {
      return zero;
    }

    int type() {
      return type;
    }

    /** A dense tensor of four axes. */
    cudnnTensorStruct tensor(int n, int c, int h, int w) {
      var tensor = new cudnnTensorStruct();
      CALLS.check(cudnnCreateTensorDescriptor(tensor), "cudnnCreateTensorDescriptor");
      held().atClose(() -> cudnnDestroyTensorDescriptor(tensor));
      CALLS.check(
          cudnnSetTensor4dDescriptor(tensor, CUDNN_TENSOR_NCHW, type, n, c, h, w),
          "cudnnSetTensor4dDescriptor");
      return tensor;
    }
  }

  private static final class Softmax extends Run {
    private final int algorithm;
    private final cudnnTensorStruct rows = tensor(size("rows"), size("columns"), 1, 1);
    private final Pointer x = pointer("x");
    private final Pointer y = pointer("y");

    Softmax(CudaDevice device, CaseInputs inputs, int algorithm) {
      super(device, inputs);
      this.algorithm = algorithm;
    }

    @Override
    public void run() {
      CALLS.check(
          cudnnSoftmaxForward(
              handle(), algorithm, CUDNN_SOFTMAX_MODE_INSTANCE, one(), rows, x, zero(), rows, y),
          "cudnnSoftmaxForward");
    }
  }
}
