package dev.kiln.compiler.gpu.dot;

import dev.kiln.compiler.diagnostics.CompilationException;
import dev.kiln.compiler.gpu.emit.Emission;
import dev.kiln.compiler.gpu.emit.Fragment;
import dev.kiln.compiler.gpu.plan.DotForm.Wgmma;
import dev.kiln.compiler.ir.ComputeOp.Dot;

/** A product by {@code wgmma}. */
final class WgmmaEmitter {
  private final Dot dot;

  WgmmaEmitter(Emission emission, Dot dot, Wgmma form) {
    this.dot = dot;
  }

  Fragment emit() {
    throw CompilationException.at(dot.loc(), "not supported yet: wgmma");
  }
}
