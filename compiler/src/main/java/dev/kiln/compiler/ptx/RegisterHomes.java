package dev.kiln.compiler.ptx;

import dev.kiln.compiler.ptx.LiveRanges.Wish;
import dev.kiln.compiler.ptx.Operand.Register;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Which registers share one register of the text, so that moves between them vanish: carried
 * registers and what follows them, results and what they come from. Those of inner loops come
 * first. Registers share only where they are never needed at the same time.
 */
final class RegisterHomes {
  private final Map<Register, Register> shared = new HashMap<>();

  private RegisterHomes() {}

  /** Gives as many registers as possible one home. */
  static RegisterHomes of(List<Node> body) {
    var homes = new RegisterHomes();
    LiveRanges lives = LiveRanges.of(body);
    Map<Register, Ranges> needed = new HashMap<>();
    List<Wish> wishes = lives.wishes();
    // The sort is stable: the same text comes out each time.
    wishes.sort(Comparator.comparingInt(wish -> -wish.weight()));
    for (Wish wish : wishes) {
      homes.join(homes.of(wish.to()), homes.of(wish.from()), lives, needed);
    }
    return homes;
  }

  private void join(Register to, Register from, LiveRanges lives, Map<Register, Ranges> needed) {
    if (to == from || to.type() != from.type()) {
      return;
    }
    Ranges a = needed.computeIfAbsent(to, lives::of);
    Ranges b = needed.computeIfAbsent(from, lives::of);
    if (!a.meets(b)) {
      shared.put(from, to);
      needed.put(to, a.with(b));
      needed.remove(from);
    }
  }

  /** What stands for all that share with it. */
  Register of(Register register) {
    Register home = register;
    for (Register next = shared.get(home); next != null; next = shared.get(home)) {
      Register further = shared.get(next);
      if (further != null) {
        shared.put(home, further);
      }
      home = next;
    }
    return home;
  }
}
