package dev.kiln.runtime.sim;

import dev.kiln.compiler.CompiledKernel;
import dev.kiln.compiler.gpu.GpuKernel;
import dev.kiln.compiler.gpu.KernelAbi;
import dev.kiln.runtime.Buffer;
import dev.kiln.runtime.Device;
import dev.kiln.runtime.Grid;
import dev.kiln.runtime.KilnException;
import dev.kiln.runtime.LaunchException;
import dev.kiln.runtime.gpu.LaunchParameters;
import dev.kiln.runtime.gpu.TensorMapRequest;
import dev.kiln.runtime.sim.TensorMap.DataType;
import dev.kiln.runtime.sim.TensorMap.OutOfBoundsFill;
import dev.kiln.runtime.sim.TensorMap.Swizzle;
import java.lang.foreign.MemorySegment;
import java.util.function.Supplier;

/** A kernel that Kiln compiled, on a simulated device: launches are made by its ABI. */
final class CompiledPtx implements Device.LoadedKernel {
  private final SimDevice device;
  private final KernelAbi abi;
  private final LaunchParameters parameters;
  private final PtxKernel entry;
  private final GpuKernel kernel;
  private final KernelTexts texts;

  /**
   * @param name the kernel's name, for messages
   * @param compiled the kernel's tile IR, for those who ask what it was compiled from
   */
  CompiledPtx(SimDevice device, String name, GpuKernel kernel, Supplier<CompiledKernel> compiled) {
    this.texts = new KernelTexts(compiled);
    this.device = device;
    this.kernel = kernel;
    this.abi = kernel.abi();
    this.parameters = new LaunchParameters(name, abi);
    this.entry =
        device.load(PtxModule.parse(SimDevice.fileName(name), kernel.ptx())).kernel(abi.entry());
    check(name);
  }

  /** What the ABI says must be what the PTX declares. */
  private void check(String name) {
    var declared = entry.parameters();
    boolean same = declared.size() == abi.parameters().size();
    for (int i = 0; same && i < declared.size(); i++) {
      KernelAbi.Parameter expected = abi.parameters().get(i);
      same =
          declared.get(i).offset() == expected.offset()
              && declared.get(i).size() == expected.bytes();
    }
    if (!same) {
      throw new KilnException(
          "the parameters of %s are not those of its ABI: %s, %s"
              .formatted(name, declared, abi.parameters()));
    }
  }

  @Override
  public void launch(int gridX, int gridY, int gridZ, MemorySegment arguments) {
    if (gridX == 0 || gridY == 0 || gridZ == 0) {
      return;
    }
    Grid blocks = Grid.of(Math.multiplyExact(gridX, abi.clusterBlocks()), gridY, gridZ);
    SimLaunch launch = SimLaunch.of(blocks, Grid.of(abi.threads())).withShared(abi.sharedBytes());
    if (abi.clusterBlocks() > 1) {
      launch = launch.withCluster(Grid.of(abi.clusterBlocks()));
    }
    long scratch = parameters.scratchBytes(gridX, gridY, gridZ);
    if (scratch == 0) {
      run(launch, arguments, 0);
    } else {
      try (Buffer memory = device.allocate(scratch)) {
        run(launch, arguments, memory.address());
      }
    }
  }

  private void run(SimLaunch launch, MemorySegment arguments, long scratch) {
    MemorySegment block = MemorySegment.ofArray(new byte[entry.program().parameterBytes()]);
    parameters.write(arguments, scratch, this::encode, block);
    SimReport report = entry.launchRaw(launch, block);
    report.put(GpuKernel.class, kernel);
    report.put(KernelTexts.class, texts);
  }

  private byte[] encode(TensorMapRequest map) {
    try {
      return TensorMap.tiled(DataType.of(map.box().dtype()), map.address(), map.dimensions())
          .strides(map.strides())
          .box(map.boxDimensions())
          .swizzle(swizzle(map.box().swizzle()))
          .outOfBounds(
              map.box().padWithNan() ? OutOfBoundsFill.NAN_REQUEST_ZERO_FMA : OutOfBoundsFill.ZERO)
          .build()
          .encode();
    } catch (LaunchException e) {
      throw e;
    } catch (KilnException e) {
      throw new LaunchException(parameters.kernel(), e.getMessage(), e);
    }
  }

  private static Swizzle swizzle(int bytes) {
    for (Swizzle swizzle : Swizzle.values()) {
      if (swizzle.span() == bytes) {
        return swizzle;
      }
    }
    throw new IllegalArgumentException("a swizzle of " + bytes + " bytes");
  }
}
