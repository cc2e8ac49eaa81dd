package dev.kiln.runtime.sim.isa.tensor;

import dev.kiln.runtime.sim.program.DecodeContext;
import dev.kiln.runtime.sim.ptx.Operand;
import dev.kiln.runtime.sim.ptx.PtxType;
import java.util.List;

/** First slots of the registers of {@code d, a, b, c}; of {@code wides} for f64. */
record Registers(int[] d, int[] a, int[] b, int[] c) {
  /** Registers of 32 bits in an operand, of which there have to be so many. */
  static int[] sources(DecodeContext context, Operand operand, int count) {
    return elements(context, operand, count).stream()
        .mapToInt(element -> context.word(element, PtxType.B32))
        .toArray();
  }

  static int[] targets(DecodeContext context, Operand operand, int count) {
    return elements(context, operand, count).stream()
        .mapToInt(element -> context.wordTarget(element, PtxType.B32))
        .toArray();
  }

  static int[] wideSources(DecodeContext context, Operand operand, int count) {
    return elements(context, operand, count).stream()
        .mapToInt(element -> context.wide(element, PtxType.F64))
        .toArray();
  }

  static int[] wideTargets(DecodeContext context, Operand operand, int count) {
    return elements(context, operand, count).stream()
        .mapToInt(element -> context.wideTarget(element, PtxType.F64))
        .toArray();
  }

  private static List<Operand> elements(DecodeContext context, Operand operand, int count) {
    List<Operand> elements = context.elements(operand);
    if (elements.size() != count) {
      throw context.malformed(
          "a matrix of " + count + " registers is expected, not of " + elements.size());
    }
    return elements;
  }
}
