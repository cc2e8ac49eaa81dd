package dev.kiln.runtime.sim.isa;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kiln.runtime.sim.exec.Block;
import dev.kiln.runtime.sim.exec.Step;
import dev.kiln.runtime.sim.exec.Warp;
import dev.kiln.runtime.sim.monitor.Monitor;
import dev.kiln.runtime.sim.program.DecodeContext.Slot;
import dev.kiln.runtime.sim.program.Program;
import dev.kiln.runtime.sim.ptx.Operand;
import dev.kiln.runtime.sim.ptx.Position;
import dev.kiln.runtime.sim.ptx.PtxType;
import dev.kiln.runtime.sim.ptx.Statement.Instruction;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;

/**
 * One instruction, run without parser, builder or executor. Operands are added in order, each a new
 * register; values are raw bits, zero-extended to 64. Inputs without values are sampled: special
 * and random ones.
 *
 * <pre>{@code
 * SingleStep.of("add.sat.s32").out(S32).in(S32).in(S32).expect(in -> saturated(in[0], in[1]));
 * long[] lanes = SingleStep.of("popc.b32").out(U32).in(B32, 7).run().out(0);
 * }</pre>
 *
 * <p>Every run checks that no modifier is left over, that inactive lanes and all other slots keep
 * their bits, that narrow results are zero-extended, and that the carry changes with {@code .cc}
 * only. A 128-bit operand counts as two inputs or outputs, the low half first.
 */
public final class SingleStep {
  private static final Position NOWHERE = new Position(1, 1);

  private final String mnemonic;
  private final List<Operand> operands = new ArrayList<>();
  private final Map<String, PtxType> declared = new LinkedHashMap<>();
  private final List<String> outputs = new ArrayList<>();
  private final List<Input> inputs = new ArrayList<>();
  private Optional<Decoder> decoder = Optional.empty();
  private Integer active;
  private int carry;
  private int target = 100;
  private Block block;
  private int warpIndex;
  private Monitor monitor;

  /** Values of a register's lanes; {@code null} if they are sampled. */
  private record Input(String register, long[] lanes) {}

  /** A lane's result by a lane's inputs, in the order of the operands. */
  @FunctionalInterface
  public interface LaneFunction {
    long of(long[] in);
  }

  /** Judges a lane's outputs. */
  @FunctionalInterface
  public interface LaneCheck {
    void check(long[] in, long[] out);
  }

  private SingleStep(String mnemonic) {
    this.mnemonic = mnemonic;
  }

  /** An instruction with its modifiers, e.g. {@code ld.shared::cta.b32}. */
  public static SingleStep of(String mnemonic) {
    return new SingleStep(mnemonic);
  }

  /** A destination register. */
  public SingleStep out(PtxType type) {
    operands.add(output(type));
    return this;
  }

  /** {@code d|p}; {@code null} for a sink. */
  public SingleStep outPair(PtxType first, PtxType second) {
    operands.add(new Operand.Pair(NOWHERE, output(first), output(second)));
    return this;
  }

  /** A destination {@code {a, b, ...}}; {@code null} for a sink. */
  public SingleStep outVector(PtxType... types) {
    operands.add(new Operand.Vector(NOWHERE, Arrays.stream(types).map(this::output).toList()));
    return this;
  }

  /** A source register: one value for all lanes, 32 of them, or none for sampled ones. */
  public SingleStep in(PtxType type, long... lanes) {
    operands.add(input(type, lanes));
    return this;
  }

  /** As {@link #in(PtxType, long...)}. */
  public SingleStep in(PtxType type, int... lanes) {
    long mask = Samples.mask(type);
    return in(type, Arrays.stream(lanes).mapToLong(v -> v & mask).toArray());
  }

  /** A source with sampled values. */
  public SingleStep in(PtxType type) {
    return in(type, new long[0]);
  }

  /** A negated predicate source; its values are those of the register, before the negation. */
  public SingleStep inNot(long... lanes) {
    operands.add(new Operand.Not(NOWHERE, input(PtxType.PRED, lanes)));
    return this;
  }

  /** A source {@code {a, b, ...}} of sampled registers. */
  public SingleStep inVector(PtxType... types) {
    operands.add(
        new Operand.Vector(
            NOWHERE, Arrays.stream(types).map(type -> (Operand) input(type)).toList()));
    return this;
  }

  /** A source {@code {a, b, ...}} with 32 values for each register. */
  public SingleStep inMatrix(PtxType type, long[][] registers) {
    operands.add(
        new Operand.Vector(
            NOWHERE, Arrays.stream(registers).map(lanes -> (Operand) input(type, lanes)).toList()));
    return this;
  }

  /** A destination {@code {a, b, ...}} of so many registers of a type. */
  public SingleStep outMatrix(PtxType type, int count) {
    PtxType[] types = new PtxType[count];
    Arrays.fill(types, type);
    return outVector(types);
  }

  /** A register that is read and written: an output and an input, sampled if without values. */
  public SingleStep inOut(PtxType type, long... lanes) {
    Operand.Name name = input(type, lanes);
    outputs.add(name.name());
    operands.add(name);
    return this;
  }

  /** The register of the last operand once more. */
  public SingleStep again() {
    operands.add(operands.getLast());
    return this;
  }

  /** Adds a component to the last operand, a register: {@code %r1.b3}. */
  public SingleStep component(String word) {
    Operand.Name name = (Operand.Name) operands.removeLast();
    return operand(new Operand.Name(NOWHERE, name.name(), Optional.of(word)));
  }

  public SingleStep literal(long value) {
    return operand(new Operand.IntegerLiteral(NOWHERE, value));
  }

  public SingleStep literal(float value) {
    return operand(new Operand.FloatLiteral(NOWHERE, true, Float.floatToRawIntBits(value)));
  }

  public SingleStep literal(double value) {
    return operand(new Operand.FloatLiteral(NOWHERE, false, Double.doubleToRawLongBits(value)));
  }

  public SingleStep sink() {
    return operand(new Operand.Sink(NOWHERE));
  }

  /** {@code [address+offset]} over a 64- or 32-bit register with these values. */
  public SingleStep memory(PtxType type, long offset, long... lanes) {
    return operand(new Operand.Memory(NOWHERE, input(type, lanes), offset, List.of()));
  }

  /** Any operand. */
  public SingleStep operand(Operand operand) {
    operands.add(operand);
    return this;
  }

  /** Fixes the active lanes; without it all of them, and sampled masks where values are sampled. */
  public SingleStep active(int mask) {
    active = mask;
    return this;
  }

  /** The condition code before the instruction, a bit for each lane. */
  public SingleStep carry(int lanes) {
    carry = lanes;
    return this;
  }

  /** Decodes with this rather than by the instruction set. */
  public SingleStep decoder(Decoder other) {
    decoder = Optional.of(other);
    return this;
  }

  /** The module's target, e.g. 80; 100 without it. */
  public SingleStep target(int version) {
    target = version;
    return this;
  }

  /** The block in which the warp runs; without it there is none. */
  public SingleStep block(Block newBlock) {
    block = newBlock;
    return this;
  }

  /** Number of the warp in its block; 0 without it. */
  public SingleStep warp(int index) {
    warpIndex = index;
    return this;
  }

  public SingleStep monitor(Monitor newMonitor) {
    monitor = newMonitor;
    return this;
  }

  private Operand output(PtxType type) {
    if (type == null) {
      return new Operand.Sink(NOWHERE);
    }
    Operand.Name name = register(type);
    outputs.add(name.name());
    return name;
  }

  private Operand.Name input(PtxType type, long... lanes) {
    Operand.Name name = register(type);
    if (lanes.length == 1) {
      long[] all = new long[Warp.LANES];
      Arrays.fill(all, lanes[0]);
      inputs.add(new Input(name.name(), all));
    } else {
      assertThat(lanes.length).isIn(0, Warp.LANES);
      inputs.add(new Input(name.name(), lanes.length == 0 ? null : lanes));
    }
    return name;
  }

  private Operand.Name register(PtxType type) {
    String name = "%" + type.word() + "_" + declared.size();
    declared.put(name, type);
    return new Operand.Name(NOWHERE, name, Optional.empty());
  }

  private Instruction instruction() {
    List<String> words = List.of(mnemonic.split("\\."));
    return new Instruction(
        NOWHERE, Optional.empty(), words.getFirst(), words.subList(1, words.size()), operands);
  }

  /** Decodes only: for forms that must be refused. */
  public Step decode() {
    return new StepContext(instruction(), declared, target).decode(decoder);
  }

  /** Runs once; sampled inputs are random. */
  public Result run() {
    SplittableRandom random = new SplittableRandom(mnemonic.hashCode());
    return run(random, active == null ? Warp.FULL : active, (input, lane) -> null);
  }

  /** Runs many times over sampled inputs, and compares the first output with the function's. */
  public void expect(LaneFunction function) {
    expect(0, function);
  }

  /** As {@link #expect(LaneFunction)} for another output. */
  public void expect(int output, LaneFunction function) {
    PtxType type = declared.get(outputs.get(output));
    verify(
        (in, out) -> {
          long wanted = function.of(in) & Samples.mask(type);
          if (out[output] != wanted) {
            assertThat(Long.toHexString(out[output]))
                .as(mnemonic + " of " + hex(in))
                .isEqualTo(Long.toHexString(wanted));
          }
        });
  }

  private static List<String> hex(long[] values) {
    return Arrays.stream(values).mapToObj(v -> "0x" + Long.toHexString(v)).toList();
  }

  /**
   * Runs many times over sampled inputs: all pairs of special values for the first two of them,
   * then random ones, under random masks; every active lane is checked.
   */
  public void verify(LaneCheck check) {
    SplittableRandom random = new SplittableRandom(mnemonic.hashCode());
    List<long[]> special =
        inputs.stream()
            .filter(input -> input.lanes() == null)
            .limit(2)
            .map(input -> Samples.special(declared.get(input.register())))
            .toList();
    int pairs = special.stream().mapToInt(values -> values.length).reduce(1, (a, b) -> a * b);
    int specialRuns = special.isEmpty() ? 1 : (pairs + Warp.LANES - 1) / Warp.LANES;
    for (int i = 0; i < specialRuns + 24; i++) {
      int first = i * Warp.LANES;
      boolean crossed = i < specialRuns;
      Result result =
          run(
              random,
              active != null ? active : crossed || i % 3 == 0 ? Warp.FULL : random.nextInt(),
              (input, lane) ->
                  !crossed || input >= special.size() ? null : pick(special, input, first + lane));
      result.forEachActive(check);
    }
  }

  private static Long pick(List<long[]> special, int input, int number) {
    long[] values = special.get(input);
    int index = input == 0 ? number : number / special.get(0).length;
    return values[index % values.length];
  }

  /** Value of a sampled input in a lane, {@code null} for any. */
  private interface Choice {
    Long of(int sampledInput, int lane);
  }

  private Result run(SplittableRandom random, int mask, Choice choice) {
    StepContext context = new StepContext(instruction(), declared, target);
    Step step = context.decode(decoder);
    Warp warp = new Warp(context.program(), block, warpIndex, monitor);
    fill(warp, random);
    context.constants().forEach(constant -> store(warp, constant));
    long[][] in = new long[Warp.LANES][];
    for (int lane = 0; lane < Warp.LANES; lane++) {
      in[lane] = inputs(warp, context, lane, random, choice);
    }
    warp.active = mask;
    warp.carry = carry;
    Warp before = new Warp(context.program(), block, warpIndex, monitor);
    copy(warp, before);
    step.run(warp);
    assertThat(warp.active).as("active lanes after " + mnemonic).isEqualTo(mask);
    new Untouched(mnemonic, context, outputs, before, warp, mask).check();
    return new Result(context, step, warp, mask, in);
  }

  private static void fill(Warp warp, SplittableRandom random) {
    Arrays.setAll(warp.words, i -> random.nextInt());
    Arrays.setAll(warp.wides, i -> random.nextLong());
    Arrays.setAll(warp.predicates, i -> random.nextInt());
  }

  private static void copy(Warp from, Warp to) {
    System.arraycopy(from.words, 0, to.words, 0, from.words.length);
    System.arraycopy(from.wides, 0, to.wides, 0, from.wides.length);
    System.arraycopy(from.predicates, 0, to.predicates, 0, from.predicates.length);
    to.carry = from.carry;
  }

  private static void store(Warp warp, Program.Constant constant) {
    for (int lane = 0; lane < Warp.LANES; lane++) {
      put(warp, constant.bits(), constant.index(), lane, constant.value());
    }
  }

  private static void put(Warp warp, int bits, int index, int lane, long value) {
    switch (bits) {
      case 1 -> {
        int bit = 1 << lane;
        warp.predicates[index] = warp.predicates[index] & ~bit | (value != 0 ? bit : 0);
      }
      case 32 -> warp.words[index + lane] = (int) value;
      default -> warp.wides[index + lane] = value;
    }
  }

  private long[] inputs(
      Warp warp, StepContext context, int lane, SplittableRandom random, Choice choice) {
    List<Long> values = new ArrayList<>();
    int sampled = 0;
    for (Input input : inputs) {
      Slot slot = context.register(input.register());
      long value;
      if (input.lanes() != null) {
        value = input.lanes()[lane];
      } else {
        Long chosen = choice.of(sampled++, lane);
        value = chosen != null ? chosen : Samples.any(slot.type(), random);
      }
      values.add(value);
      put(warp, slot.bits(), slot.index(), lane, value);
      if (slot.bits() == 128) {
        long high = random.nextLong();
        values.add(high);
        put(warp, 64, slot.index() + Warp.LANES, lane, high);
      }
    }
    return values.stream().mapToLong(v -> v).toArray();
  }

  /** What one run left behind. */
  public final class Result {
    private final StepContext context;
    private final Step step;
    private final Warp warp;
    private final int mask;
    private final long[][] in;

    private Result(StepContext context, Step step, Warp warp, int mask, long[][] in) {
      this.context = context;
      this.step = step;
      this.warp = warp;
      this.mask = mask;
      this.in = in;
    }

    /** All lanes of an output, inactive ones included. Low halves of a 128-bit register. */
    public long[] out(int output) {
      Slot slot = context.register(outputs.get(output));
      long[] lanes = new long[Warp.LANES];
      Arrays.setAll(lanes, lane -> Untouched.value(warp, slot.bits(), slot.index(), lane));
      return lanes;
    }

    /** A predicate output, a bit for each lane. */
    public int predicate(int output) {
      return warp.predicates[context.register(outputs.get(output)).index()];
    }

    /** What the lanes read: {@code in()[lane][input]}. */
    public long[][] in() {
      return in;
    }

    public int carry() {
      return warp.carry;
    }

    public Warp warp() {
      return warp;
    }

    public Step step() {
      return step;
    }

    public void forEachActive(LaneCheck check) {
      for (int lane = 0; lane < Warp.LANES; lane++) {
        if ((mask >>> lane & 1) != 0) {
          check.check(in[lane], outputs(lane));
        }
      }
    }

    private long[] outputs(int lane) {
      List<Long> values = new ArrayList<>();
      for (String output : outputs) {
        Slot slot = context.register(output);
        values.add(Untouched.value(warp, slot.bits(), slot.index(), lane));
        if (slot.bits() == 128) {
          values.add(warp.wides[slot.index() + Warp.LANES + lane]);
        }
      }
      return values.stream().mapToLong(v -> v).toArray();
    }
  }
}
