package dev.kiln.compiler.ptx;

import dev.kiln.compiler.ptx.Node.Effect;
import dev.kiln.compiler.ptx.Node.Instruction;
import dev.kiln.compiler.ptx.Node.SharedAccess;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.Consumer;

/** Functions that do nothing but touch slots of shared memory, and what happens when they run. */
final class SharedPrograms {
  private static final int MAX_TRIPS = 3;
  private static final Operand CONDITION = Operand.Immediate.pred(true);

  private SharedPrograms() {}

  static PtxFunction function(Node... nodes) {
    return new PtxFunction("f", List.of(), List.of(nodes), "sm_80", "7.0", 128, 0, List.of());
  }

  static SharedSlot slot(long bytes, String purpose) {
    return new SharedSlot(bytes, 16, purpose);
  }

  static Instruction write(SharedSlot slot) {
    return access("st.shared.b32", slot, true);
  }

  static Instruction read(SharedSlot slot) {
    return access("ld.shared.b32", slot, false);
  }

  static Instruction add(SharedSlot slot) {
    return access("red.shared.add.u32", slot, true);
  }

  private static Instruction access(String opcode, SharedSlot slot, boolean writes) {
    var address = new Operand.Address(new Operand.Name(RegisterClass.B32, "kiln_smem"), 0, slot);
    var value = new Operand.Register(RegisterClass.B32);
    return new Instruction(
        opcode,
        writes ? List.of() : List.of(value),
        writes ? List.of(address, value) : List.of(address),
        null,
        List.of(),
        writes ? Effect.EFFECT : Effect.READ,
        new SharedAccess(slot, writes),
        null);
  }

  /** An asynchronous copy to a slot, ordered by a protocol of its own. */
  static Instruction copy(SharedSlot slot) {
    var address = new Operand.Address(new Operand.Name(RegisterClass.B32, "kiln_smem"), 0, slot);
    return new Instruction(
        "cp.async.cg.shared.global",
        List.of(),
        List.of(address, new Operand.Register(RegisterClass.B64), Operand.Immediate.b32(16)),
        null,
        List.of(),
        Effect.EFFECT,
        null,
        null);
  }

  static Instruction barrier() {
    return new Instruction(
        "bar.sync",
        List.of(),
        List.of(Operand.Immediate.b32(0)),
        null,
        List.of(),
        Effect.EFFECT,
        null,
        null);
  }

  static Node.Loop loop(List<Node> head, List<Node> tail) {
    return new Node.Loop(
        List.of(), List.of(), head, CONDITION, List.of(), tail, List.of(), List.of());
  }

  static Node.Branch branch(List<Node> thenBody, List<Node> elseBody) {
    return new Node.Branch(CONDITION, thenBody, List.of(), elseBody, List.of(), List.of());
  }

  /** A random function over the slots. */
  static PtxFunction random(Random random, List<SharedSlot> slots) {
    return function(nodes(random, slots, 3).toArray(Node[]::new));
  }

  private static List<Node> nodes(Random random, List<SharedSlot> slots, int depth) {
    var nodes = new ArrayList<Node>();
    for (int i = random.nextInt(6); i >= 0; i--) {
      int kind = random.nextInt(depth == 0 ? 9 : 13);
      SharedSlot slot = slots.get(random.nextInt(slots.size()));
      nodes.add(
          switch (kind) {
            case 0, 1, 2, 3 -> write(slot);
            case 4, 5, 6 -> read(slot);
            case 7 -> add(slot);
            case 8 -> random.nextInt(4) == 0 ? barrier() : read(slot);
            case 9, 10 ->
                loop(
                    random.nextBoolean() ? List.of() : nodes(random, slots, depth - 1),
                    nodes(random, slots, depth - 1));
            default -> branch(nodes(random, slots, depth - 1), nodes(random, slots, depth - 1));
          });
    }
    return nodes;
  }

  /**
   * Runs a function on a random way through it.
   *
   * @param backEdge called when an iteration ends and the next begins
   */
  static void run(
      List<Node> nodes, Random random, Consumer<Instruction> visitor, Runnable backEdge) {
    for (Node node : nodes) {
      switch (node) {
        case Instruction instruction -> visitor.accept(instruction);
        case Node.Loop loop -> {
          int trips = random.nextInt(MAX_TRIPS + 1);
          for (int i = 0; i < trips; i++) {
            run(loop.head(), random, visitor, backEdge);
            run(loop.tail(), random, visitor, backEdge);
            backEdge.run();
          }
          run(loop.head(), random, visitor, backEdge);
        }
        case Node.Branch branch ->
            run(
                random.nextBoolean() ? branch.thenBody() : branch.elseBody(),
                random,
                visitor,
                backEdge);
      }
    }
  }
}
