package dev.kiln.runtime.sim.monitor.race;

import dev.kiln.runtime.sim.exec.Block;
import dev.kiln.runtime.sim.exec.Step;
import dev.kiln.runtime.sim.exec.Warp;
import dev.kiln.runtime.sim.memory.Access;
import dev.kiln.runtime.sim.memory.Access.Order;
import dev.kiln.runtime.sim.memory.Access.Scope;
import dev.kiln.runtime.sim.monitor.Monitor;
import dev.kiln.runtime.sim.ptx.Space;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.BiConsumer;

/**
 * Races by the book: a full clock for each thread, every access to every byte remembered. Knows
 * threads, barriers of blocks and warps, fences and strong accesses.
 */
final class DenseRaces implements Monitor {
  private static final int LEVELS = 3;

  /** Pairs of instructions that race, the later one in the text first. */
  final Set<List<Integer>> pairs = new TreeSet<>((a, b) -> a.toString().compareTo(b.toString()));

  private final int threads;
  private final Map<Warp, Actor[]> actors = new IdentityHashMap<>();
  private final Map<List<Object>, List<Touch>> touches = new HashMap<>();
  private final Map<List<Object>, List<Touch>> observers = new HashMap<>();
  private final Map<List<Object>, Place> places = new HashMap<>();
  private final Map<Block, List<Actor>> arrived = new IdentityHashMap<>();
  private final Map<Block, Knowledge> exited = new IdentityHashMap<>();
  private int count;
  private int instance;

  DenseRaces(int threads) {
    this.threads = threads;
  }

  /** What comes before; what of it was fenced, by scope; what was seen and not acquired. */
  private final class Knowledge {
    private final int[] clock = new int[threads];
    private final int[][] fenced = new int[LEVELS][threads];
    private boolean hasFenced;
    private final Knowledge[] seen = new Knowledge[LEVELS];

    void join(Knowledge other) {
      joinAlone(other);
      for (int i = 0; i < LEVELS; i++) {
        if (other.seen[i] != null) {
          see(i, other.seen[i]);
        }
      }
    }

    void see(int level, Knowledge news) {
      if (seen[level] == null) {
        seen[level] = new Knowledge();
      }
      seen[level].joinAlone(news);
    }

    /** Joins what can be told: not what was seen and not acquired. */
    void joinAlone(Knowledge other) {
      max(clock, other.clock);
      hasFenced |= other.hasFenced;
      for (int i = 0; i < LEVELS; i++) {
        max(fenced[i], other.fenced[i]);
      }
    }

    Knowledge copy() {
      Knowledge copy = new Knowledge();
      copy.join(this);
      return copy;
    }

    Knowledge alone() {
      Knowledge copy = new Knowledge();
      copy.joinAlone(this);
      return copy;
    }

    /** What a relaxed write tells. */
    Knowledge told(int level) {
      Knowledge told = new Knowledge();
      told.hasFenced = hasFenced;
      max(told.clock, fenced[level]);
      for (int i = 0; i < LEVELS; i++) {
        max(told.fenced[i], fenced[i]);
      }
      return told;
    }
  }

  private static void max(int[] into, int[] from) {
    for (int i = 0; i < into.length; i++) {
      into[i] = Math.max(into[i], from[i]);
    }
  }

  private final class Actor {
    private final Block block;
    private final int number = count++;
    private final Knowledge knowledge = new Knowledge();

    Actor(Block block) {
      this.block = block;
    }
  }

  private record Touch(
      Actor actor, int time, int pc, boolean writes, boolean strong, Scope scope, int instance) {}

  private record Release(Block block, Knowledge[] levels) {}

  private static final class Place {
    private Actor writer;
    private final List<Release> releases = new ArrayList<>();
  }

  private Actor actor(Warp warp, int lane) {
    Actor[] lanes = actors.computeIfAbsent(warp, key -> new Actor[Warp.LANES]);
    if (lanes[lane] == null) {
      lanes[lane] = new Actor(warp.block);
    }
    return lanes[lane];
  }

  private List<Actor> actors(Warp warp, int lanes) {
    List<Actor> all = new ArrayList<>();
    for (int rest = lanes; rest != 0; rest &= rest - 1) {
      all.add(actor(warp, Integer.numberOfTrailingZeros(rest)));
    }
    return all;
  }

  private static int level(Scope scope) {
    return Math.min(scope.ordinal(), LEVELS - 1);
  }

  @Override
  public void accesses(Access access) {
    if (access.space != Space.GLOBAL && access.space != Space.SHARED) {
      return;
    }
    instance++;
    boolean acquires = access.order == Order.ACQUIRE || access.order == Order.ACQUIRE_RELEASE;
    if (acquires) {
      eachLane(access, (actor, key) -> read(access, actor, places.get(key)));
    }
    for (int rest = access.mask; rest != 0; rest &= rest - 1) {
      int lane = Integer.numberOfTrailingZeros(rest);
      Actor actor = actor(access.warp, lane);
      actor.knowledge.clock[actor.number]++;
      Object owner = access.space == Space.GLOBAL ? "global" : access.warp.block;
      for (int i = 0; i < access.bytes; i++) {
        touch(access, actor, List.of(owner, access.addresses[lane] + i));
      }
    }
    eachLane(access, (actor, key) -> synchronise(access, actor, key));
  }

  private void eachLane(Access access, BiConsumer<Actor, List<Object>> action) {
    for (int rest = access.mask; rest != 0; rest &= rest - 1) {
      int lane = Integer.numberOfTrailingZeros(rest);
      Object owner = access.space == Space.GLOBAL ? "global" : access.warp.block;
      action.accept(actor(access.warp, lane), List.of(owner, access.addresses[lane]));
    }
  }

  private void touch(Access access, Actor actor, List<Object> place) {
    boolean volatileAccess = access.order == Order.VOLATILE;
    Touch now =
        new Touch(
            actor,
            actor.knowledge.clock[actor.number],
            access.step.site().pc(),
            access.writes,
            access.atomic || access.order != Order.WEAK,
            volatileAccess ? Scope.SYSTEM : access.scope,
            instance);
    List<Touch> all = touches.computeIfAbsent(place, key -> new ArrayList<>());
    List<Touch> seen = observers.computeIfAbsent(place, key -> new ArrayList<>());
    Touch last = all.stream().filter(Touch::writes).reduce((a, b) -> b).orElse(null);
    boolean follows = last != null && last.instance != instance && isAllowed(now, last);
    if (now.strong && access.reads && follows) {
      seen.add(now);
    }
    for (Touch other : all) {
      boolean ordered = actor.knowledge.clock[other.actor.number] >= other.time;
      boolean conflict = (now.writes || other.writes) && now.instance != other.instance;
      if (conflict && !ordered && !isAllowed(now, other) && !isObserved(now, other, seen)) {
        pairs.add(List.of(Math.max(now.pc, other.pc), Math.min(now.pc, other.pc)));
      }
    }
    all.add(now);
    boolean goesOn = access.reads && follows || last != null && last.instance == instance;
    if (now.writes && !goesOn) {
      seen.clear();
    }
  }

  private static boolean isAllowed(Touch a, Touch b) {
    return a.strong
        && b.strong
        && (a.actor.block == b.actor.block
            || a.scope.compareTo(Scope.GPU) >= 0 && b.scope.compareTo(Scope.GPU) >= 0);
  }

  /** Whether a read of a strong write's value comes before an access. */
  private static boolean isObserved(Touch now, Touch write, List<Touch> seen) {
    return write.writes
        && write.strong
        && seen.stream()
            .anyMatch(
                one ->
                    one.instance > write.instance
                        && (one.actor == now.actor && one.instance <= now.instance
                            || now.actor.knowledge.clock[one.actor.number] >= one.time));
  }

  private void synchronise(Access access, Actor actor, List<Object> key) {
    if (access.order == Order.WEAK) {
      if (access.writes) {
        places.remove(key);
      }
      return;
    }
    Place place = places.get(key);
    if (access.reads) {
      read(access, actor, place);
    }
    if (access.writes) {
      write(access, actor, key, place);
    }
  }

  private void read(Access access, Actor actor, Place place) {
    if (place == null) {
      return;
    }
    boolean acquires = access.order == Order.ACQUIRE || access.order == Order.ACQUIRE_RELEASE;
    for (int level = 0; level < LEVELS; level++) {
      Knowledge news = new Knowledge();
      boolean any = false;
      for (Release release : place.releases) {
        if (level == LEVELS - 1 || release.block == actor.block) {
          news.joinAlone(release.levels[level]);
          any = true;
        }
      }
      if (any) {
        actor.knowledge.see(level, news);
        if (acquires && level <= level(access.scope)) {
          actor.knowledge.join(news);
        }
      }
    }
  }

  private void write(Access access, Actor actor, List<Object> key, Place old) {
    Place place = old;
    if (place != null && !access.atomic && place.writer != actor) {
      places.remove(key);
      place = null;
    }
    boolean releases = access.order == Order.RELEASE || access.order == Order.ACQUIRE_RELEASE;
    if (!releases && !actor.knowledge.hasFenced) {
      return;
    }
    if (place == null) {
      place = new Place();
      places.put(key, place);
    }
    place.writer = actor;
    Knowledge[] levels = new Knowledge[LEVELS];
    for (int i = 0; i < LEVELS; i++) {
      boolean all = releases && i <= level(access.scope);
      levels[i] = all ? actor.knowledge.alone() : actor.knowledge.told(i);
    }
    place.releases.add(new Release(actor.block, levels));
  }

  @Override
  public void fences(Warp warp, Step step, int lanes, Order order, Scope scope) {
    for (Actor actor : actors(warp, lanes)) {
      Knowledge knowledge = actor.knowledge;
      for (int i = 0; i <= level(scope); i++) {
        if (knowledge.seen[i] != null) {
          knowledge.join(knowledge.seen[i].copy());
        }
      }
      for (int i = 0; i <= level(scope); i++) {
        max(knowledge.fenced[i], knowledge.clock);
      }
      knowledge.hasFenced = true;
    }
  }

  private void meet(List<Actor> all, Knowledge more) {
    Knowledge together = more.copy();
    all.forEach(actor -> together.join(actor.knowledge));
    all.forEach(actor -> actor.knowledge.join(together));
  }

  @Override
  public void warpSyncs(Warp warp, Step step, int lanes) {
    meet(actors(warp, lanes), new Knowledge());
  }

  @Override
  public void barrierArrives(Warp warp, Step step, int lanes, int id, boolean waits) {
    arrived.computeIfAbsent(warp.block, key -> new ArrayList<>()).addAll(actors(warp, lanes));
  }

  @Override
  public void barrierCompletes(Block block, int id) {
    meet(arrived.remove(block), exited.getOrDefault(block, new Knowledge()));
  }

  @Override
  public void exits(Warp warp, int lanes) {
    Knowledge known = exited.computeIfAbsent(warp.block, key -> new Knowledge());
    actors(warp, lanes).forEach(actor -> known.join(actor.knowledge));
  }
}
