package dev.kiln.compiler.jvm;

import dev.kiln.compiler.ir.BinaryKind;
import dev.kiln.compiler.ir.Value;
import java.lang.classfile.CodeBuilder;
import java.lang.classfile.Label;
import java.lang.classfile.TypeKind;
import java.lang.constant.ConstantDescs;
import java.lang.constant.MethodTypeDesc;

/**
 * Floats as ints of the same order: the largest or least of many is then one instruction for each
 * vector that waits for the one before, where floats take three comparisons and blends ({@link
 * VectorMinMax}). -0 is below +0. NaN gets the key that no number has and that loses.
 */
final class OrderedKeys {
  private static final MethodTypeDesc TO_FLOAT =
      MethodTypeDesc.of(ConstantDescs.CD_float, ConstantDescs.CD_int);

  private final VectorCode vectors;
  private final CodeBuilder code;
  private final boolean max;

  private OrderedKeys(VectorCode vectors, boolean max) {
    this.vectors = vectors;
    this.code = vectors.writer().code();
    this.max = max;
  }

  /** For a function that prefers numbers to NaN; null for any other. */
  static OrderedKeys of(VectorCode vectors, BinaryKind kind, LaneKind lanes) {
    boolean suits = lanes == LaneKind.FLOAT && (kind == BinaryKind.MAX || kind == BinaryKind.MIN);
    return suits ? new OrderedKeys(vectors, kind == BinaryKind.MAX) : null;
  }

  private void pushLoser() {
    code.loadConstant(max ? Integer.MIN_VALUE : Integer.MAX_VALUE);
  }

  /** Pushes a vector that loses against all numbers. */
  void pushStart() {
    vectors.broadcast(LaneKind.INT, this::pushLoser);
  }

  /** Pushes the keys of a vector of floats. */
  void push(Value floats) {
    vectors.push(floats);
    vectors.reinterpret(LaneKind.FLOAT, LaneKind.INT);
    int bits = vectors.storeNew();
    // Negative numbers are ordered the other way round, but for their sign.
    code.aload(bits);
    vectors.lanewise(
        LaneKind.INT,
        "XOR",
        () -> {
          code.aload(bits);
          vectors.shift(LaneKind.INT, "ASHR", Integer.SIZE - 1);
          vectors.shift(LaneKind.INT, "LSHR", 1);
        });
    pushStart();
    vectors.push(floats);
    vectors.compare(LaneKind.FLOAT, "NE", () -> vectors.push(floats));
    vectors.castMask(LaneKind.FLOAT, LaneKind.INT);
    vectors.blend(LaneKind.INT);
  }

  /** Replaces two vectors of keys, one on the stack, by the winners. */
  void combine(Runnable pushRight) {
    vectors.lanewise(LaneKind.INT, max ? "MAX" : "MIN", pushRight);
  }

  /** Replaces a key on the stack by its float. */
  void toFloat() {
    int key = code.allocateLocal(TypeKind.INT);
    Label number = code.newLabel();
    Label end = code.newLabel();
    code.istore(key).iload(key);
    pushLoser();
    code.if_icmpne(number);
    code.loadConstant(Float.NaN).goto_(end);
    code.labelBinding(number);
    code.iload(key).iload(key).loadConstant(Integer.SIZE - 1).ishr().loadConstant(1).iushr().ixor();
    code.invokestatic(ConstantDescs.CD_Float, "intBitsToFloat", TO_FLOAT);
    code.labelBinding(end);
  }
}
