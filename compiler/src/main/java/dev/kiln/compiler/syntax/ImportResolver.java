package dev.kiln.compiler.syntax;

import dev.kiln.compiler.diagnostics.Source;
import java.util.Optional;

/** Finds the kernel files that a kernel file imports. */
@FunctionalInterface
public interface ImportResolver {
  /** Finds nothing: every import is of something outside of kernel files. */
  ImportResolver NONE = (importing, level, module) -> Optional.empty();

  /**
   * The file of an imported module, the same object each time it is asked for.
   *
   * @param importing the file in which the import stands
   * @param level the number of leading dots; 0 for an absolute import
   * @param module the dotted name after them; empty for {@code from . import name}
   * @return empty if the module is no kernel file that can be found
   * @throws dev.kiln.compiler.diagnostics.CompilationException if it is found and a function for
   *     the device in it is not well formed
   */
  Optional<KernelFile> resolve(Source importing, int level, String module);
}
