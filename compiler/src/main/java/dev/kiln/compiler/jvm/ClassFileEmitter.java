package dev.kiln.compiler.jvm;

import static java.lang.constant.ConstantDescs.CD_int;
import static java.lang.constant.ConstantDescs.CD_long;
import static java.lang.constant.ConstantDescs.CD_void;

import dev.kiln.compiler.ir.DType;
import dev.kiln.compiler.ir.TileFunction;
import dev.kiln.compiler.ir.Type;
import dev.kiln.compiler.ir.Value;
import dev.kiln.compiler.loop.LoopKernel;
import dev.kiln.compiler.loop.LoopStmt;
import java.lang.classfile.ClassBuilder;
import java.lang.classfile.ClassFile;
import java.lang.classfile.CodeBuilder;
import java.lang.classfile.Label;
import java.lang.classfile.MethodModel;
import java.lang.classfile.TypeKind;
import java.lang.classfile.attribute.CodeAttribute;
import java.lang.constant.ClassDesc;
import java.lang.constant.ConstantDescs;
import java.lang.constant.MethodTypeDesc;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Turns a kernel into a class: {@code run} counts through the program instances and calls {@code
 * program}, the driver code, which calls one static method for each loop nest.
 */
public final class ClassFileEmitter {
  /** The package of generated classes. */
  public static final String PACKAGE = "dev.kiln.generated";

  /** The JIT ignores methods above 8000 bytes, and compiles those near it badly. */
  private static final int LARGEST_METHOD = 7900;

  /** What a class file can hold of a method. */
  private static final int LARGEST_CODE = 65_535;

  private static final int[] METHOD_BUDGETS = {4500, 2200, 1000, 400};
  private static final int MAX_ATTEMPTS = 6;

  private static final ClassDesc BODY = ProgramBody.class.describeConstable().orElseThrow();

  // The slots of ProgramBody.run.
  private static final int MEMORY = 1;
  private static final int MEMORY_BASE = 2;
  private static final int ARGUMENTS = 4;
  private static final int SCRATCH = 6;
  private static final int FIRST = 8;
  private static final int END = 9;
  private static final int GRID = 10;

  private final LoopKernel kernel;
  private final EmissionOptions options;

  private ClassFileEmitter(LoopKernel kernel, EmissionOptions options) {
    this.kernel = kernel;
    this.options = options;
  }

  /** The class of a kernel, not yet defined. */
  public static GeneratedClass emit(LoopKernel kernel, EmissionOptions options) {
    return new ClassFileEmitter(kernel, options).emit();
  }

  /** Emits until every method is small enough: cuts large nests, and the driver's blocks. */
  private GeneratedClass emit() {
    Map<LoopStmt.Nest, Integer> pieces = new IdentityHashMap<>();
    int budget = 0;
    for (int attempt = 1; ; attempt++) {
      KernelWriter writer = writer(METHOD_BUDGETS[budget], pieces);
      GeneratedClass generated;
      try {
        generated = generate(writer);
      } catch (IllegalArgumentException e) {
        cutBeyondClassFile(writer, pieces, e);
        continue;
      }
      Map<String, Integer> large = largeMethods(generated.bytes());
      if (large.isEmpty() || attempt >= MAX_ATTEMPTS) {
        return generated;
      }
      boolean isDriverLarge = false;
      for (Map.Entry<String, Integer> method : large.entrySet()) {
        LoopStmt.Nest nest = writer.nestOf(method.getKey());
        if (nest == null) {
          isDriverLarge = true;
        } else {
          int factor = 1 + method.getValue() / LARGEST_METHOD;
          pieces.merge(nest, writer.piecesOf(nest) * factor, Math::max);
        }
      }
      if (isDriverLarge && budget + 1 < METHOD_BUDGETS.length) {
        budget++;
      }
    }
  }

  /**
   * Cuts the nest for whose method a class file has no room, of which the class file API tells in
   * the text of an exception alone.
   */
  private static void cutBeyondClassFile(
      KernelWriter writer, Map<LoopStmt.Nest, Integer> pieces, IllegalArgumentException e) {
    for (String method : writer.nestMethods()) {
      LoopStmt.Nest nest = writer.nestOf(method);
      int count = writer.piecesOf(nest) * (1 + LARGEST_CODE / LARGEST_METHOD);
      boolean canBeCut = writer.piecesOf(nest) < nest.body().size();
      if (canBeCut && String.valueOf(e.getMessage()).contains(" in " + method + "(")) {
        pieces.merge(nest, count, Math::max);
        return;
      }
    }
    throw e;
  }

  /** Names and sizes. */
  private static Map<String, Integer> largeMethods(byte[] bytes) {
    Map<String, Integer> large = new LinkedHashMap<>();
    for (MethodModel method : ClassFile.of().parse(bytes).methods()) {
      if (method.code().orElse(null) instanceof CodeAttribute code
          && code.codeLength() > LARGEST_METHOD) {
        large.put(method.methodName().stringValue(), code.codeLength());
      }
    }
    return large;
  }

  private KernelWriter writer(int methodBudget, Map<LoopStmt.Nest, Integer> pieces) {
    var definitions = new Definitions();
    definitions.scan(kernel.body());
    var scratch = new ScratchLayout(kernel.scratchBytes(), TransientBytes.of(kernel));
    ClassDesc self = ClassDesc.of(options.packageName(), javaName(kernel.name()));
    var panels = SharedPanels.of(kernel, scratch);
    return new KernelWriter(self, options, definitions, scratch, panels, methodBudget, pieces);
  }

  private GeneratedClass generate(KernelWriter writer) {
    ClassDesc self = writer.self();
    byte[] bytes = ClassFile.of().build(self, builder -> write(builder, self, writer));
    return new GeneratedClass(
        options.packageName() + "." + javaName(kernel.name()),
        bytes,
        ProgramBody.SCRATCH_HEADER + writer.scratch().size());
  }

  private void write(ClassBuilder builder, ClassDesc self, KernelWriter writer) {
    builder.withFlags(ClassFile.ACC_PUBLIC | ClassFile.ACC_FINAL);
    builder.withSuperclass(BODY);
    constructor(builder);
    builder.withMethodBody("run", runType(), ClassFile.ACC_PUBLIC, code -> run(code, self));
    builder.withMethodBody(
        "program",
        programType(),
        ClassFile.ACC_PRIVATE | ClassFile.ACC_STATIC,
        code -> program(code, writer));
    writer.writePending(builder);
    writer.writeConstants(builder);
  }

  private static String javaName(String kernel) {
    var name = new StringBuilder();
    kernel.chars().forEach(c -> name.append(Character.isJavaIdentifierPart(c) ? (char) c : '_'));
    if (name.isEmpty() || !Character.isJavaIdentifierStart(name.charAt(0))) {
      name.insert(0, '_');
    }
    return name.toString();
  }

  private static void constructor(ClassBuilder builder) {
    builder.withMethodBody(
        ConstantDescs.INIT_NAME,
        ConstantDescs.MTD_void,
        ClassFile.ACC_PUBLIC,
        code ->
            code.aload(0)
                .invokespecial(BODY, ConstantDescs.INIT_NAME, ConstantDescs.MTD_void)
                .return_());
  }

  private static MethodTypeDesc runType() {
    return MethodTypeDesc.of(
        CD_void,
        CodeWriter.MEMORY_SEGMENT,
        CD_long,
        CD_long,
        CD_long,
        CD_int,
        CD_int,
        CD_int,
        CD_int,
        CD_int);
  }

  /** The fixed parameters, the argument block, the program's indices, the grid. */
  private static MethodTypeDesc programType() {
    var types = new ArrayList<>(CodeWriter.FIXED_PARAMETERS);
    types.add(CD_long);
    for (int i = 0; i < 6; i++) {
      types.add(CD_int);
    }
    return MethodTypeDesc.of(CD_void, types);
  }

  /** Divides once, then counts. */
  private static void run(CodeBuilder code, ClassDesc self) {
    int x = code.allocateLocal(TypeKind.INT);
    int y = code.allocateLocal(TypeKind.INT);
    int z = code.allocateLocal(TypeKind.INT);
    int at = code.allocateLocal(TypeKind.INT);
    Label test = code.newLabel();
    Label top = code.newLabel();
    Label exit = code.newLabel();
    code.iload(FIRST).istore(at).iload(at).iload(END).if_icmpge(exit);
    code.iload(at).iload(GRID).irem().istore(x);
    code.iload(at).iload(GRID).idiv().istore(z);
    code.iload(z).iload(GRID + 1).irem().istore(y);
    code.iload(z).iload(GRID + 1).idiv().istore(z);
    code.labelBinding(top);
    code.aload(MEMORY).lload(MEMORY_BASE);
    code.lload(SCRATCH).loadConstant((long) ProgramBody.SCRATCH_HEADER).ladd();
    code.lload(ARGUMENTS);
    code.iload(x).iload(y).iload(z).iload(GRID).iload(GRID + 1).iload(GRID + 2);
    code.invokestatic(self, "program", programType());
    code.iinc(x, 1).iload(x).iload(GRID).if_icmplt(test);
    code.loadConstant(0).istore(x);
    code.iinc(y, 1).iload(y).iload(GRID + 1).if_icmplt(test);
    code.loadConstant(0).istore(y).iinc(z, 1);
    code.labelBinding(test);
    code.iinc(at, 1).iload(at).iload(END).if_icmplt(top);
    code.labelBinding(exit);
    code.return_();
  }

  private void program(CodeBuilder code, KernelWriter writer) {
    Definitions definitions = writer.definitions();
    var program = new CodeWriter(code, definitions);
    program.tellClassOfMemory();
    int arguments = CodeWriter.FIXED_PARAMETERS.size();
    int argumentBlock = code.parameterSlot(arguments);
    for (int axis = 0; axis < 3; axis++) {
      program.bind(definitions.programId(axis), code.parameterSlot(arguments + 1 + axis));
      program.bind(definitions.numPrograms(axis), code.parameterSlot(arguments + 4 + axis));
    }
    List<Value> used = FreeValues.of(definitions, kernel.body());
    for (int i = 0; i < kernel.params().size(); i++) {
      TileFunction.Param param = kernel.params().get(i);
      if (used.contains(param.value())) {
        loadArgument(program, argumentBlock, i, param.value());
      }
    }
    new DriverEmitter(writer, program).emitBody(kernel.body());
    code.return_();
  }

  private static void loadArgument(CodeWriter program, int block, int index, Value value) {
    DType memory = value.type() instanceof Type.Pointer ? DType.I64 : value.dtype();
    new MemoryAccess(program)
        .load(
            memory,
            () -> {
              program.code().lload(block).loadConstant(8L * index).ladd();
              program.pushMemoryBase();
              program.code().lsub();
            });
    program.define(value);
  }
}
