package dev.kiln.compiler.loop;

import dev.kiln.compiler.ir.Value;
import java.util.Optional;

/**
 * The elements that an access may touch: {@code first} to {@code last}, counted from an element
 * that is known at run time only.
 *
 * @param origin the scalar that says which; empty for element 0 of the parameter
 */
record Extent(Optional<Value> origin, long first, long last) {
  static Extent of(Sc base, ScalarCode scalars) {
    return new Extent(scalars.symbol(base), scalars.addend(base), scalars.addend(base));
  }

  /** Of an affine tile; empty where a stride is not known. */
  static Optional<Extent> of(Form form, int[] dims, ScalarCode scalars) {
    long first = scalars.addend(form.base());
    long last = first;
    for (int j = 0; j < dims.length; j++) {
      Sc stride = form.strides().get(j);
      if (!stride.isConstant() || form.hasOpaque(j)) {
        return Optional.empty();
      }
      long reach = stride.constant() * (dims[j] - 1L);
      first += Math.min(0, reach);
      last += Math.max(0, reach);
    }
    return Optional.of(new Extent(scalars.symbol(form.base()), first, last));
  }

  boolean isApartFrom(Extent that) {
    return origin.equals(that.origin) && (last < that.first || that.last < first);
  }
}
