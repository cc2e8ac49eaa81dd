package dev.kiln.runtime;

import dev.kiln.compiler.CompiledKernel;
import dev.kiln.compiler.Compiler;
import dev.kiln.compiler.Specialization;
import dev.kiln.compiler.Target;
import dev.kiln.compiler.diagnostics.CompilationException;
import dev.kiln.compiler.frontend.Frontend;
import dev.kiln.compiler.python.KernelDeclaration;
import dev.kiln.runtime.cache.KernelFacts;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** A kernel of a module. Compiled once for each specialisation and target. Thread-safe. */
public final class Kernel {
  private final KernelModule module;
  private final String name;
  private final List<KernelParameter> parameters;
  private final MetaRules metaRules;
  private final Map<Version, KernelVersion> versions = new HashMap<>();

  /** What a compilation depends on, besides the source. */
  private record Version(Specialization specialization, Target target) {
    @Override
    public int hashCode() {
      return specialization.hashCode() + target.hashCode();
    }
  }

  Kernel(KernelModule module, String name) {
    this.module = module;
    this.name = name;
    this.parameters = module.facts(name).parameters();
    this.metaRules = new MetaRules(this);
  }

  /** The function's name in its file. */
  public String name() {
    return name;
  }

  /** The file that this kernel is of. */
  public KernelModule module() {
    return module;
  }

  /** The function and its decorators; the file is parsed for that if it has not been. */
  public KernelDeclaration declaration() {
    return module.declarations().kernel(name).orElseThrow();
  }

  /** What is known of it without its syntax. */
  KernelFacts facts() {
    return module.facts(name);
  }

  /** All parameters, {@code tl.constexpr} ones included, in their order. */
  public List<KernelParameter> parameters() {
    return parameters;
  }

  /**
   * The number of a parameter.
   *
   * @throws LaunchException if there is none of that name
   */
  public int parameterIndex(String parameter) {
    for (int i = 0; i < parameters.size(); i++) {
      if (parameters.get(i).name().equals(parameter)) {
        return i;
      }
    }
    throw new LaunchException(
        name(),
        "has no parameter '%s'; it has %s"
            .formatted(
                parameter,
                String.join(", ", parameters.stream().map(KernelParameter::name).toList())));
  }

  /** A launch on a device, with no argument set. */
  public Launch on(Device device) {
    return new Launch(this, device);
  }

  /**
   * Compiles ahead of time.
   *
   * @throws CompilationException if the kernel is not well formed for the specialisation
   */
  public CompiledKernel compile(Specialization specialization, Target target) {
    return version(specialization, target).compiled();
  }

  /** The kernel for a specialisation, not yet compiled. The same object each time. */
  public KernelVersion version(Specialization specialization, Target target) {
    synchronized (versions) {
      var key = new Version(specialization, target);
      KernelVersion known = versions.get(key);
      if (known == null) {
        known = new KernelVersion(this, specialization, target);
        versions.put(key, known);
      }
      return known;
    }
  }

  /** Compiles anew. */
  CompiledKernel compile(Specialization specialization, Target target, Frontend.Listener listener) {
    // Evaluators and import resolvers are not made for several threads.
    synchronized (versions) {
      return Compiler.compile(
          module.file(), module.imports(), name(), specialization, target, listener);
    }
  }

  MetaRules metaRules() {
    return metaRules;
  }

  @Override
  public String toString() {
    return module.name() + ":" + name();
  }
}
