package dev.kiln.runtime.sim.isa;

import dev.kiln.runtime.sim.isa.async.AsyncInstructions;
import dev.kiln.runtime.sim.isa.convert.Convert;
import dev.kiln.runtime.sim.isa.floating.FloatComparisons;
import dev.kiln.runtime.sim.isa.floating.FloatingPoint;
import dev.kiln.runtime.sim.isa.integer.BitFields;
import dev.kiln.runtime.sim.isa.integer.DotProducts;
import dev.kiln.runtime.sim.isa.integer.IntegerArithmetic;
import dev.kiln.runtime.sim.isa.integer.VideoInstructions;
import dev.kiln.runtime.sim.isa.logic.Logic;
import dev.kiln.runtime.sim.isa.memory.MemoryInstructions;
import dev.kiln.runtime.sim.isa.move.Comparisons;
import dev.kiln.runtime.sim.isa.move.Moves;
import dev.kiln.runtime.sim.isa.move.Selections;
import dev.kiln.runtime.sim.isa.sync.SyncInstructions;
import dev.kiln.runtime.sim.isa.tensor.MatrixInstructions;
import dev.kiln.runtime.sim.isa.warp.Matches;
import dev.kiln.runtime.sim.isa.warp.Reductions;
import dev.kiln.runtime.sim.isa.warp.Shuffles;
import dev.kiln.runtime.sim.isa.warp.Votes;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** The decoders by opcode. Each family adds its own. */
public final class InstructionSet {
  private static final InstructionSet ALL = new InstructionSet();

  private final Map<String, Decoder> decoders = new HashMap<>();

  private InstructionSet() {
    // Families register here, one line each.
    TypedDecoder.addAll(this, IntegerArithmetic.decoders(), FloatingPoint.decoders());
    Comparisons.register(this, FloatComparisons::decode);
    add("cvt", Convert::decode);
    addAll(BitFields.decoders());
    addAll(DotProducts.decoders());
    addAll(VideoInstructions.decoders());
    addAll(Logic.decoders());
    addAll(Moves.decoders());
    addAll(Selections.decoders());
    addAll(Shuffles.decoders());
    addAll(Votes.decoders());
    addAll(Matches.decoders());
    addAll(Reductions.decoders());
    AsyncInstructions.register(this);
    MemoryInstructions.register(this);
    SyncInstructions.register(this);
    MatrixInstructions.register(this);
  }

  /** Every instruction that the simulator knows. */
  public static InstructionSet all() {
    return ALL;
  }

  private void addAll(Map<String, Decoder> family) {
    family.forEach(this::add);
  }

  /** Adds an opcode; each has one decoder. */
  public void add(String opcode, Decoder decoder) {
    if (decoders.putIfAbsent(opcode, decoder) != null) {
      throw new IllegalStateException("two decoders for " + opcode);
    }
  }

  /** All opcodes that have a decoder; those of control flow have none. */
  public Set<String> opcodes() {
    return Set.copyOf(decoders.keySet());
  }

  public Optional<Decoder> find(String opcode) {
    return Optional.ofNullable(decoders.get(opcode));
  }
}
