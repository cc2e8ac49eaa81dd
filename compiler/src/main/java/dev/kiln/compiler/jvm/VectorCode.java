package dev.kiln.compiler.jvm;

import static java.lang.constant.ConstantDescs.CD_Class;
import static java.lang.constant.ConstantDescs.CD_Object;
import static java.lang.constant.ConstantDescs.CD_boolean;
import static java.lang.constant.ConstantDescs.CD_int;
import static java.lang.constant.ConstantDescs.CD_long;
import static java.lang.constant.ConstantDescs.CD_void;

import dev.kiln.compiler.ir.DType;
import dev.kiln.compiler.ir.Value;
import java.lang.classfile.CodeBuilder;
import java.lang.classfile.TypeKind;
import java.lang.constant.ClassDesc;
import java.lang.constant.MethodTypeDesc;
import java.util.IdentityHashMap;
import java.util.Map;

/**
 * The vectors of one loop nest: all have the same number of lanes, so that each lane value is one
 * vector, of the width that its kind needs. Calls of the Vector API are the only ones that take or
 * return vectors.
 */
final class VectorCode {
  private static final ClassDesc BYTE_ORDER = ClassDesc.of("java.nio.ByteOrder");

  /** Where a lane value lies: a vector of the kind, or a mask of its lanes. */
  record Lane(int slot, LaneKind kind, boolean isMask) {}

  private final CodeWriter writer;
  private final CodeBuilder code;
  private final int lanes;
  private final Map<Value, Lane> values = new IdentityHashMap<>();

  VectorCode(CodeWriter writer, int lanes) {
    this.writer = writer;
    this.code = writer.code();
    this.lanes = lanes;
  }

  int lanes() {
    return lanes;
  }

  CodeWriter writer() {
    return writer;
  }

  // --- calls of the Vector API

  void pushSpecies(LaneKind kind) {
    code.getstatic(kind.vector(), kind.species(lanes), LaneKind.SPECIES);
  }

  /** Calls a method of a kind's vector class that returns a vector of the kind. */
  void call(LaneKind kind, String name, ClassDesc... parameters) {
    code.invokevirtual(kind.vector(), name, MethodTypeDesc.of(kind.vector(), parameters));
  }

  /** Pushes a constant of {@code VectorOperators}. */
  void pushOperator(String name, String type) {
    code.getstatic(LaneKind.OPERATORS, name, LaneKind.OPERATORS.nested(type));
  }

  /**
   * {@code vector.lanewise(operator)} of the vector on the stack. Operations are always called by
   * {@code lanewise}, because the JIT then knows the class of the vector from this very call;
   * {@code add} and its like pass through code in which the profiles of all vectors mix.
   */
  void lanewise(LaneKind kind, String operator) {
    pushOperator(operator, "Unary");
    call(kind, "lanewise", LaneKind.OPERATORS.nested("Unary"));
  }

  /** {@code vector.lanewise(operator, right)}. */
  void lanewise(LaneKind kind, String operator, Runnable pushRight) {
    pushOperator(operator, isAssociative(operator) ? "Associative" : "Binary");
    pushRight.run();
    call(kind, "lanewise", LaneKind.OPERATORS.nested("Binary"), LaneKind.VECTOR);
  }

  /** {@code vector.lanewise(FMA, factor, summand)}. */
  void fma(LaneKind kind, Runnable pushFactor, Runnable pushSummand) {
    pushOperator("FMA", "Ternary");
    pushFactor.run();
    pushSummand.run();
    call(kind, "lanewise", LaneKind.OPERATORS.nested("Ternary"), LaneKind.VECTOR, LaneKind.VECTOR);
  }

  private static boolean isAssociative(String operator) {
    return switch (operator) {
      case "ADD", "MUL", "MIN", "MAX", "AND", "OR", "XOR" -> true;
      default -> false;
    };
  }

  /** {@code vector lanewise(shift, amount)}. */
  void shift(LaneKind kind, String operator, int amount) {
    pushOperator(operator, "Binary");
    if (kind == LaneKind.LONG) {
      code.loadConstant((long) amount);
      call(kind, "lanewise", LaneKind.OPERATORS.nested("Binary"), CD_long);
    } else {
      code.loadConstant(amount);
      call(kind, "lanewise", LaneKind.OPERATORS.nested("Binary"), CD_int);
    }
  }

  /** Compares the vector on the stack with the pushed one: leaves a mask of the kind. */
  void compare(LaneKind kind, String comparison, Runnable pushRight) {
    pushOperator(comparison, "Comparison");
    pushRight.run();
    code.invokevirtual(
        kind.vector(),
        "compare",
        MethodTypeDesc.of(LaneKind.MASK, LaneKind.OPERATORS.nested("Comparison"), LaneKind.VECTOR));
  }

  /** Compares the vector on the stack with a scalar of the kind. */
  void compareScalar(LaneKind kind, String comparison, Runnable pushScalar) {
    pushOperator(comparison, "Comparison");
    pushScalar.run();
    code.invokevirtual(
        kind.vector(),
        "compare",
        MethodTypeDesc.of(
            LaneKind.MASK, LaneKind.OPERATORS.nested("Comparison"), kind.scalar().desc()));
  }

  /** {@code vector.blend(other, mask)}; both are on the stack. */
  void blend(LaneKind kind) {
    call(kind, "blend", LaneKind.VECTOR, LaneKind.MASK);
  }

  /** Makes a vector of the scalar that is pushed. */
  void broadcast(LaneKind kind, Runnable pushScalar) {
    pushSpecies(kind);
    pushScalar.run();
    code.invokestatic(
        kind.vector(),
        "broadcast",
        MethodTypeDesc.of(kind.vector(), LaneKind.SPECIES, kind.scalar().desc()));
  }

  /** A mask, all lanes of which are the int 0 or 1 that is pushed. */
  void broadcastMask(LaneKind kind, Runnable pushInt) {
    pushSpecies(kind);
    pushInt.run();
    code.invokeinterface(LaneKind.SPECIES, "maskAll", MethodTypeDesc.of(LaneKind.MASK, CD_boolean));
  }

  /** {@code convertShape} of the vector on the stack. */
  void convert(LaneKind from, LaneKind to, String conversion) {
    pushOperator(conversion, "Conversion");
    pushSpecies(to);
    code.loadConstant(0);
    code.invokevirtual(
        from.vector(),
        "convertShape",
        MethodTypeDesc.of(
            LaneKind.VECTOR, LaneKind.OPERATORS.nested("Conversion"), LaneKind.SPECIES, CD_int));
    exact(to);
  }

  /** The same bits as as many lanes of another kind. */
  void reinterpret(LaneKind from, LaneKind to) {
    reinterpret(from, to, lanes);
  }

  /** The same bits as lanes of another width. */
  void reinterpret(LaneKind from, LaneKind to, int toLanes) {
    String name =
        switch (to) {
          case INT -> "reinterpretAsInts";
          case LONG -> "reinterpretAsLongs";
          case FLOAT -> "reinterpretAsFloats";
          case DOUBLE -> "reinterpretAsDoubles";
          case BYTE, SHORT -> throw new IllegalArgumentException(to + " is for memory only");
        };
    code.invokevirtual(from.vector(), name, MethodTypeDesc.of(to.vector()));
    exact(to, toLanes);
  }

  /** {@code and}, {@code or}, {@code xor}, {@code andNot} of two masks on the stack. */
  void maskOp(String name) {
    code.invokevirtual(LaneKind.MASK, name, MethodTypeDesc.of(LaneKind.MASK, LaneKind.MASK));
  }

  void maskNot() {
    code.invokevirtual(LaneKind.MASK, "not", MethodTypeDesc.of(LaneKind.MASK));
  }

  void castMask(LaneKind from, LaneKind to) {
    if (from != to) {
      pushSpecies(to);
      code.invokevirtual(LaneKind.MASK, "cast", MethodTypeDesc.of(LaneKind.MASK, LaneKind.SPECIES));
    }
  }

  void maskToLong() {
    code.invokevirtual(LaneKind.MASK, "toLong", MethodTypeDesc.of(CD_long));
  }

  void anyTrue() {
    code.invokevirtual(LaneKind.MASK, "anyTrue", MethodTypeDesc.of(CD_boolean));
  }

  /** Reads a vector; a null mask reads all lanes. */
  void load(LaneKind kind, Runnable pushOffset, Runnable pushMask) {
    pushSpecies(kind);
    writer.pushMemory();
    pushOffset.run();
    pushByteOrder();
    if (pushMask == null) {
      code.invokestatic(
          kind.vector(),
          "fromMemorySegment",
          MethodTypeDesc.of(
              kind.vector(), LaneKind.SPECIES, CodeWriter.MEMORY_SEGMENT, CD_long, BYTE_ORDER));
    } else {
      pushMask.run();
      exactMask(kind);
      code.invokestatic(
          kind.vector(),
          "fromMemorySegment",
          MethodTypeDesc.of(
              kind.vector(),
              LaneKind.SPECIES,
              CodeWriter.MEMORY_SEGMENT,
              CD_long,
              BYTE_ORDER,
              LaneKind.MASK));
    }
    exact(kind);
  }

  /** Writes the vector on the stack; a null mask writes all lanes. */
  void store(LaneKind kind, Runnable pushOffset, Runnable pushMask) {
    if (pushMask != null) {
      exact(kind); // masked stores take a long way, on which profiles of all vectors mix
    }
    writer.pushMemory();
    pushOffset.run();
    pushByteOrder();
    if (pushMask == null) {
      code.invokevirtual(
          kind.vector(),
          "intoMemorySegment",
          MethodTypeDesc.of(CD_void, CodeWriter.MEMORY_SEGMENT, CD_long, BYTE_ORDER));
    } else {
      pushMask.run();
      exactMask(kind);
      code.invokevirtual(
          kind.vector(),
          "intoMemorySegment",
          MethodTypeDesc.of(
              CD_void, CodeWriter.MEMORY_SEGMENT, CD_long, BYTE_ORDER, LaneKind.MASK));
    }
  }

  private void pushByteOrder() {
    code.getstatic(BYTE_ORDER, "LITTLE_ENDIAN", BYTE_ORDER);
  }

  // --- values

  static boolean isMask(Value value) {
    return value.dtype() == DType.I1;
  }

  /** Takes a vector from the stack. */
  void define(Value value, LaneKind kind) {
    values.put(value, new Lane(storeNew(), kind, false));
  }

  /** Takes a mask from the stack. */
  void defineMask(Value value, LaneKind kind) {
    values.put(value, new Lane(storeNew(), kind, true));
  }

  void define(Value value, int slot, LaneKind kind, boolean isMask) {
    values.put(value, new Lane(slot, kind, isMask));
  }

  int storeNew() {
    int slot = code.allocateLocal(TypeKind.REFERENCE);
    code.astore(slot);
    return slot;
  }

  boolean isLane(Value value) {
    return values.containsKey(writer.definitions().resolve(value));
  }

  private void pushBroadcast(Value value, boolean isMask, LaneKind kind) {
    if (isMask) {
      broadcastMask(kind, () -> writer.push(value));
    } else {
      broadcast(kind, () -> writer.push(value));
    }
  }

  private Lane lane(Value value) {
    return values.get(writer.definitions().resolve(value));
  }

  /**
   * Tells the JIT the class of the vector on the stack, which it does not know by itself where a
   * loop changes a vector, or where one comes from memory. It would guess it from profiles that all
   * vectors share, and allocate vectors once it has guessed wrong.
   */
  void exact(LaneKind kind) {
    exact(kind, lanes);
  }

  private void exact(LaneKind kind, int kindLanes) {
    code.getstatic(kind.vector(), kind.species(kindLanes), LaneKind.SPECIES);
    cast("vectorType", kind.vector());
  }

  /** The same of a mask. */
  private void exactMask(LaneKind kind) {
    pushSpecies(kind);
    cast("maskType", LaneKind.MASK);
  }

  /** Casts what lies below the species on the stack to one of the species' classes. */
  private void cast(String type, ClassDesc declared) {
    code.invokeinterface(LaneKind.SPECIES, type, MethodTypeDesc.of(CD_Class));
    code.swap();
    code.invokevirtual(CD_Class, "cast", MethodTypeDesc.of(CD_Object, CD_Object));
    code.checkcast(declared);
  }

  /**
   * Pushes a lane value, or a scalar in all lanes, as a vector. Scalars become vectors where they
   * are used, so that the vector's class is known there; the JIT moves that out of loops.
   */
  void push(Value value) {
    Lane lane = lane(value);
    if (lane == null) {
      pushBroadcast(value, false, LaneKind.of(value.dtype()));
    } else if (lane.isMask) {
      throw new IllegalStateException("a mask is no vector: " + value);
    } else {
      code.aload(lane.slot);
    }
  }

  /** Pushes an {@code i1} as a mask for vectors of a kind. */
  void pushMask(Value value, LaneKind kind) {
    Lane lane = lane(value);
    if (lane == null) {
      pushBroadcast(value, true, kind);
    } else {
      code.aload(lane.slot);
      castMask(lane.kind, kind);
      exactMask(kind);
    }
  }

  /** The kind for which an {@code i1} needs no conversion. */
  LaneKind maskKind(Value value) {
    Lane lane = lane(value);
    return lane == null ? LaneKind.INT : lane.kind;
  }
}
