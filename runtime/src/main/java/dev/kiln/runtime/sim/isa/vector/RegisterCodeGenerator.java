package dev.kiln.runtime.sim.isa.vector;

import dev.kiln.runtime.sim.exec.RegisterVectors;
import dev.kiln.runtime.sim.exec.Warp;
import dev.kiln.runtime.sim.isa.vector.RegisterOperation.Kind;
import java.lang.classfile.ClassFile;
import java.lang.classfile.CodeBuilder;
import java.lang.classfile.Label;
import java.lang.constant.ClassDesc;
import java.lang.constant.ConstantDescs;
import java.lang.constant.MethodTypeDesc;
import java.lang.invoke.MethodHandles;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.Vector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/**
 * Generates a class for a straight run of operations: a loop over vectors of lanes, in whose body
 * each register is read once, lives in a local variable, and is written once.
 */
final class RegisterCodeGenerator {
  private static final ClassDesc NAME =
      ClassDesc.of(RegisterCodeGenerator.class.getPackageName(), "GeneratedRegisterCode");
  private static final ClassDesc INT_VECTOR = describe(IntVector.class);
  private static final ClassDesc FLOAT_VECTOR = describe(FloatVector.class);
  private static final ClassDesc VECTOR = describe(Vector.class);
  private static final ClassDesc MASK = describe(VectorMask.class);
  private static final ClassDesc SPECIES = describe(VectorSpecies.class);
  private static final ClassDesc COMPARISON = describe(VectorOperators.Comparison.class);
  private static final ClassDesc OPERATORS = describe(VectorOperators.class);
  private static final ClassDesc WORDS = ConstantDescs.CD_int.arrayType();
  private static final int WORDS_LOCAL = 1;
  private static final int LANE_LOCAL = 2;

  private final List<RegisterOperation> operations;

  /** Local variables that hold registers as integers, and as floats whose NaN is any. */
  private final Map<Integer, Integer> ints = new HashMap<>();

  private final Map<Integer, Integer> floats = new HashMap<>();
  private int nextLocal = LANE_LOCAL + 1;

  RegisterCodeGenerator(List<RegisterOperation> operations) {
    this.operations = operations;
  }

  private static ClassDesc describe(Class<?> type) {
    return type.describeConstable().orElseThrow();
  }

  RegisterCode generate() {
    byte[] bytes =
        ClassFile.of()
            .build(
                NAME,
                type ->
                    type.withFlags(ClassFile.ACC_FINAL | ClassFile.ACC_SUPER)
                        .withInterfaceSymbols(describe(RegisterCode.class))
                        .withMethodBody(
                            ConstantDescs.INIT_NAME,
                            ConstantDescs.MTD_void,
                            0,
                            code ->
                                code.aload(0)
                                    .invokespecial(
                                        ConstantDescs.CD_Object,
                                        ConstantDescs.INIT_NAME,
                                        ConstantDescs.MTD_void)
                                    .return_())
                        .withMethodBody(
                            "run",
                            MethodTypeDesc.of(ConstantDescs.CD_void, WORDS),
                            ClassFile.ACC_PUBLIC,
                            this::body));
    try {
      Class<?> type = MethodHandles.lookup().defineHiddenClass(bytes, true).lookupClass();
      return (RegisterCode) type.getDeclaredConstructor().newInstance();
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException("generated code is wrong", e);
    }
  }

  private void body(CodeBuilder code) {
    Label top = code.newLabel();
    code.iconst_0().istore(LANE_LOCAL).labelBinding(top);
    TreeSet<Integer> written = new TreeSet<>();
    for (RegisterOperation operation : operations) {
      emit(code, operation);
      written.add(operation.target());
    }
    for (int register : written) {
      asInts(code, register);
      place(code, register);
      code.invokevirtual(
          INT_VECTOR,
          "intoArray",
          MethodTypeDesc.of(ConstantDescs.CD_void, WORDS, ConstantDescs.CD_int));
    }
    code.iinc(LANE_LOCAL, RegisterVectors.WORDS.length())
        .iload(LANE_LOCAL)
        .loadConstant(Warp.LANES)
        .if_icmplt(top)
        .return_();
  }

  private void emit(CodeBuilder code, RegisterOperation operation) {
    Kind kind = operation.kind();
    ClassDesc type = kind.isFloat ? FLOAT_VECTOR : INT_VECTOR;
    MethodTypeDesc binary = MethodTypeDesc.of(type, VECTOR);
    operand(code, kind, operation.a());
    if (kind.operands > 1) {
      operand(code, kind, operation.b());
    }
    switch (kind) {
      case COPY -> {}
      case FLOAT_FMA -> {
        operand(code, kind, operation.c());
        code.invokevirtual(type, kind.method, MethodTypeDesc.of(type, VECTOR, VECTOR));
      }
      case MAD -> {
        code.invokevirtual(type, kind.method, binary);
        operand(code, kind, operation.c());
        code.invokevirtual(type, Kind.ADD.method, binary);
      }
      default -> code.invokevirtual(type, kind.method, binary);
    }
    int local = nextLocal++;
    code.astore(local);
    (kind.isFloat ? floats : ints).put(operation.target(), local);
    (kind.isFloat ? ints : floats).remove(operation.target());
  }

  private void operand(CodeBuilder code, Kind kind, int register) {
    if (kind.isFloat) {
      asFloats(code, register);
    } else {
      asInts(code, register);
    }
  }

  private void asFloats(CodeBuilder code, int register) {
    Integer known = floats.get(register);
    if (known != null) {
      code.aload(known);
      return;
    }
    asInts(code, register);
    int local = nextLocal++;
    code.invokevirtual(INT_VECTOR, "reinterpretAsFloats", MethodTypeDesc.of(FLOAT_VECTOR))
        .dup()
        .astore(local);
    floats.put(register, local);
  }

  private void asInts(CodeBuilder code, int register) {
    Integer known = ints.get(register);
    if (known != null) {
      code.aload(known);
      return;
    }
    Integer number = floats.get(register);
    if (number == null) {
      code.getstatic(describe(RegisterVectors.class), "WORDS", SPECIES);
      place(code, register);
      code.invokestatic(
          INT_VECTOR,
          "fromArray",
          MethodTypeDesc.of(INT_VECTOR, SPECIES, WORDS, ConstantDescs.CD_int));
    } else {
      canonical(code, number);
    }
    int local = nextLocal++;
    code.dup().astore(local);
    ints.put(register, local);
  }

  /** The bits of a result, whose NaN becomes the canonical one. */
  private static void canonical(CodeBuilder code, int local) {
    code.aload(local)
        .getstatic(describe(FloatLanes.class), "NANS", FLOAT_VECTOR)
        .aload(local)
        .getstatic(OPERATORS, "NE", COMPARISON)
        .aload(local)
        .invokevirtual(FLOAT_VECTOR, "compare", MethodTypeDesc.of(MASK, COMPARISON, VECTOR))
        .invokevirtual(FLOAT_VECTOR, "blend", MethodTypeDesc.of(FLOAT_VECTOR, VECTOR, MASK))
        .invokevirtual(FLOAT_VECTOR, "reinterpretAsInts", MethodTypeDesc.of(INT_VECTOR));
  }

  /** Pushes the register file, and where the vector lies in it. */
  private static void place(CodeBuilder code, int register) {
    code.aload(WORDS_LOCAL).loadConstant(register).iload(LANE_LOCAL).iadd();
  }
}
