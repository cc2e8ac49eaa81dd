package dev.kiln.runtime.sim.exec;

import java.util.ArrayList;
import java.util.List;

/** Places in words, for messages: instructions, blocks, threads, lanes. */
public final class PlaceText {
  private PlaceText() {}

  /** "add.s32 %r1, %r2, 1 (kernel.ptx:12, softmax.py:7)". */
  public static String of(Site site) {
    String source = site.source().map(place -> ", " + place).orElse("");
    return "%s (%s:%d%s)"
        .formatted(InstructionText.of(site.instruction()), site.file(), site.line(), source);
  }

  /** The same for a step, which may come from no text. */
  public static String of(Step step) {
    return step.site() == null ? step.getClass().getSimpleName() : of(step.site());
  }

  /** "block (0, 0, 0)". */
  public static String block(Block block) {
    return "block (%d, %d, %d)".formatted(block.x, block.y, block.z);
  }

  /** "block (0, 0, 0), warp 1, lane 3, thread (35, 0, 0)"; without lane and thread if it is -1. */
  public static String thread(Warp warp, int lane) {
    return thread(block(warp.block), warp.block.grid.shape, warp.index, lane);
  }

  /** The same of a block in words that may have ended. */
  public static String thread(String block, LaunchShape shape, int warp, int lane) {
    String text = block + ", warp " + warp;
    int thread = warp * Warp.LANES + lane;
    return lane < 0 ? text : text + ", lane " + lane + ", thread " + threadOf(shape, thread);
  }

  /** "thread (35, 0, 0) of block (0, 0, 0)". */
  public static String threadOfBlock(Warp warp, int lane) {
    LaunchShape shape = warp.block.grid.shape;
    return "thread " + threadOf(shape, warp.thread(lane)) + " of " + block(warp.block);
  }

  private static String threadOf(LaunchShape shape, int thread) {
    int x = thread % shape.blockX();
    int y = thread / shape.blockX() % shape.blockY();
    int z = thread / shape.blockX() / shape.blockY();
    return "(%d, %d, %d)".formatted(x, y, z);
  }

  /** "3" or "0-15, 17". */
  public static String lanes(int mask) {
    List<String> ranges = new ArrayList<>();
    for (int lane = 0; lane < Warp.LANES; lane++) {
      if ((mask >>> lane & 1) == 0) {
        continue;
      }
      int last = lane;
      while (last + 1 < Warp.LANES && (mask >>> last + 1 & 1) != 0) {
        last++;
      }
      ranges.add(last == lane ? "" + lane : lane + "-" + last);
      lane = last;
    }
    return ranges.isEmpty() ? "none" : String.join(", ", ranges);
  }

  /** "lane 3" or "lanes 0-15, 17". */
  public static String lanesOf(int mask) {
    return (Integer.bitCount(mask) == 1 ? "lane " : "lanes ") + lanes(mask);
  }
}
