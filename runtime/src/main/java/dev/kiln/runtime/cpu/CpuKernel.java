package dev.kiln.runtime.cpu;

import dev.kiln.compiler.CompiledKernel;
import dev.kiln.compiler.diagnostics.CompilationException;
import dev.kiln.compiler.jvm.ProgramBody;
import dev.kiln.compiler.jvm.support.KernelAssertionError;
import dev.kiln.runtime.Device;
import dev.kiln.runtime.KernelVersion;
import dev.kiln.runtime.LaunchException;
import java.lang.foreign.MemorySegment;
import java.util.Optional;

/** A kernel as a generated class. */
final class CpuKernel implements Device.LoadedKernel {
  private final CpuArtefact artefact;
  private final ProgramBody body;
  private final boolean runsInOrder;
  private final CpuLaunches launches;

  private CpuKernel(CpuArtefact artefact, CpuOptions options, CpuLaunches launches) {
    this.artefact = artefact;
    this.body = artefact.generated().define();
    this.runsInOrder = !options.relaxedAtomics() && artefact.orderMatters();
    this.launches = launches;
  }

  /**
   * Generates and defines the class.
   *
   * @throws CompilationException if the kernel's tiles need more scratch memory than there may be
   */
  static CpuKernel load(CompiledKernel kernel, CpuOptions options, CpuLaunches launches) {
    return new CpuKernel(CpuArtefact.of(kernel, options.simdBits()), options, launches);
  }

  /** Defines the class that was generated before, if it is in the cache. */
  static CpuKernel load(KernelVersion version, CpuOptions options, CpuLaunches launches) {
    String device = options.label();
    Optional<byte[]> stored = version.cached(device).find();
    if (stored.isPresent()) {
      Optional<CpuArtefact> artefact = CpuArtefact.decode(stored.get());
      if (artefact.isPresent()) {
        return new CpuKernel(artefact.get(), options, launches);
      }
    }
    CpuArtefact artefact = CpuArtefact.of(version.compiled(), options.simdBits());
    // Anew: if the source changed since its facts were kept, compiling has told.
    version.cached(device).keep(artefact.encode());
    return new CpuKernel(artefact, options, launches);
  }

  String name() {
    return artefact.kernel();
  }

  /** For each run-time argument whether it is a pointer. */
  boolean[] pointers() {
    return artefact.pointers();
  }

  ProgramBody body() {
    return body;
  }

  long scratchBytes() {
    return artefact.generated().scratchBytes();
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
          name(),
          "an access left the device's memory; a sanitized launch (--sanitize) tells which",
          e);
    } catch (KernelAssertionError e) {
      throw new LaunchException(name(), e.getMessage(), e);
    }
  }
}
