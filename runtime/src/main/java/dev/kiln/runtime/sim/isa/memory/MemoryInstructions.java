package dev.kiln.runtime.sim.isa.memory;

import dev.kiln.runtime.sim.isa.InstructionSet;
import java.util.List;

/** The memory instructions by opcode. */
public final class MemoryInstructions {
  private static final List<String> TEXTURES =
      List.of("tex", "tld4", "txq", "suld", "sust", "sured", "suq", "istypep");

  private MemoryInstructions() {}

  /** Adds them to an instruction set. */
  public static void register(InstructionSet set) {
    set.add("ld", LoadsAndStores::load);
    set.add("ldu", LoadsAndStores::load);
    set.add("st", LoadsAndStores::store);
    set.add("atom", Atomics::atom);
    set.add("red", Atomics::red);
    set.add("membar", Fences::membar);
    set.add("fence", Fences::fence);
    set.add("cvta", AddressConversions::cvta);
    set.add("isspacep", AddressConversions::isspacep);
    for (String opcode : List.of("prefetch", "prefetchu", "applypriority", "discard")) {
      set.add(opcode, CacheHints::hint);
    }
    set.add("createpolicy", CacheHints::createPolicy);
    for (String opcode : TEXTURES) {
      set.add(
          opcode,
          context -> {
            throw context.unsupported(opcode + ": textures and surfaces are not simulated");
          });
    }
    set.add(
        "multimem",
        context -> {
          throw context.unsupported("multimem: several devices are not simulated");
        });
    for (String opcode : List.of("alloca", "stacksave", "stackrestore")) {
      set.add(
          opcode,
          context -> {
            throw context.unsupported(opcode + ": stacks of changing size are not simulated");
          });
    }
  }
}
