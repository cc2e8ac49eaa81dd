package dev.kiln.runtime.sim.exec;

import dev.kiln.runtime.sim.memory.Access;
import dev.kiln.runtime.sim.memory.MemoryPort;
import dev.kiln.runtime.sim.monitor.Monitor;
import dev.kiln.runtime.sim.program.Program;
import java.util.IdentityHashMap;
import java.util.Map;
import java.util.function.Supplier;

/**
 * 32 threads and their registers. The register file holds lanes side by side: lane {@code l} of the
 * slot that starts at {@code s} is {@code words[s + l]}. Constants and special registers are slots
 * too, filled before the first step, so every operand is a slot.
 */
public final class Warp {
  public static final int LANES = 32;
  public static final int FULL = -1;

  /** Registers of up to 32 bits; narrower ones hold their bits zero-extended, floats their bits. */
  public final int[] words;

  /** Registers of 64 bits. A 128-bit register is two slots, the low half first. */
  public final long[] wides;

  /** Predicates, one bit for each lane; index is the slot itself. */
  public final int[] predicates;

  /** The condition code register CC.CF, one bit for each lane. */
  public int carry;

  /** The lanes for which the current step executes. */
  public int active;

  /**
   * Set by a step that polls: let others run before going on. Polls are failed waits, {@code
   * nanosleep}, atomics that left memory as it was, and loads that others are meant to answer
   * (volatile, relaxed, acquire). It is looked at when the path next comes to a branch.
   */
  public boolean yield;

  /**
   * Counts what others may be waiting for: stores, and atomics that changed memory. Steps that
   * write to global or shared memory add one, so that spinning warps can be told from working ones.
   */
  public long changes;

  /** What its last failed poll waits for, for messages; {@code null} if that is not known. */
  public Supplier<String> awaited;

  public final Block block;

  /** Number of this warp in its block. */
  public final int index;

  /** Hears of everything; {@code null} if nobody listens. */
  public final Monitor monitor;

  /** Scratch of the step that runs now. */
  public final Access access = new Access();

  /** Scratch of the step that runs now: three registers of two numbers each. */
  public final float[] halves = new float[3 * 2 * LANES];

  /** The way to memory. */
  public final MemoryPort port;

  /** Lanes that have exited, or never were (a block's last warp may be short). */
  int exited;

  private final Map<Attachment<Warp, ?>, Object> attachments = new IdentityHashMap<>();

  public Warp(Program program, Block block, int index, Monitor monitor) {
    this.words = new int[program.words() * LANES];
    this.wides = new long[program.wides() * LANES];
    this.predicates = new int[program.predicates()];
    this.block = block;
    this.index = index;
    this.monitor = monitor;
    this.port = new MemoryPort(this, program);
  }

  /** A family's state for this warp. */
  @SuppressWarnings("unchecked") // the key's type says what was put there
  public <T> T attached(Attachment<Warp, T> key) {
    Object state = attachments.get(key);
    if (state == null) {
      state = key.create().apply(this);
      attachments.put(key, state);
    }
    return (T) state;
  }

  /** Lanes that exist and have not exited. */
  public int present() {
    return ~exited;
  }

  /** Number of a lane's thread in its block. */
  public int thread(int lane) {
    return index * LANES + lane;
  }
}
