package dev.kiln.compiler.loop;

import dev.kiln.compiler.diagnostics.CompilationException;
import dev.kiln.compiler.diagnostics.Location;
import dev.kiln.compiler.ir.Shape;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.UnaryOperator;

/**
 * Gives the buffers their places: two that are never in use at the same time may share theirs.
 *
 * <p>A buffer is in use from its first to its last access. If it is used in a loop and outside of
 * it too, it is in use during the whole loop. A tile that a nest makes of another one, index by
 * index, takes over the other's buffer if that is not used any more.
 */
final class ScratchLayout {
  /** A cache line, and the widest vector. */
  private static final long ALIGNMENT = 64;

  private final Scratch scratch;
  private final Map<Integer, Life> lives = new HashMap<>();
  private final List<Loop> open = new ArrayList<>();
  private final Map<Integer, LoopStmt.Nest> nests = new TreeMap<>();
  private final Map<Integer, Integer> heirs = new HashMap<>();
  private int clock;

  private ScratchLayout(Scratch scratch) {
    this.scratch = scratch;
  }

  /** The code with scratch addresses, and how much scratch memory it takes. */
  record Result(List<LoopStmt> body, long bytes) {}

  private static final class Loop {
    private final int start;
    private int end = Integer.MAX_VALUE;

    Loop(int start) {
      this.start = start;
    }
  }

  /** The accesses to a buffer. */
  private static final class Life {
    private final List<Integer> times = new ArrayList<>();
    private final List<List<Loop>> loops = new ArrayList<>();
    private int start;
    private int end;
    private long offset;

    private void close() {
      int common = loops.getFirst().size();
      for (List<Loop> path : loops) {
        int same = 0;
        while (same < Math.min(common, path.size())
            && path.get(same) == loops.getFirst().get(same)) {
          same++;
        }
        common = same;
      }
      start = Integer.MAX_VALUE;
      for (int i = 0; i < times.size(); i++) {
        boolean isDeeper = loops.get(i).size() > common;
        start = Math.min(start, isDeeper ? loops.get(i).get(common).start : times.get(i));
        end = Math.max(end, isDeeper ? loops.get(i).get(common).end : times.get(i));
      }
    }

    private boolean overlaps(Life that) {
      return start <= that.end && that.start <= end;
    }
  }

  static Result place(List<LoopStmt> body, Scratch scratch, LoopOptions options, Location loc) {
    var layout = new ScratchLayout(scratch);
    layout.walk(body);
    layout.lives.values().forEach(Life::close);
    layout.nests.forEach(layout::inherit);
    long bytes = layout.assign(options, loc);
    return new Result(layout.rewritten(body), bytes);
  }

  private void walk(List<LoopStmt> body) {
    for (LoopStmt statement : body) {
      clock++;
      StmtCode.refs(statement).forEach(this::note);
      if (statement instanceof LoopStmt.Nest nest) {
        nests.put(clock, nest);
      }
      boolean isLoop = statement instanceof LoopStmt.For || statement instanceof LoopStmt.While;
      if (isLoop) {
        open.add(new Loop(clock));
      }
      StmtCode.bodies(statement).forEach(this::walk);
      clock++;
      if (isLoop) {
        open.removeLast().end = clock;
      }
    }
  }

  private void note(TileRef ref) {
    if (ref.base() instanceof TileRef.Scratch base) {
      note(Scratch.id(base.offset()));
    }
    for (TileRef.Stride stride : ref.strides()) {
      if (stride instanceof TileRef.Indexed indexed) {
        note(Scratch.id(indexed.offset()));
      }
    }
  }

  private void note(int buffer) {
    Life life = lives.computeIfAbsent(buffer, b -> new Life());
    life.times.add(clock);
    life.loops.add(List.copyOf(open));
  }

  /** Lets what the nest writes take over what it reads for the last time. */
  private void inherit(int time, LoopStmt.Nest nest) {
    for (LaneStmt statement : nest.body()) {
      if (statement instanceof LaneStmt.Store store
          && store.mask().isAll()
          && store.target().base() instanceof TileRef.Scratch to
          && Scratch.delta(to.offset()) == 0
          && isAccessedOnlyLike(statement, store.target(), nest)) {
        int heir = Scratch.id(to.offset());
        if (owner(heir) == heir && lives.get(heir).start == time) {
          ancestor(heir, store.target(), nest, time).ifPresent(a -> takeOver(a, heir));
        }
      }
    }
  }

  private void takeOver(int ancestor, int heir) {
    heirs.put(heir, ancestor);
    lives.get(ancestor).end = lives.get(heir).end;
  }

  /** The buffer that the given one took over, or itself. */
  private int owner(int buffer) {
    return heirs.getOrDefault(buffer, buffer);
  }

  /** A buffer that is read here for the last time, at the index that is written. */
  private Optional<Integer> ancestor(int heir, TileRef target, LoopStmt.Nest nest, int time) {
    for (LaneStmt statement : nest.body()) {
      if (statement instanceof LaneStmt.Load load
          && load.source().base() instanceof TileRef.Scratch from
          && Scratch.delta(from.offset()) == 0
          && load.source().strides().equals(target.strides())
          && load.source().dtype().bytes() == target.dtype().bytes()
          && isAccessedOnlyLike(statement, load.source(), nest)) {
        int ancestor = owner(Scratch.id(from.offset()));
        boolean isLast = lives.get(ancestor).end == time && lives.get(ancestor).start < time;
        if (isLast && bytes(ancestor) == bytes(heir) && covers(target, nest.shape())) {
          return Optional.of(ancestor);
        }
      }
    }
    return Optional.empty();
  }

  /** Whether different indices reach different elements. */
  private static boolean covers(TileRef ref, Shape shape) {
    List<TileRef.Stride> rowMajor = new ArrayList<>();
    for (int stride : shape.rowMajorStrides()) {
      rowMajor.add(new TileRef.Fixed(stride));
    }
    return ref.strides().equals(rowMajor);
  }

  /** Whether no other statement of the nest reaches the buffer. */
  private boolean isAccessedOnlyLike(LaneStmt only, TileRef ref, LoopStmt.Nest nest) {
    int buffer = owner(Scratch.id(((TileRef.Scratch) ref.base()).offset()));
    return nest.body().stream()
        .filter(s -> s != only)
        .flatMap(s -> LaneCode.refs(s).stream())
        .noneMatch(r -> reaches(r, buffer));
  }

  private boolean reaches(TileRef ref, int buffer) {
    boolean byBase =
        ref.base() instanceof TileRef.Scratch base && owner(Scratch.id(base.offset())) == buffer;
    return byBase
        || ref.strides().stream()
            .anyMatch(
                s ->
                    s instanceof TileRef.Indexed rows
                        && owner(Scratch.id(rows.offset())) == buffer);
  }

  private long bytes(int buffer) {
    long bytes = scratch.requests().get(buffer).bytes();
    return (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
  }

  /** Large buffers first, each at the lowest place that is free during its life. */
  private long assign(LoopOptions options, Location loc) {
    List<Integer> order =
        lives.keySet().stream()
            .filter(buffer -> owner(buffer) == buffer)
            .sorted(Comparator.comparing(this::bytes).reversed().thenComparing(b -> b))
            .toList();
    List<Integer> placed = new ArrayList<>();
    long total = 0;
    for (int buffer : order) {
      Life life = lives.get(buffer);
      List<Integer> neighbours =
          placed.stream()
              .filter(other -> lives.get(other).overlaps(life))
              .sorted(Comparator.comparing(other -> lives.get(other).offset))
              .toList();
      long at = 0;
      for (int other : neighbours) {
        if (at + bytes(buffer) <= lives.get(other).offset) {
          break;
        }
        at = Math.max(at, lives.get(other).offset + bytes(other));
      }
      life.offset = at;
      placed.add(buffer);
      total = Math.max(total, at + bytes(buffer));
    }
    if (total > options.scratchLimit()) {
      throw tooLarge(total, options, loc);
    }
    return total;
  }

  private CompilationException tooLarge(long total, LoopOptions options, Location loc) {
    Scratch.Request largest =
        lives.keySet().stream()
            .map(scratch.requests()::get)
            .max(Comparator.comparingLong(Scratch.Request::bytes))
            .orElseThrow();
    return CompilationException.at(
        largest.loc().isKnown() ? largest.loc() : loc,
        String.format(
            "the tiles of one program need %d MiB of memory at once, %d MiB of them here; the limit"
                + " is %d MiB",
            total >> 20, largest.bytes() >> 20, options.scratchLimit() >> 20),
        "use smaller block sizes");
  }

  private List<LoopStmt> rewritten(List<LoopStmt> body) {
    UnaryOperator<TileRef> ref = this::rewritten;
    return body.stream().map(s -> StmtCode.mapRefs(s, ref, this::rewritten)).toList();
  }

  private TileRef rewritten(TileRef ref) {
    TileRef.Base base =
        switch (ref.base()) {
          case TileRef.Scratch s -> new TileRef.Scratch(address(s.offset()));
          case TileRef.Global g -> g;
        };
    List<TileRef.Stride> strides =
        ref.strides().stream()
            .map(s -> s instanceof TileRef.Indexed i ? new TileRef.Indexed(address(i.offset())) : s)
            .toList();
    return new TileRef(ref.dtype(), base, strides);
  }

  private long address(long virtual) {
    return lives.get(owner(Scratch.id(virtual))).offset + Scratch.delta(virtual);
  }
}
