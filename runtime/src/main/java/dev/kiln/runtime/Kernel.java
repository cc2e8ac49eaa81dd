package dev.kiln.runtime;

import dev.kiln.compiler.CompiledKernel;
import dev.kiln.compiler.Compiler;
import dev.kiln.compiler.Specialization;
import dev.kiln.compiler.Target;
import dev.kiln.compiler.diagnostics.CompilationException;
import dev.kiln.compiler.diagnostics.Diagnostic;
import dev.kiln.compiler.frontend.Frontend;
import dev.kiln.compiler.python.KernelDeclaration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** A kernel of a module. Compiled once for each specialisation and target. Thread-safe. */
public final class Kernel {
  private final KernelModule module;
  private final KernelDeclaration declaration;
  private final List<KernelParameter> parameters;
  private final MetaRules metaRules;
  private final Map<Version, CompiledKernel> compiled = new HashMap<>();

  /** What a compilation depends on, besides the source. */
  private record Version(Specialization specialization, Target target) {}

  Kernel(KernelModule module, KernelDeclaration declaration) {
    this.module = module;
    this.declaration = declaration;
    this.parameters = KernelParameters.of(declaration, module.declarations().evaluator());
    this.metaRules = new MetaRules(this, declaration);
  }

  /** The function's name in its file. */
  public String name() {
    return declaration.name();
  }

  /** The file that this kernel is of. */
  public KernelModule module() {
    return module;
  }

  public KernelDeclaration declaration() {
    return declaration;
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
    var version = new Version(specialization, target);
    synchronized (compiled) {
      CompiledKernel known = compiled.get(version);
      if (known == null) {
        known =
            Compiler.compile(
                module.file(),
                module.imports(),
                name(),
                specialization,
                target,
                new ModuleListener(module));
        compiled.put(version, known);
      }
      return known;
    }
  }

  MetaRules metaRules() {
    return metaRules;
  }

  @Override
  public String toString() {
    return module.name() + ":" + name();
  }

  /** Hands on what a compilation says. */
  private record ModuleListener(KernelModule module) implements Frontend.Listener {
    @Override
    public void warning(Diagnostic warning) {
      module.warn(warning);
    }

    @Override
    public void output(String line) {
      module.print(line);
    }
  }
}
