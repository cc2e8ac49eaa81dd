package dev.kiln.compiler.ptx;

import dev.kiln.compiler.diagnostics.Location;
import dev.kiln.compiler.ptx.Node.Effect;
import dev.kiln.compiler.ptx.Node.Guard;
import dev.kiln.compiler.ptx.Node.Instruction;
import dev.kiln.compiler.ptx.Node.SharedAccess;
import dev.kiln.compiler.ptx.Operand.Address;
import dev.kiln.compiler.ptx.Operand.Immediate;
import dev.kiln.compiler.ptx.Operand.Register;
import dev.kiln.compiler.ptx.Operand.Vector;
import dev.kiln.compiler.ptx.Rewriting.Definition;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Stream;

/**
 * Appends nodes to a body. Pure instructions are folded and shared as they come: what {@link #emit}
 * returns may be a number or an earlier register. A register that was written in vain (a guard that
 * is never true, the parts of what was put together from parts) stands for its value from then on,
 * so everything must pass through the builder.
 */
public final class PtxBuilder {
  private static final int MAX_THREADS = 1024;

  private final ValueNumbers values;
  private final Map<Register, Operand> aliases = new HashMap<>();
  private final Rewriting rewriting = new Body();
  private final boolean simplifies;
  private List<Node> nodes = new ArrayList<>();
  private Location loc;

  public PtxBuilder() {
    this(MAX_THREADS);
  }

  /**
   * A builder for a kernel.
   *
   * @param threads of a block, along x: {@code %tid.x} is less
   */
  public PtxBuilder(int threads) {
    this(threads, true);
  }

  private PtxBuilder(int threads, boolean simplifies) {
    values = new ValueNumbers(threads);
    this.simplifies = simplifies;
  }

  /** A builder that appends all as it comes, to compare with. */
  public static PtxBuilder literal() {
    return new PtxBuilder(MAX_THREADS, false);
  }

  /** The source line of what follows; {@code null} for none. */
  public void at(Location line) {
    loc = line;
  }

  public Location location() {
    return loc;
  }

  /** A pure instruction of one result; guards are for {@link #add}. */
  public Operand emit(String opcode, RegisterClass result, Operand... operands) {
    if (!simplifies) {
      var register = new Register(result);
      append(opcode, List.of(register), List.of(operands));
      return register;
    }
    Opcode parsed = Opcode.of(opcode);
    List<Operand> read = resolve(List.of(operands));
    Operand simple = RuleTable.simplify(rewriting, parsed, read);
    if (simple != null) {
      return simple instanceof Immediate number && number.type() != result
          ? new Immediate(result, Facts.wrap(number.bits(), result.bits()), number.isFloat())
          : simple;
    }
    List<Operand> known = values.find(opcode, read);
    if (known != null) {
      return known.getFirst();
    }
    List<Operand> results = List.of(new Register(result));
    append(opcode, results, read);
    values.remember(parsed, read, results);
    return results.getFirst();
  }

  /**
   * A pure instruction whose result is a vector, as {@code mov.b64 {lo, hi}, x}, or whose result is
   * several fragments, as mma: {@code results} are registers or vectors of new registers.
   */
  public void emit(String opcode, List<Operand> results, Operand... operands) {
    if (!simplifies) {
      append(opcode, results, List.of(operands));
      return;
    }
    Opcode parsed = Opcode.of(opcode);
    List<Operand> read = resolve(List.of(operands));
    List<Operand> written = leaves(results);
    List<Operand> simple =
        parsed.name().equals("mov") && written.size() > 1 && read.size() == 1
            ? PackingRules.unpack(rewriting, parsed, written, read.getFirst())
            : null;
    List<Operand> known = simple != null ? simple : leaves(values.find(opcode, read));
    if (known != null && known.size() == written.size()) {
      alias(written, known);
      return;
    }
    append(opcode, results, read);
    values.remember(parsed, read, List.copyOf(results));
  }

  private static List<Operand> leaves(List<Operand> operands) {
    if (operands == null) {
      return null;
    }
    var leaves = new ArrayList<Operand>();
    Nodes.leaves(operands, leaves::add);
    return leaves;
  }

  private void append(String opcode, List<Operand> results, List<Operand> operands) {
    nodes.add(new Instruction(opcode, results, operands, null, List.of(), Effect.PURE, null, loc));
  }

  private void alias(List<? extends Operand> registers, List<Operand> operands) {
    for (int i = 0; i < registers.size(); i++) {
      aliases.put((Register) registers.get(i), operands.get(i));
    }
  }

  /** An instruction with an effect and without results: a store, a barrier. */
  public void effect(String opcode, Operand... operands) {
    add(opcode, List.of(), null, List.of(), Effect.EFFECT, null, operands);
  }

  /** Any instruction; see {@link Instruction}. */
  public void add(
      String opcode,
      List<Operand> results,
      Guard guard,
      List<Operand> otherwise,
      Effect effect,
      SharedAccess access,
      Operand... operands) {
    List<Operand> before = resolve(otherwise);
    Guard when = guard == null ? null : simplify(guard);
    if (when == null && effect == Effect.PURE && before.isEmpty()) {
      emit(opcode, results, operands);
      return;
    }
    if (when != null && when.predicate() instanceof Immediate number) {
      if (number.bits() != 0 == when.negated()) {
        skip(leaves(results), before);
        return;
      }
      when = null;
      before = List.of();
    }
    nodes.add(
        new Instruction(
            opcode, results, resolve(List.of(operands)), when, before, effect, access, loc));
    leaves(results).forEach(result -> values.defineHere((Register) result));
  }

  private Guard simplify(Guard guard) {
    Operand predicate = resolve(guard.predicate());
    Operand opposite = ConditionRules.complement(rewriting, predicate);
    return opposite == null
        ? new Guard(predicate, guard.negated())
        : new Guard(opposite, !guard.negated());
  }

  /** Results of what never happens. */
  private void skip(List<Operand> results, List<Operand> otherwise) {
    if (!otherwise.isEmpty()) {
      alias(results, otherwise);
      return;
    }
    for (Operand result : results) {
      aliases.put((Register) result, new Immediate(result.type(), 0, false));
    }
  }

  /** A new register, for {@link #add} and parameters of loops. */
  public Register register(RegisterClass type) {
    return new Register(type);
  }

  /** So many new registers. */
  public List<Register> registers(RegisterClass type, int count) {
    return Stream.generate(() -> new Register(type)).limit(count).toList();
  }

  /**
   * Tells the builder what it cannot see, to fold addresses by it.
   *
   * @param value an integer, which was written or is carried; numbers are ignored
   * @param min the least that it can be, as a signed number
   * @param max the greatest
   * @param divisor a power of two that divides it
   */
  public void assume(Operand value, long min, long max, long divisor) {
    if (resolve(value) instanceof Register register) {
      values.know(register, new Facts(divisor - 1, min, max));
    }
  }

  /** What the parts of a loop give; see {@link Node.Loop}. */
  public record LoopHead(Operand stay, List<Operand> exits) {}

  /**
   * A loop. The functions emit the head and the tail through this builder; the second gets what the
   * first returned.
   *
   * @param types of the carried registers
   * @param head from the carried registers
   * @param tail gives the next carried values; emits nothing if the loop tests at its end
   * @return the results, one for each of {@code exits}
   */
  public List<Operand> loop(
      List<RegisterClass> types,
      List<Operand> inits,
      Function<List<Operand>, LoopHead> head,
      Function<List<Operand>, List<Operand>> tail) {
    List<Operand> first = resolve(inits);
    List<Register> params = types.stream().map(Register::new).toList();
    List<Operand> carried = List.copyOf(params);
    var loop = new LoopHead[1];
    var next = new ArrayList<Operand>();
    values.enter(true);
    params.forEach(values::defineHere);
    List<Node> headNodes = within(() -> loop[0] = head.apply(carried));
    List<Node> tailNodes = within(() -> next.addAll(tail.apply(carried)));
    Operand stay = resolve(loop[0].stay());
    List<Operand> exits = resolve(loop[0].exits());
    List<Operand> further = resolve(next);
    values.leave(true);
    List<Register> results = exits.stream().map(exit -> new Register(exit.type())).toList();
    results.forEach(values::defineHere);
    nodes.add(new Node.Loop(params, first, headNodes, stay, exits, tailNodes, further, results));
    return List.copyOf(results);
  }

  /**
   * A branch; each way emits through this builder and gives its values. Where the condition is
   * known, only that way is emitted.
   */
  public List<Operand> branch(
      Operand condition, Supplier<List<Operand>> thenWay, Supplier<List<Operand>> elseWay) {
    Operand when = resolve(condition);
    if (simplifies && when instanceof Immediate number) {
      return resolve((number.bits() != 0 ? thenWay : elseWay).get());
    }
    var thenYields = new ArrayList<Operand>();
    List<Node> thenNodes = way(() -> thenYields.addAll(resolve(thenWay.get())));
    var elseYields = new ArrayList<Operand>();
    List<Node> elseNodes = way(() -> elseYields.addAll(resolve(elseWay.get())));
    if (simplifies && thenNodes.isEmpty() && elseNodes.isEmpty()) {
      return choices(when, thenYields, elseYields);
    }
    List<Register> results = thenYields.stream().map(yield -> new Register(yield.type())).toList();
    results.forEach(values::defineHere);
    nodes.add(new Node.Branch(when, thenNodes, thenYields, elseNodes, elseYields, results));
    return List.copyOf(results);
  }

  private List<Node> way(Runnable emission) {
    values.enter(false);
    try {
      return within(emission);
    } finally {
      values.leave(false);
    }
  }

  private List<Operand> choices(Operand when, List<Operand> ifTrue, List<Operand> ifFalse) {
    var chosen = new ArrayList<Operand>();
    for (int i = 0; i < ifTrue.size(); i++) {
      chosen.add(choice(when, ifTrue.get(i), ifFalse.get(i)));
    }
    return chosen;
  }

  private Operand choice(Operand when, Operand ifTrue, Operand ifFalse) {
    RegisterClass type = ifTrue.type();
    if (type != RegisterClass.PRED) {
      return emit("selp." + type.type(), type, ifTrue, ifFalse, when);
    }
    Operand not = emit("not.pred", type, when);
    return emit(
        "or.pred",
        type,
        emit("and.pred", type, when, ifTrue),
        emit("and.pred", type, not, ifFalse));
  }

  private List<Node> within(Runnable emission) {
    List<Node> outer = nodes;
    nodes = new ArrayList<>();
    try {
      emission.run();
      return nodes;
    } finally {
      nodes = outer;
    }
  }

  /** What has been appended at the outermost level. */
  public List<Node> body() {
    return nodes;
  }

  private List<Operand> resolve(List<? extends Operand> operands) {
    var resolved = new Operand[operands.size()];
    for (int i = 0; i < resolved.length; i++) {
      resolved[i] = resolve(operands.get(i));
    }
    return List.of(resolved);
  }

  /** What an operand stands for; numbers added to a base become an address's offset. */
  private Operand resolve(Operand operand) {
    return switch (operand) {
      case Register register -> {
        Operand alias = aliases.get(register);
        yield alias == null ? register : resolve(alias);
      }
      case Vector vector -> new Vector(resolve(vector.elements()));
      case Address address -> folded(address, resolve(address.base()));
      default -> operand;
    };
  }

  private Address folded(Address address, Operand base) {
    if (base instanceof Register register) {
      Definition sum = rewriting.offset(register, register.type().bits());
      long offset = sum == null ? 0 : address.offset() + Rewriting.number(sum.operand(1));
      if (sum != null && offset == (int) offset) {
        return new Address(sum.operand(0), offset, address.slot());
      }
    }
    return base == address.base() ? address : new Address(base, address.offset(), address.slot());
  }

  private final class Body implements Rewriting {
    @Override
    public Operand emit(String opcode, RegisterClass result, Operand... operands) {
      return PtxBuilder.this.emit(opcode, result, operands);
    }

    @Override
    public Definition definition(Operand operand) {
      return values.definition(operand);
    }

    @Override
    public Facts facts(Operand operand) {
      return values.facts(operand);
    }

    @Override
    public int level(Operand operand) {
      return values.level(operand);
    }

    @Override
    public int order(Operand operand) {
      return values.order(operand);
    }
  }
}
