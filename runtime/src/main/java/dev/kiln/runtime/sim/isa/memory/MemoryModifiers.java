package dev.kiln.runtime.sim.isa.memory;

import dev.kiln.runtime.sim.memory.Access.Order;
import dev.kiln.runtime.sim.memory.Access.Scope;
import dev.kiln.runtime.sim.program.DecodeContext;
import dev.kiln.runtime.sim.program.Modifiers;
import dev.kiln.runtime.sim.ptx.Space;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Modifiers that memory instructions share.
 *
 * @param order as written; empty if no word says
 * @param policy whether an operand with a cache policy follows
 */
public record MemoryModifiers(
    Space space, Optional<Order> order, Optional<Scope> scope, boolean policy) {
  private static final Map<String, Space> SPACES = spaces();
  private static final Map<String, Order> ORDERS = orders();
  private static final Map<String, Scope> SCOPES =
      Map.of("cta", Scope.CTA, "cluster", Scope.CLUSTER, "gpu", Scope.GPU, "sys", Scope.SYSTEM);

  /** Advice about caches, without an effect on results. */
  private static final List<String> HINTS =
      List.of(
          "ca",
          "cg",
          "cs",
          "lu",
          "cv",
          "wb",
          "wt",
          "nc",
          "unified",
          "L1::evict_normal",
          "L1::evict_unchanged",
          "L1::evict_first",
          "L1::evict_last",
          "L1::no_allocate",
          "L2::evict_normal",
          "L2::evict_first",
          "L2::evict_last",
          "L2::64B",
          "L2::128B",
          "L2::256B");

  /** Takes space, order, scope and hints. */
  public static MemoryModifiers take(DecodeContext context) {
    Modifiers modifiers = context.modifiers();
    for (String hint : HINTS) {
      modifiers.take(hint);
    }
    boolean policy = modifiers.take("L2::cache_hint");
    Space space = takeSpace(modifiers).orElse(Space.GENERIC);
    // ".mmio" is always followed by ".relaxed.sys".
    modifiers.take("mmio");
    Optional<Order> order = one(context, modifiers, ORDERS);
    Optional<Scope> scope = one(context, modifiers, SCOPES);
    return new MemoryModifiers(space, order, scope, policy);
  }

  /** The scope, the whole system unless written. */
  public Scope scopeOr(Scope otherwise) {
    return scope.orElse(otherwise);
  }

  /** Takes the word of a state space. */
  static Optional<Space> takeSpace(Modifiers modifiers) {
    for (var entry : SPACES.entrySet()) {
      if (modifiers.take(entry.getKey())) {
        return Optional.of(entry.getValue());
      }
    }
    return Optional.empty();
  }

  static Optional<Scope> takeScope(DecodeContext context) {
    return one(context, context.modifiers(), SCOPES);
  }

  static Optional<Order> takeOrder(DecodeContext context) {
    return one(context, context.modifiers(), ORDERS);
  }

  private static <T> Optional<T> one(
      DecodeContext context, Modifiers modifiers, Map<String, T> words) {
    List<T> found = new ArrayList<>();
    for (var entry : words.entrySet()) {
      if (modifiers.take(entry.getKey())) {
        found.add(entry.getValue());
      }
    }
    if (found.size() > 1) {
      throw context.malformed("contradicting modifiers in " + context.instruction().mnemonic());
    }
    return found.stream().findFirst();
  }

  private static Map<String, Space> spaces() {
    Map<String, Space> words = new LinkedHashMap<>();
    words.put("global", Space.GLOBAL);
    words.put("shared", Space.SHARED);
    words.put("shared::cta", Space.SHARED);
    words.put("shared::cluster", Space.SHARED_CLUSTER);
    words.put("local", Space.LOCAL);
    words.put("const", Space.CONST);
    words.put("param", Space.PARAM);
    words.put("param::entry", Space.PARAM);
    words.put("param::func", Space.PARAM);
    return words;
  }

  private static Map<String, Order> orders() {
    Map<String, Order> words = new LinkedHashMap<>();
    words.put("weak", Order.WEAK);
    words.put("volatile", Order.VOLATILE);
    words.put("relaxed", Order.RELAXED);
    words.put("acquire", Order.ACQUIRE);
    words.put("release", Order.RELEASE);
    words.put("acq_rel", Order.ACQUIRE_RELEASE);
    return words;
  }
}
