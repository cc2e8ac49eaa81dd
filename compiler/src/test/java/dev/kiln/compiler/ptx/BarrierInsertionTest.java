package dev.kiln.compiler.ptx;

import static dev.kiln.compiler.ptx.SharedPrograms.add;
import static dev.kiln.compiler.ptx.SharedPrograms.barrier;
import static dev.kiln.compiler.ptx.SharedPrograms.branch;
import static dev.kiln.compiler.ptx.SharedPrograms.copy;
import static dev.kiln.compiler.ptx.SharedPrograms.function;
import static dev.kiln.compiler.ptx.SharedPrograms.loop;
import static dev.kiln.compiler.ptx.SharedPrograms.read;
import static dev.kiln.compiler.ptx.SharedPrograms.slot;
import static dev.kiln.compiler.ptx.SharedPrograms.write;
import static org.assertj.core.api.Assertions.assertThat;

import dev.kiln.compiler.ptx.Node.Instruction;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class BarrierInsertionTest {
  private final SharedSlot a = slot(1024, "a");
  private final SharedSlot b = slot(1024, "b");

  private static String inserted(Node... nodes) {
    PtxFunction function = function(nodes);
    SharedAllocation.place(function, 1 << 16);
    return text(BarrierInsertion.insert(function).body());
  }

  private static String text(List<Node> nodes) {
    return nodes.stream()
        .map(
            node ->
                switch (node) {
                  case Instruction instruction -> text(instruction);
                  case Node.Loop loop ->
                      "loop(" + text(loop.head()) + "; " + text(loop.tail()) + ")";
                  case Node.Branch branch ->
                      "if(" + text(branch.thenBody()) + "; " + text(branch.elseBody()) + ")";
                })
        .collect(Collectors.joining(" "));
  }

  private static String text(Instruction instruction) {
    if (instruction.opcode().startsWith("bar")) {
      return "|";
    }
    String name = instruction.opcode().replaceFirst("[.].*", "");
    return name
        + "."
        + instruction.operands().stream()
            .map(SlotUses::ofAddress)
            .filter(s -> s != null)
            .map(SharedSlot::purpose)
            .collect(Collectors.joining());
  }

  @Test
  void readsArePartedFromWrites() {
    assertThat(inserted(write(a), write(a), read(a), read(a), write(a)))
        .isEqualTo("st.a st.a | ld.a ld.a | st.a");
  }

  @Test
  void aBarrierOfTheAuthorServes() {
    assertThat(inserted(write(a), barrier(), read(a))).isEqualTo("st.a | ld.a");
  }

  @Test
  void atomicsConflictWithStoresOnly() {
    assertThat(inserted(write(a), add(a), add(a), read(a))).isEqualTo("st.a | red.a red.a | ld.a");
  }

  @Test
  void slotsThatLiveTogetherDoNotConflict() {
    assertThat(inserted(write(a), write(b), read(a), read(b))).isEqualTo("st.a st.b | ld.a ld.b");
  }

  @Test
  void slotsAtOnePlaceConflict() {
    assertThat(inserted(write(a), read(a), write(b), read(b)))
        .isEqualTo("st.a | ld.a | st.b | ld.b");
  }

  @Test
  void iterationsAreParted() {
    assertThat(inserted(loop(List.of(), List.of(write(a), read(a)))))
        .isEqualTo("loop(; | st.a | ld.a)");
    assertThat(inserted(loop(List.of(), List.of(write(a), read(a), barrier()))))
        .isEqualTo("loop(; st.a | ld.a |)");
    assertThat(inserted(loop(List.of(), List.of(write(a))))).isEqualTo("loop(; | st.a)");
  }

  @Test
  void whatDependsOnCodeBeforeALoopWaitsBeforeIt() {
    assertThat(inserted(write(a), loop(List.of(), List.of(read(a))), read(a)))
        .isEqualTo("st.a | loop(; ld.a) ld.a");
  }

  @Test
  void bothWaysOfABranchCount() {
    assertThat(inserted(write(a), branch(List.of(read(a)), List.of()), read(a)))
        .isEqualTo("st.a if(| ld.a; ) | ld.a");
    assertThat(inserted(branch(List.of(write(a)), List.of(barrier())), read(a)))
        .isEqualTo("if(st.a; |) | ld.a");
  }

  @Test
  void copiesAreOrderedWithTheirSlotButNotWithOthers() {
    assertThat(inserted(copy(a), copy(a), read(a))).isEqualTo("cp.a cp.a ld.a");
    assertThat(inserted(write(b), read(b), copy(a), write(b))).isEqualTo("st.b | ld.b cp.a | st.b");
    assertThat(inserted(write(b), read(b), copy(a))).isEqualTo("st.b | ld.b | cp.a");
  }

  /** Whatever way a program takes: a barrier lies between accesses that depend on each other. */
  /** What a pipeline copies before its loop overwrites what an earlier run of the loop reads. */
  @Test
  void whatBeginsAProtocolWaitsForItsEarlierRun() {
    assertThat(inserted(loop(List.of(), List.of(write(a), barrier(), copy(a)))))
        .isEqualTo("loop(; | st.a | cp.a)");
    assertThat(inserted(loop(List.of(), List.of(write(a), barrier(), copy(a), barrier()))))
        .isEqualTo("loop(; st.a | cp.a |)");
  }

  @Test
  void randomProgramsDoNotRace() {
    for (int seed = 0; seed < 8_000; seed++) {
      var random = new Random(seed);
      List<SharedSlot> slots =
          IntStream.range(0, 1 + random.nextInt(4))
              .mapToObj(i -> slot(512L << random.nextInt(3), "s" + i))
              .toList();
      PtxFunction program = SharedPrograms.random(random, slots);
      SharedAllocation.place(program, 1 << 16);
      PtxFunction safe = BarrierInsertion.insert(program);
      for (int way = 0; way < 5; way++) {
        run(safe, random, "seed " + seed);
      }
    }
  }

  private record Event(Instruction instruction, int iteration) {}

  private static void run(PtxFunction program, Random random, String name) {
    var pending = new ArrayList<Event>();
    var iteration = new int[1];
    SharedPrograms.run(
        program.body(),
        random,
        instruction -> {
          if (instruction.access() == null) {
            pending.clear();
            return;
          }
          var event = new Event(instruction, iteration[0]);
          for (Event other : pending) {
            assertThat(races(event, other))
                .as("%s: %s after %s", name, text(instruction), text(other.instruction))
                .isFalse();
          }
          pending.add(event);
        },
        () -> iteration[0]++);
  }

  private static boolean races(Event one, Event other) {
    SharedSlot slot = one.instruction.access().slot();
    SharedSlot second = other.instruction.access().slot();
    boolean overlap =
        slot.offset() < second.offset() + second.bytes()
            && second.offset() < slot.offset() + slot.bytes();
    String kinds = kind(one) + kind(other);
    return overlap
        && switch (kinds) {
          case "ldld", "redred" -> slot != second && kinds.equals("redred");
          case "stst" -> slot != second || one.iteration != other.iteration;
          default -> true;
        };
  }

  private static String kind(Event event) {
    return event.instruction.opcode().replaceFirst("[.].*", "");
  }
}
