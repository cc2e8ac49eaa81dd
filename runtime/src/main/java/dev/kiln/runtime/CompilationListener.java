package dev.kiln.runtime;

import dev.kiln.compiler.diagnostics.Diagnostic;
import dev.kiln.compiler.frontend.Frontend;

/** Hands on to the module what a compilation says, and remembers whether it said anything. */
final class CompilationListener implements Frontend.Listener {
  private final KernelModule module;
  private boolean spoke;

  CompilationListener(KernelModule module) {
    this.module = module;
  }

  boolean spoke() {
    return spoke;
  }

  @Override
  public void warning(Diagnostic warning) {
    spoke = true;
    module.warn(warning);
  }

  @Override
  public void output(String line) {
    spoke = true;
    module.print(line);
  }
}
