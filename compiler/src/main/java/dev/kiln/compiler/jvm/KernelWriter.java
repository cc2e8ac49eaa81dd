package dev.kiln.compiler.jvm;

import static java.lang.constant.ConstantDescs.CD_void;

import dev.kiln.compiler.ir.Value;
import dev.kiln.compiler.loop.LoopStmt;
import java.lang.classfile.ClassBuilder;
import java.lang.classfile.ClassFile;
import java.lang.classfile.CodeBuilder;
import java.lang.constant.ClassDesc;
import java.lang.constant.ConstantDescs;
import java.lang.constant.MethodTypeDesc;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;

/**
 * One generated class while it is written. Code that would make a method too large for the JIT goes
 * to methods of its own, which are queued and written one after the other.
 */
final class KernelWriter {
  /** Values beyond go through the frame in scratch memory; the JVM allows 255 parameter slots. */
  private static final int MAX_PARAMETERS = 80;

  private static final int FRAME_SLOTS = 4096;

  private final ClassDesc self;
  private final EmissionOptions options;
  private final Definitions definitions;
  private final ScratchLayout scratch;
  private final SharedPanels panels;
  private final int methodBudget;
  private final Deque<Consumer<ClassBuilder>> pending = new ArrayDeque<>();
  private final Map<LoopStmt.Nest, Integer> pieces;
  private final Map<String, LoopStmt.Nest> nests = new HashMap<>();
  private final Set<Shuffle> shuffles = new LinkedHashSet<>();
  private int methods;
  private long frame = -1;

  KernelWriter(
      ClassDesc self,
      EmissionOptions options,
      Definitions definitions,
      ScratchLayout scratch,
      SharedPanels panels,
      int methodBudget,
      Map<LoopStmt.Nest, Integer> pieces) {
    this.self = self;
    this.options = options;
    this.definitions = definitions;
    this.scratch = scratch;
    this.panels = panels;
    this.methodBudget = methodBudget;
    this.pieces = pieces;
  }

  EmissionOptions options() {
    return options;
  }

  Definitions definitions() {
    return definitions;
  }

  ScratchLayout scratch() {
    return scratch;
  }

  SharedPanels panels() {
    return panels;
  }

  /** Bytes of bytecode that a method should stay below. */
  int methodBudget() {
    return methodBudget;
  }

  ClassDesc self() {
    return self;
  }

  /** Writes the methods that are waiting, and those that they ask for. */
  void writePending(ClassBuilder builder) {
    while (!pending.isEmpty()) {
      pending.removeFirst().accept(builder);
    }
  }

  /**
   * Calls a method of this class that is made of {@code body}, with the values it uses; afterwards
   * the caller has {@code outputs}, which the body defines.
   *
   * @return the method's name
   */
  String callOutlined(
      CodeWriter caller,
      String prefix,
      List<Value> inputs,
      List<Value> outputs,
      Consumer<CodeWriter> body) {
    List<Value> direct = inputs.subList(0, Math.min(inputs.size(), MAX_PARAMETERS));
    List<Value> framed = inputs.subList(direct.size(), inputs.size());
    var types = new ArrayList<>(CodeWriter.FIXED_PARAMETERS);
    direct.forEach(v -> types.add(JvmType.of(v).desc()));
    MethodTypeDesc desc = MethodTypeDesc.of(CD_void, types);
    String name = prefix + methods++;
    pending.addLast(
        builder ->
            builder.withMethodBody(
                name,
                desc,
                ClassFile.ACC_PRIVATE | ClassFile.ACC_STATIC,
                code -> {
                  var writer = new CodeWriter(code, definitions.local());
                  writer.tellClassOfMemory();
                  bindParameters(writer, direct);
                  loadFrame(writer, framed);
                  body.accept(writer);
                  storeFrame(writer, outputs);
                  code.return_();
                }));
    storeFrame(caller, framed);
    caller.pushMemory();
    caller.pushMemoryBase();
    caller.pushScratch();
    direct.forEach(caller::push);
    caller.code().invokestatic(self, name, desc);
    loadFrame(caller, outputs);
    return name;
  }

  /** In how many methods a nest is to be done. */
  int piecesOf(LoopStmt.Nest nest) {
    return pieces.getOrDefault(nest, 1);
  }

  /** Remembers which nest a method does a piece of. */
  void record(String method, LoopStmt.Nest nest) {
    nests.put(method, nest);
  }

  /** The nest that a method does a piece of, or null. */
  LoopStmt.Nest nestOf(String method) {
    return nests.get(method);
  }

  /** The methods that do nests or pieces of them. */
  Set<String> nestMethods() {
    return nests.keySet();
  }

  static void bindParameters(CodeWriter writer, List<Value> values) {
    for (int i = 0; i < values.size(); i++) {
      int index = CodeWriter.FIXED_PARAMETERS.size() + i;
      writer.bind(values.get(i), writer.code().parameterSlot(index));
    }
  }

  private void storeFrame(CodeWriter writer, List<Value> values) {
    for (int i = 0; i < values.size(); i++) {
      Value value = values.get(i);
      long offset = frameSlot(i);
      new MemoryAccess(writer)
          .store(
              JvmType.of(value).storage(),
              () -> writer.pushScratchOffset(offset),
              () -> writer.push(value));
    }
  }

  private void loadFrame(CodeWriter writer, List<Value> values) {
    for (int i = 0; i < values.size(); i++) {
      Value value = values.get(i);
      long offset = frameSlot(i);
      new MemoryAccess(writer)
          .load(JvmType.of(value).storage(), () -> writer.pushScratchOffset(offset));
      writer.define(value);
    }
  }

  private long frameSlot(int index) {
    if (index >= FRAME_SLOTS) {
      throw new IllegalStateException("more than " + FRAME_SLOTS + " values cross a call");
    }
    if (frame < 0) {
      frame = scratch.allocate(FRAME_SLOTS * 8L);
    }
    return frame + index * 8L;
  }

  /** A shuffle that brings to each lane what the lane so far above it has. */
  private record Shuffle(LaneKind kind, int lanes, int distance) {
    String field() {
      return "DOWN_" + distance + "_" + kind + "_" + lanes;
    }
  }

  /** Pushes a shuffle, which is a constant of the class, so that the JIT knows its lanes. */
  void pushShuffle(CodeWriter writer, LaneKind kind, int lanes, int distance) {
    var shuffle = new Shuffle(kind, lanes, distance);
    shuffles.add(shuffle);
    writer.code().getstatic(self, shuffle.field(), LaneKind.SHUFFLE);
  }

  /** Writes the constants, after all methods. */
  void writeConstants(ClassBuilder builder) {
    if (shuffles.isEmpty()) {
      return;
    }
    for (Shuffle shuffle : shuffles) {
      builder.withField(
          shuffle.field(),
          LaneKind.SHUFFLE,
          ClassFile.ACC_PRIVATE | ClassFile.ACC_STATIC | ClassFile.ACC_FINAL);
    }
    builder.withMethodBody(
        ConstantDescs.CLASS_INIT_NAME,
        ConstantDescs.MTD_void,
        ClassFile.ACC_STATIC,
        code -> {
          shuffles.forEach(shuffle -> initialize(code, shuffle));
          code.return_();
        });
  }

  private void initialize(CodeBuilder code, Shuffle shuffle) {
    code.getstatic(shuffle.kind.vector(), shuffle.kind.species(shuffle.lanes), LaneKind.SPECIES);
    code.loadConstant(shuffle.distance).loadConstant(1).loadConstant(1);
    code.invokestatic(
        LaneKind.SHUFFLE,
        "iota",
        MethodTypeDesc.of(
            LaneKind.SHUFFLE,
            LaneKind.SPECIES,
            ConstantDescs.CD_int,
            ConstantDescs.CD_int,
            ConstantDescs.CD_boolean));
    code.putstatic(self, shuffle.field(), LaneKind.SHUFFLE);
  }
}
