package dev.kiln.compiler.ir;

import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * A data type of the kernel language. Tile IR uses the signless ones only: {@link #signless()} maps
 * unsigned types to them.
 *
 * <p>In memory every type takes {@link #bytes()} bytes, little endian; {@code i1} takes one byte, 0
 * or 1.
 */
public enum DType {
  I1("i1", "int1", Kind.BOOL, 1),
  I8("i8", "int8", Kind.SIGNED, 8),
  I16("i16", "int16", Kind.SIGNED, 16),
  I32("i32", "int32", Kind.SIGNED, 32),
  I64("i64", "int64", Kind.SIGNED, 64),
  U8("u8", "uint8", Kind.UNSIGNED, 8),
  U16("u16", "uint16", Kind.UNSIGNED, 16),
  U32("u32", "uint32", Kind.UNSIGNED, 32),
  U64("u64", "uint64", Kind.UNSIGNED, 64),
  /** e5m2 with infinities. */
  FP8E5("fp8e5", "float8e5", Kind.FLOAT, 8),
  /** e4m3fn: no infinities, largest finite value 448. */
  FP8E4NV("fp8e4nv", "float8e4nv", Kind.FLOAT, 8),
  /** e4m3 with bias 15 and no NaN or infinity, largest 1.875. */
  FP8E4B15("fp8e4b15", "float8e4b15", Kind.FLOAT, 8),
  /** e4m3fnuz of AMD GPUs. */
  FP8E4B8("fp8e4b8", "float8e4b8", Kind.FLOAT, 8),
  /** e5m2fnuz of AMD GPUs. */
  FP8E5B16("fp8e5b16", "float8e5b16", Kind.FLOAT, 8),
  FP16("fp16", "float16", Kind.FLOAT, 16),
  BF16("bf16", "bfloat16", Kind.FLOAT, 16),
  FP32("fp32", "float32", Kind.FLOAT, 32),
  FP64("fp64", "float64", Kind.FLOAT, 64);

  /** What a type's bits mean. */
  public enum Kind {
    BOOL,
    SIGNED,
    UNSIGNED,
    FLOAT
  }

  private static final Map<String, DType> BY_NAME = new HashMap<>();

  static {
    // A loop: each new process needs this class, and few need streams.
    for (DType dtype : values()) {
      BY_NAME.put(dtype.shortName, dtype);
    }
  }

  private final String shortName;
  private final String languageName;
  private final Kind kind;
  private final int bits;

  DType(String shortName, String languageName, Kind kind, int bits) {
    this.shortName = shortName;
    this.languageName = languageName;
    this.kind = kind;
    this.bits = bits;
  }

  /** The name in signatures and in tile IR: {@code fp32}, {@code i64}. */
  public String shortName() {
    return shortName;
  }

  /** The name in kernels: {@code float32}, {@code int64}. */
  public String languageName() {
    return languageName;
  }

  public Kind kind() {
    return kind;
  }

  public int bits() {
    return bits;
  }

  public int bytes() {
    return Math.max(1, bits / 8);
  }

  public boolean isFloat() {
    return kind == Kind.FLOAT;
  }

  public boolean isFp8() {
    return kind == Kind.FLOAT && bits == 8;
  }

  /** Integers, booleans included. */
  public boolean isInteger() {
    return kind != Kind.FLOAT;
  }

  public boolean isBool() {
    return kind == Kind.BOOL;
  }

  public boolean isSigned() {
    return kind == Kind.SIGNED;
  }

  public boolean isUnsigned() {
    return kind == Kind.UNSIGNED;
  }

  /** The type that tile IR uses for it: {@code u32} becomes {@code i32}, others stay. */
  public DType signless() {
    return switch (this) {
      case U8 -> I8;
      case U16 -> I16;
      case U32 -> I32;
      case U64 -> I64;
      default -> this;
    };
  }

  /** Looks a type up by its {@link #shortName()}; {@code u1} and {@code B} are {@code i1}. */
  public static Optional<DType> parse(String name) {
    String key = name.toLowerCase(Locale.ROOT);
    if (key.equals("u1") || key.equals("b")) {
      return Optional.of(I1);
    }
    return Optional.ofNullable(BY_NAME.get(key));
  }

  /** Looks a type up by the name that kernels know it by: {@code tl.float32}. */
  public static Optional<DType> parseQualified(String name) {
    for (DType dtype : values()) {
      if (name.equals("tl." + dtype.languageName)) {
        return Optional.of(dtype);
      }
    }
    return Optional.empty();
  }

  @Override
  public String toString() {
    return shortName;
  }
}
