package dev.kiln.runtime.sim.isa.async;

import dev.kiln.runtime.sim.exec.Step;
import dev.kiln.runtime.sim.isa.InstructionSet;
import dev.kiln.runtime.sim.program.DecodeContext;
import dev.kiln.runtime.sim.program.Modifiers;

/** The opcodes of this package. */
public final class AsyncInstructions {
  private AsyncInstructions() {}

  /** Adds the decoders. */
  public static void register(InstructionSet set) {
    set.add("cp", AsyncInstructions::copy);
    set.add("mbarrier", MbarrierInstructions::decode);
    set.add("tensormap", TensorMapReplace::decode);
    set.add("mapa", ClusterInstructions::mapa);
    set.add("getctarank", ClusterInstructions::rank);
    set.add("setmaxnreg", ClusterInstructions::registers);
    set.add(
        "clusterlaunchcontrol",
        context -> {
          throw context.unsupported("clusterlaunchcontrol is not simulated");
        });
  }

  private static Step copy(DecodeContext context) {
    Modifiers modifiers = context.modifiers();
    boolean reduces = modifiers.take("reduce");
    if (!modifiers.take("async")) {
      throw context.unsupported("unknown form of cp");
    }
    if (modifiers.take("bulk")) {
      return BulkInstructions.decode(context, reduces);
    }
    if (reduces) {
      throw context.malformed("cp.reduce.async needs .bulk");
    }
    return CopyInstructions.decode(context);
  }
}
