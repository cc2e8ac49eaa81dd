package dev.kiln.compiler.jvm;

import static java.lang.constant.ConstantDescs.CD_byte;
import static java.lang.constant.ConstantDescs.CD_float;
import static java.lang.constant.ConstantDescs.CD_long;
import static java.lang.constant.ConstantDescs.CD_short;
import static java.lang.constant.ConstantDescs.CD_void;

import dev.kiln.compiler.ir.DType;
import dev.kiln.compiler.ir.MemoryOp;
import dev.kiln.compiler.ir.Value;
import dev.kiln.compiler.jvm.support.Atomics;
import dev.kiln.compiler.jvm.support.SmallFloats;
import java.lang.classfile.CodeBuilder;
import java.lang.classfile.Label;
import java.lang.constant.ClassDesc;
import java.lang.constant.MethodTypeDesc;
import java.util.Optional;

/** Reads and writes single elements. Offsets are relative to the start of the memory. */
final class MemoryAccess {
  private static final ClassDesc LAYOUT = ClassDesc.of("java.lang.foreign.ValueLayout");

  private final CodeWriter writer;
  private final CodeBuilder code;

  MemoryAccess(CodeWriter writer) {
    this.writer = writer;
    this.code = writer.code();
  }

  /** Leaves the element on the stack, in the form in which its type is held. */
  void load(DType dtype, Runnable pushOffset) {
    writer.pushMemory();
    pushLayout(dtype);
    pushOffset.run();
    code.invokeinterface(
        CodeWriter.MEMORY_SEGMENT,
        "get",
        MethodTypeDesc.of(carrier(dtype), layoutClass(dtype), CD_long));
    if (dtype == DType.I1) {
      toBool();
    } else {
      decode(writer, dtype);
    }
  }

  void store(DType dtype, Runnable pushOffset, Runnable pushValue) {
    writer.pushMemory();
    pushLayout(dtype);
    pushOffset.run();
    pushValue.run();
    encode(writer, dtype);
    code.invokeinterface(
        CodeWriter.MEMORY_SEGMENT,
        "set",
        MethodTypeDesc.of(CD_void, layoutClass(dtype), CD_long, carrier(dtype)));
  }

  private void toBool() {
    Label zero = code.newLabel();
    Label end = code.newLabel();
    code.ifeq(zero).loadConstant(1).goto_(end);
    code.labelBinding(zero).loadConstant(0).labelBinding(end);
  }

  private void pushLayout(DType dtype) {
    String suffix = dtype.bytes() == 1 ? "" : "_UNALIGNED";
    String name =
        switch (carrierName(dtype)) {
          case 'B' -> "JAVA_BYTE";
          case 'S' -> "JAVA_SHORT" + suffix;
          case 'I' -> "JAVA_INT" + suffix;
          case 'J' -> "JAVA_LONG" + suffix;
          case 'F' -> "JAVA_FLOAT" + suffix;
          default -> "JAVA_DOUBLE" + suffix;
        };
    code.getstatic(LAYOUT, name, layoutClass(dtype));
  }

  private static char carrierName(DType dtype) {
    return switch (dtype.bytes()) {
      case 1 -> 'B';
      case 2 -> 'S';
      case 4 -> dtype.isFloat() ? 'F' : 'I';
      default -> dtype.isFloat() ? 'D' : 'J';
    };
  }

  private static ClassDesc carrier(DType dtype) {
    return ClassDesc.ofDescriptor(String.valueOf(carrierName(dtype)));
  }

  private static ClassDesc layoutClass(DType dtype) {
    return LAYOUT.nested(
        switch (carrierName(dtype)) {
          case 'B' -> "OfByte";
          case 'S' -> "OfShort";
          case 'I' -> "OfInt";
          case 'J' -> "OfLong";
          case 'F' -> "OfFloat";
          default -> "OfDouble";
        });
  }

  /** Bits on the stack to the float they stand for; nothing for other types. */
  static void decode(CodeWriter writer, DType dtype) {
    if (dtype.isFloat() && dtype.bits() < 32) {
      ClassDesc bits = dtype.bits() == 8 ? CD_byte : CD_short;
      writer.call(SmallFloats.class, dtype.shortName(), CD_float, bits);
    }
  }

  /** A float on the stack to its bits; nothing for other types. */
  static void encode(CodeWriter writer, DType dtype) {
    if (dtype.isFloat() && dtype.bits() < 32) {
      ClassDesc bits = dtype.bits() == 8 ? CD_byte : CD_short;
      writer.call(SmallFloats.class, dtype.shortName() + "Bits", bits, CD_float);
    }
  }

  /** The offset of an address. */
  void pushOffset(Value address) {
    writer.push(address);
    writer.pushMemoryBase();
    code.lsub();
  }

  /** Pushes {@code other}, or 0 of the type. */
  void pushOther(DType dtype, Optional<Value> other) {
    if (other.isPresent()) {
      writer.push(other.get());
    } else {
      writer.pushConstant(JvmType.of(dtype), 0);
    }
  }

  // --- atomics

  /** Leaves what was in memory on the stack. */
  void atomicRmw(MemoryOp.AtomicKind kind, DType dtype, Value address, Value value) {
    writer.pushMemory();
    pushOffset(address);
    writer.push(value);
    JvmType type = JvmType.of(dtype);
    var parameters = new java.util.ArrayList<ClassDesc>();
    parameters.add(CodeWriter.MEMORY_SEGMENT);
    parameters.add(CD_long);
    parameters.add(type.desc());
    String suffix = needsDType(dtype) ? "Narrow" : "";
    if (needsDType(dtype)) {
      ScalarOps.pushDType(code, dtype);
      parameters.add(ScalarOps.dtypeClass());
    }
    writer.call(
        Atomics.class, kind.mnemonic() + suffix, type.desc(), parameters.toArray(ClassDesc[]::new));
  }

  /** Leaves what was in memory on the stack. */
  void atomicCas(DType dtype, Value address, Value expected, Value value) {
    writer.pushMemory();
    pushOffset(address);
    writer.push(expected);
    writer.push(value);
    ClassDesc type = JvmType.of(dtype).desc();
    if (needsDType(dtype)) {
      ScalarOps.pushDType(code, dtype);
      writer.call(
          Atomics.class,
          "casNarrow",
          type,
          CodeWriter.MEMORY_SEGMENT,
          CD_long,
          type,
          type,
          ScalarOps.dtypeClass());
    } else {
      writer.call(Atomics.class, "cas", type, CodeWriter.MEMORY_SEGMENT, CD_long, type, type);
    }
  }

  private static boolean needsDType(DType dtype) {
    return dtype.bits() < 32;
  }
}
