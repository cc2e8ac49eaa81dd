package dev.kiln.runtime.cuda;

import static dev.kiln.runtime.cuda.driver.CudaHeader.C_POINTER;
import static dev.kiln.runtime.cuda.driver.CudaHeader.cuLaunchKernel;

import dev.kiln.compiler.gpu.GpuKernel;
import dev.kiln.compiler.gpu.KernelAbi;
import dev.kiln.runtime.Device;
import dev.kiln.runtime.Grid;
import dev.kiln.runtime.LaunchException;
import dev.kiln.runtime.gpu.LaunchParameters;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * A kernel that Kiln compiled, on a GPU. A launch writes the parameters into a block that is made
 * once, and calls the driver: it allocates nothing on the Java heap, unless somebody listens.
 */
public final class CudaKernel implements Device.LoadedKernel, RecentLaunches.Launched {
  private final CudaDevice device;
  private final String name;
  private final KernelAbi abi;
  private final LaunchParameters parameters;
  private final LaunchText text;
  private final CudaFunction function;
  private final TensorMaps maps;
  private final MemorySegment block;
  private final MemorySegment pointers;
  private final LaunchConfig config;
  private final int arguments;

  /**
   * @param name the kernel's name, for messages
   */
  CudaKernel(CudaDevice device, String name, GpuKernel kernel, LaunchText text) {
    this.device = device;
    this.name = name;
    this.abi = kernel.abi();
    this.parameters = new LaunchParameters(name, abi);
    this.text = text;
    this.arguments = text.arguments();
    this.maps = new TensorMaps(device, parameters);
    this.function = device.module(name, kernel.ptx()).function(abi.entry());
    function.allowShared(Math.toIntExact(abi.sharedBytes()));
    Arena arena = Arena.ofAuto();
    this.block = arena.allocate(Math.max(1, abi.parameterBytes()), KernelAbi.TENSOR_MAP_ALIGNMENT);
    this.pointers = arena.allocate(C_POINTER, Math.max(1, abi.parameters().size()));
    for (int i = 0; i < abi.parameters().size(); i++) {
      pointers.setAtIndex(C_POINTER, i, block.asSlice(abi.parameters().get(i).offset()));
    }
    this.config = abi.clusterBlocks() == 1 ? null : clusters(arena);
  }

  private LaunchConfig clusters(Arena arena) {
    LaunchConfig.require(device, "launches by clusters");
    return new LaunchConfig(arena)
        .cluster(Grid.of(abi.clusterBlocks()))
        .block(abi.threads(), 1, 1, Math.toIntExact(abi.sharedBytes()));
  }

  public String name() {
    return name;
  }

  /** How its entry is launched. */
  public KernelAbi abi() {
    return abi;
  }

  /** The entry, with what the driver's compiler made of it. */
  public CudaFunction function() {
    return function;
  }

  @Override
  public void launch(int gridX, int gridY, int gridZ, MemorySegment values) {
    if (gridX == 0 || gridY == 0 || gridZ == 0) {
      return;
    }
    CudaStream stream = device.enterStream();
    long scratchBytes = parameters.scratchBytes(gridX, gridY, gridZ);
    synchronized (this) {
      long scratch = scratchBytes == 0 ? 0 : device.memory().scratch(scratchBytes, stream);
      try {
        parameters.writeWith(values, scratch, maps, block);
        run(stream, gridX, gridY, gridZ, values);
      } finally {
        if (scratchBytes != 0) {
          releaseScratch(scratch, scratchBytes, stream);
        }
      }
    }
    device.afterLaunch(stream);
  }

  private void releaseScratch(long scratch, long bytes, CudaStream stream) {
    if (!device.faults().isLost()) {
      device.memory().releaseScratch(scratch, bytes, stream);
    }
  }

  private void run(CudaStream stream, int x, int y, int z, MemorySegment values) {
    ActivityLog activities = device.activities();
    MemorySegment begun = activities.begin(stream);
    int status = call(stream, x, y, z);
    stream.worked();
    if (status != CudaStatus.SUCCESS) {
      activities.cancel(begun);
      throw failure(status, x, y, z, values);
    }
    device.faults().launches().add(this, stream, x, y, z, values);
    activities.launched(begun, stream, name, x, y, z);
  }

  private int call(CudaStream stream, int x, int y, int z) {
    if (config != null) {
      int blocks = Math.multiplyExact(x, abi.clusterBlocks());
      return config.launch(function.handle, blocks, y, z, stream, pointers);
    }
    return cuLaunchKernel(
        function.handle,
        x,
        y,
        z,
        abi.threads(),
        1,
        1,
        (int) abi.sharedBytes(),
        stream.handle,
        pointers,
        MemorySegment.NULL);
  }

  private LaunchException failure(int status, int x, int y, int z, MemorySegment values) {
    String call = config == null ? "cuLaunchKernel" : "cuLaunchKernelEx";
    return device.launchFailure(
        name, text.describe(x, y, z, values), device.faults().failure(status, call, ""));
  }

  @Override
  public String describe(int gridX, int gridY, int gridZ, MemorySegment values) {
    return text.describe(gridX, gridY, gridZ, values);
  }

  @Override
  public int arguments() {
    return arguments;
  }

  @Override
  public String toString() {
    return name + " on " + device.name();
  }
}
