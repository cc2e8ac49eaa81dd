package dev.kiln.runtime.sim.isa.tensor;

import dev.kiln.runtime.sim.ptx.PtxType;
import java.util.Optional;

/** What matrices hold, by the width of an element within a register. */
enum Element {
  F16(16),
  BF16(16),
  TF32(32),
  F32(32),
  F64(64),
  E4M3(8),
  E5M2(8),
  /** Types of fewer than 8 bits lie in bytes; {@code e2m1} in the middle four bits of one. */
  E2M1(8),
  E2M3(8),
  E3M2(8),
  S8(8),
  U8(8),
  S4(4),
  U4(4),
  B1(1),
  S32(32);

  /** Values of the small floating-point types by their byte. */
  private static final float[][] BYTES = new float[values().length][];

  static {
    for (Element element : values()) {
      if (element.isSmallFloat()) {
        BYTES[element.ordinal()] = element.table();
      }
    }
  }

  private final int bits;

  Element(int bits) {
    this.bits = bits;
  }

  /** The element that a type of an instruction names. */
  static Optional<Element> of(PtxType type) {
    for (Element element : values()) {
      if (element.name().equals(type.name())) {
        return Optional.of(element);
      }
    }
    return Optional.empty();
  }

  int bits() {
    return bits;
  }

  /** Elements in a register of 32 bits; 1 for f64, which has registers of its own. */
  int perRegister() {
    return Math.max(1, 32 / bits);
  }

  boolean isSigned() {
    return this == S8 || this == S4;
  }

  boolean isFloat() {
    return ordinal() <= E3M2.ordinal();
  }

  /** Whether an element is a floating-point number of at most 8 bits. */
  boolean isSmallFloat() {
    return isFloat() && bits == 8;
  }

  /** The value of an element of at most 32 bits, exact, from the low bits of a word. */
  float toFloat(int word) {
    return switch (this) {
      case F16 -> Float.float16ToFloat((short) word);
      case BF16 -> Float.intBitsToFloat(word << 16);
      // The low 13 bits of a register with tf32 are not part of the number.
      case TF32 -> Float.intBitsToFloat(word & 0xffff_e000);
      case F32 -> Float.intBitsToFloat(word);
      case E4M3, E5M2, E2M1, E2M3, E3M2 -> BYTES[ordinal()][word & 0xff];
      case S8 -> (byte) word;
      case U8 -> word & 0xff;
      case S4 -> word << 28 >> 28;
      case U4 -> word & 0xf;
      case F64, B1, S32 -> throw new IllegalStateException("no float: " + this);
    };
  }

  /** The values of the floating-point elements of 8 bits, by their bits. */
  float[] byteValues() {
    return BYTES[ordinal()];
  }

  private float[] table() {
    float[] table = new float[256];
    for (int b = 0; b < 256; b++) {
      table[b] =
          switch (this) {
            case E4M3 -> (b & 0x7f) == 0x7f ? Float.NaN : small(b, 7, 4, 3);
            case E5M2 -> Float.float16ToFloat((short) (b << 8));
            case E2M1 -> small(b >> 2, 3, 2, 1);
            case E2M3 -> small(b, 5, 2, 3);
            case E3M2 -> small(b, 5, 3, 2);
            default -> 0;
          };
    }
    return table;
  }

  /** A number without infinities: sign, exponent with the usual bias, fraction. */
  private static float small(int bits, int sign, int exponentBits, int fractionBits) {
    int exponent = bits >> fractionBits & (1 << exponentBits) - 1;
    int fraction = bits & (1 << fractionBits) - 1;
    int bias = (1 << exponentBits - 1) - 1;
    int hidden = exponent == 0 ? 0 : 1 << fractionBits;
    float magnitude =
        Math.scalb((float) (hidden + fraction), Math.max(exponent, 1) - bias - fractionBits);
    return (bits >> sign & 1) == 0 ? magnitude : -magnitude;
  }
}
