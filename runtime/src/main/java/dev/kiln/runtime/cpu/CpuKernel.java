package dev.kiln.runtime.cpu;

import dev.kiln.compiler.CompiledKernel;
import dev.kiln.compiler.diagnostics.CompilationException;
import dev.kiln.compiler.ir.TileFunction;
import dev.kiln.compiler.jvm.ClassFileEmitter;
import dev.kiln.compiler.jvm.EmissionOptions;
import dev.kiln.compiler.jvm.GeneratedClass;
import dev.kiln.compiler.jvm.ProgramBody;
import dev.kiln.compiler.jvm.support.KernelAssertionError;
import dev.kiln.compiler.loop.LoopLowering;
import dev.kiln.runtime.Device;
import dev.kiln.runtime.LaunchException;
import java.lang.foreign.MemorySegment;
import java.util.List;

/** A kernel as a generated class. */
final class CpuKernel implements Device.LoadedKernel {
  private final CompiledKernel kernel;
  private final ProgramBody body;
  private final long scratchBytes;
  private final boolean runsInOrder;
  private final CpuLaunches launches;

  private CpuKernel(
      CompiledKernel kernel, GeneratedClass generated, boolean runsInOrder, CpuLaunches launches) {
    this.kernel = kernel;
    this.body = generated.define();
    this.scratchBytes = generated.scratchBytes();
    this.runsInOrder = runsInOrder;
    this.launches = launches;
  }

  /**
   * Generates and defines the class.
   *
   * @throws CompilationException if the kernel's tiles need more scratch memory than there may be
   */
  static CpuKernel load(CompiledKernel kernel, CpuOptions options, CpuLaunches launches) {
    GeneratedClass generated =
        ClassFileEmitter.emit(
            LoopLowering.lower(kernel.optimized()), new EmissionOptions(options.simdBits()));
    boolean inOrder = !options.relaxedAtomics() && AtomicOrder.matters(kernel.optimized());
    return new CpuKernel(kernel, generated, inOrder, launches);
  }

  String name() {
    return kernel.name();
  }

  List<TileFunction.Param> params() {
    return kernel.optimized().params();
  }

  ProgramBody body() {
    return body;
  }

  long scratchBytes() {
    return scratchBytes;
  }

  boolean runsInOrder() {
    return runsInOrder;
  }

  @Override
  public void launch(int gridX, int gridY, int gridZ, MemorySegment arguments) {
    try {
      launches.run(this, gridX, gridY, gridZ, arguments);
    } catch (IndexOutOfBoundsException e) {
      throw new LaunchException(
          kernel.name(),
          "an access left the device's memory; a sanitized launch (--sanitize) tells which",
          e);
    } catch (KernelAssertionError e) {
      throw new LaunchException(kernel.name(), e.getMessage(), e);
    }
  }
}
