package dev.kiln.runtime.sim.isa.tensor;

import dev.kiln.runtime.sim.isa.tensor.IntegerProduct.Operation;
import dev.kiln.runtime.sim.program.DecodeContext;
import dev.kiln.runtime.sim.program.Modifiers;
import dev.kiln.runtime.sim.ptx.PtxType;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The modifiers that matrix products share.
 *
 * @param kind of {@code .kind::}, empty without one
 * @param layouts {@code row} and {@code col} in the order in which they stand
 * @param types in the order in which they stand
 * @param operation of products of bits; MULTIPLY without one
 */
record ProductForm(
    Shape shape,
    String kind,
    List<String> layouts,
    List<Element> types,
    Operation operation,
    boolean saturates,
    Optional<DoubleRounding> rounding) {

  /** Takes them out of the instruction's modifiers. */
  static ProductForm take(DecodeContext context) {
    Modifiers modifiers = context.modifiers();
    refuse(context);
    requireAligned(context);
    Shape shape = Shape.take(context);
    return new ProductForm(
        shape,
        kind(modifiers),
        layouts(modifiers),
        types(context),
        operation(context),
        modifiers.take("satfinite"),
        modifiers
            .takeAny("rn", "rz", "rm", "rp")
            .map(word -> DoubleRounding.valueOf(word.toUpperCase(java.util.Locale.ROOT))));
  }

  /** Fails for forms that are not known. */
  private static void refuse(DecodeContext context) {
    for (String word : context.modifiers().left()) {
      if (word.equals("sp") || word.startsWith("sp::")) {
        throw context.unsupported("sparse matrices are not simulated");
      }
      if (word.equals("block_scale") || word.startsWith("scale_vec")) {
        throw context.unsupported("matrices with block scales are not simulated");
      }
    }
  }

  /** Takes {@code .sync.aligned}, which are mandatory. */
  static void requireAligned(DecodeContext context) {
    if (!context.modifiers().take("sync") || !context.modifiers().take("aligned")) {
      throw context.malformed("needs .sync.aligned");
    }
  }

  private static String kind(Modifiers modifiers) {
    for (String word : modifiers.left()) {
      if (word.startsWith("kind::")) {
        modifiers.take(word);
        return word.substring("kind::".length());
      }
    }
    return "";
  }

  private static List<String> layouts(Modifiers modifiers) {
    List<String> layouts = new ArrayList<>();
    for (String word : modifiers.left()) {
      if (word.equals("row") || word.equals("col")) {
        modifiers.take(word);
        layouts.add(word);
      }
    }
    return layouts;
  }

  private static List<Element> types(DecodeContext context) {
    List<Element> types = new ArrayList<>();
    Optional<PtxType> type = context.modifiers().takeType();
    while (type.isPresent()) {
      PtxType found = type.get();
      types.add(
          Element.of(found).orElseThrow(() -> context.malformed("no matrix has type " + found)));
      type = context.modifiers().takeType();
    }
    return types;
  }

  private static Operation operation(DecodeContext context) {
    Optional<String> word = context.modifiers().takeAny("xor", "and");
    boolean counts = context.modifiers().take("popc");
    if (word.isPresent() != counts) {
      throw context.malformed("needs .xor.popc or .and.popc");
    }
    return word.map(w -> w.equals("and") ? Operation.AND : Operation.XOR)
        .orElse(Operation.MULTIPLY);
  }

  /** Whether the types are these. */
  boolean typesAre(Element... others) {
    return types.equals(List.of(others));
  }

  /** Fails because no such product exists. */
  RuntimeException noSuch(DecodeContext context) {
    return context.malformed("there is no product of this shape with these types and modifiers");
  }
}
