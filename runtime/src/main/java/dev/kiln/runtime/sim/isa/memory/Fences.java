package dev.kiln.runtime.sim.isa.memory;

import dev.kiln.runtime.sim.exec.Step;
import dev.kiln.runtime.sim.exec.Warp;
import dev.kiln.runtime.sim.memory.Access.Order;
import dev.kiln.runtime.sim.memory.Access.Scope;
import dev.kiln.runtime.sim.program.DecodeContext;
import dev.kiln.runtime.sim.program.Modifiers;
import dev.kiln.runtime.sim.ptx.PtxType;
import java.lang.invoke.VarHandle;
import java.util.Set;

/** {@code membar} and {@code fence}. */
final class Fences {
  /** Kinds of proxies and what a fence may be restricted to. */
  private static final Set<String> PROXY_WORDS =
      Set.of(
          "proxy",
          "alias",
          "async",
          "async::generic",
          "async.global",
          "async.shared::cta",
          "async.shared::cluster",
          "tensormap",
          "tensormap::generic",
          "generic",
          "global",
          "shared",
          "shared::cta",
          "shared::cluster",
          "sync_restrict::shared::cta",
          "sync_restrict::shared::cluster");

  private Fences() {}

  static Step membar(DecodeContext context) {
    Modifiers modifiers = context.modifiers();
    if (modifiers.has("proxy")) {
      return proxy(context);
    }
    context.expectOperands(0, 0);
    String level =
        modifiers
            .takeAny("cta", "gl", "sys")
            .orElseThrow(() -> context.malformed("membar needs .cta, .gl or .sys"));
    Scope scope =
        switch (level) {
          case "cta" -> Scope.CTA;
          case "gl" -> Scope.GPU;
          default -> Scope.SYSTEM;
        };
    return new Fence(Order.ACQUIRE_RELEASE, scope);
  }

  static Step fence(DecodeContext context) {
    Modifiers modifiers = context.modifiers();
    if (proxied(modifiers)) {
      return proxy(context);
    }
    context.expectOperands(0, 0);
    boolean initialises = modifiers.take("mbarrier_init");
    // A sequentially consistent fence is at least one that acquires and releases.
    boolean strong = modifiers.take("sc");
    Order order = MemoryModifiers.takeOrder(context).orElse(Order.ACQUIRE_RELEASE);
    boolean restricted = false;
    for (String word : modifiers.left()) {
      if (word.startsWith("sync_restrict::")) {
        modifiers.take(word);
        restricted = true;
      }
    }
    Scope scope =
        MemoryModifiers.takeScope(context)
            .orElseThrow(() -> context.malformed("a fence needs a scope"));
    if (initialises && order != Order.RELEASE) {
      throw context.malformed("fence.mbarrier_init has to be .release.cluster");
    }
    return new Fence(strong || restricted ? Order.ACQUIRE_RELEASE : order, scope);
  }

  private static boolean proxied(Modifiers modifiers) {
    return modifiers.left().stream().anyMatch(word -> word.startsWith("proxy"));
  }

  private static Step proxy(DecodeContext context) {
    Modifiers modifiers = context.modifiers();
    for (String word : modifiers.left()) {
      if (PROXY_WORDS.contains(word) || word.startsWith("proxy")) {
        modifiers.take(word);
      }
    }
    MemoryModifiers.takeOrder(context);
    MemoryModifiers.takeScope(context);
    context.expectOperands(0, 2);
    if (!context.operands().isEmpty()) {
      context.address(context.operand(0));
      context.slot(context.operand(1), PtxType.B32);
    }
    return new ProxyFence();
  }

  /** Orders the accesses of each lane before it with those after it. */
  private static final class Fence extends Step {
    private final Order order;
    private final Scope scope;

    private Fence(Order order, Scope scope) {
      this.order = order;
      this.scope = scope;
    }

    @Override
    public void run(Warp warp) {
      VarHandle.fullFence();
      if (warp.monitor != null) {
        warp.monitor.fences(warp, this, warp.active, order, scope);
      }
    }
  }

  /** Orders accesses through different proxies. */
  private static final class ProxyFence extends Step {
    @Override
    public void run(Warp warp) {
      if (warp.monitor != null) {
        warp.monitor.proxyFences(warp, this, warp.active);
      }
    }
  }
}
