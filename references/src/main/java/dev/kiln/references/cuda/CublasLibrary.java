package dev.kiln.references.cuda;

import static org.bytedeco.cuda.global.cublas.*;

import dev.kiln.compiler.ir.DType;
import dev.kiln.ops.profile.CaseInputs;
import dev.kiln.ops.profile.ReferenceLibrary;
import dev.kiln.ops.profile.ReferenceRun;
import dev.kiln.references.NativePreset;
import dev.kiln.runtime.Device;
import dev.kiln.runtime.cuda.CudaDevice;
import java.util.Optional;
import org.bytedeco.cuda.cublas.cublasContext;
import org.bytedeco.cuda.global.cublas;
import org.bytedeco.cuda.global.cudart;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.Pointer;

/**
 * cuBLAS: products of matrices, one or a batch. Numbers of 16 bits are added up in fp32; products
 * of fp32 are exact, without TF32, as Kiln's are unless it is told otherwise.
 */
public final class CublasLibrary implements ReferenceLibrary {
  private static final NativePreset PRESET =
      new NativePreset("cuBLAS", cublas.class, Toolkit.ADVICE);
  private static final LibraryCalls CALLS =
      new LibraryCalls("cuBLAS", cublas::cublasGetStatusString);

  @Override
  public String name() {
    return "cublas";
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
    int[] version = new int[1];
    cublasContext none = null;
    CALLS.check(cublasGetVersion_v2(none, version), "cublasGetVersion");
    return "%d.%d.%d".formatted(version[0] / 10_000, version[0] / 100 % 100, version[0] % 100);
  }

  @Override
  public Optional<ReferenceRun> prepare(CaseInputs inputs, Device device) {
    return switch (inputs.ofCase().operation().name()) {
      case "matmul" -> Optional.of(new Product((CudaDevice) device, inputs, 1));
      case "batched-matmul" ->
          Optional.of(new Product((CudaDevice) device, inputs, inputs.size("batch")));
      default -> Optional.empty();
    };
  }

  /** Row-major products: the library is told of the transposed matrices, which are column-major. */
  private static final class Product extends GpuRun {
    private final cublasContext handle = new cublasContext();
    private final FloatPointer one = held().keep(new FloatPointer(1f));
    private final FloatPointer zero = held().keep(new FloatPointer(0f));
    private final int batch;
    private final int m = size("m");
    private final int n = size("n");
    private final int k = size("k");
    private final int type;
    private final Pointer a;
    private final Pointer b;
    private final Pointer c;

    Product(CudaDevice device, CaseInputs inputs, int batch) {
      super(device, inputs);
      this.batch = batch;
      this.type = type(inputs.ofCase().dtype());
      a = pointer("a");
      b = pointer("b");
      c = pointer("c");
      CALLS.check(cublasCreate_v2(handle), "cublasCreate");
      held().atClose(() -> cublasDestroy_v2(handle));
      CALLS.check(cublasSetStream_v2(handle, stream()), "cublasSetStream");
    }

    private static int type(DType dtype) {
      return switch (dtype) {
        case FP16 -> cudart.CUDA_R_16F;
        case BF16 -> cudart.CUDA_R_16BF;
        default -> cudart.CUDA_R_32F;
      };
    }

    @Override
    public void run() {
      int status =
          cublasGemmStridedBatchedEx(
              handle,
              CUBLAS_OP_N,
              CUBLAS_OP_N,
              n,
              m,
              k,
              one,
              b,
              type,
              n,
              (long) k * n,
              a,
              type,
              k,
              (long) m * k,
              zero,
              c,
              type,
              n,
              (long) m * n,
              batch,
              CUBLAS_COMPUTE_32F,
              CUBLAS_GEMM_DEFAULT);
      CALLS.check(status, "cublasGemmStridedBatchedEx");
    }
  }
}
