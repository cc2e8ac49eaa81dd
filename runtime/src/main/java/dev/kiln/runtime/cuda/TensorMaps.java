package dev.kiln.runtime.cuda;

import static dev.kiln.runtime.cuda.driver.CudaHeader.*;

import dev.kiln.compiler.gpu.KernelAbi;
import dev.kiln.compiler.gpu.KernelAbi.Source;
import dev.kiln.compiler.ir.DType;
import dev.kiln.runtime.KilnException;
import dev.kiln.runtime.LaunchException;
import dev.kiln.runtime.gpu.LaunchParameters;
import dev.kiln.runtime.gpu.TensorMapRequest;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The tensor maps of one kernel: encoded by the driver, and kept, so that a launch for a tensor
 * that was seen before allocates nothing. Used by one thread at a time.
 */
final class TensorMaps implements LaunchParameters.MapWriter {
  /** Maps that are kept of each parameter. */
  private static final int KEPT = 16;

  private final CudaDevice device;
  private final LaunchParameters parameters;
  private final List<Kept> kept = new ArrayList<>();

  TensorMaps(CudaDevice device, LaunchParameters parameters) {
    this.device = device;
    this.parameters = parameters;
    for (KernelAbi.Parameter parameter : parameters.abi().parameters()) {
      if (parameter.kind() == KernelAbi.Kind.TENSOR_MAP) {
        kept.add(new Kept(parameter));
      }
    }
    if (!kept.isEmpty() && !device.driver().library().has("cuTensorMapEncodeTiled")) {
      throw new KilnException(
          "kernel '%s' copies blocks of tensors by TMA, which needs a driver of CUDA 12.0 or later; %s is of CUDA %s"
              .formatted(
                  parameters.kernel(), device.driver().file(), device.driver().versionText()));
    }
  }

  /** The maps of one parameter, and the arguments for which they were made. */
  private static final class Kept {
    private final KernelAbi.Parameter parameter;
    private final int[] arguments;
    private final long[][] keys = new long[KEPT][];
    private final MemorySegment maps =
        Arena.ofAuto()
            .allocate((long) KEPT * KernelAbi.TENSOR_MAP_BYTES, KernelAbi.TENSOR_MAP_ALIGNMENT);
    private int next;

    Kept(KernelAbi.Parameter parameter) {
      this.parameter = parameter;
      List<Integer> all = new ArrayList<>();
      all.add(parameter.argument());
      for (Source source : parameter.box().orElseThrow().tensor(parameter.argument())) {
        if (source.isArgument()) {
          all.add(source.argument());
        }
      }
      this.arguments = all.stream().mapToInt(Integer::intValue).toArray();
    }

    /** The number of the map for some arguments; -1 if it was not kept. */
    int find(MemorySegment values) {
      for (int i = 0; i < KEPT && keys[i] != null; i++) {
        if (isFor(keys[i], values)) {
          return i;
        }
      }
      return -1;
    }

    private boolean isFor(long[] key, MemorySegment values) {
      for (int i = 0; i < arguments.length; i++) {
        if (key[i] != RecentLaunches.argument(values, arguments[i])) {
          return false;
        }
      }
      return true;
    }

    MemorySegment map(int index) {
      return maps.asSlice((long) index * KernelAbi.TENSOR_MAP_BYTES, KernelAbi.TENSOR_MAP_BYTES);
    }

    /** Keeps the map that was written to the next place. */
    void keep(MemorySegment values) {
      keys[next] =
          Arrays.stream(arguments).mapToLong(i -> RecentLaunches.argument(values, i)).toArray();
      next = (next + 1) % KEPT;
    }
  }

  @Override
  public void write(KernelAbi.Parameter parameter, MemorySegment arguments, MemorySegment block) {
    Kept own = null;
    for (int i = 0; i < kept.size(); i++) {
      if (kept.get(i).parameter == parameter) {
        own = kept.get(i);
      }
    }
    int found = own.find(arguments);
    if (found < 0) {
      found = own.next;
      own.keys[found] = null;
      encode(parameters.map(parameter, arguments), own.map(found));
      own.keep(arguments);
    }
    MemorySegment.copy(
        own.maps,
        (long) found * KernelAbi.TENSOR_MAP_BYTES,
        block,
        parameter.offset(),
        KernelAbi.TENSOR_MAP_BYTES);
  }

  private void encode(TensorMapRequest request, MemorySegment map) {
    KernelAbi.TensorBox box = request.box();
    int rank = request.dimensions().length;
    try (Arena arena = Arena.ofConfined()) {
      int[] ones = new int[rank];
      Arrays.fill(ones, 1);
      int status =
          cuTensorMapEncodeTiled(
              map,
              dataType(box.dtype()),
              rank,
              MemorySegment.ofAddress(request.address()),
              arena.allocateFrom(C_LONG_LONG, request.dimensions()),
              arena.allocateFrom(C_LONG_LONG, request.strides()),
              arena.allocateFrom(C_INT, request.boxDimensions()),
              arena.allocateFrom(C_INT, ones),
              CU_TENSOR_MAP_INTERLEAVE_NONE(),
              swizzle(box.swizzle()),
              CU_TENSOR_MAP_L2_PROMOTION_L2_128B(),
              box.padWithNan()
                  ? CU_TENSOR_MAP_FLOAT_OOB_FILL_NAN_REQUEST_ZERO_FMA()
                  : CU_TENSOR_MAP_FLOAT_OOB_FILL_NONE());
      if (status != CudaStatus.SUCCESS) {
        CudaException cause = device.faults().failure(status, "cuTensorMapEncodeTiled", "");
        throw new LaunchException(
            parameters.kernel(),
            "there is no tensor map for %s at 0x%x of extents %s, strides of %s bytes, box %s (innermost first): %s"
                .formatted(
                    box.dtype(),
                    request.address(),
                    Arrays.toString(request.dimensions()),
                    Arrays.toString(request.strides()),
                    Arrays.toString(request.boxDimensions()),
                    cause.getMessage()),
            cause);
      }
    }
  }

  private static int dataType(DType dtype) {
    return switch (dtype) {
      case I1, I8, U8, FP8E4NV, FP8E4B8, FP8E4B15, FP8E5, FP8E5B16 ->
          CU_TENSOR_MAP_DATA_TYPE_UINT8();
      case I16, U16 -> CU_TENSOR_MAP_DATA_TYPE_UINT16();
      case I32 -> CU_TENSOR_MAP_DATA_TYPE_INT32();
      case U32 -> CU_TENSOR_MAP_DATA_TYPE_UINT32();
      case I64 -> CU_TENSOR_MAP_DATA_TYPE_INT64();
      case U64 -> CU_TENSOR_MAP_DATA_TYPE_UINT64();
      case FP16 -> CU_TENSOR_MAP_DATA_TYPE_FLOAT16();
      case BF16 -> CU_TENSOR_MAP_DATA_TYPE_BFLOAT16();
      case FP32 -> CU_TENSOR_MAP_DATA_TYPE_FLOAT32();
      case FP64 -> CU_TENSOR_MAP_DATA_TYPE_FLOAT64();
    };
  }

  private static int swizzle(int bytes) {
    return switch (bytes) {
      case 0 -> CU_TENSOR_MAP_SWIZZLE_NONE();
      case 32 -> CU_TENSOR_MAP_SWIZZLE_32B();
      case 64 -> CU_TENSOR_MAP_SWIZZLE_64B();
      case 128 -> CU_TENSOR_MAP_SWIZZLE_128B();
      default -> throw new IllegalArgumentException("a swizzle of " + bytes + " bytes");
    };
  }
}
