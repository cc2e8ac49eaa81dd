package dev.kiln.runtime.cuda;

import static dev.kiln.runtime.cuda.driver.CudaHeader.*;

import dev.kiln.runtime.Grid;
import dev.kiln.runtime.LaunchException;
import dev.kiln.runtime.ResourceException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.stream.Collectors;

/** An entry of a {@link CudaModule}, for launches with arguments in the order of its parameters. */
public final class CudaFunction {
  /** Dynamic shared memory that every function may have; for more it must be asked. */
  static final int PLAIN_SHARED_BYTES = 48 << 10;

  private final CudaModule module;
  private final CudaDevice device;
  private final String name;
  final MemorySegment handle;
  private int allowedShared = PLAIN_SHARED_BYTES;

  /**
   * What the driver's compiler made of a function.
   *
   * @param registers of a thread
   * @param localBytes of a thread: spilled registers, and arrays with variable indices
   * @param sharedBytes static shared memory of a block
   * @param constantBytes constants of the function's own
   * @param maxThreads most threads of a block
   * @param ptxVersion 80 for code for sm_80
   * @param binaryVersion 90 for a binary for sm_90
   */
  public record Attributes(
      int registers,
      int localBytes,
      int sharedBytes,
      int constantBytes,
      int maxThreads,
      int ptxVersion,
      int binaryVersion) {}

  CudaFunction(CudaModule module, String name, MemorySegment handle) {
    this.module = module;
    this.device = module.device();
    this.name = name;
    this.handle = handle;
  }

  public String name() {
    return name;
  }

  /** Asks the driver. */
  public Attributes attributes() {
    module.requireOpen();
    return new Attributes(
        attribute(CU_FUNC_ATTRIBUTE_NUM_REGS()),
        attribute(CU_FUNC_ATTRIBUTE_LOCAL_SIZE_BYTES()),
        attribute(CU_FUNC_ATTRIBUTE_SHARED_SIZE_BYTES()),
        attribute(CU_FUNC_ATTRIBUTE_CONST_SIZE_BYTES()),
        attribute(CU_FUNC_ATTRIBUTE_MAX_THREADS_PER_BLOCK()),
        attribute(CU_FUNC_ATTRIBUTE_PTX_VERSION()),
        attribute(CU_FUNC_ATTRIBUTE_BINARY_VERSION()));
  }

  private int attribute(int attribute) {
    MemorySegment out = CallMemory.take();
    device.check(cuFuncGetAttribute(out, attribute, handle), "cuFuncGetAttribute");
    return CallMemory.integer(out);
  }

  /** How many blocks of a size a multiprocessor holds at a time. */
  public int blocksPerMultiprocessor(int threads, int sharedBytes) {
    module.requireOpen();
    allowShared(sharedBytes);
    MemorySegment out = CallMemory.take();
    device.check(
        cuOccupancyMaxActiveBlocksPerMultiprocessor(out, handle, threads, sharedBytes),
        "cuOccupancyMaxActiveBlocksPerMultiprocessor");
    return CallMemory.integer(out);
  }

  /** Lets launches have so much dynamic shared memory. */
  synchronized void allowShared(int bytes) {
    if (bytes <= allowedShared) {
      return;
    }
    int attribute = CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES();
    int status = cuFuncSetAttribute(handle, attribute, bytes);
    if (status == CUDA_ERROR_INVALID_VALUE()) {
      throw new ResourceException(
          name,
          "needs %,d bytes of shared memory; a block has at most %,d on %s"
              .formatted(
                  bytes, device.properties().sharedBytesPerBlock(), device.properties().summary()),
          CudaException.of("cuFuncSetAttribute", CudaStatus.of(status)));
    }
    device.check(status, "cuFuncSetAttribute");
    allowedShared = bytes;
  }

  /**
   * Starts a launch in the current stream.
   *
   * @param arguments one for each parameter: a number of Java's type of the same width, a boolean,
   *     a {@link dev.kiln.runtime.Buffer} or {@link dev.kiln.runtime.NdArray} for a pointer, or a
   *     {@link MemorySegment} with the bytes of a structure
   * @throws LaunchException if the driver refuses it
   */
  public void launch(CudaLaunch shape, Object... arguments) {
    module.requireOpen();
    CudaStream stream = device.enterStream();
    allowShared(shape.sharedBytes());
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment parameters = ArgumentPointers.of(device, name, arguments, arena);
      ActivityLog activities = device.activities();
      MemorySegment begun = activities.begin(stream);
      int status = call(shape, stream, parameters, arena);
      stream.worked();
      if (status != CudaStatus.SUCCESS) {
        activities.cancel(begun);
        throw device.launchFailure(
            name, describe(shape, arguments), device.faults().failure(status, callOf(shape), ""));
      }
      Grid grid = shape.grid();
      var noted = new Noted(this, shape, arguments.clone());
      device
          .faults()
          .launches()
          .add(noted, stream, grid.x(), grid.y(), grid.z(), MemorySegment.NULL);
      activities.launched(begun, stream, name, grid.x(), grid.y(), grid.z());
    }
    device.afterLaunch(stream);
  }

  private String callOf(CudaLaunch shape) {
    if (shape.cluster().isPresent()) {
      return "cuLaunchKernelEx";
    }
    return shape.cooperative() ? "cuLaunchCooperativeKernel" : "cuLaunchKernel";
  }

  private int call(CudaLaunch shape, CudaStream stream, MemorySegment parameters, Arena arena) {
    Grid grid = shape.grid();
    Grid block = shape.block();
    if (shape.cluster().isPresent()) {
      LaunchConfig.require(device, "launches by clusters");
      LaunchConfig config = new LaunchConfig(arena).cluster(shape.cluster().get());
      if (shape.cooperative()) {
        config.cooperative();
      }
      return config
          .block(block.x(), block.y(), block.z(), shape.sharedBytes())
          .launch(handle, grid.x(), grid.y(), grid.z(), stream, parameters);
    }
    if (shape.cooperative()) {
      return cuLaunchCooperativeKernel(
          handle,
          grid.x(),
          grid.y(),
          grid.z(),
          block.x(),
          block.y(),
          block.z(),
          shape.sharedBytes(),
          stream.handle,
          parameters);
    }
    return cuLaunchKernel(
        handle,
        grid.x(),
        grid.y(),
        grid.z(),
        block.x(),
        block.y(),
        block.z(),
        shape.sharedBytes(),
        stream.handle,
        parameters,
        MemorySegment.NULL);
  }

  private String describe(CudaLaunch shape, Object... arguments) {
    return "'%s' of '%s', %s, arguments %s"
        .formatted(
            name,
            module.name(),
            shape,
            Arrays.stream(arguments).map(String::valueOf).collect(Collectors.joining(", ")));
  }

  /** A launch that was made, to be described if it is suspected. */
  private record Noted(CudaFunction function, CudaLaunch shape, Object[] values)
      implements RecentLaunches.Launched {
    @Override
    public String describe(int gridX, int gridY, int gridZ, MemorySegment arguments) {
      return function.describe(shape, values);
    }

    @Override
    public int arguments() {
      return 0;
    }
  }
}
