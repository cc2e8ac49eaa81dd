package dev.kiln.ops.nn.sequence;

import dev.kiln.ops.nn.Module;
import dev.kiln.ops.tensor.Context;

/** Modules by number: their names are {@code 0}, {@code 1} and so on. */
public final class Numbered<M extends Module> extends Module {
  public Numbered(Context context) {
    super(context);
  }

  /** Adds the next. */
  public M add(M module) {
    return child(Integer.toString(children().size()), module);
  }
}
