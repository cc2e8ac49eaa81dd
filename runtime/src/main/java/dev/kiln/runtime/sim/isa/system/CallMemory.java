package dev.kiln.runtime.sim.isa.system;

import dev.kiln.runtime.sim.exec.Step;
import dev.kiln.runtime.sim.exec.Warp;
import dev.kiln.runtime.sim.memory.MemoryOperand;
import dev.kiln.runtime.sim.memory.MemoryOperand.Use;
import dev.kiln.runtime.sim.ptx.Space;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;

/** Arguments, results and strings of a call, lane by lane. */
final class CallMemory {
  /** Longer strings are cut. */
  private static final int LONGEST_STRING = 65_536;

  private final int[] arguments;
  private final int result;
  private final MemoryOperand word = MemoryOperand.anywhere(Space.LOCAL, 4, Use.READ);
  private final MemoryOperand wide = MemoryOperand.anywhere(Space.LOCAL, 8, Use.READ);
  private final MemoryOperand wordResult = MemoryOperand.anywhere(Space.LOCAL, 4, Use.WRITE);
  private final MemoryOperand wideResult = MemoryOperand.anywhere(Space.LOCAL, 8, Use.WRITE);
  private final MemoryOperand genericByte = MemoryOperand.anywhere(Space.GENERIC, 1, Use.READ);
  private final MemoryOperand genericWord = MemoryOperand.anywhere(Space.GENERIC, 4, Use.READ);
  private final MemoryOperand genericWide = MemoryOperand.anywhere(Space.GENERIC, 8, Use.READ);

  CallMemory(int[] arguments, int result) {
    this.arguments = arguments.clone();
    this.result = result;
  }

  int wordArgument(Warp warp, Step step, int lane, int number) {
    reach(warp, step, word, lane, warp.wides[arguments[number] + lane]);
    return warp.port.readInt(lane, 0);
  }

  long wideArgument(Warp warp, Step step, int lane, int number) {
    reach(warp, step, wide, lane, warp.wides[arguments[number] + lane]);
    return warp.port.readLong(lane, 0);
  }

  void returnWord(Warp warp, Step step, int lane, int value) {
    if (result >= 0) {
      reach(warp, step, wordResult, lane, warp.wides[result + lane]);
      warp.port.writeInt(lane, 0, value);
    }
  }

  void returnWide(Warp warp, Step step, int lane, long value) {
    if (result >= 0) {
      reach(warp, step, wideResult, lane, warp.wides[result + lane]);
      warp.port.writeLong(lane, 0, value);
    }
  }

  int word(Warp warp, Step step, int lane, long address) {
    reach(warp, step, genericWord, lane, address);
    return warp.port.readInt(lane, 0);
  }

  long wide(Warp warp, Step step, int lane, long address) {
    reach(warp, step, genericWide, lane, address);
    return warp.port.readLong(lane, 0);
  }

  /** A string that ends with a zero byte, as UTF-8. */
  String string(Warp warp, Step step, int lane, long address) {
    var bytes = new ByteArrayOutputStream();
    for (int i = 0; i < LONGEST_STRING; i++) {
      reach(warp, step, genericByte, lane, address + i);
      byte next = warp.port.readByte(lane, 0);
      if (next == 0) {
        break;
      }
      bytes.write(next);
    }
    return bytes.toString(StandardCharsets.UTF_8);
  }

  private static void reach(Warp warp, Step step, MemoryOperand operand, int lane, long address) {
    warp.port.resolveLane(step, operand, lane, address);
  }
}
