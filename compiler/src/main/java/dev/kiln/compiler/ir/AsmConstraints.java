package dev.kiln.compiler.ir;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Which registers a text of inline assembly takes and gives, as LLVM writes them: {@code
 * "=r,=r,r,l"}, results first. What the text destroys ({@code ~{memory}}) needs not be said.
 *
 * @param text as it was written
 * @param outputs of the text, {@code $0} first
 * @param inputs of the text, which follow
 */
public record AsmConstraints(String text, List<Register> outputs, List<Register> inputs) {
  /** A class of registers of PTX. */
  public enum Register {
    B(1),
    H(16),
    R(32),
    F(32),
    L(64),
    D(64);

    private final int bits;

    Register(int bits) {
      this.bits = bits;
    }

    /** 1 for a predicate. */
    public int bits() {
      return bits;
    }
  }

  private static final int WORD = 32;

  public AsmConstraints {
    outputs = List.copyOf(outputs);
    inputs = List.copyOf(inputs);
  }

  /**
   * Reads constraints.
   *
   * @throws IllegalArgumentException where one is not known, with a message for people
   */
  public static AsmConstraints parse(String text) {
    var outputs = new ArrayList<Register>();
    var inputs = new ArrayList<Register>();
    for (String part : text.split(",")) {
      String constraint = part.strip();
      if (constraint.isEmpty() || constraint.startsWith("~")) {
        continue;
      }
      boolean isOutput = constraint.startsWith("=");
      if (isOutput && !inputs.isEmpty()) {
        throw new IllegalArgumentException("constraints of results come before those of operands");
      }
      // Results are never in the registers of operands, which is what '&' asks for.
      String name = isOutput ? constraint.substring(1).replace("&", "") : constraint;
      (isOutput ? outputs : inputs).add(register(name, constraint));
    }
    return new AsmConstraints(text, outputs, inputs);
  }

  private static Register register(String name, String constraint) {
    return switch (name) {
      case "b" -> Register.B;
      case "h", "c" -> Register.H;
      case "r" -> Register.R;
      case "f" -> Register.F;
      case "l", "N" -> Register.L;
      case "d" -> Register.D;
      default ->
          throw new IllegalArgumentException(
              "constraint '%s' is not one of b, h, r, l, f, d, with '=' for results"
                  .formatted(constraint));
    };
  }

  /** How many neighbouring elements share a register: as many as fill 32 bits. */
  public static int elementsIn(Type type, int pack) {
    int bits = type.dtype().bits();
    return bits == 1 ? 1 : Math.min(Math.max(WORD / bits, 1), pack);
  }

  /** What keeps these registers from holding groups of {@code pack} elements of each type. */
  public Optional<String> fault(List<Type> resultTypes, List<Type> inputTypes, int pack) {
    if (pack < 1 || Integer.bitCount(pack) != 1) {
      return Optional.of("pack must be a power of 2, got " + pack);
    }
    int results = registers(resultTypes, pack);
    int operands = registers(inputTypes, pack);
    if (results != outputs.size() || operands != inputs.size()) {
      return Optional.of(
          ("constraints '%s' name %s and %s, where pack %d makes %s and %s"
              .formatted(
                  text,
                  count(outputs.size(), "result"),
                  count(inputs.size(), "operand"),
                  pack,
                  results,
                  operands)));
    }
    return misfit(resultTypes, outputs, pack).or(() -> misfit(inputTypes, inputs, pack));
  }

  private static String count(int number, String what) {
    return number + " " + what + (number == 1 ? "" : "s");
  }

  private static int registers(List<Type> types, int pack) {
    return types.stream().mapToInt(type -> pack / elementsIn(type, pack)).sum();
  }

  private static Optional<String> misfit(List<Type> types, List<Register> registers, int pack) {
    int next = 0;
    for (Type type : types) {
      int inRegister = elementsIn(type, pack);
      int bits = type.dtype().bits() * inRegister;
      for (int i = 0; i < pack / inRegister; i++) {
        Register register = registers.get(next++);
        if (register.bits() < bits || bits != 1 && register == Register.B) {
          return Optional.of(
              "%d bits of %s do not fit in a register '%s' of %d"
                  .formatted(
                      bits,
                      type.element(),
                      register.name().toLowerCase(java.util.Locale.ROOT),
                      register.bits()));
        }
      }
    }
    return Optional.empty();
  }
}
