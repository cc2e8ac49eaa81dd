package dev.kiln.compiler.jvm;

import dev.kiln.compiler.ir.Value;
import dev.kiln.compiler.jvm.support.NativeMemory;
import java.lang.classfile.CodeBuilder;
import java.lang.classfile.Label;
import java.lang.classfile.TypeKind;
import java.lang.constant.ClassDesc;
import java.lang.constant.ConstantDescs;
import java.lang.constant.MethodTypeDesc;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;

/**
 * One generated static method while it is written: where its values lie. Every method's first
 * parameters are the memory, its base address and the program's scratch address.
 */
final class CodeWriter {
  static final ClassDesc MEMORY_SEGMENT = ClassDesc.of("java.lang.foreign.MemorySegment");

  /** Parameters that every method starts with. */
  static final List<ClassDesc> FIXED_PARAMETERS =
      List.of(MEMORY_SEGMENT, ConstantDescs.CD_long, ConstantDescs.CD_long);

  private static final int MEMORY = 0;
  private static final int MEMORY_BASE = 1;
  private static final int SCRATCH = 3;

  private final CodeBuilder code;
  private final Definitions definitions;
  private final Map<Value, Integer> slots = new IdentityHashMap<>();

  CodeWriter(CodeBuilder code, Definitions definitions) {
    this.code = code;
    this.definitions = definitions;
  }

  CodeBuilder code() {
    return code;
  }

  Definitions definitions() {
    return definitions;
  }

  void pushMemory() {
    code.aload(MEMORY);
  }

  /** Tells the JIT the class of the memory: see {@link NativeMemory}. */
  void tellClassOfMemory() {
    code.getstatic(ClassDesc.of(NativeMemory.class.getName()), "CLASS", ConstantDescs.CD_Class);
    code.aload(MEMORY);
    code.invokevirtual(
        ConstantDescs.CD_Class,
        "cast",
        MethodTypeDesc.of(ConstantDescs.CD_Object, ConstantDescs.CD_Object));
    code.checkcast(MEMORY_SEGMENT).astore(MEMORY);
  }

  void pushMemoryBase() {
    code.lload(MEMORY_BASE);
  }

  void pushScratch() {
    code.lload(SCRATCH);
  }

  /** Offset in memory of a place in scratch memory. */
  void pushScratchOffset(long offset) {
    pushScratch();
    pushMemoryBase();
    code.lsub();
    if (offset != 0) {
      code.loadConstant(offset).ladd();
    }
  }

  void bind(Value value, int slot) {
    slots.put(value, slot);
  }

  boolean isBound(Value value) {
    return slots.containsKey(definitions.resolve(value));
  }

  int slot(Value value) {
    Value resolved = definitions.resolve(value);
    Integer slot = slots.get(resolved);
    if (slot == null) {
      throw new IllegalStateException("value is not defined here: " + value);
    }
    return slot;
  }

  int newLocal(TypeKind kind) {
    return code.allocateLocal(kind);
  }

  /** A local variable for a value that is assigned later, possibly in several places. */
  int declare(Value value) {
    int slot = newLocal(JvmType.of(value).kind());
    slots.put(value, slot);
    return slot;
  }

  /** Takes the value from the stack. */
  void define(Value value) {
    JvmType type = JvmType.of(value);
    code.storeLocal(type.kind(), declare(value));
  }

  /** Assigns a declared value from the stack. */
  void assign(Value value) {
    code.storeLocal(JvmType.of(value).kind(), slots.get(value));
  }

  void push(Value value) {
    Number constant = definitions.constant(value);
    if (constant == null) {
      code.loadLocal(JvmType.of(value).kind(), slot(value));
    } else {
      pushConstant(JvmType.of(value), constant);
    }
  }

  void pushConstant(JvmType type, Number number) {
    switch (type) {
      case INT -> code.loadConstant(number.intValue());
      case LONG -> code.loadConstant(number.longValue());
      case FLOAT -> code.loadConstant(number.floatValue());
      case DOUBLE -> code.loadConstant(number.doubleValue());
    }
  }

  /** An integer or pointer, sign-extended to a long. */
  void pushLong(Value value) {
    push(value);
    if (JvmType.of(value) == JvmType.INT) {
      code.i2l();
    }
  }

  /** Calls a static method. */
  void call(ClassDesc owner, String name, ClassDesc result, ClassDesc... parameters) {
    code.invokestatic(owner, name, MethodTypeDesc.of(result, parameters));
  }

  void call(Class<?> owner, String name, ClassDesc result, ClassDesc... parameters) {
    call(owner.describeConstable().orElseThrow(), name, result, parameters);
  }

  /**
   * {@code for (int i = from; i < limit; i += step) body}, with the limit in a local or constant.
   */
  void countedLoop(int counter, int limit, int step, Runnable body) {
    loop(counter, () -> code.loadConstant(limit), step, body);
  }

  void loop(int counter, Runnable pushLimit, int step, Runnable body) {
    Label test = code.newLabel();
    Label top = code.newLabel();
    Label exit = code.newLabel();
    code.labelBinding(test);
    code.iload(counter);
    pushLimit.run();
    code.if_icmpge(exit);
    code.labelBinding(top);
    body.run();
    code.iinc(counter, step);
    code.goto_(test);
    code.labelBinding(exit);
  }
}
