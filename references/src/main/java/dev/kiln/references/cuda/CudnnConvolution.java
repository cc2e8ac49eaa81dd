package dev.kiln.references.cuda;

import static dev.kiln.references.cuda.CudnnLibrary.CALLS;
import static org.bytedeco.cuda.global.cudnn.*;

import dev.kiln.ops.profile.CaseInputs;
import dev.kiln.runtime.Buffer;
import dev.kiln.runtime.cuda.CudaDevice;
import org.bytedeco.cuda.cudnn.cudnnConvolutionFwdAlgoPerf_t;
import org.bytedeco.cuda.cudnn.cudnnConvolutionStruct;
import org.bytedeco.cuda.cudnn.cudnnFilterStruct;
import org.bytedeco.cuda.cudnn.cudnnTensorStruct;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.javacpp.SizeTPointer;

/**
 * 3 x 3 taps, stride 1, padding 1, by the algorithm that cuDNN thinks fastest; then the bias. cuDNN
 * would have its graphs used instead of these calls, which is a hundred lines for each operation.
 */
@SuppressWarnings("deprecation")
final class CudnnConvolution extends CudnnLibrary.Run {
  private static final int TAPS = 3;

  private final cudnnTensorStruct images;
  private final cudnnTensorStruct results;
  private final cudnnTensorStruct channels;
  private final cudnnFilterStruct filter = new cudnnFilterStruct();
  private final cudnnConvolutionStruct convolution = new cudnnConvolutionStruct();
  private final Pointer x = pointer("x");
  private final Pointer w = pointer("w");
  private final Pointer bias = pointer("bias");
  private final Pointer y = pointer("y");
  private final int algorithm;
  private final Pointer workspace;
  private final long workspaceBytes;

  CudnnConvolution(CudaDevice device, CaseInputs inputs) {
    super(device, inputs);
    int size = size("size");
    images = tensor(size("images"), size("in"), size, size);
    results = tensor(size("images"), size("out"), size, size);
    channels = tensor(1, size("out"), 1, 1);
    CALLS.check(cudnnCreateFilterDescriptor(filter), "cudnnCreateFilterDescriptor");
    held().atClose(() -> cudnnDestroyFilterDescriptor(filter));
    CALLS.check(
        cudnnSetFilter4dDescriptor(
            filter, type(), CUDNN_TENSOR_NCHW, size("out"), size("in"), TAPS, TAPS),
        "cudnnSetFilter4dDescriptor");
    describeConvolution();
    algorithm = fastest();
    workspaceBytes = workspaceBytes();
    Buffer scratch = device.allocate(workspaceBytes);
    held().atClose(scratch::close);
    workspace = held().keep(JavaCppMemory.pointer(scratch));
  }

  private void describeConvolution() {
    CALLS.check(cudnnCreateConvolutionDescriptor(convolution), "cudnnCreateConvolutionDescriptor");
    held().atClose(() -> cudnnDestroyConvolutionDescriptor(convolution));
    CALLS.check(
        cudnnSetConvolution2dDescriptor(
            convolution, 1, 1, 1, 1, 1, 1, CUDNN_CROSS_CORRELATION, CUDNN_DATA_FLOAT),
        "cudnnSetConvolution2dDescriptor");
    // Exact products of fp32, as Kiln's; tensor cores for 16 bits.
    int math = type() == CUDNN_DATA_FLOAT ? CUDNN_FMA_MATH : CUDNN_TENSOR_OP_MATH;
    CALLS.check(cudnnSetConvolutionMathType(convolution, math), "cudnnSetConvolutionMathType");
  }

  private int fastest() {
    int[] count = new int[1];
    var best = held().keep(new cudnnConvolutionFwdAlgoPerf_t());
    CALLS.check(
        cudnnGetConvolutionForwardAlgorithm_v7(
            handle(), images, filter, convolution, results, 1, count, best),
        "cudnnGetConvolutionForwardAlgorithm");
    return best.algo();
  }

  private long workspaceBytes() {
    try (var bytes = new SizeTPointer(1)) {
      CALLS.check(
          cudnnGetConvolutionForwardWorkspaceSize(
              handle(), images, filter, convolution, results, algorithm, bytes),
          "cudnnGetConvolutionForwardWorkspaceSize");
      return bytes.get();
    }
  }

  @Override
  public void run() {
    CALLS.check(
        cudnnConvolutionForward(
            handle(),
            one(),
            images,
            x,
            filter,
            w,
            convolution,
            algorithm,
            workspace,
            workspaceBytes,
            zero(),
            results,
            y),
        "cudnnConvolutionForward");
    CALLS.check(
        cudnnAddTensor(handle(), one(), channels, bias, one(), results, y), "cudnnAddTensor");
  }
}
