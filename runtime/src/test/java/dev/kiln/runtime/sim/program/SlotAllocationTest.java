package dev.kiln.runtime.sim.program;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import dev.kiln.runtime.sim.program.ControlFlow.Exits;
import dev.kiln.runtime.sim.ptx.PtxType;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Registers in slots: programs must not notice that registers share them. */
class SlotAllocationTest {
  private static final PtxType[] TYPES = {
    PtxType.B16, PtxType.B32, PtxType.F32, PtxType.B64, PtxType.B128, PtxType.PRED
  };

  /** A random function: lines with uses, targets and guards, and where they go. */
  private static final class Sample {
    final RegisterTable registers = new RegisterTable();
    final LineRecord[] records;
    final List<Exits> exits = new ArrayList<>();
    final SlotAllocation slots;

    Sample(Random random, int lines, int count, int branches, long work) {
      for (int i = 0; i < count; i++) {
        registers.add(TYPES[random.nextInt(TYPES.length)]);
      }
      records = new LineRecord[lines];
      for (int line = 0; line < lines; line++) {
        LineRecord record = new LineRecord();
        for (int i = random.nextInt(3); i > 0; i--) {
          record.uses.add(random.nextInt(count));
        }
        for (int i = random.nextInt(3); i > 0; i--) {
          record.targets.add(random.nextInt(count));
        }
        record.guarded = random.nextInt(3) == 0;
        if (random.nextInt(20) == 0) {
          record.temporaries.add(registers.add(PtxType.B32));
        }
        records[line] = record;
        boolean branch = random.nextInt(100) < branches;
        exits.add(
            line == lines - 1
                ? new Exits(new int[0], false, true)
                : branch
                    ? new Exits(new int[] {random.nextInt(lines)}, random.nextInt(4) > 0, false)
                    : Exits.NEXT);
      }
      slots =
          new SlotAllocation(
              registers,
              new LiveIntervals(new ControlFlow(exits), records, registers.size(), work));
    }

    /** Cells of the register file that a register takes, with banks kept apart. */
    int[] cells(int register) {
      int slot = slots.slot(register);
      return switch (registers.bank(register)) {
        case WORD -> new int[] {slot};
        case WIDE -> new int[] {1_000 + slot};
        case QUAD -> new int[] {1_000 + slot, 1_001 + slot};
        case PREDICATE -> new int[] {2_000 + slot};
      };
    }
  }

  /** Follows a random path; every value written must be found where it is read. */
  private static void walk(Sample sample, Random random) {
    long[] values = new long[sample.registers.size()];
    long[] cells = new long[3_000];
    long serial = 0;
    int line = 0;
    for (int step = 0; step < 300; step++) {
      LineRecord record = sample.records[line];
      for (int i = 0; i < record.uses.size(); i++) {
        int register = record.uses.get(i);
        for (int cell : sample.cells(register)) {
          // Asserted only where it fails: there are millions of them.
          if (values[register] != 0 && cells[cell] != values[register]) {
            fail("register %d has lost its value at line %d", register, line);
          }
        }
      }
      if (!record.guarded || random.nextBoolean()) {
        serial = write(sample, record.targets, values, cells, serial);
      }
      serial = write(sample, record.temporaries, values, cells, serial);
      Exits exits = sample.exits.get(line);
      boolean jumps = exits.targets().length > 0 && (!exits.continues() || random.nextBoolean());
      if (!jumps && !exits.continues()) {
        return;
      }
      line = jumps ? exits.targets()[0] : line + 1;
    }
  }

  private static long write(
      Sample sample, IntList registers, long[] values, long[] cells, long serial) {
    long next = serial;
    for (int i = 0; i < registers.size(); i++) {
      int register = registers.get(i);
      values[register] = ++next;
      for (int cell : sample.cells(register)) {
        cells[cell] = next;
      }
    }
    return next;
  }

  @ParameterizedTest
  @ValueSource(longs = {Long.MAX_VALUE, 50, 0})
  void randomProgramsFindTheirValuesAgain(long work) {
    Random random = new Random(11);
    for (int round = 0; round < 200; round++) {
      int lines = 1 + random.nextInt(60);
      Sample sample = new Sample(random, lines, 1 + random.nextInt(25), random.nextInt(40), work);
      for (int path = 0; path < 20; path++) {
        walk(sample, random);
      }
    }
  }

  @Test
  void aDestinationSharesNoSlotWithAnotherRegisterOfItsLine() {
    Random random = new Random(13);
    for (int round = 0; round < 60; round++) {
      Sample sample = new Sample(random, 50, 40, 10, Long.MAX_VALUE);
      for (LineRecord record : sample.records) {
        List<Integer> all = new ArrayList<>();
        for (IntList list : List.of(record.uses, record.targets, record.temporaries)) {
          Arrays.stream(list.toArray()).forEach(all::add);
        }
        List<Integer> distinct = all.stream().distinct().toList();
        assertThat(distinct.stream().flatMapToInt(r -> Arrays.stream(sample.cells(r))).boxed())
            .doesNotHaveDuplicates();
      }
    }
  }

  @Test
  void aChainOfValuesTakesTwoSlots() {
    RegisterTable registers = new RegisterTable();
    List<Exits> exits = new ArrayList<>();
    LineRecord[] records = new LineRecord[1000];
    for (int line = 0; line < records.length; line++) {
      records[line] = new LineRecord();
      int own = registers.add(PtxType.B32);
      records[line].targets.add(own);
      if (line > 0) {
        records[line].uses.add(own - 1);
      }
      exits.add(line < records.length - 1 ? Exits.NEXT : new Exits(new int[0], false, true));
    }
    SlotAllocation slots =
        new SlotAllocation(
            registers, new LiveIntervals(new ControlFlow(exits), records, registers.size()));
    assertThat(slots.words()).isEqualTo(2);
    assertThat(slots.wides()).isZero();
    assertThat(slots.predicates()).isZero();
  }

  @Test
  void aValueThatIsWrittenUnderTwoGuardsDoesNotLiveFromTheBegin() {
    // Lines 0 to 9 use a register of their own each; 10 and 11 write under guards, 12 reads.
    RegisterTable registers = new RegisterTable();
    List<Exits> exits = new ArrayList<>();
    LineRecord[] records = new LineRecord[13];
    for (int line = 0; line < records.length; line++) {
      records[line] = new LineRecord();
      exits.add(line < records.length - 1 ? Exits.NEXT : new Exits(new int[0], false, true));
      if (line < 10) {
        records[line].targets.add(registers.add(PtxType.B32));
      }
    }
    int guarded = registers.add(PtxType.B32);
    records[10].targets.add(guarded);
    records[10].guarded = true;
    records[11].targets.add(guarded);
    records[11].guarded = true;
    records[12].uses.add(guarded);
    LiveIntervals intervals = new LiveIntervals(new ControlFlow(exits), records, registers.size());
    assertThat(intervals.first(guarded)).isEqualTo(10);
    assertThat(intervals.last(guarded)).isEqualTo(12);
    assertThat(new SlotAllocation(registers, intervals).words()).isEqualTo(1);
  }

  @Test
  void registersOfAsynchronousInstructionsShareNothing() {
    RegisterTable registers = new RegisterTable();
    List<Exits> exits = new ArrayList<>();
    LineRecord[] records = new LineRecord[4];
    for (int line = 0; line < records.length; line++) {
      records[line] = new LineRecord();
      records[line].targets.add(registers.add(PtxType.B32));
      exits.add(line < records.length - 1 ? Exits.NEXT : new Exits(new int[0], false, true));
    }
    records[1].asynchronous = true;
    SlotAllocation slots =
        new SlotAllocation(
            registers, new LiveIntervals(new ControlFlow(exits), records, registers.size()));
    assertThat(slots.words()).isEqualTo(2);
    assertThat(List.of(slots.slot(0), slots.slot(2), slots.slot(3))).doesNotContain(slots.slot(1));
  }
}
