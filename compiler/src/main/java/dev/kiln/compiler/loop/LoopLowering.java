package dev.kiln.compiler.loop;

import dev.kiln.compiler.diagnostics.CompilationException;
import dev.kiln.compiler.ir.TileFunction;
import java.util.List;

/** Lowers tile IR to loops over nests; see the package for what it decides and how. */
public final class LoopLowering {
  private LoopLowering() {}

  /**
   * Lowers an optimised function.
   *
   * @throws CompilationException if the tiles of one program need too much memory
   */
  public static LoopKernel lower(TileFunction function) {
    return lower(function, LoopOptions.DEFAULT);
  }

  public static LoopKernel lower(TileFunction function, LoopOptions options) {
    var kernel = new KernelLowering(function, options);
    new BlockLowering(kernel, kernel.root(), new CarriedTiles(kernel)).lower(function.body());
    List<LoopStmt> body = ProductLoops.merge(DeadScalars.remove(kernel.root().finish()));
    ScratchLayout.Result placed =
        ScratchLayout.place(body, kernel.scratch(), options, function.loc());
    return new LoopKernel(function.name(), function.params(), placed.body(), placed.bytes());
  }
}
