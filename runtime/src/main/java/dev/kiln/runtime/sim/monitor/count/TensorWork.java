package dev.kiln.runtime.sim.monitor.count;

import dev.kiln.runtime.sim.ptx.Operand;
import dev.kiln.runtime.sim.ptx.PtxType;
import dev.kiln.runtime.sim.ptx.Statement.Instruction;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What a matrix instruction multiplies.
 *
 * @param family {@code mma}, {@code wmma} or {@code wgmma}
 * @param shape {@code m16n8k16}
 * @param sum the type that products are added up in
 * @param a type of the elements of A
 * @param b of B
 * @param multiplyAdds of one warp; a warp's share of the four for {@code wgmma}
 * @param sharedBytes that the tensor cores read from shared memory for one warp, by themselves
 */
public record TensorWork(
    String family,
    String shape,
    PtxType sum,
    PtxType a,
    PtxType b,
    long multiplyAdds,
    long sharedBytes) {
  private static final Pattern SHAPE = Pattern.compile("m(\\d+)n(\\d+)k(\\d+)");

  /** Warps that execute a {@code wgmma} together. */
  private static final int GROUP = 4;

  /** {@code mma.m8n8k4} of f16: a product for each quarter of the warp (PTX ISA 9.7.14.5.1). */
  private static final int QUARTERS = 4;

  /** What an instruction multiplies; empty if it is no product of matrices. */
  public static Optional<TensorWork> of(Instruction instruction) {
    boolean multiplies =
        switch (instruction.opcode()) {
          case "mma" -> true;
          case "wmma" -> instruction.modifiers().contains("mma");
          case "wgmma" -> instruction.modifiers().contains("mma_async");
          default -> false;
        };
    List<PtxType> types = Classification.types(instruction);
    Optional<Matcher> found =
        instruction.modifiers().stream().map(SHAPE::matcher).filter(Matcher::matches).findFirst();
    if (!multiplies || found.isEmpty() || types.isEmpty()) {
      return Optional.empty();
    }
    return Optional.of(of(instruction, types, found.get()));
  }

  private static TensorWork of(Instruction instruction, List<PtxType> types, Matcher shape) {
    // wmma of halves names the types of D and C only.
    boolean named = types.size() >= 3;
    PtxType a = named ? types.get(1) : PtxType.F16;
    PtxType b = named ? types.get(2) : PtxType.F16;
    long m = Long.parseLong(shape.group(1));
    long n = Long.parseLong(shape.group(2));
    long k = Long.parseLong(shape.group(3));
    long products = m * n * k;
    long shared = 0;
    if (instruction.opcode().equals("wgmma")) {
      boolean registers = instruction.operands().get(1) instanceof Operand.Vector;
      shared = ((registers ? 0 : m * k * a.bits()) + n * k * b.bits()) / Byte.SIZE / GROUP;
      products /= GROUP;
    } else if (shape.group().equals("m8n8k4") && a == PtxType.F16) {
      products *= QUARTERS;
    }
    return new TensorWork(
        instruction.opcode(), shape.group(), types.getFirst(), a, b, products, shared);
  }

  /** "mma m16n8k16 f32.f16.f16". */
  public String name() {
    return "%s %s %s.%s.%s".formatted(family, shape, sum.word(), a.word(), b.word());
  }
}
