package dev.kiln.compiler.jvm;

import dev.kiln.compiler.ir.DType;
import dev.kiln.compiler.ir.Value;
import java.lang.classfile.TypeKind;
import java.lang.constant.ClassDesc;
import java.lang.constant.ConstantDescs;

/**
 * How a scalar is held in a local variable: integers up to 32 bits as a sign-extended int ({@code
 * i1}: 0 or 1), floats narrower than 32 bits as a float.
 */
enum JvmType {
  INT(TypeKind.INT, ConstantDescs.CD_int, 4),
  LONG(TypeKind.LONG, ConstantDescs.CD_long, 8),
  FLOAT(TypeKind.FLOAT, ConstantDescs.CD_float, 4),
  DOUBLE(TypeKind.DOUBLE, ConstantDescs.CD_double, 8);

  private final TypeKind kind;
  private final ClassDesc desc;
  private final int bytes;

  JvmType(TypeKind kind, ClassDesc desc, int bytes) {
    this.kind = kind;
    this.desc = desc;
    this.bytes = bytes;
  }

  static JvmType of(DType dtype) {
    if (dtype.isFloat()) {
      return dtype == DType.FP64 ? DOUBLE : FLOAT;
    }
    return dtype.bits() == 64 ? LONG : INT;
  }

  static JvmType of(Value value) {
    return of(value.dtype());
  }

  TypeKind kind() {
    return kind;
  }

  ClassDesc desc() {
    return desc;
  }

  /** Size in memory when a local variable is saved as it is. */
  int bytes() {
    return bytes;
  }

  /** The dtype whose memory form is the local variable's own. */
  DType storage() {
    return switch (this) {
      case INT -> DType.I32;
      case LONG -> DType.I64;
      case FLOAT -> DType.FP32;
      case DOUBLE -> DType.FP64;
    };
  }
}
