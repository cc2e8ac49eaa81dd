package dev.kiln.compiler.ptx;

import dev.kiln.compiler.diagnostics.Location;
import dev.kiln.compiler.ptx.Node.Effect;
import dev.kiln.compiler.ptx.Node.Guard;
import dev.kiln.compiler.ptx.Node.Instruction;
import dev.kiln.compiler.ptx.Node.SharedAccess;
import dev.kiln.compiler.ptx.Operand.Register;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/**
 * Appends nodes to a body. Pure instructions are folded and shared as they come: what {@link #emit}
 * returns may be a number or an earlier register.
 */
public final class PtxBuilder {
  private List<Node> nodes = new ArrayList<>();
  private Location loc;

  /** The source line of what follows; {@code null} for none. */
  public void at(Location line) {
    loc = line;
  }

  public Location location() {
    return loc;
  }

  /** A pure instruction of one result; guards are for {@link #add}. */
  public Operand emit(String opcode, RegisterClass result, Operand... operands) {
    Register register = new Register(result);
    nodes.add(pure(opcode, List.of(register), operands));
    return register;
  }

  /**
   * A pure instruction whose result is a vector, as {@code mov.b64 {lo, hi}, x}, or whose result is
   * several fragments, as mma: {@code results} are registers or vectors of new registers.
   */
  public void emit(String opcode, List<Operand> results, Operand... operands) {
    nodes.add(pure(opcode, results, operands));
  }

  private Instruction pure(String opcode, List<Operand> results, Operand... operands) {
    return new Instruction(
        opcode, results, List.of(operands), null, List.of(), Effect.PURE, null, loc);
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
    nodes.add(
        new Instruction(opcode, results, List.of(operands), guard, otherwise, effect, access, loc));
  }

  /** A new register, for {@link #add} and parameters of loops. */
  public Register register(RegisterClass type) {
    return new Register(type);
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
    List<Register> params = types.stream().map(Register::new).toList();
    List<Operand> values = List.copyOf(params);
    var loop = new LoopHead[1];
    List<Node> headNodes = within(() -> loop[0] = head.apply(values));
    var next = new ArrayList<Operand>();
    List<Node> tailNodes = within(() -> next.addAll(tail.apply(values)));
    List<Register> results =
        loop[0].exits().stream().map(exit -> new Register(exit.type())).toList();
    nodes.add(
        new Node.Loop(
            params,
            List.copyOf(inits),
            headNodes,
            loop[0].stay(),
            loop[0].exits(),
            tailNodes,
            next,
            results));
    return List.copyOf(results);
  }

  /** A branch; each way emits through this builder and gives its values. */
  public List<Operand> branch(
      Operand condition,
      java.util.function.Supplier<List<Operand>> thenWay,
      java.util.function.Supplier<List<Operand>> elseWay) {
    var thenYields = new ArrayList<Operand>();
    List<Node> thenNodes = within(() -> thenYields.addAll(thenWay.get()));
    var elseYields = new ArrayList<Operand>();
    List<Node> elseNodes = within(() -> elseYields.addAll(elseWay.get()));
    List<Register> results = thenYields.stream().map(yield -> new Register(yield.type())).toList();
    nodes.add(new Node.Branch(condition, thenNodes, thenYields, elseNodes, elseYields, results));
    return List.copyOf(results);
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
}
