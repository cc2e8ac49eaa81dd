package dev.kiln.compiler.gpu.emit;

import dev.kiln.compiler.ir.Type;
import dev.kiln.compiler.layout.ConversionPlan;
import dev.kiln.compiler.layout.ConversionPlanner;
import dev.kiln.compiler.layout.LinearLayout;
import dev.kiln.compiler.ptx.Operand;
import java.util.List;

/** Moves fragments from one layout to another, as {@link ConversionPlanner} plans. */
final class Conversion {
  /** More would keep blocks from sharing a multiprocessor; larger tiles go in chunks. */
  private static final long SHARED_BYTES = 32 << 10;

  private final Emission emission;

  Conversion(Emission emission) {
    this.emission = emission;
  }

  /** The same tile in another layout of its shape. */
  Fragment convert(Fragment fragment, Type type, LinearLayout layout) {
    int bytes = type.dtype().bytes();
    var limits =
        new ConversionPlanner.Limits(
            Math.min(SHARED_BYTES, emission.target().sharedLimit()),
            emission.target().hasMatrixStores());
    ConversionPlan plan = ConversionPlanner.plan(fragment.layout(), layout, bytes, limits);
    List<Operand> registers =
        switch (plan) {
          case ConversionPlan.Registers moved ->
              moved.source().stream().map(fragment.registers()::get).toList();
          case ConversionPlan.Shuffles shuffles ->
              new ShuffleConversion(emission, type.dtype(), shuffles).emit(fragment.registers());
          case ConversionPlan.Shared shared ->
              new SharedConversion(emission, type.dtype(), shared).emit(fragment);
        };
    return new Fragment(layout, registers);
  }
}
