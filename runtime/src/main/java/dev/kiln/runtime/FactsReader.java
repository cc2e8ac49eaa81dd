package dev.kiln.runtime;

import dev.kiln.compiler.python.KernelDeclaration;
import dev.kiln.compiler.python.KernelDeclaration.Autotune;
import dev.kiln.compiler.python.KernelDeclarations;
import dev.kiln.runtime.cache.KernelFacts;
import dev.kiln.runtime.cache.ModuleFacts;
import dev.kiln.runtime.cache.SourceClosure;
import java.util.List;

/** Reads off a kernel file's syntax what launches need to know of it. */
final class FactsReader {
  private FactsReader() {}

  static ModuleFacts read(ModuleSource.Syntax syntax, KernelDeclarations declarations) {
    var closure = new SourceClosure(syntax.imports());
    List<KernelFacts> kernels =
        declarations.kernels().stream()
            .map(kernel -> facts(syntax, declarations, closure, kernel))
            .toList();
    return new ModuleFacts(syntax.filesSeen(), kernels);
  }

  private static KernelFacts facts(
      ModuleSource.Syntax syntax,
      KernelDeclarations declarations,
      SourceClosure closure,
      KernelDeclaration kernel) {
    SourceClosure.Digests digests = closure.of(syntax.file(), kernel.name());
    return new KernelFacts(
        kernel.name(),
        digests.meaning(),
        digests.positions(),
        KernelParameters.of(kernel, declarations.evaluator()),
        !kernel.heuristics().isEmpty(),
        kernel.autotune().map(Autotune::configs).orElse(List.of()),
        kernel.autotune().map(Autotune::key).orElse(List.of()));
  }
}
