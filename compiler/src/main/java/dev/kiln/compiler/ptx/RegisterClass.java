package dev.kiln.compiler.ptx;

/**
 * What a register holds. Only the width counts: PTX lets instructions of every type of a width use
 * its bit registers, so floats are held in {@code .b32} and {@code .b64} as well.
 */
public enum RegisterClass {
  PRED("pred", "p", 1),
  B16("b16", "h", 16),
  B32("b32", "r", 32),
  B64("b64", "d", 64);

  private final String type;
  private final String prefix;
  private final int bits;

  RegisterClass(String type, String prefix, int bits) {
    this.type = type;
    this.prefix = prefix;
    this.bits = bits;
  }

  /** As in {@code .reg .b32}, without the dot. */
  public String type() {
    return type;
  }

  /** What names of registers begin with, after the percent sign. */
  public String prefix() {
    return prefix;
  }

  public int bits() {
    return bits;
  }
}
