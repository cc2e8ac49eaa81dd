package dev.kiln.compiler.ptx;

import dev.kiln.compiler.ptx.Node.Effect;
import dev.kiln.compiler.ptx.Node.Guard;
import dev.kiln.compiler.ptx.Operand.Address;
import dev.kiln.compiler.ptx.Operand.Immediate;
import dev.kiln.compiler.ptx.Operand.Name;
import dev.kiln.compiler.ptx.Operand.Register;
import java.util.List;

/** A small function under construction, and its text. */
final class Snippet {
  static final int THREADS = 128;
  final PtxBuilder ptx = new PtxBuilder(THREADS);

  /** A register of which nothing is known. */
  Register unknown(RegisterClass type) {
    Register register = ptx.register(type);
    Address from = Address.of(new Name(RegisterClass.B64, "x"), 0);
    ptx.add("ld.param." + type.type(), List.of(register), null, List.of(), Effect.READ, null, from);
    return register;
  }

  Register b32() {
    return unknown(RegisterClass.B32);
  }

  Register b64() {
    return unknown(RegisterClass.B64);
  }

  Operand predicate() {
    return b32("setp.eq.f32", RegisterClass.PRED, b32(), b32());
  }

  Operand thread() {
    return b32("mov.u32", new Name(RegisterClass.B32, "%tid.x"));
  }

  Operand b32(String opcode, Operand... operands) {
    return ptx.emit(opcode, RegisterClass.B32, operands);
  }

  private Operand b32(String opcode, RegisterClass type, Operand... operands) {
    return ptx.emit(opcode, type, operands);
  }

  Operand b64(String opcode, Operand... operands) {
    return ptx.emit(opcode, RegisterClass.B64, operands);
  }

  Operand pred(String opcode, Operand... operands) {
    return ptx.emit(opcode, RegisterClass.PRED, operands);
  }

  Register load(Operand address, Guard guard, Operand... otherwise) {
    Register value = ptx.register(RegisterClass.B32);
    ptx.add(
        "ld.global.b32",
        List.of(value),
        guard,
        List.of(otherwise),
        Effect.READ,
        null,
        Address.of(address, 0));
    return value;
  }

  void store(Operand address, Operand value) {
    ptx.effect("st.global.b32", Address.of(address, 0), value);
  }

  static Immediate i(int number) {
    return Immediate.b32(number);
  }

  static Immediate l(long number) {
    return Immediate.b64(number);
  }

  PtxFunction function() {
    return new PtxFunction("f", List.of(), ptx.body(), "sm_80", "7.0", THREADS, 0, List.of());
  }

  /** Lines of the body without declarations, as emitted. */
  List<String> lines() {
    return lines(function());
  }

  /** Lines of the body after all passes. */
  List<String> optimized() {
    return lines(PtxPasses.optimize(function()));
  }

  static List<String> lines(PtxFunction function) {
    String text = PtxPrinter.print(function, false);
    return text.substring(text.indexOf('{') + 1, text.lastIndexOf('}'))
        .lines()
        .map(String::strip)
        .filter(line -> !line.isEmpty() && !line.startsWith(".reg"))
        .toList();
  }

  /** Lines between the label of the n-th loop and the jump back to it. */
  static List<String> loop(List<String> lines, int n) {
    int start = lines.indexOf("$loop" + n + ":");
    for (int i = start; i < lines.size(); i++) {
      if (lines.get(i).contains("bra.uni $loop" + n + ";")) {
        return lines.subList(start + 1, i);
      }
    }
    throw new AssertionError("no loop " + n + " in " + String.join("\n", lines));
  }
}
