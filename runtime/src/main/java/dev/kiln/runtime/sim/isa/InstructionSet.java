package dev.kiln.runtime.sim.isa;

import dev.kiln.runtime.sim.isa.async.AsyncInstructions;
import dev.kiln.runtime.sim.isa.memory.MemoryInstructions;
import dev.kiln.runtime.sim.isa.sync.SyncInstructions;
import dev.kiln.runtime.sim.isa.tensor.TensorInstructions;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/** The decoders by opcode. Each family adds its own. */
public final class InstructionSet {
  private static final InstructionSet ALL = new InstructionSet();

  private final Map<String, Decoder> decoders = new HashMap<>();

  private InstructionSet() {
    // Families register here, one line each: IntegerArithmetic.register(this).
    AsyncInstructions.register(this);
    MemoryInstructions.register(this);
    SyncInstructions.register(this);
    TensorInstructions.register(this);
  }

  /** Every instruction that the simulator knows. */
  public static InstructionSet all() {
    return ALL;
  }

  /** Adds an opcode; each has one decoder. */
  public void add(String opcode, Decoder decoder) {
    if (decoders.putIfAbsent(opcode, decoder) != null) {
      throw new IllegalStateException("two decoders for " + opcode);
    }
  }

  public Optional<Decoder> find(String opcode) {
    return Optional.ofNullable(decoders.get(opcode));
  }
}
