package dev.kiln.runtime.sim.ptx;

import java.util.Arrays;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/** The fundamental and alternate types of PTX, by the word that names each, without its dot. */
public enum PtxType {
  PRED(1),
  B8(8),
  B16(16),
  B32(32),
  B64(64),
  B128(128),
  U8(8),
  U16(16),
  U32(32),
  U64(64),
  S8(8),
  S16(16),
  S32(32),
  S64(64),
  U16X2(32),
  S16X2(32),
  F16(16),
  F16X2(32),
  BF16(16),
  BF16X2(32),
  TF32(32),
  F32(32),
  F32X2(64),
  F64(64),
  E4M3(8),
  E5M2(8),
  E4M3X2(16),
  E5M2X2(16),
  E2M1(4),
  E2M1X2(8),
  E2M3(6),
  E3M2(6),
  E2M3X2(16),
  E3M2X2(16),
  UE8M0(8),
  UE8M0X2(16),
  U4(4),
  S4(4),
  B1(1),
  TEXREF(64),
  SAMPLERREF(64),
  SURFREF(64);

  private static final Map<String, PtxType> WORDS =
      Arrays.stream(values()).collect(Collectors.toMap(PtxType::word, type -> type));

  private final int bits;

  PtxType(int bits) {
    this.bits = bits;
  }

  public int bits() {
    return bits;
  }

  /** Bytes in memory; less than a byte counts as one. */
  public int bytes() {
    return Math.max(1, bits / 8);
  }

  public boolean isSigned() {
    return this == S4 || this == S8 || this == S16 || this == S32 || this == S64 || this == S16X2;
  }

  public boolean isUnsigned() {
    return this == U4 || this == U8 || this == U16 || this == U32 || this == U64 || this == U16X2;
  }

  /** Bits without a meaning. */
  public boolean isUntyped() {
    return this == B1 || this == B8 || this == B16 || this == B32 || this == B64 || this == B128;
  }

  public boolean isFloat() {
    return this != PRED && !isSigned() && !isUnsigned() && !isUntyped() && !isOpaque();
  }

  /** A texture, a sampler or a surface. */
  public boolean isOpaque() {
    return this == TEXREF || this == SAMPLERREF || this == SURFREF;
  }

  /** The type that a word such as {@code f32} names. */
  public static Optional<PtxType> parse(String word) {
    return Optional.ofNullable(WORDS.get(word));
  }

  public String word() {
    return name().toLowerCase(Locale.ROOT);
  }

  @Override
  public String toString() {
    return "." + word();
  }
}
