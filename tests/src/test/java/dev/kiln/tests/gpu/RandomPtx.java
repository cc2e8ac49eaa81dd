package dev.kiln.tests.gpu;

import dev.kiln.compiler.ptx.Node.Effect;
import dev.kiln.compiler.ptx.Node.Guard;
import dev.kiln.compiler.ptx.Operand;
import dev.kiln.compiler.ptx.Operand.Address;
import dev.kiln.compiler.ptx.Operand.Immediate;
import dev.kiln.compiler.ptx.Operand.Name;
import dev.kiln.compiler.ptx.Operand.Vector;
import dev.kiln.compiler.ptx.PtxBuilder;
import dev.kiln.compiler.ptx.PtxFunction;
import dev.kiln.compiler.ptx.PtxFunction.Param;
import dev.kiln.compiler.ptx.RegisterClass;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;

/**
 * Random structured programs: integers of both widths, predicates, halves of registers, guards,
 * loads and stores, nested loops and branches. The same seed emits the same calls through any
 * builder: choices never depend on what the builder returned.
 */
final class RandomPtx {
  static final int THREADS = 64;
  static final int INPUTS = 4 * THREADS;
  static final int OUTPUTS = 8 * THREADS;
  private static final int[] NUMBERS = {
    0, 1, -1, 2, 3, 4, 7, 8, 12, 16, 31, 32, 64, 255, 4096, -8, 65535
  };
  private static final List<String> BINARY =
      List.of(
          "add.s32",
          "add.u32",
          "sub.s32",
          "mul.lo.s32",
          "mul.lo.u32",
          "and.b32",
          "or.b32",
          "xor.b32",
          "min.s32",
          "max.u32",
          "max.s32",
          "min.u32");
  private static final List<String> WIDE =
      List.of("add.s64", "add.u64", "sub.s64", "mul.lo.s64", "and.b64", "or.b64", "xor.b64");
  private static final List<String> COMPARE =
      List.of(
          "setp.lt.s32",
          "setp.le.u32",
          "setp.gt.s32",
          "setp.ge.u32",
          "setp.eq.s32",
          "setp.ne.b32",
          "setp.ge.s32",
          "setp.lt.u32");

  private final PtxBuilder ptx;
  private final Random random;
  private final Map<RegisterClass, List<Operand>> pool = new EnumMap<>(RegisterClass.class);
  private final List<Operand> uniform = new ArrayList<>();
  private Operand in;
  private Operand out;
  private Operand thread;
  private int stores;

  private RandomPtx(PtxBuilder ptx, long seed) {
    this.ptx = ptx;
    this.random = new Random(seed);
    for (RegisterClass type : RegisterClass.values()) {
      pool.put(type, new ArrayList<>());
    }
  }

  /** A kernel {@code random(in, out, n)} with the body that a builder makes of a seed. */
  static PtxFunction function(PtxBuilder builder, long seed, String target, String version) {
    new RandomPtx(builder, seed).emit();
    return new PtxFunction(
        "random",
        List.of(
            new Param("in", "b64", 0, 0),
            new Param("out", "b64", 0, 0),
            new Param("n", "b32", 0, 0)),
        builder.body(),
        target,
        version,
        THREADS,
        0,
        List.of());
  }

  private void emit() {
    in = param("in", RegisterClass.B64);
    out = param("out", RegisterClass.B64);
    Operand n = param("n", RegisterClass.B32);
    uniform.add(n);
    uniform.add(op("and.b32", n, Immediate.b32(3)));
    thread = op("mov.u32", new Name(RegisterClass.B32, "%tid.x"));
    keep(thread);
    keep(op("and.b32", thread, Immediate.b32(31)));
    keep(op("shr.u32", thread, Immediate.b32(5)));
    keep(n);
    body(2, 10 + random.nextInt(30));
    for (Operand value : List.copyOf(pool.get(RegisterClass.B32)).reversed().subList(0, 4)) {
      store(value);
    }
    store(op("cvt.u32.u64", any(RegisterClass.B64)));
    store(op("selp.b32", Immediate.b32(1), Immediate.b32(2), any(RegisterClass.PRED)));
  }

  private Operand param(String name, RegisterClass type) {
    Operand.Register register = ptx.register(type);
    ptx.add(
        "ld.param." + type.type(),
        List.of(register),
        null,
        List.of(),
        Effect.READ,
        null,
        Address.of(new Name(RegisterClass.B64, name), 0));
    return register;
  }

  private void body(int depth, int length) {
    for (int i = 0; i < length; i++) {
      int kind = random.nextInt(depth > 0 ? 20 : 17);
      switch (kind) {
        case 0, 1, 2, 3, 4 -> keep(op(choose(BINARY), any(RegisterClass.B32), number()));
        case 5, 6 -> keep(op(choose(BINARY), number(), any(RegisterClass.B32)));
        case 7 -> shift();
        case 8 -> keep(op(choose(COMPARE), any(RegisterClass.B32), number()));
        case 9 -> logic();
        case 10 -> widen();
        case 11 -> keep(op(choose(WIDE), any(RegisterClass.B64), wideNumber()));
        case 12 -> pack();
        case 13 -> load();
        case 14 -> guarded();
        case 15 -> store(any(RegisterClass.B32));
        case 16 -> divide();
        case 17 -> loop(depth - 1);
        case 18 -> walk();
        default -> branch(depth - 1);
      }
    }
  }

  private void shift() {
    Operand by = Immediate.b32(random.nextInt(10) == 0 ? 33 : random.nextInt(12));
    String opcode = choose(List.of("shl.b32", "shr.u32", "shr.s32"));
    keep(op(opcode, any(RegisterClass.B32), by));
  }

  private void divide() {
    Operand by = Immediate.b32(choose(List.of(1, 2, 3, 8, 12, 64)));
    keep(
        op(
            choose(List.of("div.s32", "rem.s32", "div.u32", "rem.u32")),
            any(RegisterClass.B32),
            by));
  }

  private void logic() {
    Operand a = any(RegisterClass.PRED);
    switch (random.nextInt(4)) {
      case 0 -> keep(op("not.pred", a));
      case 1 -> keep(op("and.pred", a, any(RegisterClass.PRED)));
      case 2 -> keep(op("or.pred", a, any(RegisterClass.PRED)));
      default -> keep(op("selp.b32", any(RegisterClass.B32), number(), a));
    }
  }

  private void widen() {
    Operand a = any(RegisterClass.B32);
    switch (random.nextInt(7)) {
      case 0 -> keep(op("cvt.s64.s32", a));
      case 1 -> keep(op("cvt.u64.u32", a));
      case 2 -> keep(op("mul.wide.s32", a, number()));
      case 3 -> keep(op("cvt.u32.u64", any(RegisterClass.B64)));
      case 4 -> keep(op("cvt.s32.s8", a));
      case 5 -> keep(op("cvt.u32.u16", a));
      default -> keep(op("mul.wide.u32", a, number()));
    }
  }

  private void pack() {
    Operand.Register low = ptx.register(RegisterClass.B16);
    Operand.Register high = ptx.register(RegisterClass.B16);
    ptx.emit("mov.b32", List.of(Vector.of(low, high)), any(RegisterClass.B32));
    boolean swap = random.nextBoolean();
    keep(
        ptx.emit("mov.b32", RegisterClass.B32, swap ? Vector.of(high, low) : Vector.of(low, high)));
    Operand whole =
        ptx.emit(
            "mov.b64",
            RegisterClass.B64,
            Vector.of(any(RegisterClass.B32), any(RegisterClass.B32)));
    Operand.Register first = ptx.register(RegisterClass.B32);
    Operand.Register second = ptx.register(RegisterClass.B32);
    ptx.emit("mov.b64", List.of(Vector.of(first, second)), whole);
    keep(first);
    keep(second);
    keep(whole);
  }

  private Operand address(Operand base, int elements) {
    Operand index = op("and.b32", any(RegisterClass.B32), Immediate.b32(elements / 2 - 1));
    Operand further = op("add.s32", index, Immediate.b32(random.nextInt(elements / 2)));
    Operand bytes =
        random.nextBoolean()
            ? op("mul.wide.s32", further, Immediate.b32(4))
            : op("shl.b64", op("cvt.s64.s32", further), Immediate.b32(2));
    return op("add.s64", base, bytes);
  }

  private void load() {
    Operand.Register value = ptx.register(RegisterClass.B32);
    boolean when = random.nextBoolean();
    Guard guard = when ? new Guard(any(RegisterClass.PRED), random.nextBoolean()) : null;
    List<Operand> otherwise = when ? List.of(any(RegisterClass.B32)) : List.of();
    Address at = Address.of(address(in, INPUTS), 0);
    ptx.add("ld.global.b32", List.of(value), guard, otherwise, Effect.READ, null, at);
    keep(value);
  }

  private void guarded() {
    Operand.Register value = ptx.register(RegisterClass.B32);
    var guard = new Guard(any(RegisterClass.PRED), random.nextBoolean());
    Operand a = any(RegisterClass.B32);
    Operand b = any(RegisterClass.B32);
    ptx.add(
        "sub.s32", List.of(value), guard, List.of(any(RegisterClass.B32)), Effect.PURE, null, a, b);
    keep(value);
  }

  /** Each thread has places of its own; what it stores there changes as the program goes on. */
  private void store(Operand value) {
    int slot = stores++ % (OUTPUTS / THREADS);
    Operand offset = op("mul.wide.s32", thread, Immediate.b32(4));
    Operand place = op("add.s64", out, offset);
    ptx.effect("st.global.b32", Address.of(place, 4L * slot * THREADS), value);
  }

  private void loop(int depth) {
    List<Operand> inits = new ArrayList<>();
    inits.add(Immediate.b32(0));
    int carried = 1 + random.nextInt(4);
    for (int i = 0; i < carried; i++) {
      inits.add(random.nextInt(4) == 0 ? number() : any(RegisterClass.B32));
    }
    int wide = random.nextInt(3);
    for (int i = 0; i < wide; i++) {
      inits.add(any(RegisterClass.B64));
    }
    List<RegisterClass> types = inits.stream().map(Operand::type).toList();
    Operand trips = random.nextBoolean() ? uniform.get(1) : Immediate.b32(random.nextInt(4));
    boolean atEnd = random.nextBoolean();
    var next = new ArrayList<Operand>();
    Map<RegisterClass, List<Operand>> outer = snapshot();
    List<Operand> results =
        ptx.loop(
            types,
            inits,
            params -> {
              params.forEach(this::keep);
              if (!atEnd) {
                next.addAll(params);
                return new PtxBuilder.LoopHead(
                    op("setp.lt.s32", params.getFirst(), trips), exits(params));
              }
              next.addAll(iteration(params, types, depth));
              return new PtxBuilder.LoopHead(
                  op("setp.lt.s32", next.getFirst(), trips), exits(next));
            },
            params -> atEnd ? next : iteration(params, types, depth));
    pool.clear();
    pool.putAll(outer);
    results.forEach(this::keep);
  }

  /** A loop that reads along several carried offsets and pointers, as kernels do. */
  private void walk() {
    Operand mine = op("mul.wide.s32", op("and.b32", thread, Immediate.b32(15)), Immediate.b32(4));
    Operand start = op("add.s64", in, mine);
    int pointers = 1 + random.nextInt(3);
    List<Operand> inits = new ArrayList<>(List.of(Immediate.b32(0), any(RegisterClass.B32)));
    for (int i = 0; i < pointers; i++) {
      Operand offset = Immediate.b64(4L * random.nextInt(16));
      inits.add(random.nextBoolean() ? op("add.s64", start, offset) : offset);
    }
    boolean[] areOffsets = new boolean[pointers];
    for (int i = 0; i < pointers; i++) {
      areOffsets[i] = inits.get(2 + i) instanceof Immediate;
    }
    Operand step =
        random.nextBoolean()
            ? Immediate.b64(8)
            : op("cvt.s64.s32", op("shl.b32", uniform.get(1), Immediate.b32(2)));
    Operand trips = random.nextBoolean() ? uniform.get(1) : Immediate.b32(random.nextInt(4));
    boolean atEnd = random.nextBoolean();
    var next = new ArrayList<Operand>();
    List<RegisterClass> types = inits.stream().map(Operand::type).toList();
    boolean last = random.nextInt(4) == 0;
    List<Operand> results =
        ptx.loop(
            types,
            inits,
            params -> {
              if (atEnd) {
                next.addAll(advanced(params, areOffsets, start, step));
              }
              Operand stay = op("setp.lt.s32", atEnd ? next.getFirst() : params.getFirst(), trips);
              List<Operand> exits = atEnd ? next : params;
              return new PtxBuilder.LoopHead(stay, last ? exits : exits.subList(1, 2));
            },
            params -> atEnd ? next : advanced(params, areOffsets, start, step));
    if (!last) {
      results.forEach(this::keep);
    } else {
      keep(results.get(1));
    }
  }

  private List<Operand> advanced(
      List<Operand> params, boolean[] areOffsets, Operand start, Operand step) {
    Operand sum = params.get(1);
    var next = new ArrayList<Operand>();
    next.add(op("add.s32", params.getFirst(), Immediate.b32(1)));
    for (int i = 0; i < areOffsets.length; i++) {
      Operand carried = params.get(2 + i);
      int uses = 1 + random.nextInt(2);
      for (int j = 0; j < uses; j++) {
        Operand base =
            areOffsets[i]
                ? op(
                    "add.s64", op("add.s64", start, Immediate.b64(4L * random.nextInt(8))), carried)
                : carried;
        Operand.Register value = ptx.register(RegisterClass.B32);
        ptx.add(
            "ld.global.b32",
            List.of(value),
            null,
            List.of(),
            Effect.READ,
            null,
            Address.of(base, 4L * random.nextInt(4)));
        sum = op("add.s32", sum, value);
      }
      next.add(op("add.s64", carried, step));
    }
    next.add(1, sum);
    return next;
  }

  /** Results in another order, some left out. */
  private List<Operand> exits(List<Operand> values) {
    var exits = new ArrayList<>(values);
    Collections.shuffle(exits, random);
    return exits.subList(0, 1 + random.nextInt(exits.size()));
  }

  private List<Operand> iteration(List<Operand> params, List<RegisterClass> types, int depth) {
    body(depth, random.nextInt(8));
    var next = new ArrayList<Operand>();
    next.add(op("add.s32", params.getFirst(), Immediate.b32(1)));
    for (RegisterClass type : types.subList(1, types.size())) {
      List<Operand> same =
          params.subList(1, params.size()).stream().filter(p -> p.type() == type).toList();
      int kind = random.nextInt(4);
      next.add(
          switch (kind) {
            case 0 -> choose(same);
            case 1 -> any(type);
            default ->
                type == RegisterClass.B32
                    ? op("add.s32", choose(same), any(type))
                    : op(
                        "add.s64",
                        choose(same),
                        random.nextBoolean() ? Immediate.b64(24) : any(type));
          });
    }
    return next;
  }

  private void branch(int depth) {
    Operand condition =
        op(
            "setp.eq.s32",
            op("and.b32", uniform.get(0), Immediate.b32(1 + random.nextInt(4))),
            Immediate.b32(random.nextInt(2)));
    int count = 1 + random.nextInt(3);
    List<RegisterClass> types =
        IntStream.range(0, count)
            .mapToObj(i -> random.nextInt(4) == 0 ? RegisterClass.B64 : RegisterClass.B32)
            .toList();
    Map<RegisterClass, List<Operand>> outer = snapshot();
    long[] seeds = {random.nextLong(), random.nextLong()};
    List<Operand> results =
        ptx.branch(condition, () -> way(types, seeds[0], depth), () -> way(types, seeds[1], depth));
    pool.clear();
    pool.putAll(outer);
    results.forEach(this::keep);
  }

  /** A way may be left out by the builder: it has random numbers and a pool of its own. */
  private List<Operand> way(List<RegisterClass> types, long seed, int depth) {
    Map<RegisterClass, List<Operand>> outer = snapshot();
    int outerStores = stores;
    var inner = new RandomPtx(ptx, seed);
    inner.pool.clear();
    inner.pool.putAll(outer);
    inner.uniform.addAll(uniform);
    inner.in = in;
    inner.out = out;
    inner.thread = thread;
    inner.stores = outerStores;
    inner.body(depth, inner.random.nextInt(6));
    return types.stream().map(inner::any).toList();
  }

  private Map<RegisterClass, List<Operand>> snapshot() {
    var copy = new EnumMap<RegisterClass, List<Operand>>(RegisterClass.class);
    pool.forEach((type, values) -> copy.put(type, new ArrayList<>(values)));
    return copy;
  }

  private void keep(Operand operand) {
    pool.get(operand.type()).add(operand);
  }

  /** One of the later values, most of the time. */
  private Operand any(RegisterClass type) {
    List<Operand> values = pool.get(type);
    if (values.isEmpty()) {
      return switch (type) {
        case PRED -> op("setp.lt.s32", thread, Immediate.b32(17));
        case B64 -> op("cvt.s64.s32", thread);
        default -> throw new IllegalStateException();
      };
    }
    int reach = random.nextInt(3) == 0 ? values.size() : Math.min(4, values.size());
    return values.get(values.size() - 1 - random.nextInt(reach));
  }

  private Operand number() {
    return random.nextInt(3) == 0
        ? any(RegisterClass.B32)
        : Immediate.b32(NUMBERS[random.nextInt(NUMBERS.length)]);
  }

  private Operand wideNumber() {
    return random.nextInt(2) == 0
        ? any(RegisterClass.B64)
        : Immediate.b64(NUMBERS[random.nextInt(NUMBERS.length)]);
  }

  private <T> T choose(List<T> all) {
    return all.get(random.nextInt(all.size()));
  }

  private Operand op(String opcode, Operand... operands) {
    RegisterClass result =
        opcode.startsWith("setp") || opcode.endsWith("pred")
            ? RegisterClass.PRED
            : opcode.startsWith("mul.wide")
                    || opcode.matches("cvt\\.[su]64.*")
                    || !opcode.startsWith("cvt") && opcode.endsWith("64")
                ? RegisterClass.B64
                : RegisterClass.B32;
    return ptx.emit(opcode, result, operands);
  }
}
