package dev.kiln.compiler.ptx;

import static dev.kiln.compiler.ptx.SharedPrograms.branch;
import static dev.kiln.compiler.ptx.SharedPrograms.copy;
import static dev.kiln.compiler.ptx.SharedPrograms.function;
import static dev.kiln.compiler.ptx.SharedPrograms.loop;
import static dev.kiln.compiler.ptx.SharedPrograms.read;
import static dev.kiln.compiler.ptx.SharedPrograms.slot;
import static dev.kiln.compiler.ptx.SharedPrograms.write;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kiln.compiler.diagnostics.CompilationException;
import dev.kiln.compiler.ptx.Node.Effect;
import dev.kiln.compiler.ptx.Node.Instruction;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class SharedAllocationTest {
  private static final long LIMIT = 1 << 16;

  /** Sizes of random slots are multiples of it. */
  private static final int UNIT = 512;

  private final SharedSlot a = slot(1024, "a");
  private final SharedSlot b = slot(512, "b");

  private static long place(Node... nodes) {
    return SharedAllocation.place(function(nodes), LIMIT);
  }

  @Test
  void slotsThatFollowEachOtherShareBytes() {
    assertThat(place(write(a), read(a), write(b), read(b))).isEqualTo(1024);
    assertThat(a.offset()).isZero();
    assertThat(b.offset()).isZero();
  }

  @Test
  void slotsThatLiveTogetherDoNot() {
    assertThat(place(write(a), write(b), read(a), read(b))).isEqualTo(1536);
  }

  @Test
  void offsetsAreAligned() {
    var odd = new SharedSlot(20, 4, "odd");
    var wide = new SharedSlot(16, 1024, "wide");
    var first = new SharedSlot(1000, 4, "first");
    place(write(first), write(odd), write(wide), read(first), read(odd), read(wide));
    assertThat(wide.offset() % 1024).isZero();
    assertThat(odd.offset() % 4).isZero();
  }

  @Test
  void aSlotThatEachIterationWritesFirstIsFreeForTheRestOfTheLoop() {
    Node loop = loop(List.of(), List.of(write(a), read(a), write(b), read(b)));
    assertThat(place(loop)).isEqualTo(1024);
  }

  @Test
  void aSlotThatAnIterationReadsFirstLivesThroughTheLoop() {
    assertThat(place(loop(List.of(), List.of(read(a), write(a), write(b), read(b)))))
        .isEqualTo(1536);
  }

  @Test
  void aSlotOfCodeBeforeTheLoopLivesThroughIt() {
    assertThat(place(write(a), loop(List.of(), List.of(read(a), write(b), read(b)))))
        .isEqualTo(1536);
  }

  @Test
  void aSlotThatIsReadBehindTheLoopLivesThroughIt() {
    assertThat(place(loop(List.of(write(b), read(b)), List.of(write(a))), read(a))).isEqualTo(1536);
  }

  @Test
  void aWriteInOneWayOnlyDoesNotBeginAnIteration() {
    Node maybe = branch(List.of(write(a)), List.of());
    assertThat(place(loop(List.of(), List.of(maybe, read(a), write(b), read(b))))).isEqualTo(1536);
    Node always = branch(List.of(write(a)), List.of(write(a)));
    assertThat(place(loop(List.of(), List.of(always, read(a), write(b), read(b))))).isEqualTo(1024);
  }

  @Test
  void copiesThatRunAheadKeepTheirSlot() {
    Node loop = loop(List.of(), List.of(read(a), copy(a), write(b), read(b)));
    assertThat(place(copy(a), loop)).isEqualTo(1536);
    Node copiesFirst = loop(List.of(), List.of(copy(a), read(a), write(b), read(b)));
    assertThat(place(copy(a), copiesFirst)).isEqualTo(1536);
    assertThat(place(loop(List.of(), List.of(copy(a), loop, write(b), read(b))))).isEqualTo(1536);
    Node epilogue = loop(List.of(), List.of(copy(a), loop(List.of(), List.of(read(a), copy(a)))));
    assertThat(place(loop(List.of(), List.of(epilogue, write(b), read(b))))).isEqualTo(1024);
  }

  @Test
  void addressesInRegistersKeepTheirSlot() {
    var address = new Operand.Register(RegisterClass.B32);
    var hoisted =
        new Instruction(
            "add.s32",
            List.of(address),
            List.of(new Operand.Name(RegisterClass.B32, "kiln_smem"), new Operand.SlotOffset(a, 8)),
            null,
            List.of(),
            Effect.PURE,
            null,
            null);
    var load =
        new Instruction(
            "ldmatrix.sync.aligned.m8n8.x1.shared.b16",
            List.of(new Operand.Register(RegisterClass.B32)),
            List.of(Operand.Address.of(address, 0)),
            null,
            List.of(),
            Effect.READ,
            null,
            null);
    assertThat(place(hoisted, write(a), write(b), read(b), load)).isEqualTo(1536);
    // The arithmetic itself touches nothing.
    assertThat(place(hoisted, write(b), read(b), write(a), load)).isEqualTo(1024);
  }

  @Test
  void whatIsTooLargeIsNamed() {
    var tile = slot(60000, "operand a of the dot at line 12");
    assertThatThrownBy(
            () -> place(write(tile), write(a), write(b), slotsOf(8000), read(tile), read(a)))
        .isInstanceOf(CompilationException.class)
        .hasMessageContaining("kernel f needs 69,024 bytes of shared memory")
        .hasMessageContaining("a block of sm_80 may have 65,536")
        .hasMessageContaining("60,000 bytes for operand a of the dot at line 12, 8,000 bytes for c")
        .hasMessageContaining("and 1 smaller")
        .hasMessageContaining("a smaller tile or fewer stages");
  }

  private static Node slotsOf(int bytes) {
    return write(slot(bytes, "c"));
  }

  /** Whatever way a program takes: what it wrote to a slot is there when it reads it. */
  @Test
  void contentsSurviveInRandomPrograms() {
    int shared = 0;
    for (int seed = 0; seed < 8_000; seed++) {
      var random = new Random(seed);
      List<SharedSlot> slots =
          IntStream.range(0, 2 + random.nextInt(4))
              .mapToObj(i -> slot((long) UNIT << random.nextInt(3), "s" + i))
              .toList();
      PtxFunction program = SharedPrograms.random(random, slots);
      long bytes = SharedAllocation.place(program, LIMIT);
      Set<SharedSlot> mentioned = SlotUses.of(program.body()).mentioned();
      shared += bytes < mentioned.stream().mapToLong(SharedSlot::bytes).sum() ? 1 : 0;
      for (int way = 0; way < 5; way++) {
        run(program, random, new SharedSlot[(int) bytes / UNIT], "seed " + seed);
      }
    }
    assertThat(shared).as("programs whose slots share bytes").isGreaterThan(400);
  }

  private static void run(PtxFunction program, Random random, SharedSlot[] owners, String name) {
    Set<SharedSlot> written = new HashSet<>();
    SharedPrograms.run(
        program.body(),
        random,
        instruction -> {
          if (instruction.access() == null) {
            return;
          }
          SharedSlot slot = instruction.access().slot();
          int begin = (int) slot.offset() / UNIT;
          int end = begin + (int) slot.bytes() / UNIT;
          var mine = new ArrayList<SharedSlot>();
          for (int i = begin; i < end; i++) {
            mine.add(owners[i]);
          }
          boolean isStore = instruction.opcode().startsWith("st.");
          if (!isStore && written.contains(slot)) {
            assertThat(mine).as(name + ", " + slot.purpose()).containsOnly(slot);
          }
          if (instruction.access().writes()) {
            written.add(slot);
            Arrays.fill(owners, begin, end, slot);
          }
        },
        () -> {});
  }
}
