package dev.kiln.compiler.gpu.emit;

import dev.kiln.compiler.gpu.memory.Words;
import dev.kiln.compiler.ir.DType;
import dev.kiln.compiler.layout.ConversionPlan;
import dev.kiln.compiler.layout.LinearMap;
import dev.kiln.compiler.layout.TileAccess;
import dev.kiln.compiler.ptx.Node.Effect;
import dev.kiln.compiler.ptx.Node.Guard;
import dev.kiln.compiler.ptx.Node.SharedAccess;
import dev.kiln.compiler.ptx.Operand;
import dev.kiln.compiler.ptx.Operand.Address;
import dev.kiln.compiler.ptx.Operand.Immediate;
import dev.kiln.compiler.ptx.Operand.Register;
import dev.kiln.compiler.ptx.PtxBuilder;
import dev.kiln.compiler.ptx.RegisterClass;
import dev.kiln.compiler.ptx.SharedSlot;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Conversions through shared memory: owners store, all load. */
final class SharedConversion {
  /** A row of banks: what the plan's offsets count from. */
  private static final int ALIGNMENT = 128;

  private final Emission emission;
  private final PtxBuilder ptx;
  private final DType dtype;
  private final ConversionPlan.Shared plan;
  private final SharedSlot slot;

  SharedConversion(Emission emission, DType dtype, ConversionPlan.Shared plan) {
    this.emission = emission;
    this.ptx = emission.ptx();
    this.dtype = dtype;
    this.plan = plan;
    this.slot =
        emission.shared(
            (long) plan.elements() * dtype.bytes(), ALIGNMENT, "a tile that changes threads");
  }

  List<Operand> emit(Fragment source) {
    Operand owner = emission.isOwner(source.layout());
    Guard guard = owner == null ? null : new Guard(owner, false);
    Operand[] loaded = new Operand[1 + highest()];
    for (int chunk = 0; chunk < plan.storeChunks().size(); chunk++) {
      int stored = plan.storeChunks().get(chunk);
      for (TileAccess.Group group : plan.store().groups()) {
        store(group, elements(source.registers(), group, stored), guard);
      }
      for (TileAccess.Group group : plan.load().groups()) {
        List<Operand> elements = load(group);
        for (int i = 0; i < elements.size(); i++) {
          loaded[group.registers().get(i) ^ plan.loadChunks().get(chunk)] = elements.get(i);
        }
      }
    }
    return plan.result().stream().map(register -> loaded[register]).toList();
  }

  private int highest() {
    return plan.result().stream().mapToInt(Integer::intValue).max().orElse(0);
  }

  private static List<Operand> elements(
      List<Operand> registers, TileAccess.Group group, int chunk) {
    return group.registers().stream().map(register -> registers.get(register ^ chunk)).toList();
  }

  private Address address(TileAccess access, TileAccess.Group group) {
    int bytes = dtype.bytes();
    int[] columns =
        Arrays.stream(access.threadOffsets().columns()).map(offset -> offset * bytes).toArray();
    int mask = access.threadMask() * bytes;
    int offset = group.offset() * bytes;
    Operand thread = ThreadMap.emit(ptx, emission.thread(), new LinearMap(columns));
    Operand flipped = ptx.emit("xor.b32", RegisterClass.B32, thread, Immediate.b32(offset & mask));
    Operand base = ptx.emit("add.s32", RegisterClass.B32, emission.sharedBase(), flipped);
    return new Address(base, offset & ~mask, slot);
  }

  private Words words(TileAccess access) {
    return new Words(ptx, dtype, access.width());
  }

  private void store(TileAccess.Group group, List<Operand> elements, Guard guard) {
    TileAccess access = plan.store();
    Words words = words(access);
    String opcode =
        access.kind() == TileAccess.Kind.VECTOR
            ? "st.shared" + words.type(false)
            : matrix("stmatrix", access);
    ptx.add(
        opcode,
        List.of(),
        guard,
        List.of(),
        Effect.EFFECT,
        new SharedAccess(slot, true),
        address(access, group),
        operand(access, words.pack(elements)));
  }

  private List<Operand> load(TileAccess.Group group) {
    TileAccess access = plan.load();
    Words words = words(access);
    boolean isVector = access.kind() == TileAccess.Kind.VECTOR;
    List<Register> results = new ArrayList<>();
    for (int i = 0; i < words.registers(); i++) {
      results.add(ptx.register(words.held()));
    }
    ptx.add(
        isVector ? "ld.shared" + words.type(true) : matrix("ldmatrix", access),
        List.of(operand(access, results)),
        null,
        List.of(),
        Effect.READ,
        new SharedAccess(slot, false),
        address(access, group));
    return words.unpack(results);
  }

  /** Matrix instructions take a vector of a single register as well. */
  private static Operand operand(TileAccess access, List<? extends Operand> registers) {
    return access.kind() == TileAccess.Kind.VECTOR
        ? Words.operand(registers)
        : new Operand.Vector(List.copyOf(registers));
  }

  private static String matrix(String name, TileAccess access) {
    String transposed = access.kind() == TileAccess.Kind.TRANSPOSED_MATRIX ? ".trans" : "";
    return name + ".sync.aligned.m8n8.x" + access.phases() + transposed + ".shared.b16";
  }
}
