package dev.kiln.runtime.cpu;

import dev.kiln.compiler.CompiledKernel;
import dev.kiln.compiler.diagnostics.CompilationException;
import dev.kiln.compiler.jvm.EmissionOptions;
import dev.kiln.compiler.jvm.support.KernelAssertionError;
import dev.kiln.runtime.Device;
import dev.kiln.runtime.KernelVersion;
import dev.kiln.runtime.LaunchException;
import dev.kiln.runtime.cache.CachedKernel;
import dev.kiln.runtime.cache.CompileCache;
import java.lang.foreign.MemorySegment;
import java.util.Optional;

/** A kernel as a generated class, at first perhaps as its starter. */
final class CpuKernel implements Device.LoadedKernel {
  private final CpuArtefact artefact;
  private final StartingCode code;
  private final boolean runsInOrder;
  private final CpuLaunches launches;
  private final LaunchPace pace = new LaunchPace();

  private CpuKernel(
      CpuArtefact artefact, StartingCode code, CpuOptions options, CpuLaunches launches) {
    this.artefact = artefact;
    this.code = code;
    this.runsInOrder = !options.relaxedAtomics() && artefact.orderMatters();
    this.launches = launches;
  }

  /**
   * Generates and defines the class.
   *
   * @throws CompilationException if the kernel's tiles need more scratch memory than there may be
   */
  static CpuKernel load(CompiledKernel kernel, CpuOptions options, CpuLaunches launches) {
    return ready(CpuArtefact.of(kernel, options.emission()), options, launches);
  }

  /** Defines a class that was generated before, if it is in the cache. */
  static CpuKernel load(KernelVersion version, CpuOptions options, CpuLaunches launches) {
    CompileCache cache = CompileCache.shared();
    if (options.isVector()) {
      CpuArtefact starter = stored(starterPlace(version, cache));
      if (starter != null) {
        var code =
            new StartingCode(
                KernelCode.ofStarter(starter),
                starter.programCost(),
                () -> KernelCode.of(artefact(version, options, cache)));
        return new CpuKernel(starter, code, options, launches);
      }
    }
    return ready(artefact(version, options, cache), options, launches);
  }

  private static CpuKernel ready(CpuArtefact artefact, CpuOptions options, CpuLaunches launches) {
    return new CpuKernel(artefact, new StartingCode(KernelCode.of(artefact)), options, launches);
  }

  /** The class of full speed, from the cache or made anew and kept, with its starter. */
  private static CpuArtefact artefact(
      KernelVersion version, CpuOptions options, CompileCache cache) {
    CpuArtefact stored = stored(version.cached(cache, options.label()));
    if (stored != null) {
      return stored;
    }
    CpuArtefact artefact = CpuArtefact.of(version.compiled(), options.emission());
    // Asked anew: if the source changed since its facts were kept, compiling has told.
    CachedKernel place = version.cached(cache, options.label());
    if (place.mayKeep()) {
      place.keep(artefact.encode());
      if (options.isVector() && StartingCode.suits(artefact.programCost())) {
        CpuArtefact starter = CpuArtefact.of(version.compiled(), EmissionOptions.STARTER);
        starterPlace(version, cache).keep(starter.encode());
      }
    }
    return artefact;
  }

  private static CachedKernel starterPlace(KernelVersion version, CompileCache cache) {
    return version.cached(cache, CpuOptions.STARTER_LABEL).starter();
  }

  /** Null if there is none. */
  private static CpuArtefact stored(CachedKernel place) {
    Optional<byte[]> bytes = place.find();
    return bytes.isPresent() ? CpuArtefact.decode(bytes.get()).orElse(null) : null;
  }

  String name() {
    return artefact.kernel();
  }

  /** For each run-time argument whether it is a pointer. */
  boolean[] pointers() {
    return artefact.pointers();
  }

  boolean runsInOrder() {
    return runsInOrder;
  }

  LaunchPace pace() {
    return pace;
  }

  @Override
  public void launch(int gridX, int gridY, int gridZ, MemorySegment arguments) {
    try {
      KernelCode ready = code.forLaunch((long) gridX * gridY * gridZ);
      launches.run(this, ready, gridX, gridY, gridZ, arguments);
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
