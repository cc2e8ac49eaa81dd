package dev.kiln.runtime.cuda;

import static dev.kiln.runtime.cuda.driver.CudaHeader.*;

import java.lang.foreign.MemorySegment;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * What a function of the driver returned.
 *
 * @param number 0 for success
 * @param name as in {@code cuda.h}: {@code CUDA_ERROR_OUT_OF_MEMORY}
 * @param text the driver's own description
 */
public record CudaStatus(int number, String name, String text) {
  /** After these nothing works in the process's context any more. */
  private static final Set<Integer> LOST =
      Set.of(
          CUDA_ERROR_DEINITIALIZED(),
          CUDA_ERROR_ECC_UNCORRECTABLE(),
          CUDA_ERROR_NVLINK_UNCORRECTABLE(),
          CUDA_ERROR_ILLEGAL_ADDRESS(),
          CUDA_ERROR_LAUNCH_TIMEOUT(),
          CUDA_ERROR_CONTEXT_IS_DESTROYED(),
          CUDA_ERROR_ASSERT(),
          CUDA_ERROR_HARDWARE_STACK_ERROR(),
          CUDA_ERROR_ILLEGAL_INSTRUCTION(),
          CUDA_ERROR_MISALIGNED_ADDRESS(),
          CUDA_ERROR_INVALID_ADDRESS_SPACE(),
          CUDA_ERROR_INVALID_PC(),
          CUDA_ERROR_LAUNCH_FAILED(),
          CUDA_ERROR_TENSOR_MEMORY_LEAK(),
          CUDA_ERROR_EXTERNAL_DEVICE(),
          CUDA_ERROR_CONTAINED(),
          CUDA_ERROR_UNKNOWN());

  private static final String KERNEL_FAULT =
      "run the same with --device sim --sanitize, which names the line and the address";

  private static final String CAPTURE =
      "while a graph is captured, work may only be queued: read values, synchronize and load"
          + " kernels before or after";

  private static final Map<Integer, String> ADVICE =
      Map.ofEntries(
          Map.entry(
              CUDA_ERROR_NO_DEVICE(),
              "no GPU is visible: nvidia-smi shows what is there, CUDA_VISIBLE_DEVICES hides GPUs,"
                  + " and a container must be started with access to them"),
          Map.entry(
              CUDA_ERROR_STUB_LIBRARY(),
              "this libcuda is the toolkit's stub for linking; put the driver's own before it in"
                  + " the library path"),
          Map.entry(
              CUDA_ERROR_SYSTEM_DRIVER_MISMATCH(),
              "the driver's library and its kernel module differ in version: restart the machine"
                  + " after an update, or install matching packages in the container"),
          Map.entry(
              CUDA_ERROR_SYSTEM_NOT_READY(),
              "a service of the GPUs does not run yet, on machines with NVSwitch the Fabric"
                  + " Manager"),
          Map.entry(
              CUDA_ERROR_COMPAT_NOT_SUPPORTED_ON_DEVICE(),
              "the package for forward compatibility does not serve this GPU; update the driver"),
          Map.entry(
              CUDA_ERROR_DEVICE_UNAVAILABLE(),
              "another process holds the GPU for itself (nvidia-smi -c DEFAULT lets processes"
                  + " share it)"),
          Map.entry(
              CUDA_ERROR_UNSUPPORTED_PTX_VERSION(),
              "the driver is too old for this PTX; update the driver"),
          Map.entry(
              CUDA_ERROR_NO_BINARY_FOR_GPU(),
              "the code is for another architecture than this GPU's"),
          Map.entry(
              CUDA_ERROR_JIT_COMPILER_NOT_FOUND(),
              "the driver's compiler, libnvidia-ptxjitcompiler, is missing: reinstall the driver,"
                  + " or give the container the whole of it"),
          Map.entry(
              CUDA_ERROR_LAUNCH_TIMEOUT(),
              "the kernel ran longer than the system allows on a GPU with a display"),
          Map.entry(CUDA_ERROR_ILLEGAL_ADDRESS(), KERNEL_FAULT),
          Map.entry(CUDA_ERROR_MISALIGNED_ADDRESS(), KERNEL_FAULT),
          Map.entry(CUDA_ERROR_ILLEGAL_INSTRUCTION(), KERNEL_FAULT),
          Map.entry(CUDA_ERROR_INVALID_ADDRESS_SPACE(), KERNEL_FAULT),
          Map.entry(CUDA_ERROR_INVALID_PC(), KERNEL_FAULT),
          Map.entry(CUDA_ERROR_HARDWARE_STACK_ERROR(), KERNEL_FAULT),
          Map.entry(CUDA_ERROR_LAUNCH_FAILED(), KERNEL_FAULT),
          Map.entry(CUDA_ERROR_ASSERT(), "an assertion of a kernel failed; its text is above"),
          Map.entry(
              CUDA_ERROR_ECC_UNCORRECTABLE(),
              "the GPU's memory has an error that cannot be corrected: reset the GPU; if that"
                  + " repeats, have it replaced"),
          Map.entry(CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED(), CAPTURE),
          Map.entry(CUDA_ERROR_STREAM_CAPTURE_INVALIDATED(), CAPTURE),
          Map.entry(CUDA_ERROR_STREAM_CAPTURE_IMPLICIT(), CAPTURE));

  static final int SUCCESS = 0;

  /** The status of a number, by the driver's names. */
  static CudaStatus of(int number) {
    MemorySegment out = CallMemory.take();
    boolean named = cuGetErrorName(number, out) == SUCCESS;
    String name = named ? CallMemory.text(out) : "";
    boolean described = cuGetErrorString(number, out) == SUCCESS;
    String text = described ? CallMemory.text(out) : "";
    return new CudaStatus(
        number,
        name.isEmpty() ? "CUDA_ERROR_" + number : name,
        text.isEmpty() ? "unknown to this driver" : text);
  }

  /** Whether the device is lost to this process after it. */
  public boolean isLost() {
    return LOST.contains(number);
  }

  /** What to do, where that is known. */
  public Optional<String> advice() {
    return Optional.ofNullable(ADVICE.get(number));
  }

  /** {@code CUDA_ERROR_INVALID_VALUE (1), invalid argument}. */
  @Override
  public String toString() {
    return name + " (" + number + "), " + text;
  }
}
