package dev.kiln.runtime.sim.exec;

import dev.kiln.runtime.sim.exec.Path.State;
import dev.kiln.runtime.sim.monitor.Monitor;
import java.util.ArrayList;
import java.util.List;

/**
 * Runs one warp: its paths, where they part and where they meet.
 *
 * <p>Lanes that part at a branch wait for each other at the branch's join. No lane waits there for
 * ever, for the others may need what it does after the join: waiting lanes are released, and go on
 * without the others, when no path of the warp can run, or after {@link #PATIENCE}. Lanes that were
 * released meet the others at the next join outwards, or where both wait for a barrier.
 */
final class WarpRun {
  /** Steps that a warp runs while some of its lanes wait at joins, before these are released. */
  static final int PATIENCE = 1 << 22;

  /** What a poll costs of that patience: a lock that a waiting lane holds is free after 1024. */
  private static final int PATIENCE_OF_POLL = 1 << 12;

  final Warp warp;
  private final Code code;
  private final int maxDepth;

  /** Hears of each step; {@code null} if nobody does. */
  private final Monitor issues;

  /** Paths that have not come to a join; the one in front runs first. */
  private final List<Path> paths = new ArrayList<>(2);

  /** Joins at which some lanes wait. */
  private final List<Join> joins = new ArrayList<>(0);

  private int current;
  private int patience = PATIENCE;
  private boolean polled;
  private int stepsSincePoll;

  WarpRun(Warp warp, Code code, int maxDepth) {
    this.warp = warp;
    this.code = code;
    this.maxDepth = maxDepth;
    this.issues = warp.monitor != null && warp.monitor.hearsIssues() ? warp.monitor : null;
    if (warp.present() != 0) {
      paths.add(new Path(0, warp.present(), null, null));
    }
  }

  /** Whether all lanes have exited. */
  boolean finished() {
    return warp.present() == 0;
  }

  /** Whether the last turn ended with a poll. */
  boolean polled() {
    return polled;
  }

  /** Steps run since a turn last ended with a poll. */
  int stepsSincePoll() {
    return stepsSincePoll;
  }

  /**
   * Runs until no path can go on, one polls, or so many steps have been run.
   *
   * @return number of steps run; 0 if no path can go on
   */
  int turn(int budget) {
    int left = budget;
    polled = false;
    while (left > 0) {
      Path path = pick();
      if (path == null) {
        break;
      }
      left -= run(path, left);
      if (warp.yield) {
        warp.yield = false;
        polled = true;
        break;
      }
    }
    stepsSincePoll = polled ? 0 : stepsSincePoll + budget - left;
    rotate(budget - left);
    return budget - left;
  }

  /** Gives another path the next turn, and lanes at joins their freedom in the end. */
  private void rotate(int steps) {
    if (paths.size() > 1) {
      current = current == 0 ? paths.size() - 1 : current - 1;
    }
    if (!joins.isEmpty()) {
      patience -= polled ? PATIENCE_OF_POLL : steps;
      if (patience <= 0) {
        releaseJoins();
      }
    }
  }

  /** The path to run next; {@code null} if none can. */
  private Path pick() {
    Path path = ready();
    if (path == null && regather()) {
      path = ready();
    }
    if (path == null && !joins.isEmpty()) {
      releaseJoins();
      path = ready();
    }
    while (path == null && arriveApart()) {
      path = ready();
    }
    return path;
  }

  private Path ready() {
    int count = paths.size();
    for (int i = 0; i < count; i++) {
      int at = current - i;
      if (at < 0) {
        at += count;
      }
      if (at < 0 || at >= count) {
        at = count - 1;
        current = at;
      }
      Path path = paths.get(at);
      if (path.state == State.WAITING && path.wait.over()) {
        leaveWait(path);
      }
      if (path.state == State.READY) {
        current = at;
        return merged(path);
      }
    }
    return null;
  }

  /** The path together with others that stand where it stands. */
  private Path merged(Path path) {
    if (paths.size() == 1) {
      return path;
    }
    for (int i = paths.size() - 1; i >= 0; i--) {
      Path other = paths.get(i);
      if (other != path && other.meets(path)) {
        path.mask |= other.mask;
        paths.remove(i);
      }
    }
    current = paths.indexOf(path);
    return path;
  }

  private int run(Path path, int budget) {
    int left = budget;
    while (true) {
      int pc = path.pc;
      if (code.leader[pc] && path.atJoin() && !arrive(path)) {
        return budget - left;
      }
      pc = path.pc;
      int[] ends = path.mask == warp.present() ? code.endTogether : code.end;
      int end = ends[pc];
      if (end > pc) {
        end = Math.min(end, pc + left);
        left -= end - pc;
        warp.active = path.mask;
        if (issues == null) {
          JoinedSteps joined = code.joined;
          if (joined == null) {
            code.counter.count(pc);
            straight(pc, end);
          } else {
            straight(pc, end, joined);
          }
        } else {
          straightHeard(pc, end, issues);
        }
        path.pc = end;
      } else {
        left--;
        if (!decide(path, pc)) {
          return budget - left;
        }
      }
      if (warp.yield || left <= 0) {
        return budget - left;
      }
    }
  }

  /** Runs steps that need nobody but the active lanes. The inner loop of the simulator. */
  private void straight(int from, int end) {
    Warp w = warp;
    Step[] steps = code.steps;
    int mask = w.active;
    int pc = from;
    try {
      for (; pc < end; pc++) {
        Step step = steps[pc];
        int guard = step.guard;
        if (guard < 0) {
          step.run(w);
        } else {
          int lanes = mask & (w.predicates[guard] ^ step.guardFlip);
          if (lanes != 0) {
            w.active = lanes;
            step.run(w);
            w.active = mask;
          }
        }
      }
    } catch (RuntimeException | OutOfMemoryError | StackOverflowError e) {
      throw Faults.at(e, steps[pc], w, w.active);
    }
  }

  /** The same, some steps joined. */
  private void straight(int from, int end, JoinedSteps joined) {
    Warp w = warp;
    int mask = w.active;
    int pc = from;
    try {
      while (pc < end) {
        int next = joined.ends[pc];
        if (next > end) {
          straight(pc, end);
          return;
        }
        Step step = joined.steps[pc];
        int guard = step.guard;
        if (guard < 0) {
          step.run(w);
        } else {
          int lanes = mask & (w.predicates[guard] ^ step.guardFlip);
          if (lanes != 0) {
            w.active = lanes;
            step.run(w);
            w.active = mask;
          }
        }
        pc = next;
      }
    } catch (RuntimeException | OutOfMemoryError | StackOverflowError e) {
      throw Faults.at(e, code.steps[pc], w, w.active);
    }
  }

  private void straightHeard(int from, int end, Monitor monitor) {
    Warp w = warp;
    Step[] steps = code.steps;
    int mask = w.active;
    int pc = from;
    try {
      for (; pc < end; pc++) {
        Step step = steps[pc];
        int lanes = guarded(step, mask);
        monitor.issues(w, step, mask, lanes);
        if (lanes != 0) {
          w.active = lanes;
          step.run(w);
        }
      }
    } catch (RuntimeException | OutOfMemoryError | StackOverflowError e) {
      throw Faults.at(e, steps[pc], w, w.active);
    }
  }

  private int guarded(Step step, int mask) {
    int guard = step.guard;
    return guard < 0 ? mask : mask & (warp.predicates[guard] ^ step.guardFlip);
  }

  /** Runs a step that decides where lanes go; false if the path is not the one to run on. */
  private boolean decide(Path path, int pc) {
    Step step = code.steps[pc];
    int lanes = guarded(step, path.mask);
    try {
      return switch (code.kind[pc]) {
        case Code.BRANCH -> branch(path, (ControlStep.Branch) step, lanes);
        case Code.SYNC -> sync(path, (WarpSyncStep) step, lanes);
        case Code.WAITING -> waiting(path, (WaitingStep) step, lanes);
        default -> control(path, (ControlStep) step, lanes);
      };
    } catch (RuntimeException | OutOfMemoryError e) {
      throw Faults.at(e, step, warp, lanes);
    }
  }

  private void issue(Step step, int mask, int lanes) {
    if (issues != null) {
      issues.issues(warp, step, mask, lanes);
    }
  }

  private boolean branch(Path path, ControlStep.Branch step, int taken) {
    issue(step, path.mask, taken);
    if (taken == path.mask) {
      path.pc = step.target;
    } else if (taken == 0) {
      path.pc++;
    } else {
      if (warp.monitor != null) {
        warp.monitor.diverges(warp, step, path.mask, taken);
      }
      part(path, step.join);
      fork(path, taken, step.target);
      path.pc++;
    }
    return true;
  }

  private boolean control(Path path, ControlStep step, int lanes) {
    issue(step, path.mask, lanes);
    if (lanes == 0) {
      path.pc++;
      return true;
    }
    return switch (step) {
      case ControlStep.Branch branch -> throw new IllegalStateException("a branch");
      case ControlStep.IndexedBranch branch -> indexed(path, branch, lanes);
      case ControlStep.Call call -> {
        int next = path.pc + 1;
        if (call(path, lanes, call.target, call.saved) != path) {
          path.pc = next;
        }
        yield true;
      }
      case ControlStep.IndirectCall call -> indirect(path, call, lanes);
      case ControlStep.Return end -> leave(path, lanes, path.frame == null);
      case ControlStep.Exit exit -> leave(path, lanes, true);
    };
  }

  private boolean indexed(Path path, ControlStep.IndexedBranch step, int lanes) {
    int rest = lanes;
    boolean parted = lanes != path.mask;
    if (parted) {
      part(path, step.join);
    }
    while (rest != 0) {
      int lane = Integer.numberOfTrailingZeros(rest);
      int index = warp.words[step.index + lane];
      if (index < 0 || index >= step.targets.length) {
        throw new LaneFault(
            LaneFault.Kind.ILLEGAL_INSTRUCTION,
            lane,
            "brx.idx with index %s of %d targets"
                .formatted(Integer.toUnsignedString(index), step.targets.length));
      }
      int target = step.targets[index];
      int group = sameTarget(step, rest, target);
      if (group == path.mask) {
        path.pc = target;
        return true;
      }
      if (!parted) {
        parted = true;
        part(path, step.join);
        if (warp.monitor != null) {
          warp.monitor.diverges(warp, step, path.mask, group);
        }
      }
      rest &= ~group;
      fork(path, group, target);
    }
    path.pc++; // those that the guard holds back
    return true;
  }

  private int sameTarget(ControlStep.IndexedBranch step, int lanes, int target) {
    int group = 0;
    for (int rest = lanes; rest != 0; rest &= rest - 1) {
      int lane = Integer.numberOfTrailingZeros(rest);
      int index = warp.words[step.index + lane];
      if (index >= 0 && index < step.targets.length && step.targets[index] == target) {
        group |= 1 << lane;
      }
    }
    return group;
  }

  private boolean indirect(Path path, ControlStep.IndirectCall step, int lanes) {
    int rest = lanes;
    while (rest != 0) {
      int lane = Integer.numberOfTrailingZeros(rest);
      long address = warp.wides[step.address + lane];
      Integer target = step.targets.get(address);
      if (target == null) {
        throw new LaneFault(
            LaneFault.Kind.ILLEGAL_INSTRUCTION,
            lane,
            "a call to 0x%x, which is the address of no function that may be called here"
                .formatted(address));
      }
      int group = 0;
      for (int others = rest; others != 0; others &= others - 1) {
        int other = Integer.numberOfTrailingZeros(others);
        group |= warp.wides[step.address + other] == address ? 1 << other : 0;
      }
      rest &= ~group;
      if (call(path, group, target, step.saved) == path) {
        return true;
      }
    }
    path.pc++;
    return true;
  }

  /** Sends lanes into a function; the rest of the path stays where it is. */
  private Path call(Path path, int lanes, int target, ControlStep.SlotRange saved) {
    int returnPc = path.pc + 1;
    Path calling = path;
    if (lanes != path.mask) {
      part(path, returnPc);
      calling = fork(path, lanes, path.pc);
    }
    Frame frame = new Frame(warp, returnPc, calling, lanes, saved);
    if (frame.depth > maxDepth) {
      throw new LaneFault(
          LaneFault.Kind.STACK_OVERFLOW,
          Integer.numberOfTrailingZeros(lanes),
          "calls are nested more than %,d deep".formatted(maxDepth));
    }
    calling.frame = frame;
    calling.join = frame.end;
    calling.pc = target;
    return calling;
  }

  /** Lets lanes of a path return, or exit for good. */
  private boolean leave(Path path, int lanes, boolean exit) {
    path.mask &= ~lanes;
    path.pc++;
    if (path.mask == 0) {
      remove(path);
    }
    if (exit) {
      warp.exited |= lanes;
      drop(path.join, null, lanes);
      if (warp.monitor != null) {
        warp.monitor.exits(warp, lanes);
      }
      warp.block.exited(warp);
    } else {
      Join end = path.frame.end;
      drop(path.join, end, lanes);
      come(end, lanes);
    }
    return path.mask != 0;
  }

  private void remove(Path path) {
    int at = paths.indexOf(path);
    paths.remove(at);
    current = paths.isEmpty() ? 0 : paths.size() - 1;
  }

  /** Makes sure that the lanes of a path will meet at a join. */
  private void part(Path path, int at) {
    Join join = path.join;
    boolean known = join != null && join.pc == at && join.frame == path.frame;
    if (at != ControlStep.AT_RETURN && !known) {
      path.join = new Join(at, path.frame, path.mask, join);
    }
  }

  /** Moves some, not all, lanes of a path to a path of their own, which runs later. */
  private Path fork(Path path, int lanes, int pc) {
    Path other = new Path(pc, lanes, path.join, path.frame);
    path.mask &= ~lanes;
    paths.add(paths.indexOf(path), other);
    current = paths.indexOf(path);
    return other;
  }

  /** A path has come to its join; true if it goes on, with all lanes that have met there. */
  private boolean arrive(Path path) {
    while (path.atJoin()) {
      Join join = path.join;
      if ((join.arrived | path.mask) != join.expected) {
        remove(path);
        wait(join, path.mask);
        return false;
      }
      path.mask = join.expected;
      path.join = join.parent;
      forget(join);
    }
    return true;
  }

  private void wait(Join join, int lanes) {
    if (join.arrived == 0) {
      if (joins.isEmpty()) {
        patience = PATIENCE;
      }
      joins.add(join);
    }
    join.arrived |= lanes;
  }

  private void forget(Join join) {
    if (join.arrived != 0) {
      joins.remove(join);
      join.arrived = 0;
    }
    patience = PATIENCE;
  }

  /** Lanes of no path come to a join. */
  private void come(Join join, int lanes) {
    wait(join, lanes);
    if (join.complete()) {
      release(join);
    }
  }

  /** Joins from one to another, the latter not included, no longer wait for lanes. */
  private void drop(Join from, Join until, int lanes) {
    for (Join join = from; join != until && join != null; join = join.parent) {
      join.expected &= ~lanes;
      if (join.complete()) {
        release(join);
      }
    }
  }

  /** The lanes at a join go on. */
  private void release(Join join) {
    int lanes = join.arrived;
    join.expected &= ~lanes;
    forget(join);
    Frame frame = join.frame;
    if (join.pc == ControlStep.AT_RETURN) {
      frame.restore(warp, lanes);
      paths.add(new Path(frame.returnPc, lanes, join.parent, frame.caller));
    } else {
      paths.add(new Path(join.pc, lanes, join.parent, frame));
    }
    current = paths.size() - 1;
  }

  private void releaseJoins() {
    patience = PATIENCE;
    for (Join join : List.copyOf(joins)) {
      release(join);
    }
  }

  // Steps at which lanes come together.

  private boolean sync(Path path, WarpSyncStep step, int lanes) {
    if (lanes == 0) {
      issue(step, path.mask, 0);
      path.pc++;
      return true;
    }
    int first = step.members(warp, Integer.numberOfTrailingZeros(lanes));
    int group = step.fixedMembers() ? lanes : sameMembers(step, lanes, first);
    if (group == lanes && gathered(path, step, lanes, first)) {
      path.pc++;
      return true;
    }
    return gather(path, group, lanes, first);
  }

  private int sameMembers(WarpSyncStep step, int lanes, int members) {
    int group = 0;
    for (int rest = lanes; rest != 0; rest &= rest - 1) {
      int lane = Integer.numberOfTrailingZeros(rest);
      group |= step.members(warp, lane) == members ? 1 << lane : 0;
    }
    return group;
  }

  /** Runs the step if everybody is there; lanes that waited for it are then free. */
  private boolean gathered(Path path, WarpSyncStep step, int lanes, int members) {
    int needed = members & warp.present();
    if ((needed & ~lanes) == 0) {
      issue(step, path.mask, lanes);
      together(step, lanes);
      return true;
    }
    int there = lanes;
    for (Path other : paths) {
      there |= meets(other, path, step, members) ? other.mask : 0;
    }
    if ((needed & ~there) != 0) {
      return false;
    }
    issue(step, there, there);
    warp.active = there;
    step.runTogether(warp, steps(path, step, members, there));
    for (Path other : paths) {
      if (meets(other, path, step, members)) {
        other.state = State.READY;
        other.pc++;
      }
    }
    return true;
  }

  /** The steps of lanes that have met. */
  private WarpSyncStep[] steps(Path path, WarpSyncStep step, int members, int there) {
    var steps = new WarpSyncStep[Warp.LANES];
    for (int rest = there; rest != 0; rest &= rest - 1) {
      steps[Integer.numberOfTrailingZeros(rest)] = step;
    }
    for (Path other : paths) {
      if (meets(other, path, step, members)) {
        for (int rest = other.mask; rest != 0; rest &= rest - 1) {
          steps[Integer.numberOfTrailingZeros(rest)] = (WarpSyncStep) code.steps[other.pc];
        }
      }
    }
    return steps;
  }

  private boolean meets(Path other, Path path, WarpSyncStep step, int members) {
    return other != path
        && other.state == State.GATHERING
        && other.members == members
        && code.steps[other.pc] instanceof WarpSyncStep parked
        && step.meets(parked);
  }

  private void together(Step step, int lanes) {
    warp.active = lanes;
    step.run(warp);
  }

  /**
   * Lanes stay at a step until others come. Lanes with other members stay there as another path;
   * those that the guard leaves out go on to the next step and wait there.
   */
  private boolean gather(Path path, int group, int lanes, int members) {
    Path staying = path;
    int pc = path.pc;
    if (group != path.mask) {
      part(path, pc + 1);
      int skipping = path.mask & ~lanes;
      if (skipping != 0) {
        fork(path, skipping, pc + 1);
      }
      if (group != path.mask) {
        staying = fork(path, group, pc);
      }
    }
    staying.state = State.GATHERING;
    staying.members = members;
    return false;
  }

  /** After lanes have exited: whether some step need no longer wait. */
  private boolean regather() {
    for (Path path : paths) {
      if (path.state == State.GATHERING && retry(path)) {
        return true;
      }
    }
    return false;
  }

  private boolean retry(Path path) {
    Step step = code.steps[path.pc];
    try {
      if (step instanceof WarpSyncStep sync) {
        if (!gathered(path, sync, path.mask, path.members)) {
          return false;
        }
        path.pc++;
        path.state = State.READY;
        return true;
      }
      int there = gatheredAt(path.pc);
      if (there != warp.present()) {
        return false;
      }
      arriveAt(path.pc, (WaitingStep) step, there);
      return true;
    } catch (RuntimeException e) {
      throw Faults.at(e, step, warp, path.mask);
    }
  }

  // Barriers.

  private boolean waiting(Path path, WaitingStep step, int lanes) {
    if (lanes == 0) {
      issue(step, path.mask, 0);
      path.pc++;
      return true;
    }
    if (step.aligned() && lanes != warp.present()) {
      int pc = path.pc;
      gather(path, lanes, lanes, WarpSyncStep.ALL);
      int there = gatheredAt(pc);
      if (there == warp.present()) {
        arriveAt(pc, step, there);
      }
      return false;
    }
    if (lanes != path.mask) {
      int pc = path.pc;
      part(path, pc + 1);
      fork(path, path.mask & ~lanes, pc + 1);
    }
    issue(step, path.mask, lanes);
    warp.active = lanes;
    path.wait = step.arrive(warp);
    if (path.wait == null) {
      path.pc++;
      return true;
    }
    path.state = State.WAITING;
    if (path.wait.over()) {
      leaveWait(path);
      return true;
    }
    return false;
  }

  private int gatheredAt(int pc) {
    int there = 0;
    for (Path path : paths) {
      there |= path.state == State.GATHERING && path.pc == pc ? path.mask : 0;
    }
    return there;
  }

  private void arriveAt(int pc, WaitingStep step, int there) {
    issue(step, there, there);
    warp.active = there;
    WaitingStep.Wait wait = step.arrive(warp);
    for (Path path : paths) {
      if (path.state == State.GATHERING && path.pc == pc) {
        path.wait = wait;
        path.state = wait == null ? State.READY : State.WAITING;
        path.pc += wait == null ? 1 : 0;
      }
    }
  }

  /** Lanes that cannot all come to an aligned barrier arrive there without the others. */
  private boolean arriveApart() {
    for (Path path : paths) {
      if (path.state == State.GATHERING && code.steps[path.pc] instanceof WaitingStep step) {
        try {
          arriveAt(path.pc, step, gatheredAt(path.pc));
        } catch (RuntimeException e) {
          throw Faults.at(e, step, warp, path.mask);
        }
        return true;
      }
    }
    return false;
  }

  private void leaveWait(Path path) {
    WaitingStep step = (WaitingStep) code.steps[path.pc];
    WaitingStep.Wait wait = path.wait;
    path.wait = null;
    path.state = State.READY;
    path.pc++;
    warp.active = path.mask;
    try {
      step.leave(warp, wait);
    } catch (RuntimeException e) {
      throw Faults.at(e, step, warp, path.mask);
    }
  }

  /** What each path does now, a line each, for messages. */
  void describe(List<String> lines) {
    for (Path path : paths) {
      Step step = code.steps[path.pc];
      String what =
          switch (path.state) {
            case READY ->
                warp.awaited == null ? "runs" : "waits for " + warp.awaited.get() + " and runs";
            case WAITING -> "waits for " + path.wait.describe();
            case GATHERING ->
                step instanceof WarpSyncStep
                    ? "waits for lanes "
                        + PlaceText.lanes(path.members & warp.present() & ~path.mask)
                        + " of its warp"
                    : "waits for its warp";
          };
      lines.add(place(path.mask) + " " + what + " at " + PlaceText.of(step));
    }
    for (Join join : joins) {
      String where =
          join.pc == ControlStep.AT_RETURN
              ? "to return"
              : "before " + PlaceText.of(code.steps[join.pc]);
      lines.add(
          place(join.arrived)
              + " waits for lanes "
              + PlaceText.lanes(join.expected & ~join.arrived)
              + " "
              + where);
    }
  }

  private String place(int lanes) {
    String whole = PlaceText.block(warp.block) + " warp " + warp.index;
    return lanes == warp.present() ? whole : whole + " lanes " + PlaceText.lanes(lanes);
  }
}
