package dev.kiln.compiler.ptx;

import dev.kiln.compiler.diagnostics.Location;
import dev.kiln.compiler.ptx.Node.Branch;
import dev.kiln.compiler.ptx.Node.Guard;
import dev.kiln.compiler.ptx.Node.Instruction;
import dev.kiln.compiler.ptx.Node.Loop;
import dev.kiln.compiler.ptx.Operand.Address;
import dev.kiln.compiler.ptx.Operand.Immediate;
import dev.kiln.compiler.ptx.Operand.Name;
import dev.kiln.compiler.ptx.Operand.Register;
import dev.kiln.compiler.ptx.Operand.SlotOffset;
import dev.kiln.compiler.ptx.Operand.Vector;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import java.util.function.ToIntFunction;

/** Writes nodes as lines of text: structure becomes labels and branches, meetings become moves. */
final class BodyText {
  /** A loop's head of at most so many instructions is written twice to save a jump in the loop. */
  private static final int MAX_REPEATED = 16;

  /** So many updates may run in vain at the end of a loop to save a jump in each iteration. */
  private static final int MAX_IN_VAIN = 256;

  private static final HexFormat HEX = HexFormat.of().withUpperCase();

  private final StringBuilder text = new StringBuilder();
  private final RegisterNames names;
  private final ToIntFunction<Location> files;
  private Location lastLine;
  private int labels;
  private int inlineTexts;

  /**
   * Writes with these names.
   *
   * @param files the number of a location's file, or 0 to leave out {@code .loc} lines
   */
  BodyText(RegisterNames names, ToIntFunction<Location> files) {
    this.names = names;
    this.files = files;
  }

  CharSequence text() {
    return text;
  }

  void write(List<Node> nodes) {
    for (Node node : nodes) {
      switch (node) {
        case Instruction instruction -> write(instruction);
        case Loop loop -> write(loop);
        case Branch branch -> write(branch);
      }
    }
  }

  private void write(Instruction instruction) {
    Guard guard = instruction.guard();
    boolean decided = guard != null && guard.predicate() instanceof Immediate;
    boolean runs = guard == null || !decided || isTrue(guard.predicate()) != guard.negated();
    line(instruction.loc());
    if (!instruction.otherwise().isEmpty() && !(decided && runs)) {
      move(Nodes.results(instruction), instruction.otherwise());
    }
    if (!runs) {
      return;
    }
    text.append("  ");
    if (InlineText.isInline(instruction.opcode())) {
      List<Operand> all = new ArrayList<>(Nodes.results(instruction));
      all.addAll(instruction.operands());
      InlineText.write(
          text, instruction.opcode(), all, ++inlineTexts, each -> operand(each, "mov.b32"));
      return;
    }
    if (guard != null && !decided) {
      guard(guard.predicate(), guard.negated());
    }
    text.append(instruction.opcode());
    String separator = " ";
    for (Operand result : instruction.results()) {
      text.append(separator);
      operand(result, instruction.opcode());
      // Products of a comparison with two results are written p|q; no emitter uses them.
      separator = ", ";
    }
    boolean isCall = instruction.opcode().startsWith("call");
    boolean isTensorCopy = instruction.opcode().startsWith("cp.async.bulk.tensor.");
    for (Operand operand : instruction.operands()) {
      if (isTensorCopy && operand instanceof Vector) {
        text.setLength(text.length() - 1); // [map, {x, y}] is one operand
        text.append(", ");
        operand(operand, "");
        text.append(']');
        continue;
      }
      text.append(separator);
      operand(operand, instruction.opcode());
      // The arguments of a function stand in parentheses behind its name.
      separator = isCall && separator.equals(" ") ? ", (" : ", ";
    }
    if (isCall && instruction.operands().size() > 1) {
      text.append(')');
    }
    text.append(";\n");
  }

  private void write(Loop loop) {
    String id = label();
    move(loop.params(), loop.inits());
    boolean isShort = isPlain(loop.head(), MAX_REPEATED) && !loop.tail().isEmpty();
    if (isUpdateOnly(loop) && !(isShort && loop.tail().size() > MAX_REPEATED)) {
      place("$loop" + id);
      write(loop.head());
      write(loop.tail());
      move(loop.params(), loop.next());
      jumpIf(loop.stay(), "$loop" + id);
    } else if (isShort) {
      write(loop.head());
      jumpUnless(loop.stay(), "$exit" + id);
      place("$loop" + id);
      write(loop.tail());
      move(loop.params(), loop.next());
      write(loop.head());
      jumpIf(loop.stay(), "$loop" + id);
    } else {
      place("$loop" + id);
      write(loop.head());
      int before = text.length();
      jumpUnless(loop.stay(), "$exit" + id);
      int after = text.length();
      write(loop.tail());
      move(loop.params(), loop.next());
      if (text.length() == after) {
        text.setLength(before);
        jumpIf(loop.stay(), "$loop" + id);
      } else {
        text.append("  bra.uni $loop").append(id).append(";\n");
      }
    }
    place("$exit" + id);
    move(loop.results(), loop.exits());
  }

  private static boolean isPlain(List<Node> nodes, int most) {
    return nodes.size() <= most && nodes.stream().allMatch(node -> node instanceof Instruction);
  }

  /**
   * Whether the tail and the moves may run once more than they need to, before the test decides:
   * they are pure and write nothing that is read after the loop or by the test.
   */
  private boolean isUpdateOnly(Loop loop) {
    if (!isPlain(loop.tail(), MAX_IN_VAIN)
        || !loop.tail().stream().allMatch(node -> Nodes.isPure((Instruction) node))) {
      return false;
    }
    Set<Register> written = new HashSet<>();
    loop.tail()
        .forEach(node -> Nodes.results((Instruction) node).forEach(r -> written.add(home(r))));
    for (int i = 0; i < loop.params().size(); i++) {
      Register target = home(loop.params().get(i));
      if (!(loop.next().get(i) instanceof Register next && home(next) == target)) {
        written.add(target);
      }
    }
    var read = new ArrayList<>(loop.exits());
    read.add(loop.stay());
    return read.stream()
        .noneMatch(operand -> operand instanceof Register r && written.contains(home(r)));
  }

  private Register home(Register register) {
    return names.homes().of(register);
  }

  private void write(Branch branch) {
    if (branch.condition() instanceof Immediate) {
      boolean holds = isTrue(branch.condition());
      write(holds ? branch.thenBody() : branch.elseBody());
      move(branch.results(), holds ? branch.thenYields() : branch.elseYields());
      return;
    }
    String id = label();
    int start = text.length();
    jumpUnless(branch.condition(), "$else" + id);
    int thenStart = text.length();
    write(branch.thenBody());
    move(branch.results(), branch.thenYields());
    if (text.length() == thenStart) {
      text.setLength(start);
      jumpIf(branch.condition(), "$end" + id);
    } else {
      int thenEnd = text.length();
      text.append("  bra.uni $end").append(id).append(";\n");
      place("$else" + id);
      int elseStart = text.length();
      write(branch.elseBody());
      move(branch.results(), branch.elseYields());
      if (text.length() == elseStart) {
        text.setLength(thenEnd);
        place("$else" + id);
        return;
      }
      place("$end" + id);
      return;
    }
    lastLine = null;
    write(branch.elseBody());
    move(branch.results(), branch.elseYields());
    place("$end" + id);
  }

  private String label() {
    return Integer.toString(++labels);
  }

  private void place(String label) {
    text.append(label).append(":\n");
    lastLine = null;
  }

  private static boolean isTrue(Operand predicate) {
    return ((Immediate) predicate).bits() != 0;
  }

  private void jumpIf(Operand condition, String label) {
    jump(condition, false, label);
  }

  private void jumpUnless(Operand condition, String label) {
    jump(condition, true, label);
  }

  private void jump(Operand condition, boolean negated, String label) {
    if (condition instanceof Immediate) {
      if (isTrue(condition) == negated) {
        return;
      }
      text.append("  ");
    } else {
      text.append("  ");
      guard(condition, negated);
    }
    text.append("bra.uni ").append(label).append(";\n");
  }

  private void guard(Operand predicate, boolean negated) {
    text.append(negated ? "@!" : "@").append(names.of((Register) predicate)).append(' ');
  }

  private void move(List<Register> to, List<? extends Operand> from) {
    for (ParallelMove.Move move : ParallelMove.order(to, from, names.homes()::of)) {
      text.append("  mov.").append(move.to().type().type()).append(' ');
      text.append(names.of(move.to())).append(", ");
      operand(move.from(), "mov.b32");
      text.append(";\n");
    }
  }

  private void operand(Operand operand, String opcode) {
    switch (operand) {
      case Register register -> text.append(names.of(register));
      case Immediate number -> number(number, opcode);
      case Name name -> text.append(name.text());
      case SlotOffset slot -> text.append(slot.slot().offset() + slot.plus());
      case Vector vector -> {
        String separator = "{";
        for (Operand element : vector.elements()) {
          text.append(separator);
          operand(element, "");
          separator = ", ";
        }
        text.append('}');
      }
      case Address address -> address(address);
    }
  }

  private void number(Immediate number, String opcode) {
    boolean asFloat = isSpelledAsFloat(number, opcode);
    switch (number.type()) {
      case PRED -> text.append(number.bits() == 0 ? "0" : "-1");
      case B16 -> text.append((short) number.bits());
      case B32 -> {
        int bits = (int) number.bits();
        if (asFloat) {
          text.append("0f").append(HEX.toHexDigits(bits));
        } else {
          text.append(bits);
        }
      }
      case B64 -> {
        long bits = number.bits();
        if (asFloat) {
          text.append("0d").append(HEX.toHexDigits(bits));
        } else {
          text.append(bits);
        }
      }
    }
  }

  /** Instructions on floats want floats; those on bits take them; others must not see them. */
  private static boolean isSpelledAsFloat(Immediate number, String opcode) {
    Opcode parsed = Opcode.of(opcode);
    if (parsed.source().equals("f32") || parsed.source().equals("f64")) {
      return !parsed.name().startsWith("mma") && !parsed.name().startsWith("wgmma");
    }
    return number.isFloat() && (parsed.name().equals("mov") || parsed.name().equals("selp"));
  }

  private void address(Address address) {
    long offset = address.offset() + (address.slot() == null ? 0 : address.slot().offset());
    text.append('[');
    operand(address.base(), "");
    if (offset != 0) {
      text.append("+").append(offset); // of both signs: ptxas reads [%d1+-4], not [%d1-4]
    }
    text.append(']');
  }

  private void line(Location location) {
    if (location == null || !location.isKnown()) {
      return;
    }
    int file = files.applyAsInt(location);
    if (file == 0 || lastLine != null && lastLine.equals(location)) {
      return;
    }
    lastLine = location;
    text.append("  .loc ").append(file).append(' ');
    text.append(location.line()).append(' ').append(location.column()).append('\n');
  }
}
