package dev.kiln.compiler.gpu.emit;

import dev.kiln.compiler.diagnostics.CompilationException;
import dev.kiln.compiler.gpu.memory.Words;
import dev.kiln.compiler.ir.AsmConstraints;
import dev.kiln.compiler.ir.ComputeOp;
import dev.kiln.compiler.ir.DType;
import dev.kiln.compiler.ir.Type;
import dev.kiln.compiler.ir.Value;
import dev.kiln.compiler.layout.LinearLayout;
import dev.kiln.compiler.ptx.InlineText;
import dev.kiln.compiler.ptx.Node.Effect;
import dev.kiln.compiler.ptx.Operand;
import dev.kiln.compiler.ptx.Operand.Immediate;
import dev.kiln.compiler.ptx.Operand.Register;
import dev.kiln.compiler.ptx.PtxBuilder;
import dev.kiln.compiler.ptx.RegisterClass;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Pattern;

/**
 * Texts of PTX that kernels bring along. Groups are registers that follow each other in a thread; a
 * thread with fewer repeats its last one. Threads that hold the same elements all run the text.
 */
final class InlineAsmEmitter {
  /** What differs between the threads of a block. */
  private static final Pattern THREAD =
      Pattern.compile("%(tid|laneid|warpid|lanemask_\\w+)\\b", Pattern.CASE_INSENSITIVE);

  /** A special register, such as a clock. */
  private static final Pattern SPECIAL = Pattern.compile("%[a-z]", Pattern.CASE_INSENSITIVE);

  private final Emission emission;
  private final PtxBuilder ptx;

  InlineAsmEmitter(Emission emission) {
    this.emission = emission;
    this.ptx = emission.ptx();
  }

  void emit(ComputeOp.InlineAsm op) {
    checkNames(op);
    if (op.results().getFirst().type().isTile()) {
      tiles(op);
    } else {
      scalars(op);
    }
  }

  /** In a function of elements, where each thread has scalars of its own. */
  void emitInBlock(ComputeOp.InlineAsm op) {
    checkNames(op);
    List<List<Operand>> results = ofScalars(op);
    for (int n = 0; n < results.size(); n++) {
      emission.define(op.results().get(n), results.get(n).getFirst());
    }
  }

  private static void checkNames(ComputeOp.InlineAsm op) {
    AsmConstraints constraints = op.constraints();
    int operands = constraints.outputs().size() + constraints.inputs().size();
    int most = InlineText.mostOperand(op.text());
    if (most >= operands) {
      throw CompilationException.at(
          op.loc(),
          "inline_asm_elementwise: the text names $%d, but its operands end with $%d"
              .formatted(most, operands - 1));
    }
  }

  private void tiles(ComputeOp.InlineAsm op) {
    LinearLayout layout = emission.plan().layout(op.results().getFirst());
    List<Fragment> inputs =
        op.inputs().stream().map(input -> emission.fragment(input, layout)).toList();
    int count = layout.registerCount();
    var results = new ArrayList<Operand[]>();
    op.results().forEach(result -> results.add(new Operand[count]));
    for (int first = 0; first < count; first += op.pack()) {
      int start = first;
      List<List<Operand>> given =
          run(
              op,
              inputs.stream().map(input -> group(input.registers(), start, op.pack())).toList());
      for (int n = 0; n < results.size(); n++) {
        for (int i = first; i < Math.min(first + op.pack(), count); i++) {
          results.get(n)[i] = given.get(n).get(i - first);
        }
      }
    }
    for (int n = 0; n < results.size(); n++) {
      emission.define(op.results().get(n), new Fragment(layout, Arrays.asList(results.get(n))));
    }
  }

  private static List<Operand> group(List<Operand> registers, int first, int pack) {
    var group = new ArrayList<Operand>();
    for (int i = first; i < first + pack; i++) {
      group.add(registers.get(Math.min(i, registers.size() - 1)));
    }
    return group;
  }

  /** Scalars are the same in all threads, also where the text gives each time something else. */
  private void scalars(ComputeOp.InlineAsm op) {
    if (THREAD.matcher(op.text()).find()) {
      throw CompilationException.at(
          op.loc(),
          "not supported yet: inline assembly that gives each thread a scalar of its own");
    }
    List<List<Operand>> results = ofScalars(op);
    for (int n = 0; n < results.size(); n++) {
      Value result = op.results().get(n);
      Operand own = results.get(n).getFirst();
      boolean mayDiffer = !op.isPure() || SPECIAL.matcher(op.text()).find();
      emission.define(result, mayDiffer ? ofFirstThread(own) : own);
    }
  }

  private Operand ofFirstThread(Operand own) {
    var uniform = new Uniform(emission);
    if (own.type() != RegisterClass.PRED) {
      return uniform.broadcast(own);
    }
    Operand number = uniform.broadcast(resized(own, RegisterClass.B32));
    return ptx.emit("setp.ne.s32", RegisterClass.PRED, number, Immediate.b32(0));
  }

  private List<List<Operand>> ofScalars(ComputeOp.InlineAsm op) {
    return run(
        op,
        op.inputs().stream()
            .map(input -> group(List.of(emission.scalar(input)), 0, op.pack()))
            .toList());
  }

  /** One group: for each result its elements. */
  private List<List<Operand>> run(ComputeOp.InlineAsm op, List<List<Operand>> inputs) {
    AsmConstraints constraints = op.constraints();
    var operands = new ArrayList<Operand>();
    for (int n = 0; n < inputs.size(); n++) {
      Type type = op.inputs().get(n).type();
      int inRegister = AsmConstraints.elementsIn(type, op.pack());
      for (int i = 0; i < op.pack(); i += inRegister) {
        Operand word = pack(type.dtype(), inputs.get(n).subList(i, i + inRegister));
        operands.add(resized(word, constraints.inputs().get(operands.size())));
      }
    }
    List<Register> registers =
        constraints.outputs().stream().map(output -> ptx.register(held(output))).toList();
    Effect effect = op.isPure() ? Effect.PURE : Effect.EFFECT;
    ptx.add(
        InlineText.opcode(op.text()),
        List.copyOf(registers),
        null,
        List.of(),
        effect,
        null,
        operands.toArray(Operand[]::new));
    return results(op, registers);
  }

  private List<List<Operand>> results(ComputeOp.InlineAsm op, List<Register> registers) {
    var results = new ArrayList<List<Operand>>();
    int next = 0;
    for (Value result : op.results()) {
      DType dtype = result.dtype();
      int inRegister = AsmConstraints.elementsIn(result.type(), op.pack());
      var elements = new ArrayList<Operand>();
      for (int i = 0; i < op.pack(); i += inRegister) {
        elements.addAll(unpack(dtype, inRegister, registers.get(next++)));
      }
      results.add(elements);
    }
    return results;
  }

  // ---------------------------------------------------------------- elements and registers

  private static RegisterClass held(AsmConstraints.Register register) {
    return ofBits(register.bits());
  }

  private static RegisterClass ofBits(int bits) {
    return switch (bits) {
      case 1 -> RegisterClass.PRED;
      case 16 -> RegisterClass.B16;
      case 32 -> RegisterClass.B32;
      default -> RegisterClass.B64;
    };
  }

  private Operand pack(DType dtype, List<Operand> elements) {
    return dtype.isBool()
        ? elements.getFirst()
        : new Words(ptx, dtype, elements.size()).pack(elements).getFirst();
  }

  private Operand resized(Operand word, AsmConstraints.Register register) {
    return resized(word, held(register));
  }

  /** The low bits, or zeros above; a predicate is 0 or 1. */
  private Operand resized(Operand word, RegisterClass wanted) {
    int bits = word.type().bits();
    if (bits == wanted.bits()) {
      return word;
    }
    if (word.type() == RegisterClass.PRED) {
      Operand number =
          ptx.emit("selp.b32", RegisterClass.B32, Immediate.b32(1), Immediate.b32(0), word);
      return resized(number, wanted);
    }
    return ptx.emit("cvt.u%d.u%d".formatted(wanted.bits(), bits), wanted, word);
  }

  private List<Operand> unpack(DType dtype, int inRegister, Register register) {
    if (dtype.isBool()) {
      return List.of(condition(register));
    }
    if (inRegister > 1) {
      return new Words(ptx, dtype, inRegister)
          .unpack(List.of(resized(register, RegisterClass.B32)));
    }
    Operand element = resized(register, Elements.held(dtype));
    if (dtype.bits() >= 32 || dtype.isFloat() && dtype.bits() == 16) {
      return List.of(element);
    }
    return List.of(
        dtype.isFloat()
            ? ptx.emit("and.b16", RegisterClass.B16, element, Immediate.b16(0xFF))
            : ptx.emit("cvt.s32.s" + dtype.bits(), RegisterClass.B32, element));
  }

  private Operand condition(Register register) {
    if (register.type() == RegisterClass.PRED) {
      return register;
    }
    Operand low =
        ptx.emit(
            "and.b32", RegisterClass.B32, resized(register, RegisterClass.B32), Immediate.b32(1));
    return ptx.emit("setp.ne.s32", RegisterClass.PRED, low, Immediate.b32(0));
  }
}
