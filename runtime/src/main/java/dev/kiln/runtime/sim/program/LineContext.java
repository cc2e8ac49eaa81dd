package dev.kiln.runtime.sim.program;

import dev.kiln.runtime.sim.exec.Step;
import dev.kiln.runtime.sim.isa.Decoder;
import dev.kiln.runtime.sim.program.Definition.Datum;
import dev.kiln.runtime.sim.program.Definition.Placement;
import dev.kiln.runtime.sim.program.Definition.Register;
import dev.kiln.runtime.sim.program.Definition.RegisterVector;
import dev.kiln.runtime.sim.program.FunctionText.Line;
import dev.kiln.runtime.sim.program.NameResolver.Named;
import dev.kiln.runtime.sim.ptx.Operand;
import dev.kiln.runtime.sim.ptx.Position;
import dev.kiln.runtime.sim.ptx.PtxType;
import dev.kiln.runtime.sim.ptx.Space;
import dev.kiln.runtime.sim.ptx.Statement.Instruction;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Answers the questions of the decoder of one line, and notes which registers it asked for. Steps
 * that have to run before or after the line's own gather here.
 */
final class LineContext implements DecodeContext {
  final FunctionText text;
  final Line line;
  final LineRecord record;
  final Storage storage;
  final List<Step> before = new ArrayList<>();
  final List<Step> after = new ArrayList<>();

  /** Variables of shared and module memory that the line names. */
  private final Set<Datum> data;

  private final NameResolver names = new NameResolver(this);
  private final Literals literals = new Literals(this);
  private final boolean recursive;
  private final int targetVersion;
  private Instruction instruction;
  private Modifiers modifiers;
  private int temporaries;
  private int hidden;

  /**
   * @param record empty for the first decoding, that of the first for the second
   * @param recursive whether the function's frame begins where its frame register says
   */
  LineContext(
      FunctionText text,
      Line line,
      LineRecord record,
      Storage storage,
      Set<Datum> data,
      boolean recursive,
      int targetVersion) {
    this.text = text;
    this.line = line;
    this.record = record;
    this.storage = storage;
    this.data = data;
    this.recursive = recursive;
    this.targetVersion = targetVersion;
    this.instruction = line.instruction();
    this.modifiers = new Modifiers(instruction.modifiers());
  }

  boolean recursive() {
    return recursive;
  }

  /** Decodes an instruction that no text holds, on behalf of this line. */
  Step decode(Decoder decoder, Instruction other) {
    Instruction own = instruction;
    Modifiers ownModifiers = modifiers;
    instruction = other;
    modifiers = new Modifiers(other.modifiers());
    try {
      return decoder.decode(this);
    } finally {
      instruction = own;
      modifiers = ownModifiers;
    }
  }

  /** Gives a step the line's guard. */
  <S extends Step> S guarded(S step) {
    line.instruction()
        .guard()
        .ifPresent(
            guard -> {
              Operand.Name name = new Operand.Name(guard.at(), guard.predicate(), Optional.empty());
              step.guardedBy(predicate(name).index(), guard.negated());
            });
    return step;
  }

  /** A place in the frame that is the line's own; a name that only {@link #find} knows. */
  Operand.Name hiddenVariable(long bytes) {
    if (hidden == record.hidden.size()) {
      record.hidden.add(Math.toIntExact(text.hidden(bytes)));
    }
    String name = NameResolver.hiddenName(record.hidden.get(hidden++));
    return new Operand.Name(instruction.at(), name, Optional.empty());
  }

  @Override
  public Instruction instruction() {
    return instruction;
  }

  @Override
  public Modifiers modifiers() {
    return modifiers;
  }

  // ---- sources

  @Override
  public int word(Operand operand, PtxType type) {
    return source(operand, type, Bank.WORD);
  }

  @Override
  public int wide(Operand operand, PtxType type) {
    return source(operand, type, Bank.WIDE);
  }

  @Override
  public int quad(Operand operand) {
    return source(operand, PtxType.B128, Bank.QUAD);
  }

  @Override
  public Slot slot(Operand operand, PtxType type) {
    return switch (operand) {
      case Operand.Name name ->
          switch (names.resolve(name)) {
            case Named.OfRegister(Register register) ->
                slot(register.type(), use(register.number()));
            case Named.OfSpecial(SpecialName special) -> special(name, special, type);
            case Named.OfAddress address -> addressSlot(address, 0, type, name.at());
          };
      case Operand.Address address ->
          addressSlot(names.addressed(address.base()), address.offset(), type, address.at());
      case Operand.IntegerLiteral literal -> slot(type, literals.of(literal, type));
      case Operand.FloatLiteral literal -> slot(type, literals.of(literal, type));
      case Operand.Not not -> throw malformedAt(not.at(), "'!' is for predicates");
      case Operand.Sink sink -> throw malformedAt(sink.at(), "'_' is no source");
      case Operand.Vector vector -> throw unexpected(vector, "a vector");
      case Operand.Memory memory -> throw unexpected(memory, "a memory operand");
      case Operand.Pair pair -> throw unexpected(pair, "a pair of registers");
      case Operand.Group group -> throw unexpected(group, "a list in parentheses");
    };
  }

  private int source(Operand operand, PtxType type, Bank bank) {
    Slot slot = slot(operand, type);
    if (slot.bits() != bank.bits()) {
      if (slot.bits() == 64 && operand instanceof Operand.Name name && isSpecial(name)) {
        return lowHalf(slot.index());
      }
      throw mismatch(operand, slot.type(), type);
    }
    boolean special = operand instanceof Operand.Name name && isSpecial(name);
    if (!OperandTypes.suit(slot.type(), type, special)) {
      throw mismatch(operand, slot.type(), type);
    }
    return slot.index();
  }

  private boolean isSpecial(Operand.Name name) {
    return names.resolve(name) instanceof Named.OfSpecial;
  }

  private int lowHalf(int wide) {
    int low = storage.register(temporary(PtxType.B32));
    before.add(new InsertedStep.LowHalf(low, wide));
    return low;
  }

  private static Slot slot(PtxType type, int index) {
    return new Slot(Bank.of(type).bits(), type, index);
  }

  @Override
  public Predicate predicate(Operand operand) {
    return switch (operand) {
      case Operand.Not(Position at, Operand inner) -> {
        if (inner instanceof Operand.Not) {
          throw malformedAt(at, "negated twice");
        }
        Predicate predicate = predicate(inner);
        yield new Predicate(predicate.index(), !predicate.negated());
      }
      case Operand.IntegerLiteral literal ->
          new Predicate(storage.constant(1, literal.value() != 0 ? 1 : 0), false);
      case Operand.Name name ->
          switch (names.resolve(name)) {
            case Named.OfRegister(Register register) when register.type() == PtxType.PRED ->
                new Predicate(use(register.number()), false);
            case Named.OfSpecial(SpecialName.Fixed(SpecialRegister register))
                when register == SpecialRegister.IS_EXPLICIT_CLUSTER ->
                new Predicate(test(storage.special(register)), false);
            default -> throw malformedAt(name.at(), describe(name) + " is no predicate");
          };
      default -> throw unexpected(operand, "this operand");
    };
  }

  private int test(int word) {
    int predicate = storage.register(temporary(PtxType.PRED));
    before.add(new InsertedStep.TestWord(predicate, word));
    return predicate;
  }

  // ---- destinations

  @Override
  public int wordTarget(Operand operand, PtxType type) {
    return target(operand, type, Bank.WORD);
  }

  @Override
  public int wideTarget(Operand operand, PtxType type) {
    return target(operand, type, Bank.WIDE);
  }

  @Override
  public int quadTarget(Operand operand) {
    return target(operand, PtxType.B128, Bank.QUAD);
  }

  @Override
  public int predicateTarget(Operand operand) {
    return target(operand, PtxType.PRED, Bank.PREDICATE);
  }

  @Override
  public Slot target(Operand operand, PtxType type) {
    if (operand instanceof Operand.Sink) {
      return slot(type, storage.register(temporary(type)));
    }
    if (operand instanceof Operand.Name name
        && names.resolve(name) instanceof Named.OfRegister(Register register)) {
      record.targets.add(register.number());
      return slot(register.type(), storage.register(register.number()));
    }
    throw malformedAt(operand.at(), "a register is wanted as destination");
  }

  private int target(Operand operand, PtxType type, Bank bank) {
    Slot slot = target(operand, type);
    if (slot.bits() != bank.bits()) {
      throw mismatch(operand, slot.type(), type);
    }
    if (!OperandTypes.suit(slot.type(), type, false)) {
      throw mismatch(operand, slot.type(), type);
    }
    return slot.index();
  }

  private MalformedInstruction mismatch(Operand operand, PtxType declared, PtxType wanted) {
    return malformedAt(
        operand.at(), describe(operand) + " is " + declared + ", but " + wanted + " is wanted");
  }

  // ---- other operands

  @Override
  public List<Operand> elements(Operand operand) {
    return switch (operand) {
      case Operand.Vector vector -> vector.elements();
      case Operand.Group group -> group.elements();
      case Operand.Name name
          when name.component().isEmpty()
              && find(name).orElse(null) instanceof RegisterVector vector -> {
        List<Operand> elements = new ArrayList<>();
        for (int i = 0; i < vector.components().size(); i++) {
          Optional<String> letter = Optional.of(NameResolver.COMPONENTS.substring(i, i + 1));
          elements.add(new Operand.Name(name.at(), name.name(), letter));
        }
        yield elements;
      }
      default -> List.of(operand);
    };
  }

  @Override
  public long constant(Operand operand) {
    if (operand instanceof Operand.IntegerLiteral literal) {
      return literal.value();
    }
    if (operand instanceof Operand.Name name
        && names.resolve(name) instanceof Named.OfSpecial(SpecialName.Number number)) {
      return number.value();
    }
    throw malformedAt(operand.at(), "an integer constant is wanted");
  }

  @Override
  public AddressOperand address(Operand operand) {
    if (!(operand instanceof Operand.Memory memory)) {
      throw malformedAt(operand.at(), "an address in brackets is wanted");
    }
    return switch (memory.base()) {
      case Operand.IntegerLiteral literal ->
          new AddressOperand(64, zero(), literal.value() + memory.offset(), null, memory.rest());
      case Operand.Address address ->
          address(
              names.addressed(address.base()), address.offset() + memory.offset(), memory.rest());
      case Operand.Name name ->
          switch (names.resolve(name)) {
            case Named.OfAddress address -> address(address, memory.offset(), memory.rest());
            case Named.OfRegister(Register register) -> {
              Bank bank = Bank.of(register.type());
              boolean fits = bank == Bank.WIDE || bank == Bank.WORD && register.type().bits() == 32;
              if (!fits) {
                throw malformedAt(name.at(), describe(name) + " is too narrow for an address");
              }
              yield new AddressOperand(
                  bank.bits(), use(register.number()), memory.offset(), null, memory.rest());
            }
            case Named.OfSpecial special ->
                throw malformedAt(name.at(), "a special register is no address");
          };
      default -> throw malformedAt(memory.base().at(), "this is no address");
    };
  }

  private AddressOperand address(Named.OfAddress named, long offset, List<Operand> rest) {
    return switch (named.definition()) {
      case Datum datum -> {
        Space space = spaceOf(datum);
        yield switch (datum.placement()) {
          case FORMAL -> new AddressOperand(64, use(datum.register()), offset, space, rest);
          case FRAME -> {
            int base = recursive ? use(text.frameRegister) : zero();
            long begin = recursive ? datum.offset() : storage.inFrame(datum);
            yield new AddressOperand(64, base, begin + offset, space, rest);
          }
          case MODULE, SHARED, DYNAMIC_SHARED, PARAMETER, ELSEWHERE ->
              new AddressOperand(64, zero(), fixedAddress(datum) + offset, space, rest);
        };
      }
      default -> throw malformedAt(named.at(), "'" + named.name() + "' is no variable");
    };
  }

  private int zero() {
    return storage.constant(64, 0);
  }

  @Override
  public int scratchWord() {
    return storage.register(temporary(PtxType.B32));
  }

  @Override
  public Symbol symbol(Operand.Name name) {
    Named.OfAddress named = names.addressed(name);
    if (!(named.definition() instanceof Datum datum)) {
      String function = ((Definition.Code) named.definition()).function().name();
      return new Symbol(name.name(), Space.GENERIC, storage.functionAddress(function), 0);
    }
    boolean moves =
        datum.placement() == Placement.FORMAL || datum.placement() == Placement.FRAME && recursive;
    if (moves) {
      throw unsupportedAt(name.at(), "the address of '" + name.name() + "' here");
    }
    long address =
        datum.placement() == Placement.FRAME ? storage.inFrame(datum) : fixedAddress(datum);
    return new Symbol(name.name(), spaceOf(datum), address, datum.variable().size());
  }

  @Override
  public int targetVersion() {
    return targetVersion;
  }

  @Override
  public MalformedInstruction malformed(String message) {
    return malformedAt(instruction.at(), message);
  }

  @Override
  public UnsupportedInstruction unsupported(String message) {
    return unsupportedAt(instruction.at(), message);
  }

  /** What is declared under a name where the line stands. */
  Optional<Definition> find(Operand.Name name) {
    return names.find(name);
  }

  // ---- registers

  /** Notes that the line reads a register; its index. */
  int use(int register) {
    record.uses.add(register);
    return storage.register(register);
  }

  /** Notes that the line writes a register; its index. */
  int define(int register) {
    record.targets.add(register);
    return storage.register(register);
  }

  /** A register that is the line's own. */
  int temporary(PtxType type) {
    if (temporaries == record.temporaries.size()) {
      record.temporaries.add(text.registers.add(type));
    }
    return record.temporaries.get(temporaries++);
  }

  // ---- special registers

  private Slot special(Operand.Name name, SpecialName special, PtxType wanted) {
    return switch (special) {
      case SpecialName.Fixed(SpecialRegister register) -> {
        if (register == SpecialRegister.GRIDID) {
          yield new Slot(64, PtxType.U64, storage.special(register));
        }
        int index = storage.special(register);
        if (wanted.bits() == 16) {
          int narrow = storage.register(temporary(PtxType.B16));
          before.add(new InsertedStep.CopyWord(narrow, index, 0xffff));
          yield new Slot(32, PtxType.U16, narrow);
        }
        yield new Slot(32, PtxType.U32, index);
      }
      case SpecialName.Reserved(long offset) ->
          addressConstant(fixedAddress(NameResolver.RESERVED) + offset, PtxType.U32);
      case SpecialName.Number(int bits, long value) ->
          new Slot(bits, bits == 32 ? PtxType.U32 : PtxType.U64, storage.constant(bits, value));
      case SpecialName.Time(Clock.Part part) -> {
        PtxType type = part == Clock.Part.WHOLE ? PtxType.U64 : PtxType.U32;
        int index = storage.register(temporary(type));
        before.add(new InsertedStep.ReadClock(index, part));
        yield slot(type, index);
      }
    };
  }

  // ---- addresses

  private Slot addressSlot(Named.OfAddress named, long offset, PtxType type, Position at) {
    if (!(named.definition() instanceof Datum datum)) {
      String function = ((Definition.Code) named.definition()).function().name();
      return addressConstant(storage.functionAddress(function) + offset, type);
    }
    int base =
        switch (datum.placement()) {
          case FORMAL -> datum.register();
          case FRAME -> recursive ? text.frameRegister : -1;
          case MODULE, SHARED, DYNAMIC_SHARED, PARAMETER, ELSEWHERE -> -1;
        };
    if (base < 0) {
      long begin =
          datum.placement() == Placement.FRAME ? storage.inFrame(datum) : fixedAddress(datum);
      return addressConstant(begin + offset, type);
    }
    int sum = storage.register(temporary(PtxType.B64));
    before.add(new InsertedStep.AddWide(sum, use(base), datum.offset() + offset));
    return Bank.of(type) == Bank.WORD
        ? new Slot(32, PtxType.U32, lowHalf(sum))
        : new Slot(64, PtxType.U64, sum);
  }

  private Slot addressConstant(long address, PtxType type) {
    return Bank.of(type) == Bank.WORD
        ? new Slot(32, PtxType.B32, storage.constant(32, address & 0xffff_ffffL))
        : new Slot(64, PtxType.B64, storage.constant(64, address));
  }

  private long fixedAddress(Datum datum) {
    if (datum.placement() == Placement.PARAMETER) {
      return datum.offset();
    }
    if (datum.placement() == Placement.ELSEWHERE) {
      throw unsupported("variable '" + datum.variable().name() + "' is not defined in this module");
    }
    data.add(datum);
    return storage.address(datum);
  }

  private static Space spaceOf(Datum datum) {
    return switch (datum.placement()) {
      case FRAME, FORMAL -> Space.LOCAL;
      case PARAMETER -> Space.PARAM;
      case SHARED, DYNAMIC_SHARED -> Space.SHARED;
      case MODULE, ELSEWHERE -> datum.variable().space();
    };
  }

  // ---- messages

  private MalformedInstruction unexpected(Operand operand, String what) {
    return malformedAt(operand.at(), what + " is not allowed here");
  }

  MalformedInstruction malformedAt(Position at, String message) {
    return new MalformedInstruction(at, instruction.mnemonic() + ": " + message);
  }

  UnsupportedInstruction unsupportedAt(Position at, String message) {
    return new UnsupportedInstruction(at, instruction.mnemonic() + ": " + message);
  }

  static String describe(Operand operand) {
    return switch (operand) {
      case Operand.Name name ->
          "'" + name.name() + name.component().map(part -> "." + part).orElse("") + "'";
      default -> "the operand";
    };
  }
}
