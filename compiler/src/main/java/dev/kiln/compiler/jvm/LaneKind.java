package dev.kiln.compiler.jvm;

import dev.kiln.compiler.ir.DType;
import java.lang.constant.ClassDesc;

/**
 * How a lane value is held in a vector. As in local variables, integers up to 32 bits are ints, and
 * floats narrower than 32 bits are floats; an {@code i1} is a mask of {@code INT} kind, or of the
 * kind that was compared.
 */
enum LaneKind {
  INT("Int", JvmType.INT, 32),
  LONG("Long", JvmType.LONG, 64),
  FLOAT("Float", JvmType.FLOAT, 32),
  DOUBLE("Double", JvmType.DOUBLE, 64),
  /** Memory only. */
  BYTE("Byte", JvmType.INT, 8),
  SHORT("Short", JvmType.INT, 16);

  private static final String PACKAGE = "jdk.incubator.vector.";
  static final ClassDesc VECTOR = ClassDesc.of(PACKAGE + "Vector");
  static final ClassDesc MASK = ClassDesc.of(PACKAGE + "VectorMask");
  static final ClassDesc SPECIES = ClassDesc.of(PACKAGE + "VectorSpecies");
  static final ClassDesc SHUFFLE = ClassDesc.of(PACKAGE + "VectorShuffle");
  static final ClassDesc OPERATORS = ClassDesc.of(PACKAGE + "VectorOperators");

  private final ClassDesc vector;
  private final JvmType scalar;
  private final int bits;

  LaneKind(String name, JvmType scalar, int bits) {
    this.vector = ClassDesc.of("jdk.incubator.vector." + name + "Vector");
    this.scalar = scalar;
    this.bits = bits;
  }

  static LaneKind of(DType dtype) {
    return switch (JvmType.of(dtype)) {
      case INT -> INT;
      case LONG -> LONG;
      case FLOAT -> FLOAT;
      case DOUBLE -> DOUBLE;
    };
  }

  /** The class of its vectors. */
  ClassDesc vector() {
    return vector;
  }

  JvmType scalar() {
    return scalar;
  }

  int bits() {
    return bits;
  }

  /** The species' name in the vector class for a number of lanes. */
  String species(int lanes) {
    return "SPECIES_" + bits * lanes;
  }

  /** Whether a vector of so many lanes exists. */
  boolean hasLanes(int lanes) {
    return bits * lanes >= 64 && bits * lanes <= 512;
  }
}
