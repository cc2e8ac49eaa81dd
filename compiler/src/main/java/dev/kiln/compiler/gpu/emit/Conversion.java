package dev.kiln.compiler.gpu.emit;

import dev.kiln.compiler.diagnostics.CompilationException;
import dev.kiln.compiler.ir.Type;
import dev.kiln.compiler.layout.LinearLayout;

/** Moves fragments from one layout to another. */
final class Conversion {
  private final Emission emission;

  Conversion(Emission emission) {
    this.emission = emission;
  }

  Fragment convert(Fragment fragment, Type type, LinearLayout layout) {
    throw CompilationException.at(
        emission.ptx().location(),
        "not supported yet: moving a tile from " + fragment.layout() + " to " + layout);
  }
}
