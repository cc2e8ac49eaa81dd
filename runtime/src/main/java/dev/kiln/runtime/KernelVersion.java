package dev.kiln.runtime;

import dev.kiln.compiler.CompiledKernel;
import dev.kiln.compiler.Specialization;
import dev.kiln.compiler.Target;
import dev.kiln.compiler.diagnostics.CompilationException;
import dev.kiln.runtime.cache.CachedKernel;
import dev.kiln.runtime.cache.CompileCache;

/**
 * A kernel for one specialisation and target. It is compiled when its tile IR is asked for, which a
 * device that finds what it needs in the {@link #cached cache} never does. Thread-safe.
 */
public final class KernelVersion {
  private final Kernel kernel;
  private final Specialization specialization;
  private final Target target;
  private CompiledKernel compiled;
  private boolean spoke;

  KernelVersion(Kernel kernel, Specialization specialization, Target target) {
    this.kernel = kernel;
    this.specialization = specialization;
    this.target = target;
  }

  public Kernel kernel() {
    return kernel;
  }

  /** The kernel's name in its file. */
  public String name() {
    return kernel.name();
  }

  public Specialization specialization() {
    return specialization;
  }

  public Target target() {
    return target;
  }

  /**
   * The tile IR.
   *
   * @throws CompilationException if the kernel is not well formed for the specialisation
   */
  public synchronized CompiledKernel compiled() {
    if (compiled == null) {
      var listener = new CompilationListener(kernel.module());
      compiled = kernel.compile(specialization, target, listener);
      spoke = listener.spoke();
    }
    return compiled;
  }

  /**
   * The place in a cache of what a device makes of this kernel.
   *
   * @param device the device, and all of its options that matter, for example {@code cpu 512}
   */
  public CachedKernel cached(CompileCache cache, String device) {
    return cached(cache, device, false);
  }

  /** The same for what tells lines of the source, as PTX does. */
  public CachedKernel cachedWithLines(CompileCache cache, String device) {
    return cached(cache, device, true);
  }

  private CachedKernel cached(CompileCache cache, String device, boolean knowsLines) {
    return new CachedKernel(
        cache, kernel.facts(), specialization, device, knowsLines, () -> !spoke());
  }

  /**
   * Whether the compilation warned or printed. What it made is not kept, so that the next process
   * says so too.
   */
  private synchronized boolean spoke() {
    return spoke;
  }
}
