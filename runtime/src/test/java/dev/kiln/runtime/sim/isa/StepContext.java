package dev.kiln.runtime.sim.isa;

import dev.kiln.runtime.sim.exec.Step;
import dev.kiln.runtime.sim.exec.Warp;
import dev.kiln.runtime.sim.program.DecodeContext;
import dev.kiln.runtime.sim.program.MalformedInstruction;
import dev.kiln.runtime.sim.program.Modifiers;
import dev.kiln.runtime.sim.program.Program;
import dev.kiln.runtime.sim.program.UnsupportedInstruction;
import dev.kiln.runtime.sim.ptx.Operand;
import dev.kiln.runtime.sim.ptx.PtxType;
import dev.kiln.runtime.sim.ptx.Statement.Instruction;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Registers and constants of one instruction that is tested by itself. */
final class StepContext implements DecodeContext {
  private final Instruction instruction;
  private final Modifiers modifiers;
  private final Map<String, Slot> registers = new HashMap<>();
  private final List<Program.Constant> constants = new ArrayList<>();
  private final BitSet scratchWords = new BitSet();
  private final BitSet scratchWides = new BitSet();
  private final BitSet scratchPredicates = new BitSet();
  private final int targetVersion;
  // The first slot of each kind belongs to nobody, so that a forgotten index shows.
  private int words = 1;
  private int wides = 1;
  private int predicates = 1;

  StepContext(Instruction instruction, Map<String, PtxType> declared, int targetVersion) {
    this.instruction = instruction;
    this.modifiers = new Modifiers(instruction.modifiers());
    this.targetVersion = targetVersion;
    declared.forEach((name, type) -> registers.put(name, allocate(type)));
  }

  private Slot allocate(PtxType type) {
    if (type == PtxType.PRED) {
      return new Slot(1, type, predicates++);
    }
    int bits = Math.max(32, type.bits());
    if (bits == 32) {
      return new Slot(32, type, words++ * Warp.LANES);
    }
    int first = wides * Warp.LANES;
    wides += bits / 64;
    return new Slot(bits, type, first);
  }

  Slot register(String name) {
    return registers.get(name);
  }

  List<Program.Constant> constants() {
    return constants;
  }

  boolean isScratchWord(int slot) {
    return scratchWords.get(slot);
  }

  boolean isScratchWide(int slot) {
    return scratchWides.get(slot);
  }

  boolean isScratchPredicate(int slot) {
    return scratchPredicates.get(slot);
  }

  /** A program with as many slots as have been handed out. */
  Program program() {
    return new Program(
        "step",
        new Step[0],
        new boolean[0],
        words,
        wides,
        predicates,
        List.copyOf(constants),
        Map.of(),
        List.of(),
        0,
        0,
        16,
        List.of(),
        0,
        List.of(),
        Map.of());
  }

  @Override
  public Instruction instruction() {
    return instruction;
  }

  @Override
  public Modifiers modifiers() {
    return modifiers;
  }

  @Override
  public int word(Operand operand, PtxType type) {
    if (type.bits() > 32) {
      throw new IllegalArgumentException("word() asked for " + type);
    }
    return source(operand, type, 32);
  }

  @Override
  public int wide(Operand operand, PtxType type) {
    if (type.bits() != 64) {
      throw new IllegalArgumentException("wide() asked for " + type);
    }
    return source(operand, type, 64);
  }

  @Override
  public int quad(Operand operand) {
    return source(operand, PtxType.B128, 128);
  }

  private int source(Operand operand, PtxType type, int bits) {
    Slot slot = slot(operand, type);
    if (slot.bits() != bits || slot.type().bits() != type.bits()) {
      throw malformed("a register of type " + slot.type() + " where " + type + " is expected");
    }
    return slot.index();
  }

  @Override
  public int wordTarget(Operand operand, PtxType type) {
    if (type.bits() > 32) {
      throw new IllegalArgumentException("wordTarget() asked for " + type);
    }
    return destination(operand, type, 32);
  }

  @Override
  public int wideTarget(Operand operand, PtxType type) {
    if (type.bits() != 64) {
      throw new IllegalArgumentException("wideTarget() asked for " + type);
    }
    return destination(operand, type, 64);
  }

  @Override
  public int quadTarget(Operand operand) {
    return destination(operand, PtxType.B128, 128);
  }

  private int destination(Operand operand, PtxType type, int bits) {
    Slot slot = target(operand, type);
    if (slot.bits() != bits || slot.type().bits() != type.bits()) {
      throw malformed("a register of type " + slot.type() + " where " + type + " is expected");
    }
    return slot.index();
  }

  @Override
  public Predicate predicate(Operand operand) {
    return switch (operand) {
      case Operand.Not not -> {
        Predicate inner = predicate(not.operand());
        yield new Predicate(inner.index(), !inner.negated());
      }
      case Operand.IntegerLiteral literal -> {
        int index = predicates++;
        constants.add(new Program.Constant(1, index, literal.value() != 0 ? 1 : 0));
        yield new Predicate(index, false);
      }
      case Operand.Name name when bits(name) == 1 ->
          new Predicate(registers.get(name.name()).index(), false);
      default -> throw malformed("not a predicate");
    };
  }

  private int bits(Operand.Name name) {
    Slot slot = registers.get(name.name());
    return slot == null ? 0 : slot.bits();
  }

  @Override
  public int predicateTarget(Operand operand) {
    Slot slot = target(operand, PtxType.PRED);
    if (slot.bits() != 1) {
      throw malformed("not a predicate");
    }
    return slot.index();
  }

  @Override
  public Slot slot(Operand operand, PtxType type) {
    return switch (operand) {
      case Operand.Name name when registers.containsKey(name.name()) -> registers.get(name.name());
      case Operand.IntegerLiteral literal -> constant(type, literal.value());
      case Operand.FloatLiteral literal -> constant(type, literalBits(literal, type));
      default -> throw malformed("not a value: " + operand);
    };
  }

  private static long literalBits(Operand.FloatLiteral literal, PtxType type) {
    double value =
        literal.single()
            ? Float.intBitsToFloat((int) literal.bits())
            : Double.longBitsToDouble(literal.bits());
    if (type.bits() == 16) {
      return Float.floatToFloat16((float) value);
    }
    if (type.bits() == 32) {
      return literal.single() ? literal.bits() : Float.floatToRawIntBits((float) value);
    }
    return literal.single() ? Double.doubleToRawLongBits(value) : literal.bits();
  }

  private Slot constant(PtxType type, long value) {
    Slot slot = allocate(type);
    long bits = type.bits() >= 64 ? value : value & (1L << type.bits()) - 1;
    constants.add(new Program.Constant(Math.min(slot.bits(), 64), slot.index(), bits));
    if (slot.bits() == 128) {
      constants.add(new Program.Constant(64, slot.index() + Warp.LANES, value >> 63));
    }
    return slot;
  }

  @Override
  public Slot target(Operand operand, PtxType type) {
    return switch (operand) {
      case Operand.Sink sink -> scratch(type);
      case Operand.Name name when registers.containsKey(name.name()) -> registers.get(name.name());
      default -> throw malformed("not a register: " + operand);
    };
  }

  private Slot scratch(PtxType type) {
    Slot slot = allocate(type);
    switch (slot.bits()) {
      case 1 -> scratchPredicates.set(slot.index());
      case 32 -> scratchWords.set(slot.index() / Warp.LANES);
      default ->
          scratchWides.set(slot.index() / Warp.LANES, slot.index() / Warp.LANES + slot.bits() / 64);
    }
    return slot;
  }

  @Override
  public List<Operand> elements(Operand operand) {
    return operand instanceof Operand.Vector vector ? vector.elements() : List.of(operand);
  }

  @Override
  public long constant(Operand operand) {
    if (operand instanceof Operand.IntegerLiteral literal) {
      return literal.value();
    }
    throw malformed("not a constant: " + operand);
  }

  @Override
  public AddressOperand address(Operand operand) {
    if (!(operand instanceof Operand.Memory memory)) {
      throw malformed("not an address: " + operand);
    }
    Slot base = slot(memory.base(), PtxType.U64);
    return new AddressOperand(base.bits(), base.index(), memory.offset(), null, memory.rest());
  }

  @Override
  public int scratchWord() {
    return scratch(PtxType.B32).index();
  }

  @Override
  public Symbol symbol(Operand.Name name) {
    throw malformed("no symbol " + name.name());
  }

  @Override
  public int targetVersion() {
    return targetVersion;
  }

  @Override
  public MalformedInstruction malformed(String message) {
    return new MalformedInstruction(instruction.at(), message);
  }

  @Override
  public UnsupportedInstruction unsupported(String message) {
    return new UnsupportedInstruction(instruction.at(), message);
  }

  /** The step that the instruction set makes of the instruction. */
  Step decode(Optional<Decoder> decoder) {
    Decoder found =
        decoder
            .or(() -> InstructionSet.all().find(instruction.opcode()))
            .orElseThrow(() -> unsupported("unknown instruction " + instruction.opcode()));
    Step step = found.decode(this);
    if (!modifiers.left().isEmpty()) {
      throw malformed("unknown modifiers " + modifiers.left());
    }
    return step;
  }
}
