package dev.kiln.references.cuda;

import static org.bytedeco.cuda.global.nccl.*;

import dev.kiln.compiler.ir.DType;
import dev.kiln.references.NativePreset;
import dev.kiln.runtime.KilnException;
import dev.kiln.runtime.NdArray;
import dev.kiln.runtime.cuda.CudaDevice;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import org.bytedeco.cuda.cudart.CUstream_st;
import org.bytedeco.cuda.global.nccl;
import org.bytedeco.cuda.nccl.ncclComm;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.javacpp.PointerPointer;

/** Sums over several GPUs of this process, by NCCL. For one thread at a time. */
public final class Nccl implements AutoCloseable {
  private static final NativePreset PRESET =
      new NativePreset("NCCL", nccl.class, Toolkit.NCCL_ADVICE);
  private static final LibraryCalls CALLS = new LibraryCalls("NCCL", nccl::ncclGetErrorString);

  private final List<CudaDevice> devices;
  private final PointerPointer<ncclComm> communicators;

  private Nccl(List<CudaDevice> devices, PointerPointer<ncclComm> communicators) {
    this.devices = devices;
    this.communicators = communicators;
  }

  /** Why it cannot be used on this machine. */
  public static Optional<String> unavailable() {
    return PRESET.problem();
  }

  /**
   * Connects devices with each other.
   *
   * @param devices at least one, each once
   * @throws KilnException if the library is missing, or the devices cannot be connected
   */
  public static Nccl of(List<CudaDevice> devices) {
    if (devices.isEmpty() || new HashSet<>(devices).size() != devices.size()) {
      throw new KilnException("NCCL connects at least one device, and each once: " + devices);
    }
    unavailable()
        .ifPresent(
            problem -> {
              throw new KilnException(problem);
            });
    int[] ordinals = devices.stream().mapToInt(d -> d.properties().ordinal()).toArray();
    var communicators = new PointerPointer<ncclComm>(devices.size());
    CALLS.check(ncclCommInitAll(communicators, devices.size(), ordinals), "ncclCommInitAll");
    return new Nccl(List.copyOf(devices), communicators);
  }

  /**
   * Replaces the elements of all arrays by their sums over the devices, in the devices' current
   * streams; returns before they are done.
   *
   * @param arrays one for each device in the order of {@link #of}: fp32, dense, of the same size
   */
  public void sum(List<NdArray> arrays) {
    requireAlike(arrays);
    CALLS.check(ncclGroupStart(), "ncclGroupStart");
    for (int i = 0; i < arrays.size(); i++) {
      Pointer memory = JavaCppMemory.handle(arrays.get(i).address());
      var stream = new CUstream_st(JavaCppMemory.handle(devices.get(i).stream().address()));
      CALLS.check(
          ncclAllReduce(
              memory,
              memory,
              arrays.get(i).size(),
              ncclFloat32,
              ncclSum,
              communicators.get(ncclComm.class, i),
              stream),
          "ncclAllReduce");
    }
    CALLS.check(ncclGroupEnd(), "ncclGroupEnd");
  }

  private void requireAlike(List<NdArray> arrays) {
    if (arrays.size() != devices.size()) {
      throw new KilnException(
          "a sum over %d devices takes as many arrays, not %d"
              .formatted(devices.size(), arrays.size()));
    }
    for (int i = 0; i < arrays.size(); i++) {
      NdArray array = arrays.get(i);
      if (array.device() != devices.get(i)
          || array.dtype() != DType.FP32
          || !array.isContiguous()
          || array.size() != arrays.getFirst().size()) {
        throw new KilnException(
            "array %d of a sum must be dense fp32 on '%s' with %d elements: %s on '%s'"
                .formatted(
                    i,
                    devices.get(i).name(),
                    arrays.getFirst().size(),
                    array,
                    array.device().name()));
      }
    }
  }

  @Override
  public void close() {
    for (int i = 0; i < devices.size(); i++) {
      ncclCommDestroy(communicators.get(ncclComm.class, i));
    }
    communicators.close();
  }
}
