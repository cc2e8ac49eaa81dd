package dev.kiln.runtime.sim.monitor.count;

import dev.kiln.runtime.sim.ptx.Statement.Instruction;
import java.util.List;

/** What an instruction does with memory. */
public enum Direction {
  LOADS("loads"),
  STORES("stores"),
  /** {@code atom}, whose result is used. */
  ATOMICS("atomics"),
  /** {@code red}. */
  REDUCTIONS("reductions"),
  /** {@code cp.async} of single lanes: reads global, writes shared memory. */
  COPIES("copies"),
  /** {@code cp.async.bulk} and tensors into shared memory. */
  BULK_LOADS("bulkLoads"),
  /** Out of shared into global memory. */
  BULK_STORES("bulkStores"),
  /** {@code cp.reduce.async.bulk}. */
  BULK_REDUCTIONS("bulkReductions");

  private final String key;

  Direction(String key) {
    this.key = key;
  }

  /** The name in JSON. */
  public String key() {
    return key;
  }

  /** What an instruction does; LOADS for one that touches no memory. */
  static Direction of(Instruction instruction) {
    List<String> words = instruction.modifiers();
    return switch (instruction.opcode()) {
      case "st", "stmatrix" -> STORES;
      case "wmma" -> words.contains("store") ? STORES : LOADS;
      case "atom" -> ATOMICS;
      case "red" -> REDUCTIONS;
      case "cp" -> copy(words);
      default -> LOADS;
    };
  }

  private static Direction copy(List<String> words) {
    if (words.contains("reduce")) {
      return BULK_REDUCTIONS;
    }
    if (!words.contains("bulk")) {
      return COPIES;
    }
    // Destination first: .global.shared::cta.
    int global = words.indexOf("global");
    int shared = words.indexOf("shared::cta");
    return global >= 0 && global < shared ? BULK_STORES : BULK_LOADS;
  }
}
