package dev.kiln.runtime.sim.monitor.race;

import dev.kiln.runtime.sim.memory.Access;
import dev.kiln.runtime.sim.memory.AddressSpace;
import dev.kiln.runtime.sim.monitor.race.Page.Others;
import dev.kiln.runtime.sim.ptx.Space;

/** Compares each access with what its shadow remembers, and puts it there. */
final class Accesses {
  /** Most accesses to a cell of global memory that are remembered beside the latest. */
  private static final int MOST_OTHERS = 8;

  /** Most strong reads of a cell that are remembered. */
  private static final int MOST_OBSERVERS = 8;

  private final Shadow global = new Shadow();
  private final RaceReport report;
  private final SyncLocations locations;
  private final Collisions collisions = new Collisions();

  /** The access in hand. */
  private AccessEvent now;

  private long events;

  private Access access;

  private Operation operation;
  private WarpState warp;
  private BlockState owner;
  private Space space;
  private View view;
  private int lane;
  private int bit;
  private long address;
  private Others observers;

  /** Whether all lanes have {@link #view}, so that what comes before one comes before all. */
  private boolean uniform;

  /** Whether several lanes write to one place, each of which has to be compared. */
  private boolean collides;

  /** Accesses found to come before all lanes of this one. */
  private AccessEvent settledWriter;

  private AccessEvent settledReader;

  Accesses(RaceReport report, SyncLocations locations) {
    this.report = report;
    this.locations = locations;
  }

  /** The page of a place in shared memory of a block or, without one, in global memory. */
  Page page(BlockState block, long at) {
    return (block == null ? global : block.shared).page(at);
  }

  /** The block whose shared memory an address means; {@code null} for global memory. */
  static BlockState owner(Space space, long address, WarpState warp) {
    if (space == Space.GLOBAL) {
      return null;
    }
    long rank = (address >>> AddressSpace.RANK_SHIFT) - 1;
    return rank < 0 ? warp.block : warp.block.cluster.blocks.get((int) rank);
  }

  /** The address in the shared memory of its block, or in global memory. */
  static long place(Space space, long address) {
    return space == Space.GLOBAL ? address : address & AddressSpace.OFFSET_MASK;
  }

  /** An access of threads, or of an asynchronous operation. */
  void access(Access heard, WarpState by, Operation part) {
    access = heard;
    warp = by;
    operation = part;
    space = access.space;
    int event = part == null ? by.nextEvent() : part.issued;
    now = new AccessEvent(++events, by, event, access, part);
    uniform = part == null ? by.isUniform() : part.isUniform();
    collides = now.writes && collisions.any(access);
    settledWriter = null;
    settledReader = null;
    for (int rest = access.mask; rest != 0; rest &= rest - 1) {
      lane = Integer.numberOfTrailingZeros(rest);
      bit = 1 << lane;
      view = part == null ? by.view(lane) : part.view(lane);
      address = access.addresses[lane];
      owner = owner(space, address, by);
      lane(owner == null ? global : owner.shared, place(space, address), access.bytes);
    }
  }

  private void lane(Shadow shadow, long from, int bytes) {
    long at = from;
    long end = from + bytes;
    int wanted = Math.min(2, Long.numberOfTrailingZeros(at | bytes));
    while (at < end) {
      Page page = shadow.page(at);
      if (wanted < page.shift) {
        page.refine(wanted);
      }
      if (page.synchronises && now.writes && !now.strong) {
        locations.forget(owner, at);
      }
      long stop = Math.min(end, (at | Page.OFFSET) + 1);
      int first = (int) (at & Page.OFFSET) >> page.shift;
      int last = (int) (stop - 1 & Page.OFFSET) >> page.shift;
      for (int cell = first; cell <= last; cell++) {
        observers = page.observers == null ? null : page.observers[cell];
        if (now.strong && now.reads) {
          observe(page, cell);
        }
        if (now.writes) {
          write(page, cell);
        } else {
          read(page, cell);
        }
      }
      at = stop;
    }
  }

  /** Remembers a strong read of a cell that others write by strong writes. */
  private void observe(Page page, int cell) {
    AccessEvent writer = page.writer[cell];
    if (writer == null || writer == now || !now.isMorallyStrong(writer)) {
      return;
    }
    int count = 1;
    for (Others one = observers; one != null; one = one.next) {
      if (one.event.warp == warp && (one.lanes & bit) != 0 && one.event.number > writer.number) {
        return; // of the same write before
      }
      if (++count == MOST_OBSERVERS) {
        one.next = null;
      }
    }
    if (page.observers == null) {
      page.observers = new Others[page.writer.length];
    }
    observers = new Others(now, bit, observers);
    page.observers[cell] = observers;
  }

  /**
   * Whether a read that comes before this access has observed a write, perhaps through atomic
   * operations. The write then comes before too, even where it is not itself released (PTX ISA,
   * "Causality Order", second rule).
   */
  private boolean isObserved(AccessEvent write) {
    if (!write.writes || !write.strong || operation != null) {
      return false;
    }
    for (Others one = observers; one != null; one = one.next) {
      if (one.event.number > write.number
          && knows(one.event.warp, one.lanes, one.event.event, View.KNOWN)) {
        return true;
      }
    }
    return false;
  }

  private void read(Page page, int cell) {
    AccessEvent writer = page.writer[cell];
    if (writer != null && writer != settledWriter) {
      int lanes = page.writerLanes[cell];
      if (isBefore(writer, lanes)) {
        settledWriter = isBeforeAll(writer) ? writer : null;
      } else {
        conflict(writer, lanes);
      }
    }
    AccessEvent reader = page.reader[cell];
    Others[] others = page.others;
    if (others != null && others[cell] != null) {
      readBesideOthers(page, cell);
    } else if (reader == now) {
      page.readerLanes[cell] |= bit;
    } else if (reader == null || reader == settledReader || replaces(reader, page, cell)) {
      page.reader[cell] = now;
      page.readerLanes[cell] = bit;
    } else {
      readBesideOthers(page, cell);
    }
  }

  /** Whether the reader of a cell need not be remembered once this one is. */
  private boolean replaces(AccessEvent reader, Page page, int cell) {
    int lanes = page.readerLanes[cell];
    if (!covers(reader) || !isBefore(reader, lanes)) {
      return false;
    }
    settledReader = isBeforeAll(reader) ? reader : null;
    return true;
  }

  private void readBesideOthers(Page page, int cell) {
    AccessEvent reader = page.reader[cell];
    if (page.others == null) {
      page.others = new Others[page.writer.length];
    }
    Others kept = null;
    for (Others one = page.others[cell]; one != null; ) {
      Others next = one.next;
      if (one.event.writes) {
        if (!isBefore(one.event, one.lanes)) {
          conflict(one.event, one.lanes);
        }
        one.next = kept;
        kept = one;
      } else if (!covers(one.event) || !isBefore(one.event, one.lanes)) {
        one.next = kept;
        kept = one;
      }
      one = next;
    }
    if (reader != null && isSame(reader)) {
      page.readerLanes[cell] |= bit;
    } else if (reader == null || covers(reader) && isBefore(reader, page.readerLanes[cell])) {
      page.reader[cell] = now;
      page.readerLanes[cell] = bit;
    } else {
      kept = add(kept, reader, page.readerLanes[cell]);
      page.reader[cell] = now;
      page.readerLanes[cell] = bit;
    }
    page.others[cell] = kept;
  }

  /** Whether an access is this one, or the same instruction with nothing between them. */
  private boolean isSame(AccessEvent other) {
    return other == now
        || other.warp == warp
            && other.event == now.event
            && other.step == now.step
            && other.operation == operation;
  }

  private Others add(Others list, AccessEvent event, int lanes) {
    int count = 0;
    for (Others one = list; one != null; one = one.next) {
      AccessEvent other = one.event;
      if (other.warp == event.warp
          && other.event == event.event
          && other.step == event.step
          && other.operation == event.operation) {
        one.lanes |= lanes;
        return list;
      }
      count++;
    }
    if (count >= MOST_OTHERS && space == Space.GLOBAL) {
      return list;
    }
    return new Others(event, lanes, list);
  }

  private void write(Page page, int cell) {
    AccessEvent writer = page.writer[cell];
    if (writer == now) {
      page.writerLanes[cell] |= bit; // lanes of one instruction: any of them may win
      if (page.others != null) {
        compare(page.others[cell]);
      }
      return;
    }
    AccessEvent reader = page.reader[cell];
    Others kept = null;
    if (reader != null) {
      page.reader[cell] = null;
      if (reader != settledReader && reader != now) {
        kept = displaceReader(reader, page.readerLanes[cell], kept);
      }
    }
    if (page.others != null && page.others[cell] != null) {
      kept = displaceOthers(page.others[cell], kept);
    }
    int lanes = bit;
    if (writer != null && writer != settledWriter) {
      int old = page.writerLanes[cell];
      if (isSame(writer) && now.strong) {
        lanes |= old;
      } else if (isBefore(writer, old)) {
        settledWriter = isBeforeAll(writer) && covers(writer) ? writer : null;
        kept = isNeeded(writer) ? add(kept, writer, old) : kept;
      } else if (!conflict(writer, old)) {
        kept = add(kept, writer, old);
      }
    }
    page.writer[cell] = now;
    page.writerLanes[cell] = lanes;
    if (kept != null && page.others == null) {
      page.others = new Others[page.writer.length];
    }
    if (page.others != null) {
      page.others[cell] = kept;
    }
    if (observers != null && !(now.reads && writer != null && now.isMorallyStrong(writer))) {
      page.observers[cell] = null; // no atomic operation, or none that goes on with theirs
    }
  }

  /**
   * Whether whoever races with an access that comes before this one races with this one too. Not so
   * if this one is strong where the other was not: two strong accesses do not race.
   */
  private boolean covers(AccessEvent earlier) {
    return !now.strong
        || earlier.strong
            && earlier.scope.compareTo(now.scope) >= 0
            && earlier.isAsyncProxy() == now.isAsyncProxy();
  }

  /** Whether an access has to be remembered although this write comes after it. */
  private boolean isNeeded(AccessEvent earlier) {
    return !covers(earlier) || collides && !isBeforeAll(earlier);
  }

  /** Compares what another lane of this instruction has left there. */
  private void compare(Others list) {
    for (Others one = list; one != null; one = one.next) {
      if (!isBefore(one.event, one.lanes)) {
        conflict(one.event, one.lanes);
      }
    }
  }

  private Others displaceReader(AccessEvent reader, int lanes, Others kept) {
    if (isBefore(reader, lanes)) {
      settledReader = isBeforeAll(reader) && covers(reader) ? reader : null;
      return isNeeded(reader) ? add(kept, reader, lanes) : kept;
    }
    return conflict(reader, lanes) ? kept : add(kept, reader, lanes);
  }

  private Others displaceOthers(Others list, Others kept) {
    Others result = kept;
    for (Others one = list; one != null; ) {
      Others next = one.next;
      boolean before = isBefore(one.event, one.lanes);
      if (before ? isNeeded(one.event) : !conflict(one.event, one.lanes)) {
        one.next = result;
        result = one;
      }
      one = next;
    }
    return result;
  }

  /** Reports two accesses that conflict and are not ordered; false if that is allowed. */
  private boolean conflict(AccessEvent earlier, int lanes) {
    if (earlier.operation != null && earlier.operation == operation
        || now.isMorallyStrong(earlier)
        || isObserved(earlier)) {
      return false;
    }
    if (report.isNew(now, earlier)) {
      boolean ordered = isOrdered(earlier, lanes);
      report.race(access, now, lane, earlier, lanes, ordered);
    }
    return true;
  }

  private boolean isBeforeAll(AccessEvent earlier) {
    return uniform
        && earlier.operation == null
        && view.known().of(earlier.warp.block.number).knows(earlier.warp.index, earlier.event)
        && !needsProxyFence(earlier);
  }

  /** Whether an access of some lanes comes before this one of one lane. */
  private boolean isBefore(AccessEvent earlier, int lanes) {
    return isOrdered(earlier, lanes)
        && (!needsProxyFence(earlier) || isFencedForAsync(earlier, lanes));
  }

  /** The asynchronous proxy sees what threads wrote only behind a proxy fence. */
  private boolean needsProxyFence(AccessEvent earlier) {
    return operation != null && now.isAsyncProxy() && earlier.writes && !earlier.isAsyncProxy();
  }

  private boolean isOrdered(AccessEvent earlier, int lanes) {
    Operation other = earlier.operation;
    if (other == null) {
      return knows(earlier.warp, lanes, earlier.event, View.KNOWN);
    }
    if (other == operation) {
      return true;
    }
    if (other.agent == Access.Agent.WGMMA) {
      return isOver(other);
    }
    int over = other.over(lanes, earlier.writes);
    if (over != Operation.NEVER && knows(other.warp, lanes, over, View.KNOWN)) {
      return true;
    }
    return other.isSignalled(view, View.KNOWN, owner, lanes);
  }

  /** Whether a warp of its warpgroup is known to have waited for a product. */
  private boolean isOver(Operation product) {
    for (WarpState waiting : product.warp.block.warps) {
      if (waiting.index >> 2 == product.warp.index >> 2) {
        // All lanes wait together: who knows of one of them behind the wait knows enough.
        int event = waiting.wgmma.over(product.number);
        if (waiting == warp && event <= ownLast()
            || event != Operation.NEVER
                && view.known().of(waiting.block.number).knowsAny(waiting.index, event)) {
          return true;
        }
      }
    }
    return false;
  }

  private boolean isFencedForAsync(AccessEvent earlier, int lanes) {
    Operation other = earlier.operation;
    if (other != null && other.isSignalled(view, View.ASYNC, owner, lanes)) {
      return true;
    }
    int event = other == null ? earlier.event : other.over(lanes, true);
    return event != Operation.NEVER && knows(earlier.warp, lanes, event, View.ASYNC);
  }

  /** The last event of the own warp that comes before in the order of the program. */
  private int ownLast() {
    return operation == null ? Integer.MAX_VALUE - 1 : operation.issued;
  }

  /** Whether an event of lanes of a warp is known to this lane, in a way that a view tells. */
  private boolean knows(WarpState other, int lanes, int event, int kind) {
    int rest = lanes;
    if (other == warp) {
      int last = kind == View.KNOWN ? ownLast() : view.own(kind);
      boolean known = event <= last;
      if (now.agent == Access.Agent.WGMMA) {
        if (known) {
          return true; // all lanes issued it together
        }
      } else if (known) {
        rest &= ~bit;
      }
      if (rest == 0) {
        return true;
      }
    }
    return view.clock(kind).of(other.block.number).knows(other.index, rest, event);
  }
}
