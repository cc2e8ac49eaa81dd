package dev.kiln.compiler.gpu.memory;

import dev.kiln.compiler.diagnostics.CompilationException;
import dev.kiln.compiler.diagnostics.Location;
import dev.kiln.compiler.ir.MemoryOp.CacheHints;
import java.util.Set;

/** What stands between {@code ld} or {@code st} and the type. PTX ISA, "ld" and "st". */
final class Caching {
  private static final Set<String> LOADS = Set.of(".ca", ".cg", ".cs", ".cv");
  private static final Set<String> STORES = Set.of(".wb", ".cg", ".cs", ".wt");

  private Caching() {}

  static String load(CacheHints hints, Location loc) {
    return "ld" + suffix(hints, LOADS, loc);
  }

  static String store(CacheHints hints, Location loc) {
    return "st" + suffix(hints, STORES, loc);
  }

  /** A modifier and a policy exclude each other in PTX; the modifier changes what is seen. */
  private static String suffix(CacheHints hints, Set<String> known, Location loc) {
    if (hints.isVolatile()) {
      return ".volatile.global";
    }
    if (!hints.cacheModifier().isEmpty()) {
      if (!known.contains(hints.cacheModifier())) {
        throw CompilationException.at(
            loc, "not supported yet: the cache modifier '" + hints.cacheModifier() + "' on GPUs");
      }
      return ".global" + hints.cacheModifier();
    }
    return switch (hints.evictionPolicy()) {
      case "evict_first", "evict_last" -> ".global.L1::" + hints.evictionPolicy();
      default -> ".global";
    };
  }
}
