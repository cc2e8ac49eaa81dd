package dev.kiln.runtime.cuda;

import static dev.kiln.runtime.cuda.driver.CudaHeader.*;

import dev.kiln.compiler.Target;
import dev.kiln.runtime.KilnException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.HexFormat;

/**
 * What the driver tells of a GPU.
 *
 * @param ordinal its number in this process, as {@code CUDA_VISIBLE_DEVICES} leaves it
 * @param uuid in the form of {@code nvidia-smi -L}
 * @param pciBusId domain:bus:device.function
 * @param major of the compute capability: 9 of 9.0
 * @param memoryBytes in all
 * @param clockKilohertz the highest of its multiprocessors
 * @param memoryClockKilohertz the highest of its memory
 * @param memoryBusBits width of the way to its memory
 * @param sharedBytesPerBlock most shared memory that a kernel can ask for
 * @param computeMode {@code default}, {@code exclusive process} or {@code prohibited}
 */
public record CudaProperties(
    int ordinal,
    String name,
    String uuid,
    String pciBusId,
    int major,
    int minor,
    int multiprocessors,
    long memoryBytes,
    int clockKilohertz,
    int memoryClockKilohertz,
    int memoryBusBits,
    int l2Bytes,
    int sharedBytesPerBlock,
    int sharedBytesPerMultiprocessor,
    int registersPerMultiprocessor,
    int threadsPerMultiprocessor,
    boolean integrated,
    boolean hasMemoryPools,
    boolean canRegisterHostMemory,
    boolean hasCooperativeLaunches,
    boolean hasClusters,
    boolean hasTensorMaps,
    String computeMode) {
  private static final int UUID_BYTES = 16;
  private static final int TEXT_BYTES = 256;

  /**
   * What code this GPU runs.
   *
   * @throws KilnException if its compute capability is below 8.0
   */
  public Target target() {
    if (major < 8) {
      throw new KilnException(
          "%s has compute capability %s: Kiln makes code for 8.0 (Ampere) and later. Use --device cpu"
              .formatted(name, capability()));
    }
    return switch (major) {
      case 8 -> minor >= 9 ? Target.SM_89 : Target.SM_80;
      case 9 -> minor == 0 ? Target.SM_90A : Target.SM_89;
      case 10, 11 -> Target.SM_100;
      default -> Target.SM_120;
    };
  }

  /** {@code 9.0}. */
  public String capability() {
    return major + "." + minor;
  }

  /** Bytes a second that its memory delivers at best, by clock and width; 0 if unknown. */
  public double memoryBandwidth() {
    return 2e3 * memoryClockKilohertz * memoryBusBits / Byte.SIZE;
  }

  /** {@code NVIDIA H100 (compute capability 9.0, 132 multiprocessors, 79.6 GiB)}. */
  public String summary() {
    return "%s (compute capability %s, %d multiprocessors, %.1f GiB)"
        .formatted(name, capability(), multiprocessors, memoryBytes / 0x1p30);
  }

  /** Asks the driver, which has been initialised. */
  static CudaProperties of(int ordinal) {
    MemorySegment out = CallMemory.take();
    require(cuDeviceGet(out, ordinal), "cuDeviceGet");
    int device = CallMemory.integer(out);
    require(cuDeviceTotalMem_v2(out, device), "cuDeviceTotalMem");
    long memory = CallMemory.number(out);
    return new CudaProperties(
        ordinal,
        name(device),
        uuid(device),
        busId(device),
        attribute(device, CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR()),
        attribute(device, CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR()),
        attribute(device, CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT()),
        memory,
        optional(device, CU_DEVICE_ATTRIBUTE_CLOCK_RATE()),
        optional(device, CU_DEVICE_ATTRIBUTE_MEMORY_CLOCK_RATE()),
        optional(device, CU_DEVICE_ATTRIBUTE_GLOBAL_MEMORY_BUS_WIDTH()),
        optional(device, CU_DEVICE_ATTRIBUTE_L2_CACHE_SIZE()),
        attribute(device, CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK_OPTIN()),
        optional(device, CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_MULTIPROCESSOR()),
        optional(device, CU_DEVICE_ATTRIBUTE_MAX_REGISTERS_PER_MULTIPROCESSOR()),
        optional(device, CU_DEVICE_ATTRIBUTE_MAX_THREADS_PER_MULTIPROCESSOR()),
        optional(device, CU_DEVICE_ATTRIBUTE_INTEGRATED()) != 0,
        attribute(device, CU_DEVICE_ATTRIBUTE_MEMORY_POOLS_SUPPORTED()) != 0,
        optional(device, CU_DEVICE_ATTRIBUTE_HOST_REGISTER_SUPPORTED()) != 0,
        optional(device, CU_DEVICE_ATTRIBUTE_COOPERATIVE_LAUNCH()) != 0,
        optional(device, CU_DEVICE_ATTRIBUTE_CLUSTER_LAUNCH()) != 0,
        optional(device, CU_DEVICE_ATTRIBUTE_TENSOR_MAP_ACCESS_SUPPORTED()) != 0,
        computeMode(optional(device, CU_DEVICE_ATTRIBUTE_COMPUTE_MODE())));
  }

  private static String computeMode(int mode) {
    if (mode == CU_COMPUTEMODE_PROHIBITED()) {
      return "prohibited";
    }
    return mode == CU_COMPUTEMODE_EXCLUSIVE_PROCESS() ? "exclusive process" : "default";
  }

  private static int attribute(int device, int attribute) {
    MemorySegment out = CallMemory.take();
    require(cuDeviceGetAttribute(out, attribute, device), "cuDeviceGetAttribute");
    return CallMemory.integer(out);
  }

  /** 0 where the driver is too old to know the attribute. */
  private static int optional(int device, int attribute) {
    MemorySegment out = CallMemory.take();
    int status = cuDeviceGetAttribute(out, attribute, device);
    if (status == CUDA_ERROR_INVALID_VALUE()) {
      return 0;
    }
    require(status, "cuDeviceGetAttribute");
    return CallMemory.integer(out);
  }

  private static String name(int device) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment text = arena.allocate(TEXT_BYTES);
      require(cuDeviceGetName(text, TEXT_BYTES, device), "cuDeviceGetName");
      return text.getString(0);
    }
  }

  private static String busId(int device) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment text = arena.allocate(TEXT_BYTES);
      require(cuDeviceGetPCIBusId(text, TEXT_BYTES, device), "cuDeviceGetPCIBusId");
      return text.getString(0);
    }
  }

  private static String uuid(int device) {
    MemorySegment out = CallMemory.take();
    require(cuDeviceGetUuid_v2(out, device), "cuDeviceGetUuid");
    byte[] bytes = new byte[UUID_BYTES];
    MemorySegment.copy(out, 0, MemorySegment.ofArray(bytes), 0, UUID_BYTES);
    String hex = HexFormat.of().formatHex(bytes);
    return "GPU-%s-%s-%s-%s-%s"
        .formatted(
            hex.substring(0, 8),
            hex.substring(8, 12),
            hex.substring(12, 16),
            hex.substring(16, 20),
            hex.substring(20));
  }

  private static void require(int status, String call) {
    CudaDriver.require(status, call);
  }
}
