package dev.kiln.compiler.gpu.dot;

import dev.kiln.compiler.gpu.emit.Emission;
import dev.kiln.compiler.gpu.plan.DotForm;
import dev.kiln.compiler.ir.ComputeOp.Dot;

/** Emits matrix products in the form that the plan has chosen. */
public final class DotEmitter {
  private DotEmitter() {}

  /** Emits a product and defines its result. */
  public static void emit(Emission emission, Dot dot) {
    emission.define(
        dot.result(),
        switch (emission.plan().form(dot)) {
          case DotForm.Mma mma -> new MmaEmitter(emission, dot, mma).emit();
          case DotForm.Multiply multiply -> new MultiplyEmitter(emission, dot, multiply).emit();
          case DotForm.Wgmma wgmma -> new WgmmaEmitter(emission, dot, wgmma).emit();
        });
  }
}
